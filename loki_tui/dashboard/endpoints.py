"""The one table of what can be asked: method, path, who may, and what it says; routing and document follow from it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from aiohttp import web

from loki_tui.core.messages import Frozen
from loki_tui.dashboard import control, reading
from loki_tui.dashboard.access import Role

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Something that can be asked."""

    method: str
    path: str
    handler: Handler
    role: Role | None = Role.VIEWER
    """The least role that may; none where everybody may, signed in or not."""
    lasts: bool = False
    """Whether the answer goes on: limits on time do not hold."""
    counted: bool = True
    """Whether it counts against a client's rate."""
    body: type[Frozen] | None = None
    query: tuple[str, ...] = ()
    """Whole numbers that may stand in the query."""

    @property
    def summary(self) -> str:
        """What it does, in a line."""
        return (self.handler.__doc__ or "").strip().partition("\n")[0]


_RUN = "/api/runs/{run}"
_CONTROL = "/api/control"

API: tuple[Endpoint, ...] = (
    Endpoint("GET", "/api/health", reading.health, None, counted=False),
    Endpoint("GET", "/health", reading.health, None, counted=False),
    Endpoint("GET", "/api/session", reading.session),
    Endpoint("GET", "/api/runs", reading.runs, query=("limit",)),
    Endpoint("GET", _RUN, reading.state),
    Endpoint("GET", f"{_RUN}/state", reading.state),
    Endpoint("GET", f"{_RUN}/events", reading.events, query=("after", "limit")),
    Endpoint("GET", f"{_RUN}/events/stream", reading.stream, lasts=True, query=("after",)),
    Endpoint("GET", f"{_RUN}/requirements", reading.requirements),
    Endpoint("GET", f"{_RUN}/council", reading.council),
    Endpoint("GET", f"{_RUN}/cost", reading.cost),
    Endpoint("GET", f"{_RUN}/approvals", reading.approvals),
    Endpoint("GET", f"{_RUN}/streams", reading.streams),
    Endpoint("GET", f"{_RUN}/receipt", reading.receipt),
    Endpoint("POST", f"{_CONTROL}/pause", control.pause, Role.OPERATOR, counted=False, body=control.PauseBody),
    Endpoint("POST", f"{_CONTROL}/resume", control.resume, Role.OPERATOR, body=control.ResumeBody),
    Endpoint("POST", f"{_CONTROL}/stop", control.stop, Role.OPERATOR, counted=False, body=control.StopBody),
    Endpoint("POST", f"{_CONTROL}/budget", control.budget, Role.ADMIN, body=control.BudgetBody),
    Endpoint("POST", f"{_CONTROL}/approvals/{{approval}}", control.decide, Role.OPERATOR, body=control.DecisionBody),
    Endpoint("POST", f"{_CONTROL}/council/force-review", control.force_review, Role.OPERATOR, body=control.OfRun),
)

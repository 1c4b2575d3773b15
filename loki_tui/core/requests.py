"""What a person, or another process, may ask of a running engine.

A request travels through the journal's inbox, is consumed once, and shows up as an event.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import ConfigDict, Field, TypeAdapter

from loki_tui.core.messages import Frozen, JsonObject
from loki_tui.core.money import Money
from loki_tui.core.vocabulary import Controlled

NOTE_CHARS = 20_000
"""Characters a note for the agent may have."""


class Asked(Frozen):
    """What all requests have in common."""

    by: str
    via: str | None = None
    """How it came, where that was not from this machine's own commands: such as `dashboard, 10.0.0.7, operator`."""


class Aimed(Asked):
    """What can be meant for one stream of a parallel run alone."""

    stream: str | None = None
    """Its name; none where the whole run is meant."""


class Pause(Aimed):
    """Hold everything."""

    kind: Literal["pause"] = "pause"
    reason: str = ""


class Resume(Aimed):
    """Go on; with a new cap, if one is given."""

    kind: Literal["resume"] = "resume"
    budget: Money | None = None


class Stop(Aimed):
    """Bring the work to a safe place and end."""

    kind: Literal["stop"] = "stop"
    reason: str = ""


class SetBudget(Aimed):
    """Set the cap anew, without resuming; a stream's is its share of the run's."""

    kind: Literal["set_budget"] = "set_budget"
    limit: Money


class Steer(Aimed):
    """A note for the agent."""

    kind: Literal["steer"] = "steer"
    note: str = Field(min_length=1, max_length=NOTE_CHARS)


class Decide(Asked):
    """An approval is granted or refused: for exactly the action with this digest.

    One that cannot be taken as it is (an edited input that does not fit, a pattern that does not
    cover the action) is not taken at all; the approval goes on waiting, and a warning says why.
    """

    kind: Literal["decide"] = "decide"
    approval: str
    digest: str
    decision: Literal["approved", "denied"]
    reason: str = ""
    edited: JsonObject | None = None
    """Approve this instead: a whole new input of the same tool."""
    pattern: str | None = None
    """Approve actions of this pattern from now on, in this run: see `loki_tui.guard.rules`."""


class Revoke(Asked):
    """What was approved for the whole run is to be asked about again."""

    kind: Literal["revoke"] = "revoke"
    pattern: str
    """As it was approved."""


class ForceReview(Asked):
    """The council is to sit now."""

    kind: Literal["force_review"] = "force_review"


class Refused(Asked):
    """Somebody we know asked for what they may not: nothing comes of it but a record."""

    kind: Literal["refused"] = "refused"
    request: Controlled
    why: str


Request = Annotated[
    Pause | Resume | Stop | SetBudget | Steer | Decide | Revoke | ForceReview | Refused, Field(discriminator="kind")
]

_REQUESTS: TypeAdapter[Request] = TypeAdapter(Request, config=ConfigDict(defer_build=True))


def encode_request(request: Request) -> str:
    """A request as JSON."""
    return request.model_dump_json(exclude_none=True)


def decode_request(text: str | bytes) -> Request:
    """The request in a piece of JSON.

    Raises:
        pydantic.ValidationError: It is no request of this version.
    """
    return _REQUESTS.validate_json(text)

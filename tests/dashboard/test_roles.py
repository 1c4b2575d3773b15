"""What each role may do, and what is kept of what it may not."""

from __future__ import annotations

from collections import Counter

import pytest

from loki_tui.core import requests as rq
from tests.dashboard.issuing import Issuer
from tests.dashboard.visiting import Visitor
from tests.support.journaled import created, journal_of
from tests.support.program import Program


@pytest.mark.parametrize(
    ("role", "allowed"),
    [
        ("viewer", set()),
        ("operator", {"pause", "stop"}),
        ("admin", {"pause", "stop", "budget"}),
    ],
)
async def test_each_role_may_do_what_is_its_own(
    loki: Program, issuer: Issuer, visitor: Visitor, role: str, allowed: set[str]
) -> None:
    bearer = {"Authorization": f"Bearer {issuer.token(loki_role=role)}"}
    with journal_of(loki, created(loki)) as journal:
        assert (await visitor.get("/api/runs", **bearer)).status == 200
        granted = set()
        for what, body in (("pause", {}), ("budget", {"limit": 5}), ("stop", {})):
            answer = await visitor.post(f"/api/control/{what}", body, **bearer)
            assert answer.status in {202, 403}
            granted |= {what} if answer.status == 202 else set()
        assert granted == allowed
        asked = [request for _, request in journal.pending_requests()]
        kept = {request.request for request in asked if isinstance(request, rq.Refused)}
        assert kept == {"set_budget" if what == "budget" else what for what in {"pause", "budget", "stop"} - allowed}
        assert {request.by for request in asked} <= {"ada"}
        assert {request.via for request in asked} <= {f"dashboard, 127.0.0.1, {role}"}


async def test_an_operator_cannot_set_a_budget_by_resuming(loki: Program, issuer: Issuer, visitor: Visitor) -> None:
    bearer = {"Authorization": f"Bearer {issuer.token()}"}
    with journal_of(loki, created(loki)) as journal:
        assert (await visitor.post("/api/control/resume", {"budget": "100"}, **bearer)).status == 403
        ((_, request),) = journal.pending_requests()
        assert isinstance(request, rq.Refused)
        assert (request.by, request.via, request.request) == ("ada", "dashboard, 127.0.0.1, operator", "resume")
        assert "takes the role admin" in request.why


async def test_who_asks_what_they_may_not_cannot_fill_the_journal(
    loki: Program, issuer: Issuer, visitor: Visitor
) -> None:
    with journal_of(loki, created(loki)) as journal:
        for person in ("eve", "mallory"):
            bearer = {"Authorization": f"Bearer {issuer.token(preferred_username=person, loki_role='viewer')}"}
            for _ in range(30):
                assert (await visitor.post("/api/control/stop", **bearer)).status == 403
        kept = Counter(request.by for _, request in journal.pending_requests())
        assert kept == {"eve": 10, "mallory": 10}
        assert (await visitor.post("/api/control/stop", Authorization="Bearer nobody")).status == 401
        assert len(journal.pending_requests()) == 20

"""Streams of a parallel run, by typing."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from loki_tui.core import requests as rq
from loki_tui.headless.linear_streams import OfStream, read_stream
from loki_tui.store.project import Project
from tests.headless.desks import make_project, typing_at
from tests.support import abreast, scenes


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """A project without a run."""
    return make_project(tmp_path)


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("pause auth", OfStream("auth", "pause")),
        ("resume auth", OfStream("auth", "resume")),
        ("stop auth", OfStream("auth", "stop")),
        ("share auth 2.50", OfStream("auth", "share", limit=Decimal("2.50"))),
        ("say auth Use the client.", OfStream("auth", "say", note="Use the client.")),
        ("pause", None),
        ("pause auth shop", None),
        ("share auth", None),
        ("share auth much", None),
        ("say auth", None),
        ("kill auth", None),
        ("", None),
    ],
)
def test_nothing_is_guessed(typed: str, meant: OfStream | None) -> None:
    assert read_stream(typed) == meant


def test_streams_are_told_in_sentences(project: Project) -> None:
    with typing_at(project, abreast.abreast()) as typist:
        said = typist.types("streams")
        assert "Integrating locks, 2 conflicts, handed to agent." in said
        assert "Stream search: running, 1 iteration" in said
        status = typist.types("status")
        assert "Streams: 2 at work (search, export waiting), integrating locks, 1 queued, 1 integrated." in status
        assert "Throttled: 2 agents at once (cpu, rate limit)." in status
        assert "Waiting for you: p1 of stream export, run git push." in status
        assert "Stream export: p1 waits for you" in typist.types("approvals")


def test_one_is_asked_and_one_that_is_not_at_work_is_left_alone(project: Project) -> None:
    with typing_at(project, abreast.abreast()) as typist:
        typist.types("stream pause search", "stream share search 3", "stream say search Go on")
        asked = [request for _, request in typist.journal.pending_requests()]
        by = typist.desk.client.by
        assert asked == [
            rq.Pause(by=by, stream="search"),
            rq.SetBudget(by=by, limit=Decimal(3), stream="search"),
            rq.Steer(by=by, note="Go on", stream="search"),
        ]
        assert "store is not at work" in typist.types("stream stop store")
        assert "mail is no stream of this run" in typist.types("stream stop mail")
        assert len(typist.journal.pending_requests()) == 3


def test_a_run_without_streams_says_so(project: Project) -> None:
    with typing_at(project, scenes.full()) as typist:
        assert "has no streams" in typist.types("streams")
        assert "Streams:" not in typist.types("status")

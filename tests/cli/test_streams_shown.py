"""`loki streams` on a run whose journal a test wrote: what is said of each, and what is asked of one."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from loki_tui.core import requests as rq
from loki_tui.runtime.surroundings import Surroundings
from loki_tui.store.journal import SqliteJournal
from tests.support import abreast, scenes
from tests.support.program import Program

RUN = "r1"


@contextmanager
def abreast_run(loki: Program) -> Iterator[SqliteJournal]:
    """A parallel run whose engine seems to live."""
    project = Surroundings.here(loki.environ, loki.workspace).project
    with scenes.at_work(project, RUN, abreast.abreast()) as journal:
        yield journal


async def test_streams_are_listed_with_what_holds_them_and_what_is_brought_together(loki: Program) -> None:
    with abreast_run(loki):
        listed = (await loki("streams", "list")).out
        assert "integrating locks, 2 conflicts, handed to agent" in listed
        assert "throttled: 2 agents at once (cpu, rate limit)" in listed
        assert "search: running, 1 iteration, $0.0364 of $1.50, 0 of 1 proven, shell python3 -m pytest -q" in listed
        assert "offline: queued (after search, export)" in listed
        status = await loki.status()
        assert [row["name"] for row in status["streams"]] == ["store", "search", "export", "locks", "offline"]
        assert status["integration"] == {
            "stream": "locks", "attempt": 1, "doing": "2 conflicts, handed to agent",
            "conflicts": ["notes/store.py", "a.py"], "handed_to": "agent", "tries": 0,
        }  # fmt: skip
        assert status["limited"] == {"agents": 2, "by": ["cpu", "rate limit"]}
        said = (await loki("status")).out
        assert "waits for you: [export] run git push (loki approvals show p1)" in said
        assert "iteration  4 of 12" in said
        assert "5 streams" in (await loki("runs")).out


async def test_one_stream_is_shown_whole(loki: Program) -> None:
    with abreast_run(loki):
        shown = (await loki("streams", "show", "store")).out
        for words in (
            "store: integrated",
            "wants      R1 (proven): A note has a title",
            "files      store/**",
            "branch     loki/r1-store, from 0000000000",
            "iteration  1, $0.15",
            "has no worktree any more",
        ):
            assert words in shown, shown
        (row,) = (await loki("streams", "show", "store", "--json")).rows
        assert (row["proofs"], row["outcome"]) == ({"R1": "proven", "R2": "proven"}, "completed")
        assert row["integrated"] == "e" * 40
        missing = await loki("streams", "show", "mail")
        assert missing.code == 2
        assert "has no stream 'mail'" in missing.err


async def test_what_is_asked_of_a_stream_can_be_asked_by_a_program(loki: Program) -> None:
    with abreast_run(loki) as journal:
        (paused,) = (await loki("streams", "pause", "search", "--reason", "lunch", "--json")).rows
        (shared,) = (await loki("streams", "share", "search", "3.25", "--json")).rows
        assert (paused["run"], paused["stream"]) == (RUN, "search")
        asked = dict(journal.pending_requests())
        assert set(asked) == {paused["request"], shared["request"]}
        pause, share = asked[paused["request"]], asked[shared["request"]]
        assert isinstance(pause, rq.Pause)
        assert (pause.stream, pause.reason) == ("search", "lunch")
        assert isinstance(share, rq.SetBudget)
        assert (share.stream, str(share.limit)) == ("search", "3.25")
        over = await loki("streams", "stop", "store")
        assert over.code == 2
        assert "Stream store is integrated, and not at work" in over.err


async def test_an_approval_says_which_stream_asks(loki: Program) -> None:
    with abreast_run(loki):
        assert (await loki("approvals", "list")).out == "p1  network  [export] run git push\n"
        (row,) = (await loki("approvals", "list", "--json")).rows
        assert (row["approval"], row["stream"]) == ("p1", "export")
        assert "stream: export" in (await loki("approvals", "show", "p1")).out
        (whole,) = (await loki("approvals", "show", "p1", "--json")).rows
        assert (whole["stream"], whole["detail"]) == ("export", "git push")


async def test_a_run_without_streams_says_so(loki: Program) -> None:
    project = Surroundings.here(loki.environ, loki.workspace).project
    scenes.write(project, RUN, scenes.empty())
    listed = await loki("streams", "list")
    assert (listed.code, listed.out) == (0, "")
    assert "has no streams" in listed.err

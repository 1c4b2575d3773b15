"""A provider that fails in every way it can, seen from outside: real HTTP, the real SDK, the real program."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

from loki_tui.core.events import ModelFailed, ModelRequested, RunWaiting
from tests.cli.conftest import replaying
from tests.support.answers import PLANS, WRITES, reply
from tests.support.git import git
from tests.support.messages_server import Break, MessagesServer, Refuse, Turn
from tests.support.program import Program

KEY = "sk-ant-api03-not-a-key-of-anybody"


@asynccontextmanager
async def served(loki: Program, script: Sequence[Turn]) -> AsyncIterator[tuple[Program, MessagesServer]]:
    """The program with a key for a server that plays a script."""
    async with MessagesServer(script) as server:
        yield (
            loki.without("LOKI_PROVIDER", "LOKI_CASSETTE").with_(
                ANTHROPIC_BASE_URL=server.url,
                ANTHROPIC_API_KEY=KEY,
                LOKI_RETRY_BASE_SECONDS="0.01",
                LOKI_STREAM_IDLE_TIMEOUT="1s",
            ),
            server,
        )


async def test_a_wrong_key_ends_the_run_at_once_with_a_hint(loki: Program) -> None:
    async with served(loki, [Refuse(401, "authentication_error", f"invalid x-api-key {KEY}")]) as (there, server):
        run = await there("start")
    assert run.code == 20, run
    assert server.served == 1
    assert "FAILED" in run.out
    assert "Check ANTHROPIC_API_KEY" in run.out
    assert KEY not in run.out + run.err
    assert [failed.fault for failed in loki.events(ModelFailed)] == ["auth"]
    assert loki.events(RunWaiting) == []


FAULTS: tuple[tuple[Turn, str], ...] = (
    (Refuse(429, "rate_limit_error", headers={"retry-after": "1"}), "rate_limited"),
    (Refuse(429, "rate_limit_error"), "rate_limited"),
    (Refuse(529, "overloaded_error"), "overloaded"),
    (Refuse(500), "server"),
    (Break("reset"), "connection"),
    (Break("garble"), "malformed"),
    (Break("report"), "overloaded"),
    (Break("stall"), "stalled"),
    (Break("end"), "truncated"),
)


async def test_a_run_outlives_every_passing_fault_and_its_recording_plays_it_again(
    loki: Program, tmp_path: Path
) -> None:
    answers = [reply(answer) for answer in (PLANS, *WRITES)]
    script = [answers[0], *(fault for fault, _ in FAULTS), *answers[1:]]
    recording = tmp_path / "recording.jsonl"
    async with served(loki, script) as (there, server):
        run = await there("start", "--budget", "5", "--record", recording)
    assert run.code == 0, run
    assert server.served == len(script)
    assert [failed.fault for failed in loki.events(ModelFailed)] == [fault for _, fault in FAULTS]
    waits = loki.events(RunWaiting)
    assert [wait.on for wait in waits] == ["rate_limit"] * 2 + ["provider"] * 7
    asked = loki.events(ModelRequested)
    assert [request.attempt for request in asked] == [1, *range(1, len(FAULTS) + 2), 1]
    told = loki.view().state
    assert told.books.committed < 5
    assert told.failures == 0
    git(loki.workspace, "switch", "--quiet", "main")
    again = await loki.with_(**replaying(recording))("start")
    assert again.code == 0, again
    trees = git(loki.workspace, "for-each-ref", "--format=%(tree)", "refs/heads/loki").splitlines()
    assert len(trees) == 2
    assert len(set(trees)) == 1

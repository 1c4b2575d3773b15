"""Engines that die: each life is a process of its own, ended by SIGKILL at a chosen append to the journal.

    python -m tests.support.mortal

reads one JSON object a line (`root`, `mode`, `at`), has a freshly forked process live that life,
and prints the status it ended with. Forking saves the import, nothing else is shared.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
import traceback
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from loki_tui.core import events as ev
from loki_tui.core import requests as rq
from loki_tui.core.events import Event, Record
from loki_tui.core.fold import fold
from loki_tui.core.keyframes import Keyframe
from loki_tui.core.requests import Request
from loki_tui.core.settings import Settings
from loki_tui.core.state import RunState
from loki_tui.engine.engine import Engine
from loki_tui.engine.ports import Live
from loki_tui.runtime.build import build_world
from loki_tui.runtime.secrets import redactor_of
from loki_tui.runtime.surroundings import Surroundings
from loki_tui.store.database import NoJournalError
from loki_tui.store.journal import SqliteJournal
from loki_tui.store.lock import EngineLock
from tests.support import git
from tests.support.parallel import StreamSaga
from tests.support.runs import FACTS_ALONE
from tests.support.saga import MAX_OUTPUT, MODEL, PRICE, TEST, WINDOW, SagaModel
from tests.support.scripted import FakeClock, ScriptedMachine

RUN = "r1"
PRD = "# A thing\n\nIt works.\n"
REPOSITORY = Path(__file__).parents[2]

STEPS = frozenset(
    {
        *(f"stream_{what}" for what in ("planned", "started", "finished")),
        *(f"integration_{what}" for what in ("started", "conflicted", "merged", "refused", "finished")),
        *("worktree_retired", "checkpoint_taken", "iteration_started", "iteration_finished", "run_closed"),
    }
)
"""What a parallel run does as a whole."""

PARALLEL = "parallel"
"""A file of this name in a place says that its runs are parallel."""

Mode = Literal["after", "before", "never"]


@dataclass(frozen=True, slots=True)
class Place:
    """A project, its state, and the provider's bill."""

    root: Path

    @property
    def workspace(self) -> Path:
        return self.root / "project"

    @property
    def bill(self) -> Path:
        return self.root / "bill.jsonl"

    @property
    def complaints(self) -> Path:
        """What engines said when they broke off."""
        return self.root / "complaints.txt"

    @property
    def environ(self) -> dict[str, str]:
        return git.ENVIRONMENT | {"HOME": str(self.root / "home"), "LOKI_DIR": str(self.root / "state")}

    @property
    def around(self) -> Surroundings:
        return Surroundings.here(self.environ, self.workspace)

    def records(self) -> list[Record]:
        """All events so far."""
        try:
            with self.around.project.reader() as reader:
                return list(reader.records(RUN))
        except NoJournalError:
            return []

    def first_broken_link(self) -> int | None:
        """Where the hash chain breaks, if it does."""
        with self.around.project.reader() as reader:
            return reader.verify_chain(RUN)


def make_place(root: Path, *, parallel: bool = False) -> Place:
    """A committed project in an empty directory."""
    place = Place(root)
    if parallel:
        (root / PARALLEL).touch()
    git.repository(place.workspace, {".gitignore": "ran.log\n", "README.md": "hello\n"})
    (root / "home").mkdir()
    return place


# -- a life -------------------------------------------------------------------------------------


class MortalJournal:
    """A journal whose process dies right before or right after one of its appends.

    An append that follows another without an `await` in between has no moment of its own before
    it: the world is as it was after the one before, and that death is died in the other mode.

    Where kinds are named, only appends of the run itself that hold one of these are counted.

    Also the person at their terminal: whatever asks for approval is approved.
    Implements `loki_tui.engine.ports.Journal`.
    """

    def __init__(self, inner: SqliteJournal, *, mode: Mode, at: int, kinds: frozenset[str] = frozenset()) -> None:
        self.run = inner.run
        self._inner = inner
        self._mode = mode
        self._left = at
        self._kinds = kinds
        self._step: asyncio.Task[object] | None = None

    def head(self) -> str:
        return self._inner.head()

    def append(self, *events: Event, stream: str | None = None, consumes: int | None = None) -> list[Record]:
        counts = not self._kinds or (stream is None and any(event.kind in self._kinds for event in events))
        if self._mode == "before" and not self._follows_at_once() and counts:
            self._die_when_due()
        records = self._inner.append(*events, stream=stream, consumes=consumes)
        if self._mode == "after" and counts:
            self._die_when_due()
        for event in events:
            if isinstance(event, ev.ApprovalRequested):
                self.approve(event)
        return records

    def _follows_at_once(self) -> bool:
        """Whether this append comes in the same step of the same task as the one before."""
        task = asyncio.current_task()
        follows = task is self._step
        self._step = task
        asyncio.get_running_loop().call_soon(self._end_step)
        return follows

    def _end_step(self) -> None:
        self._step = None

    def _die_when_due(self) -> None:
        self._left -= 1
        if self._left == 0:
            os.kill(os.getpid(), signal.SIGKILL)

    def approve(self, asked: ev.ApprovalRequested) -> None:
        decision = rq.Decide(by="ada", approval=asked.approval, digest=asked.digest, decision="approved")
        self._inner.post(decision)

    def records(self, after: int = 0) -> Iterator[Record]:
        return self._inner.records(after)

    def keyframes(self) -> Iterator[Keyframe]:
        return self._inner.keyframes()

    def keep_keyframe(self, keyframe: Keyframe) -> None:
        self._inner.keep_keyframe(keyframe)

    def put_blob(self, data: bytes) -> str:
        return self._inner.put_blob(data)

    def get_blob(self, digest: str) -> bytes:
        return self._inner.get_blob(digest)

    def pending_requests(self) -> list[tuple[int, Request]]:
        return self._inner.pending_requests()

    async def wait_for_request(self) -> None:
        await self._inner.wait_for_request()

    def take_warnings(self) -> list[str]:
        return self._inner.take_warnings()


SETTINGS = Settings.model_validate(
    {
        "provider": "replay",
        "cassette": "/dev/null",
        "model_planning": MODEL,
        "model_work": MODEL,
        "model_fast": MODEL,
        "model_prices": {MODEL: PRICE},
        "budget_limit": "1000000",
        "context_window": WINDOW,
        "max_output_tokens": MAX_OUTPUT,
        "staged_autonomy": True,
        "test_command": TEST,
        "max_iterations": 5,
        **FACTS_ALONE,
        "council_enabled": True,
        "council_size": 2,
        "council_threshold": 2,
    }
)


SETTINGS_OF_STREAMS = SETTINGS.model_copy(
    update={
        "parallel_mode": True,
        "staged_autonomy": False,
        "council_enabled": False,
        "test_command": None,
        "confinement": "none",
        "context_window": None,
        "max_iterations": 20,
    }
)


async def live(place: Place, *, mode: Mode, at: int) -> None:
    """One engine's life, as `loki start` or `loki resume` would begin it."""
    around = place.around
    with (
        EngineLock.acquire(around.project.state, run=RUN) as lock,
        SqliteJournal.open(lock, redactor=redactor_of(around.environ)) as inner,
    ):
        kinds = STEPS if (place.root / PARALLEL).exists() else frozenset[str]()
        journal = MortalJournal(inner, mode=mode, at=at, kinds=kinds)
        state = fold(inner.records(), run=RUN)
        if state.closed is not None:
            return
        _begin(place, inner, journal, state)
        await asyncio.sleep(0)
        parallel = (place.root / PARALLEL).exists()
        settings = SETTINGS_OF_STREAMS if parallel else SETTINGS
        model = StreamSaga() if parallel else SagaModel(place.bill)
        world = build_world(around, settings, inner, model=model, live=Live())
        await Engine(replace(world, journal=journal, clock=FakeClock(), machine=ScriptedMachine()), settings).run()


def _begin(place: Place, inner: SqliteJournal, journal: MortalJournal, state: RunState) -> None:
    if state.created is None:
        journal.append(
            ev.RunCreated(
                prd_path="prd.md",
                prd=inner.put_blob(PRD.encode()),
                workspace=str(place.workspace),
                provider="scripted",
                models=SETTINGS.models,
                settings={},
                version="0",
                max_iterations=SETTINGS.max_iterations,
                budget=SETTINGS.budget_limit,
            )
        )
    else:
        inner.post(rq.Resume(by="ada"))
    for approval in state.waiting_approvals:
        journal.approve(approval.request)
    posted = place.root / "steered"
    if not posted.exists():
        inner.post(rq.Steer(by="ada", note="Mind the gap."))
        posted.touch()


# -- the server of lives ------------------------------------------------------------------------


class Lives:
    """Has engines live and die; use as a context manager."""

    def __enter__(self) -> Lives:
        self._server = subprocess.Popen(
            [sys.executable, "-m", "tests.support.mortal"],
            cwd=REPOSITORY,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        return self

    def __exit__(self, *_: object) -> None:
        assert self._server.stdin
        assert self._server.stdout
        self._server.stdin.close()
        self._server.wait(30)
        self._server.stdout.close()

    def live(self, place: Place, *, mode: Mode = "never", at: int = 0) -> int:
        """Have one engine live.

        Returns:
            The process's status: 0, or the negative number of the signal that ended it.
        """
        assert self._server.stdin
        assert self._server.stdout
        self._server.stdin.write(json.dumps({"root": str(place.root), "mode": mode, "at": at}) + "\n")
        self._server.stdin.flush()
        return int(self._server.stdout.readline())


def _serve() -> None:
    for line in sys.stdin:
        order = json.loads(line)
        pid = os.fork()
        if pid == 0:
            _be_born(Place(Path(order["root"])), mode=order["mode"], at=order["at"])
        status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
        sys.stdout.write(f"{status}\n")
        sys.stdout.flush()


def _be_born(place: Place, *, mode: Mode, at: int) -> None:
    status = 1
    try:
        os.environ.clear()
        os.environ.update(place.environ)
        asyncio.run(live(place, mode=mode, at=at))
        status = 0
    except BaseException:
        place.complaints.write_text(traceback.format_exc())
        raise
    finally:
        os._exit(status)


if __name__ == "__main__":
    _serve()

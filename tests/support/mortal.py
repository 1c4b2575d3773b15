"""Engines that die: each life is a process of its own, ended by SIGKILL at a chosen append to the journal.

    python -m tests.support.mortal

reads one JSON object a line (`root`, `mode`, `at`, `into`), has a freshly forked process live that life,
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
from tests.support.stills import Moment, accompany, read_moments, stop_here

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

Mode = Literal["after", "before", "never", "still"]
"""When an engine dies; or that it lives, and stands still at every moment at which it might have died."""


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

    Where kinds are named, only appends of the run itself that hold one of these are counted.

    A journal in the mode `still` dies at no append, and has a still taken before and after each instead.

    Also the person at their terminal: whatever asks for approval is approved.
    Implements `loki_tui.engine.ports.Journal`.
    """

    def __init__(
        self, inner: SqliteJournal, *, mode: Mode, at: int, kinds: frozenset[str] = frozenset(), tell: int = -1
    ) -> None:
        self.run = inner.run
        self._inner = inner
        self._mode = mode
        self._at = at
        self._counted = 0
        self._tell = tell
        self._kinds = kinds

    def head(self) -> str:
        return self._inner.head()

    def append(self, *events: Event, stream: str | None = None, consumes: int | None = None) -> list[Record]:
        counts = not self._kinds or (stream is None and any(event.kind in self._kinds for event in events))
        self._counted += counts
        if counts:
            self._pass("before")
        records = self._inner.append(*events, stream=stream, consumes=consumes)
        if counts:
            self._pass("after")
        for event in events:
            if isinstance(event, ev.ApprovalRequested):
                self.approve(event)
        return records

    def _pass(self, moment: Mode) -> None:
        """Do what is to be done at a moment, which for most is nothing."""
        if self._mode == "still":
            stop_here(f"{moment} {self._counted}", tell=self._tell)
        if self._mode == moment and self._counted == self._at:
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


async def live(place: Place, *, mode: Mode, at: int, tell: int = -1) -> None:
    """One engine's life, as `loki start` or `loki resume` would begin it."""
    around = place.around
    with (
        EngineLock.acquire(around.project.state, run=RUN) as lock,
        SqliteJournal.open(lock, redactor=redactor_of(around.environ)) as inner,
    ):
        kinds = STEPS if (place.root / PARALLEL).exists() else frozenset[str]()
        journal = MortalJournal(inner, mode=mode, at=at, kinds=kinds, tell=tell)
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
        return self._order(place, mode=mode, at=at)

    def stand_still(self, place: Place, into: Path) -> list[Moment]:
        """Have one engine live to the end of its run, with a still of the place from every moment.

        Args:
            place: Where.
            into: A directory to be made for the stills.
        """
        assert self._order(place, mode="still", into=str(into)) == 0, place.complaints.read_text()
        return read_moments(into)

    def _order(self, place: Place, *, mode: Mode, at: int = 0, into: str = "") -> int:
        assert self._server.stdin
        assert self._server.stdout
        order = {"root": str(place.root), "mode": mode, "at": at, "into": into}
        self._server.stdin.write(json.dumps(order) + "\n")
        self._server.stdin.flush()
        return int(self._server.stdout.readline())


def _serve() -> None:
    for line in sys.stdin:
        order = json.loads(line)
        place = Place(Path(order["root"]))
        told, tell = os.pipe()
        pid = os.fork()
        if pid == 0:
            _be_born(place, mode=order["mode"], at=order["at"], tell=tell)
        if order["into"]:
            status = accompany(pid, told, place=place.root, into=Path(order["into"]))
        else:
            status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
        os.close(told)
        os.close(tell)
        sys.stdout.write(f"{status}\n")
        sys.stdout.flush()


def _be_born(place: Place, *, mode: Mode, at: int, tell: int) -> None:
    status = 1
    try:
        os.environ.clear()
        os.environ.update(place.environ)
        asyncio.run(live(place, mode=mode, at=at, tell=tell))
        status = 0
    except BaseException:
        place.complaints.write_text(traceback.format_exc())
        raise
    finally:
        os._exit(status)


if __name__ == "__main__":
    _serve()

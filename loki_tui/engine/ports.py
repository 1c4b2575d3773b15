"""What the engine needs of the world, and nothing about who provides it.

Adapters live in `loki_tui.models`, `loki_tui.hands` and `loki_tui.store`; only
`loki_tui.runtime` puts them together.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Protocol

from loki_tui.core.events import Event, Record
from loki_tui.core.keyframes import Keyframe
from loki_tui.core.messages import JsonObject, Message, Part, ToolSpec, Usage
from loki_tui.core.requests import Request
from loki_tui.core.vocabulary import Confinement, Purpose, Ruling, Sample
from loki_tui.engine.receipt import Evidence

OnText = Callable[[str], None]
"""Told of text as it streams in; called on the engine's loop."""


# -- models -------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ModelRequest:
    """One question to a model.

    `messages` of one `conversation` only ever grow at their end, so an adapter may keep what
    it has already encoded and cached.
    """

    purpose: Purpose
    ordinal: int
    """How many requests of this purpose were answered before in this run: what a recording is played by."""
    conversation: str
    model: str
    system: str
    tools: tuple[ToolSpec, ...]
    messages: Sequence[Message]
    max_output_tokens: int
    must_call: str | None = None
    """The one tool the answer has to use, where there is one."""
    effort: str | None = None
    """How hard to think: low, medium, high, xhigh or max, where the model knows effort."""


@dataclass(frozen=True, slots=True)
class ModelAnswer:
    """A whole answer; a partial one is an error."""

    parts: tuple[Part, ...]
    stop: str
    """end, tool_use, length or refusal."""
    usage: Usage


class Model(Protocol):
    """Answers requests, one attempt each: retries, waits and money are the engine's."""

    async def answer(self, request: ModelRequest, *, on_text: OnText) -> ModelAnswer:
        """Put one request to the model.

        Raises:
            loki_tui.core.errors.ModelError: There is no whole answer; says why and what it cost.
        """
        ...

    async def close(self) -> None:
        """Let go of connections."""
        ...


class Prices(Protocol):
    """What models cost."""

    def knows(self, model: str) -> bool:
        """Whether there is a price for this model."""
        ...

    def cost(self, model: str, usage: Usage) -> Decimal:
        """What a request of this usage is billed, in US dollars."""
        ...

    def worst_case(self, model: str, *, prompt_tokens: int, output_tokens: int) -> Decimal:
        """The most a request of at most this size can be billed: all input at its dearest tier."""
        ...

    def context_window(self, model: str) -> int:
        """Tokens the model can take in and give out together."""
        ...


# -- the workspace ------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ActionResult:
    """What came of one operation in the workspace."""

    ok: bool
    output: str
    """Bounded, valid text without control sequences; what the model is told."""
    exit_code: int | None = None
    diff: str = ""
    """Unified diff of an edit."""
    seconds: float = 0.0
    timed_out: bool = False
    path: str = ""
    """Of a preview: the file that is meant, links resolved; relative within the workspace."""
    seal: str = ""
    """Of a preview: names the file and what it holds. Another file or another content has another."""


class Workspace(Protocol):
    """Confined hands on one directory. Operations are the public tools' names and inputs."""

    confinement: Confinement

    async def perform(self, tool: str, tool_input: JsonObject, *, on_output: OnText | None = None) -> ActionResult:
        """Do one thing: `shell`, `read_file`, `write_file`, `edit_file`, `list_files` or `search_files`.

        Cancelling the call ends the operation and every process it started.

        Raises:
            loki_tui.core.errors.WorkspaceError: The hands are gone.
        """
        ...

    async def preview(self, tool: str, tool_input: JsonObject) -> ActionResult:
        """What `write_file` or `edit_file` would change, and answer; nothing is written.

        Raises:
            loki_tui.core.errors.WorkspaceError: The hands are gone.
        """
        ...

    async def fetch(self, path: str) -> bytes | None:
        """The whole of a regular file below the directory, links resolved, byte for byte.

        Returns:
            None where there is no such file, it cannot be read, is larger than 64 MB, or changes while it is read.

        Raises:
            loki_tui.core.errors.WorkspaceError: The hands are gone.
        """
        ...

    async def freeze(self) -> None:
        """Hold every process in the workspace where it is; time limits stand still."""
        ...

    async def thaw(self) -> None:
        """Let them go on."""
        ...

    async def close(self) -> None:
        """End every process and the hands themselves."""
        ...


class Workspaces(Protocol):
    """Launches hands."""

    @property
    def confinement(self) -> Confinement:
        """What will hold them."""
        ...

    async def sweep(self) -> None:
        """Remove what an engine that was killed left of its hands."""
        ...

    async def open_agent(self) -> Workspace:
        """Hands on the person's workspace, for agents."""
        ...

    async def open_checkout(self, root: Path) -> Workspace:
        """Hands on a clean checkout that the agent's hands cannot reach, for verification."""
        ...


class CommandPolicy(Protocol):
    """What the rules say of shell commands."""

    async def judge(self, command: str, *, root: str) -> Ruling:
        """Whether a command may run; one that cannot be read, or not be decided on, is to be asked about.

        Args:
            command: What an agent wants to run.
            root: The directory it begins in.

        Raises nothing.
        """
        ...


class Checkouts(Protocol):
    """Clean checkouts of checkpoints."""

    async def open(self, checkpoint: str) -> Workspace:
        """Hands on a fresh copy of a checkpoint's files; closing them removes it."""
        ...


# -- the person's repository --------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class OpenedBranch:
    """The branch a run delivers on, just created and checked out."""

    branch: str
    base: str | None
    origin: str
    dirty: tuple[str, ...] = ()


class Repository(Protocol):
    """The person's repository. Its git runs in hands, since an agent may have written its configuration."""

    async def open_branch(self, branch: str, *, again: bool = False) -> OpenedBranch:
        """Create the branch at HEAD and check it out without touching a file; take it up if it is there.

        Raises:
            loki_tui.core.errors.RepositoryError: This is no repository, it refuses, or it never saw a branch that the
                run has opened before (`again`).
        """
        ...

    async def commit(self, branch: str, *, subject: str, body: str) -> str | None:
        """Commit the workspace to the branch, without what was uncommitted before the run.

        Returns:
            The branch's newest commit, whoever made it; none where it has none of its own yet.
        """
        ...

    async def evidence(self, base: str | None, commit: str, *, measured: str) -> Evidence:
        """What the repository holds of delivered work, as anybody can look it up.

        Args:
            base: The commit it began at; none in a repository that had none.
            commit: What was delivered.
            measured: The tree of a checkpoint to compare that with; empty for none.

        Raises:
            loki_tui.core.errors.LokiError: Git cannot be asked, or a commit is not there.
        """
        ...

    def take_warnings(self) -> list[str]:
        """What a person should know of the latest operations; each is handed out once."""
        ...


# -- what outlives the process ------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A restorable state of the workspace."""

    checkpoint: str
    tree: str
    files: int
    changed: int
    skipped: tuple[str, ...] = ()
    """Paths that could not be saved."""


class Checkpoints(Protocol):
    """Snapshots of the workspace, kept where an agent cannot write."""

    async def take(self, label: str, *, iteration: int = 0) -> Snapshot:
        """Save tracked, untracked and uncommitted content.

        Args:
            label: Why, in a few words.
            iteration: The iteration that has just ended; 0 before the first.
        """
        ...

    async def export(self, checkpoint: str, target: Path) -> None:
        """Write a checkpoint's files into an empty directory."""
        ...

    async def diff(self, base: str, checkpoint: str) -> str:
        """Unified diff between two checkpoints."""
        ...

    async def changed(self, base: str, checkpoint: str) -> tuple[str, ...]:
        """Paths in which two checkpoints differ, sorted, those included that only one of them has."""
        ...


class Journal(Protocol):
    """The one place an engine writes to. One run's events; opened by its only writer."""

    run: str

    def head(self) -> str:
        """The hash of the last event, which covers all before it, in hexadecimal."""
        ...

    def append(self, *events: Event, stream: str | None = None, consumes: int | None = None) -> list[Record]:
        """Make events durable, all or none, before returning.

        Args:
            events: In order.
            stream: The parallel stream they belong to.
            consumes: The request they answer; it is consumed in the same transaction.
        """
        ...

    def records(self, after: int = 0) -> Iterator[Record]:
        """Events with a `seq` above `after`, in order."""
        ...

    def keyframes(self) -> Iterator[Keyframe]:
        """States that were kept, latest first."""
        ...

    def keep_keyframe(self, keyframe: Keyframe) -> None:
        """Keep a state, so that it need not be folded from the first event; it may get lost."""
        ...

    def put_blob(self, data: bytes) -> str:
        """Store data under its digest."""
        ...

    def get_blob(self, digest: str) -> bytes:
        """The data of a digest.

        Raises:
            loki_tui.core.errors.JournalError: It is not there, or not what its digest says.
        """
        ...

    def pending_requests(self) -> list[tuple[int, Request]]:
        """Requests nobody consumed yet, oldest first, with the number to consume them by."""
        ...

    async def wait_for_request(self) -> None:
        """Return when the inbox may have something new."""
        ...

    def take_warnings(self) -> list[str]:
        """What a person should know about the journal itself, to be journaled; each is handed out once."""
        ...


class Clock(Protocol):
    """Time, so that tests need not wait for it."""

    def now(self) -> datetime:
        """UTC."""
        ...

    def monotonic(self) -> float:
        """Seconds from some moment."""
        ...

    async def sleep(self, seconds: float) -> None:
        """Wait; cancellable."""
        ...

    async def elapse(self, seconds: float) -> None:
        """Wait for so much time to pass while the work goes on; cancellable. Nobody waits for whoever waits here."""
        ...


class Machine(Protocol):
    """The machine that a run is on, and the run's own processes."""

    def sample(self) -> Sample:
        """Load since the sample before; called on a thread, since it may take a while.

        Raises:
            loki_tui.core.errors.LokiError: The system does not tell.
        """
        ...


@dataclass(slots=True)
class Live:
    """What is said while it happens and never journaled: text as it streams in."""

    on_text: Callable[[str, str], None] = field(default=lambda _agent, _text: None)
    """Told (agent, text)."""
    on_output: Callable[[str, str], None] = field(default=lambda _action, _text: None)
    """Told (action, output)."""
    attended: bool = False
    """Whether a person sees it, and so can be asked something now."""

"""Tries the shipped escapes against this machine's own hands, and says of each what stopped it."""

from __future__ import annotations

import asyncio
import shlex
import shutil
import sys
import tempfile
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal

from loki_tui.core.errors import ConfinementError, RepositoryError
from loki_tui.core.settings import Settings
from loki_tui.core.vocabulary import Confinement
from loki_tui.engine.ports import CommandPolicy, Workspace, Workspaces
from loki_tui.hands.policy import Demands
from loki_tui.runtime.boxed import open_workspaces
from loki_tui.runtime.bypasses import BYPASSES
from loki_tui.runtime.escapes import PRELUDE, Escape, Kind, table
from loki_tui.runtime.escapes_powers import CLOSED_SCHEDULING
from loki_tui.runtime.proving_ground import CREDENTIALS, SECRET, Ground, Victim, victim

if TYPE_CHECKING:
    from loki_tui.runtime.attack_worktrees import Beside

Stopped = Literal["parser", "kernel", "not covered", "leaked"]

NOWHERE = "/nowhere/workspace"
"""Where commands begin that are only read, never run."""

APART: Final = ("network", "repository", "worktree")
"""Kinds that are tried in hands of their own."""

_SECONDS = 20
TOOL_TARGETS = (
    "{O}/file.txt",
    "{O}/new.txt",
    "{O}/deep/er/new.txt",
    "../outside/file.txt",
    "src/../../outside/new.txt",
    "src/way-out/file.txt",
    "src/file-out",
    "src/dangling",
    "/proc/self/root{O}/file.txt",
    "src-evil/a.py",
    "src-evil/new.py",
    "other.txt",
    "new.txt",
    "{H}/.bashrc",
    "{H}/.ssh/authorized_keys",
    "{ST}/journal.db",
    "{ST}/approved",
    "/etc/loki-escaped",
    "/usr/local/bin/loki-escaped",
)
"""What the file tools are told to write."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one attempt."""

    name: str
    kind: str
    stopped_by: Stopped
    how: str = ""
    """What leaked, or which gap of the rung it went through."""


@dataclass(frozen=True, slots=True)
class Report:
    """What became of all of them."""

    confinement: Confinement
    outcomes: tuple[Outcome, ...]

    def count(self, stopped_by: Stopped) -> int:
        """How many ended so."""
        return sum(outcome.stopped_by == stopped_by for outcome in self.outcomes)


async def attack(
    environ: Mapping[str, str],
    *,
    confinement: str,
    policy: CommandPolicy | None = None,
    settings: Settings | None = None,
) -> Report:
    """Try every escape in a workspace made for it, which is removed afterwards.

    The network is off for its part of the table, and as open as by default for the rest.

    Args:
        environ: The person's environment.
        confinement: The setting `LOKI_CONFINEMENT`.
        policy: What reads commands before they are run, to be tried as well.
        settings: What containers are like, where they confine.

    Raises:
        ConfinementError: The demanded confinement is not to be had, or it is none.
    """
    if confinement == "none":
        raise ConfinementError("Nothing confines agents with LOKI_CONFINEMENT=none: every escape would do its harm.")
    base = _new_directory()
    try:
        ground = Ground(base)
        ground.lay_out(environ)
        with victim(base) as target:
            boxed = (settings or Settings()).model_copy(update={"confinement": confinement})
            report = await _Campaign(ground, target, environ, boxed).run()
        read = [await read_through(policy, command) for command in BYPASSES] if policy else []
        return replace(report, outcomes=(*report.outcomes, *read))
    finally:
        # Not shutil.rmtree alone: an attack may make a tree deeper than its stack.
        await asyncio.to_thread(shutil.rmtree, base, ignore_errors=True)


async def read_through(policy: CommandPolicy, command: str) -> Outcome:
    """Whether a spelling of what is blocked is seen through; it is not run."""
    ruling = await policy.judge(command, root=NOWHERE)
    return Outcome(command, "command", "leaked" if ruling.verdict == "allow" else "parser", ruling.why)


def _new_directory() -> Path:
    return Path(tempfile.mkdtemp(prefix="loki-attack-")).resolve()


class _Campaign:
    def __init__(self, ground: Ground, target: Victim, environ: Mapping[str, str], settings: Settings) -> None:
        self._settings = settings
        self._ground = ground
        self._target = target
        self._demands = ground.demands(environ, confinement=settings.confinement, network=("on",))
        # An image has an interpreter of its own.
        self._python = "python3" if settings.confinement == "docker" else sys.executable
        self._beside: Beside | None = None
        """Where attempts are made from a stream's worktree: what lies there."""
        self._before = self._fingerprint()

    async def run(self) -> Report:
        workspaces = open_workspaces(self._demands, self._settings)
        held = workspaces.confinement
        outcomes: list[Outcome] = []
        async with _opened(workspaces) as hands:
            escapes = [escape for escape in table() if escape.kind not in APART]
            outcomes += await self._each(hands, escapes, held)
            outcomes += [outcome async for outcome in self._tools(hands)]
        outcomes += await self._all(replace(self._demands, network=("off",)), "network")
        if (self._ground.repository / ".git").is_dir():
            whole = replace(self._demands, root=self._ground.repository, allowed_paths=())
            outcomes += await self._all(whole, "repository")
            outcomes += await self._from_a_worktree()
        return Report(held, tuple(outcomes))

    async def _all(self, demands: Demands, kind: Kind) -> list[Outcome]:
        workspaces = open_workspaces(demands, self._settings)
        held = workspaces.confinement
        async with _opened(workspaces) as hands:
            return await self._each(hands, [escape for escape in table() if escape.kind == kind], held)

    async def _from_a_worktree(self) -> list[Outcome]:
        """What the hands of a parallel run's stream can do to all that lies beside them."""
        from loki_tui.runtime.attack_worktrees import lay_out_worktrees  # noqa: PLC0415 (imports when wanted)

        try:
            beside = await lay_out_worktrees(self._ground, self._demands, self._settings)
        except RepositoryError as error:  # such as in an image that has no git: no parallel run begins there either
            return [Outcome("a stream's worktree", "worktree", "not covered", f"none could be made: {error.message}")]
        self._beside = beside
        self._before = self._fingerprint()
        async with _opened(beside.workspaces) as hands:
            escapes = [escape for escape in table() if escape.kind == "worktree"]
            return await self._each(hands, escapes, beside.workspaces.confinement)

    def _fingerprint(self) -> dict[str, str]:
        if self._beside is None:
            return self._ground.fingerprint()
        return self._ground.fingerprint(watched=self._beside.watched, own=self._beside.own)

    async def _each(self, hands: Workspace, escapes: Sequence[Escape], held: Confinement) -> list[Outcome]:
        box = int(await _say(hands, "echo $PPID"))
        return [await self._try(hands, escape, held, box=box) for escape in escapes]

    async def _try(self, hands: Workspace, escape: Escape, held: Confinement, *, box: int) -> Outcome:
        if gap := gap_of(escape, held):
            return Outcome(escape.name, escape.kind, "not covered", gap)
        fields = self._ground.fields(
            engine=self._target.pid,
            box=box,
            port=self._target.port,
            repository=escape.kind == "repository",
            beside=self._beside.places if self._beside is not None else None,
        )
        program = shlex.join([self._python, "-I", "-S", "-c", PRELUDE + escape.program, fields])
        return self._judge(escape.name, escape.kind, await _say(hands, program))

    async def _tools(self, hands: Workspace) -> AsyncIterator[Outcome]:
        """The file tools, which need no command."""
        ground = self._ground
        fields = {"O": ground.outside, "H": ground.home, "ST": ground.state}
        for target in TOOL_TARGETS:
            path = target.format(**fields)
            written = await hands.perform("write_file", {"path": path, "content": "x"})
            edited = await hands.perform("edit_file", {"path": path, "old_string": "untouched", "new_string": "x"})
            yield self._judge(f"write_file {target}", "write", "ESCAPED" if written.ok else "")
            yield self._judge(f"edit_file {target}", "write", "ESCAPED" if edited.ok else "")
        for name in CREDENTIALS:
            read = await hands.perform("read_file", {"path": str(ground.home / name)})
            found = await hands.perform("search_files", {"pattern": ".", "path": str(ground.home / name)})
            said = await _say(hands, f"cat {ground.home / name}")
            yield self._judge(f"~/{name}", "read", read.output + found.output + said)

    def _judge(self, name: str, kind: str, output: str) -> Outcome:
        for how in self._damage(output):
            return Outcome(name, kind, "leaked", how)
        return Outcome(name, kind, "kernel")

    def _damage(self, output: str) -> Iterator[str]:
        if "ESCAPED" in output:
            yield "it got through"
        if SECRET in output:
            yield "a secret was read"
        if hurt := self._target.hurt():
            yield hurt
        after = self._fingerprint()
        if after != self._before:
            changed = sorted(path for path in after.keys() | self._before if after.get(path) != self._before.get(path))
            self._before = after
            yield f"changed: {', '.join(changed[:3])}"


def gap_of(escape: Escape, held: Confinement) -> str:
    """Which gap, stated with the rung, an attempt would go through; empty where none is stated for it."""
    if held.rung != "landlock":
        return ""
    if escape.kind == "scheduling" and escape.name in CLOSED_SCHEDULING:
        return ""
    signs: dict[Kind, str] = {"metadata": "files outside", "repository": "hooks", "scheduling": "scheduling"}
    sign = signs.get(escape.kind)
    return next((leaf for leaf in held.uncovered if sign and sign in leaf), "")


@asynccontextmanager
async def _opened(workspaces: Workspaces) -> AsyncIterator[Workspace]:
    hands = await workspaces.open_agent()
    try:
        yield hands
    finally:
        await hands.close()


async def _say(hands: Workspace, command: str) -> str:
    result = await hands.perform("shell", {"command": command, "timeout_seconds": _SECONDS})
    return result.output

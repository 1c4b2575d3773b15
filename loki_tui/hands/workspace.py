"""Hands as the engine sees them: operations sent to the confined process, answers taken apart again."""

from __future__ import annotations

import asyncio
import binascii
import json
import os
import secrets
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from hashlib import sha256
from itertools import count
from pathlib import Path

from loki_tui.core.errors import ConfinementError, RepositoryError, WorkspaceError
from loki_tui.core.messages import JsonObject
from loki_tui.core.vocabulary import Confinement
from loki_tui.engine.boxes import Boxes, BoxKind, BoxOrder, BoxProcess
from loki_tui.engine.outside.ports import Door
from loki_tui.engine.ports import ActionResult, OnText
from loki_tui.hands.box.processes import end_marked
from loki_tui.hands.boxing import Boxing, box_environment, shell_environment
from loki_tui.hands.egress import DOOR_ADDRESS, DOOR_SOCKET, Egress
from loki_tui.hands.grants import exposed, installed, installed_of_packages, maskable, within
from loki_tui.hands.held import HeldDirectory, clear_unheld, make_held
from loki_tui.hands.introducing import introduce_to_git
from loki_tui.hands.launch import start
from loki_tui.hands.mounts import shields
from loki_tui.hands.policy import (
    Demands,
    Policy,
    added_paths,
    agent_paths,
    make_policy,
    system_paths,
    with_own_mounts,
)
from loki_tui.hands.rungs import choose
from loki_tui.hands.talking import HandsProgram

_CANCEL_SECONDS = 8.0
"""How long hands may take to end an operation: their own patience with a process is five."""
_CLOSE_SECONDS = 20.0
_STDERR_BYTES = 4000
_FETCH_BYTES = 64_000_000
"""The largest file that is fetched."""


@dataclass(frozen=True, slots=True)
class _Pending:
    answer: asyncio.Future[JsonObject]
    on_output: OnText | None


class HandsWorkspace:
    """One confined process; implements `engine.ports.Workspace`."""

    def __init__(
        self,
        process: BoxProcess,
        confinement: Confinement,
        *,
        mark: str,
        tmp: HeldDirectory,
        root: Path | None = None,
        egress: Egress | None = None,
        door: Door | None = None,
    ) -> None:
        assert process.stdin
        assert process.stdout
        assert process.stderr
        self.confinement = confinement
        self.door = door
        self._root = root
        self._process = process
        self._stdin = process.stdin
        self._stdout = process.stdout
        self._stderr = process.stderr
        self._mark = mark
        self._tmp = tmp
        self._egress = egress
        self._numbers = count(1)
        self._pending: dict[int, _Pending] = {}
        self._complaint = b""
        self._tasks = (asyncio.create_task(self._listen()), asyncio.create_task(self._overhear()))

    async def perform(self, tool: str, tool_input: JsonObject, *, on_output: OnText | None = None) -> ActionResult:
        """Do one thing; see `engine.ports.Workspace`."""
        self._look()
        before = self._egress.refused if self._egress else 0
        result = await self._ask(tool, tool_input, on_output=on_output)
        if self._egress and (refusals := self._egress.recent(self._egress.refused - before)):
            result["output"] = "\n".join([str(result["output"]).rstrip("\n"), *(f"[{why}]" for why in refusals)])
        return ActionResult(**result)  # type: ignore[arg-type] # the hands' own result, field by field

    async def preview(self, tool: str, tool_input: JsonObject) -> ActionResult:
        """What a change of a file would be; see `engine.ports.Workspace`."""
        self._look()
        result = await self._ask("preview", {"tool": tool, "input": tool_input})
        return ActionResult(**result)  # type: ignore[arg-type] # the hands' own result, field by field

    async def fetch(self, path: str) -> bytes | None:
        """The whole of a file, piece by piece, so that no line gets long; see `engine.ports.Workspace`."""
        whole, states = bytearray(), set[object]()
        while True:
            answer = await self._ask("fetch", {"path": path, "begin": len(whole) + 1})
            states.add(answer["seal"])
            if not answer["ok"] or len(states) > 1:
                return None
            piece = binascii.a2b_base64(str(answer["output"]))
            if not piece:
                return bytes(whole)
            whole += piece
            if len(whole) > _FETCH_BYTES:
                return None

    async def freeze(self) -> None:
        """Hold every process in the workspace where it is."""
        await self._ask("freeze", {})

    async def thaw(self) -> None:
        """Let them go on."""
        await self._ask("thaw", {})

    async def close(self) -> None:
        """End every process and the hands themselves, and drop the private temporary directory."""
        self._stdin.close()
        try:
            await asyncio.wait(self._tasks, timeout=_CLOSE_SECONDS)
        finally:
            if self._process.returncode is None:
                self._process.kill()
        await asyncio.wait(self._tasks)
        if self._egress:
            await self._egress.close()
        # Empty, unless the hands were killed.
        await asyncio.to_thread(self._tmp.remove)

    async def talk(self, argv: Sequence[str], environment: Mapping[str, str]) -> HandsProgram:
        """Start a program that is talked with; see `engine.outside.ports.ProgramHost`."""
        number = next(self._numbers)
        given: JsonObject = {"argv": list(argv), "environment": dict(environment)}

        async def tell(said: str | None) -> None:
            await self._send({"id": 0, "op": "feed", "input": {"target": number, "text": said}})

        program = HandsProgram(lambda hear: self._ask("talk", given, on_output=hear, number=number), tell)
        await asyncio.sleep(0)  # it is asked for before anything is said to it
        return program

    def _look(self) -> None:
        """See that the directory is there: hands go on in one that was deleted, and nothing is left of what they do."""
        if self._root is None:
            return
        try:
            self._root.stat()
        except (FileNotFoundError, NotADirectoryError) as error:
            raise RepositoryError(f"The directory {self._root} is not there any more: somebody deleted it.") from error

    async def _ask(
        self, op: str, given: JsonObject, *, on_output: OnText | None = None, number: int | None = None
    ) -> JsonObject:
        """Send one request and wait for its answer; withdraw it when nobody waits any more."""
        number = number or next(self._numbers)
        answer: asyncio.Future[JsonObject] = asyncio.get_running_loop().create_future()
        self._pending[number] = _Pending(answer, on_output)
        try:
            await self._send({"id": number, "op": op, "input": given, "stream": on_output is not None})
            return await asyncio.shield(answer)
        except asyncio.CancelledError:
            await self._withdraw(number, answer)
            raise
        finally:
            del self._pending[number]

    async def _withdraw(self, number: int, answer: asyncio.Future[JsonObject]) -> None:
        """See to it that a cancelled operation is over, or else that the hands are."""
        with suppress(WorkspaceError):
            await self._send({"id": 0, "op": "cancel", "input": {"target": number}})
        await asyncio.wait([answer], timeout=_CANCEL_SECONDS)
        if not answer.done():
            self._process.kill()

    async def _send(self, message: JsonObject) -> None:
        if self._tasks[0].done():
            raise self._death()
        try:
            self._stdin.write(json.dumps(message).encode() + b"\n")
            await self._stdin.drain()
        except (ConnectionError, RuntimeError) as error:
            raise self._death() from error

    async def _listen(self) -> None:
        """Hand out answers until the hands are gone; then see that nothing of theirs is left."""
        try:
            while line := await self._stdout.readline():
                self._hear(json.loads(line))
        except ValueError as error:  # a line beyond every bound, or no JSON: not our hands any more
            self._complaint = str(error).encode()
        finally:
            await self._bury()

    async def _bury(self) -> None:
        """End what is left, and tell everyone who still waits."""
        if not self._stdout.at_eof():
            self._process.kill()
        if await self._process.wait():
            await asyncio.to_thread(end_marked, self._mark)
        await asyncio.wait([self._tasks[1]])
        for pending in self._pending.values():
            if not pending.answer.done():
                pending.answer.set_exception(self._death())

    def _hear(self, message: JsonObject) -> None:
        match message:
            case {"id": int(number), "said": str(said)}:
                if (pending := self._pending.get(number)) and pending.on_output:
                    pending.on_output(said)
            case {"id": int(number), "result": dict(result)}:
                if (pending := self._pending.get(number)) and not pending.answer.done():
                    pending.answer.set_result(result)
            case _:
                self._complaint = json.dumps(message).encode()

    async def _overhear(self) -> None:
        """Keep the end of what the hands complain about."""
        while chunk := await self._stderr.read(_STDERR_BYTES):
            self._complaint = (self._complaint + chunk)[-_STDERR_BYTES:]

    def _death(self) -> WorkspaceError:
        said = self._complaint.decode(errors="replace").strip()
        return WorkspaceError(
            f"The hands are gone (status {self._process.returncode}). {said}".rstrip(),
            hint="`loki resume` starts new ones and continues.",
        )


class HandsWorkspaces:
    """Launches hands as the person demands; implements `engine.ports.Workspaces`.

    Raises:
        ConfinementError: The demanded confinement is not to be had, or would open Loki's state.
        UsageError: A path that was named is not there.

    Args:
        demands: What is demanded.
        boxes: The container engine, for the rung that has hands in its boxes.
        system: What of the system and of toolchains may be read; found out where nobody has yet.
    """

    def __init__(self, demands: Demands, *, boxes: Boxes | None = None, system: tuple[Path, ...] | None = None) -> None:
        self._demands = demands
        self._boxes = boxes
        self._root = demands.root.resolve()
        self._rung = choose(demands.confinement, demands.network, boxes=boxes)
        self._doored = demands.gateway and self._rung.own_network
        if demands.gateway and not self._rung.inet_sockets:
            raise ConfinementError(
                "The agent reaches its models through a port of Loki's, and Landlock can only close every port.",
                hint="Install bubblewrap, or say LOKI_NETWORK=on.",
            )
        writable = agent_paths(demands)
        self._writable = () if boxes and boxes.read_only else writable
        found = system_paths(demands) if system is None and not boxes else system
        self._system = found or ()
        self._read = (*self._system, *added_paths(demands))
        self._prefix = f"loki-{sha256(os.fsencode(self._root)).hexdigest()[:10]}-"

    def elsewhere(self, demands: Demands) -> HandsWorkspaces:
        """What launches hands on another directory, for the same person on the same machine.

        To find out what of the system may be read takes longer than to start hands.
        """
        return HandsWorkspaces(demands, boxes=self._boxes, system=self._system)

    @property
    def confinement(self) -> Confinement:
        """What holds agents, known before any hands are started."""
        return self._describe(self._root, self._writable, self._maskable(self._root, self._writable))

    async def open_agent(self) -> HandsWorkspace:
        """Hands on the person's workspace, for agents."""
        return await self._open("agent", self._root, self._writable)

    async def open_checkout(self, root: Path) -> HandsWorkspace:
        """Hands on a clean checkout, with a home that no agent has touched; they read what the workspace installed."""
        return await self._open("checkout", root, (root,), (*installed(self._root), *installed_of_packages(self._root)))

    async def open_repository(self, *git_dirs: Path) -> HandsWorkspace:
        """Hands that read the workspace and write its repository alone.

        Args:
            git_dirs: The git directory, and the common one where it is another. To be found
                before an agent could have written what points to them.
        """
        return await self._open("repository", self._root, git_dirs)

    def shell_order(self, command: tuple[str, ...]) -> BoxOrder:
        """A box that holds what agents have, for a person to look around in.

        Args:
            command: What keeps it open.
        """
        assert self._boxes
        tmp = self._demands.private.resolve() / "shell-tmp"
        tmp.mkdir(parents=True, exist_ok=True, mode=0o700)
        policy = self._prepare("shell", self._root, self._writable, (), tmp=tmp)
        order = Boxing(self._boxes, "shell").order(policy, self._rung, command=command)
        return replace(order, environment=shell_environment(policy.environment))

    async def sweep(self) -> None:
        """Remove what hands of an engine that was killed left in the system's place for temporary files."""
        await asyncio.to_thread(clear_unheld, _temporary(), self._prefix)
        if self._boxes:
            await self._boxes.sweep()

    async def _open(
        self, kind: BoxKind, root: Path, writable: Sequence[Path], beside: Sequence[Path] = ()
    ) -> HandsWorkspace:
        tmp = make_held(_temporary(), self._prefix)
        policy = self._prepare(kind, root, writable, beside, tmp=tmp.path)
        boxing = Boxing(self._boxes, kind) if self._boxes else None
        mark = secrets.token_hex(8)
        doored = self._doored and kind in ("agent", "checkout")
        egress = Egress(self._rung.hosts) if self._rung.hosts or doored else None
        try:
            if egress:
                await egress.open()
            process = await start(
                replace(policy, doored=doored),
                self._rung,
                mark=mark,
                proxy=egress.directory if egress else None,
                boxing=boxing,
            )
        except BaseException:
            tmp.remove()
            if egress:
                await egress.close()
            raise
        return HandsWorkspace(
            process,
            self._describe(policy.root, policy.writable, policy.masked),
            mark=mark,
            tmp=tmp,
            root=policy.root if kind == "agent" else None,
            egress=egress,
            door=Door(egress.directory / DOOR_SOCKET, DOOR_ADDRESS) if egress and doored else None,
        )

    def _prepare(
        self, kind: BoxKind, root: Path, writable: Sequence[Path], beside: Sequence[Path], *, tmp: Path
    ) -> Policy:
        """Make the private directories of one kind of hands, and its policy."""
        real = root.resolve()
        home = self._demands.private.resolve() / kind
        home.mkdir(parents=True, exist_ok=True, mode=0o700)
        introduce_to_git(home, real, self._demands)
        policy = make_policy(
            self._demands,
            root=real,
            read=(*self._read, *beside),
            writable=[path.resolve() for path in writable],
            home=home,
            tmp=tmp,
        )
        if self._boxes:
            policy = replace(policy, environment=box_environment(self._demands, self._boxes, home=home, tmp=tmp))
        return self._shielded(policy, kind)

    def _shielded(self, policy: Policy, kind: BoxKind) -> Policy:
        """A policy with what a rung with mounts of its own can keep beyond it."""
        if not self._rung.own_mounts:
            return policy
        masked = self._maskable(policy.root, policy.writable)
        if kind == "repository":  # what is hidden in the work tree would be committed as removed
            masked = tuple(path for path in masked if not within(path, policy.root))
        shielding = kind in ("agent", "shell")
        return with_own_mounts(policy, sealed=shields(policy.writable) if shielding else (), masked=masked)

    def _maskable(self, root: Path, writable: Sequence[Path]) -> tuple[Path, ...]:
        """Credentials that the rung can hide although they lie in what is granted."""
        granted = (root, *writable, *self._read)
        return maskable(granted, self._demands.home) if self._rung.own_mounts else ()

    def _describe(self, root: Path, writable: Sequence[Path], masked: Sequence[Path]) -> Confinement:
        open_to = exposed((root, *writable, *self._read), self._demands.home, masked=masked)
        held = self._rung.describe(writable=writable, exposed=open_to, repository=self._demands.repository)
        return held.model_copy(update={"uncovered": (*held.uncovered, *self._demands.uncovered)})


def _temporary() -> Path:
    """The system's place for temporary files: a unix socket's path in one may have 107 characters."""
    return Path(tempfile.gettempdir()).resolve()

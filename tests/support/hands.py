"""Hands for tests: a person with secrets, a workspace, an engine to attack, and a bare pipe to a box."""

from __future__ import annotations

import json
import os
import select
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

import loki_tui
from loki_tui.core.setting_types import NETWORK_ON
from loki_tui.core.vocabulary import Confinement
from loki_tui.hands.grants import maskable, readable
from loki_tui.hands.launch import command_line
from loki_tui.hands.mounts import shields
from loki_tui.hands.policy import Demands, Policy, make_policy, with_own_mounts
from loki_tui.hands.rungs import choose, trouble_with_bwrap
from loki_tui.hands.workspace import HandsWorkspaces
from loki_tui.runtime import proving_ground
from loki_tui.runtime.boxed import open_workspaces
from tests.support.containers import settings_for

_BOX = (
    f"import sys; sys.path.insert(0, {str(Path(loki_tui.__file__).parents[1])!r}); "
    "from loki_tui.hands.box.main import main; main()"
)
_PATIENCE = 20.0

SECRET = proving_ground.SECRET
CREDENTIALS = proving_ground.CREDENTIALS

NO_BWRAP = trouble_with_bwrap()
RUNGS = (
    "landlock",
    pytest.param("bwrap", marks=pytest.mark.skipif(bool(NO_BWRAP), reason=f"no bubblewrap here: {NO_BWRAP}")),
)
"""What hands are tried on, on this machine: one that it lacks as a test that is skipped."""
BOXED = (*RUNGS, pytest.param("docker", marks=pytest.mark.docker))
"""The same, and a container of an engine."""


@dataclass(frozen=True)
class World:
    """A person, their workspace, and what lies around it."""

    base: Path
    rung: str = "landlock"

    @property
    def home(self) -> Path:
        return self.base / "person"

    @property
    def workspace(self) -> Path:
        return self.base / "w"

    @property
    def outside(self) -> Path:
        return self.base / "outside"

    @property
    def state(self) -> Path:
        return self.home / ".local/state/loki"

    @property
    def environ(self) -> dict[str, str]:
        """The person's environment."""
        keep = {name: os.environ[name] for name in ("PATH", "SSL_CERT_FILE", "DOCKER_HOST") if name in os.environ}
        return keep | {"HOME": str(self.home), "ANTHROPIC_API_KEY": SECRET, "GITHUB_TOKEN": SECRET}

    def demands(
        self,
        *,
        allowed: tuple[str, ...] = (),
        readable: tuple[str, ...] = (),
        passed: tuple[str, ...] = (),
        confinement: str = "",
        network: tuple[str, ...] = NETWORK_ON,
        environ: Mapping[str, str] | None = None,
    ) -> Demands:
        """What the person demands of hands."""
        return Demands(
            root=self.workspace,
            private=self.base / "private",
            environ=environ or self.environ,
            protected=(self.state,),
            confinement=confinement or self.rung,
            network=network,
            allowed_paths=allowed,
            read_paths=readable,
            pass_env=passed,
        )

    def workspaces(
        self,
        *,
        allowed: tuple[str, ...] = (),
        confinement: str = "",
        network: tuple[str, ...] = NETWORK_ON,
        environ: Mapping[str, str] | None = None,
    ) -> HandsWorkspaces:
        """What launches hands on the world's rung, in a container where that is one."""
        demands = self.demands(allowed=allowed, confinement=confinement, network=network, environ=environ)
        return open_workspaces(demands, settings_for(demands.confinement))

    def confinement(self, *, network: tuple[str, ...] = NETWORK_ON) -> Confinement:
        """What the world's own rung says of itself."""
        return choose(self.rung, network).describe(writable=(), exposed=())


def make_world(base: Path, rung: str = "landlock") -> World:
    """Put a person, a workspace and secrets into an empty directory."""
    world = World(base.resolve(), rung)
    for name in CREDENTIALS:
        _put(world.home / name, SECRET)
    _put(world.state / "journal.db", SECRET)
    _put(world.outside / "file.txt", "untouched")
    _put(world.outside / "secret.txt", SECRET)
    _put(world.outside / "folder/inner.txt", "untouched")
    (world.outside / "way-in").symlink_to(world.workspace)
    for name in ("src/a.py", "tests/t.py", "src-evil/a.py", "other.txt"):
        _put(world.workspace / name, "untouched")
    (world.workspace / "src/way-out").symlink_to(world.outside)
    (world.workspace / "src/file-out").symlink_to(world.outside / "file.txt")
    (world.workspace / "src/dangling").symlink_to(world.outside / "new.txt")
    return world


def fingerprint(*roots: Path) -> dict[str, str]:
    """Every path below some directories, and what it is and holds."""
    found = {}
    for root in roots:
        for path in sorted([root, *root.rglob("*")]):
            if path.is_symlink():
                found[str(path)] = f"link {path.readlink()}"
            elif path.is_file():
                found[str(path)] = f"file {path.stat().st_nlink} {path.read_bytes()!r}"
            else:
                found[str(path)] = f"other {path.stat().st_mode:o}"
    return found


def until(condition: Callable[[], bool], what: str = "it") -> None:
    """Wait for something to become true, for a bounded time."""
    deadline = time.monotonic() + _PATIENCE
    while not condition():
        assert time.monotonic() < deadline, f"{what} did not happen"
        select.select([], [], [], 0.005)


def alive(pid: int) -> bool:
    """Whether a process exists and is no mere name."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return False
    return state not in "ZX"


def offspring(pid: int) -> dict[int, str]:
    """A process's children and their states."""
    found = {}
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            state, parent = path.read_text().rpartition(")")[2].split()[:2]
        except (FileNotFoundError, ProcessLookupError):
            continue
        if parent == str(pid):
            found[int(path.parent.name)] = state
    return found


def children(pid: int) -> list[int]:
    """A process's living children: of a box, whatever is left below it."""
    return [child for child, state in offspring(pid).items() if state not in "ZX"]


def state_of(pid: int) -> str:
    """A process's state as the kernel names it: R, S, T and so on."""
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]


class Box:
    """The confined process itself, over its bare pipes."""

    def __init__(self, policy: Mapping[str, object], argv: Sequence[str] = ()) -> None:
        self.process = subprocess.Popen(
            argv or [sys.executable, "-I", "-S", "-X", "utf8", "-c", _BOX],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env={},
            start_new_session=True,
        )
        self._number = 0
        self._buffer = b""
        self.say(policy)
        self.greeting = self.hear()

    def say(self, message: object) -> None:
        """Send one message."""
        self.say_raw(json.dumps(message).encode())

    def say_raw(self, line: bytes) -> None:
        """Send one line, whatever it is."""
        assert self.process.stdin
        self.process.stdin.write(line + b"\n")
        self.process.stdin.flush()

    def hear(self) -> dict[str, object]:
        """The next message."""
        assert self.process.stdout
        while b"\n" not in self._buffer:
            ready, _, _ = select.select([self.process.stdout], [], [], _PATIENCE)
            assert ready, "the box does not answer"
            chunk = os.read(self.process.stdout.fileno(), 1 << 16)
            assert chunk, "the box is gone"
            self._buffer += chunk
        line, _, self._buffer = self._buffer.partition(b"\n")
        message: dict[str, object] = json.loads(line)
        return message

    def ask(self, op: str, **given: object) -> dict[str, object]:
        """Perform one operation; the result."""
        self._number += 1
        self.say({"id": self._number, "op": op, "input": given})
        answer = self.hear()
        assert answer.get("id") == self._number, answer
        result = answer["result"]
        assert isinstance(result, dict)
        return result

    def shell(self, command: str, **given: object) -> str:
        """Run a command; what it printed."""
        return str(self.ask("shell", command=command, **given)["output"])

    def close(self) -> int:
        """Hang up; the exit code."""
        assert self.process.stdin
        with self.process:
            self.process.stdin.close()
            return self.process.wait(_PATIENCE)


def make_policy_of(world: World, *writable: Path, network: tuple[str, ...] = NETWORK_ON) -> Policy:
    """A policy as the engine's side makes it for agents."""
    home, tmp = world.base / "private/agent", world.base / "tmp"
    for directory in (home, tmp):
        directory.mkdir(parents=True, exist_ok=True)
    policy = make_policy(
        world.demands(network=network),
        root=world.workspace,
        read=readable(world.environ, home=world.home, shielded=[world.state]),
        writable=writable or (world.workspace,),
        home=home,
        tmp=tmp,
    )
    if world.rung != "bwrap":
        return policy
    masked = maskable((policy.root, *policy.writable, *policy.read), world.home)
    return with_own_mounts(policy, sealed=shields(policy.writable), masked=masked)


def box_policy(world: World, *writable: Path, rung: str = "landlock") -> dict[str, object]:
    """A policy for a bare box."""
    return {**make_policy_of(world, *writable).message(choose(rung), mark=_mark(world))}


def open_box(world: World, *writable: Path, network: tuple[str, ...] = NETWORK_ON) -> Box:
    """A bare box on the world's own rung."""
    policy, rung = make_policy_of(world, *writable, network=network), choose(world.rung, network)
    return Box(policy.message(rung, mark=_mark(world)), command_line(policy, rung))


def _mark(world: World) -> str:
    return f"test{os.getpid()}-{id(world):x}"


def seen_from_outside(pid: int, place: Path) -> int:
    """The number that a process has on the machine, by the one it has in its own namespace.

    It is one of this process's descendants, or, in a container, one that works in a place.
    """
    for path in Path("/proc").glob("[0-9]*/status"):
        try:
            fields = dict(line.split(":\t", 1) for line in path.read_text().splitlines() if ":\t" in line)
        except (FileNotFoundError, ProcessLookupError):
            continue
        outer = int(path.parent.name)
        if fields["NSpid"].split("\t")[-1] == str(pid) and (os.getpid() in _ancestors(outer) or _is_in(outer, place)):
            return outer
    raise AssertionError(f"no process {pid} of ours, or in {place}")


def _is_in(pid: int, place: Path) -> bool:
    try:
        return Path(f"/proc/{pid}/cwd").readlink() == place
    except OSError:  # it is gone, or another person's
        return False


def _ancestors(pid: int) -> list[int]:
    found = []
    while pid > 1:
        try:
            pid = parent_of(pid)
        except (FileNotFoundError, ProcessLookupError):
            break
        found.append(pid)
    return found


def parent_of(pid: int) -> int:
    """A process's parent."""
    return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])


def _put(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)

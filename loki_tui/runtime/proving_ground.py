"""Where escapes are tried: a person with secrets, a workspace, and an engine that must not be hurt."""

from __future__ import annotations

import json
import os
import select
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from loki_tui.hands.policy import Demands
from loki_tui.runtime.escapes import TRACES

SECRET = "sesame-5f1c"
"""Stands in every file and variable that nothing in hands may see."""

CREDENTIALS = (
    ".ssh/id_ed25519",
    ".aws/credentials",
    ".npmrc",
    ".netrc",
    ".config/gh/hosts.yml",
    ".config/gcloud/credentials.db",
    ".cargo/credentials.toml",
    ".docker/config.json",
    ".kube/config",
    ".gnupg/secring.gpg",
    ".bash_history",
)

_ENGINE = """
import os, socket, sys, threading
def say(word):
    print(word, flush=True)
def listen(kind, family, where):
    s = socket.socket(family, kind); s.bind(where)
    if kind == socket.SOCK_STREAM: s.listen()
    def serve():
        while True:
            s.accept()[0].close() if kind == socket.SOCK_STREAM else s.recv(99)
            say("touched")
    threading.Thread(target=serve, daemon=True).start()
    return s
base = sys.argv[1]
listen(socket.SOCK_STREAM, socket.AF_UNIX, f"\\0loki-test-{os.getpid()}")
listen(socket.SOCK_STREAM, socket.AF_UNIX, base + "/daemon.sock")
listen(socket.SOCK_DGRAM, socket.AF_UNIX, base + "/log.sock")
tcp = listen(socket.SOCK_STREAM, socket.AF_INET, ("127.0.0.1", 0))
listen(socket.SOCK_DGRAM, socket.AF_INET, tcp.getsockname())
say(str(tcp.getsockname()[1]))
sys.stdin.read()
"""
"""What an engine is to an attacker: a process of the same user with a key, and services beside it."""

_PATIENCE = 20.0
_KILL = 1 << 8
"""The bit of SIGKILL in a mask of signals."""


@dataclass(frozen=True, slots=True)
class Ground:
    """An empty directory turned into a little world."""

    base: Path

    @property
    def home(self) -> Path:
        """The person's."""
        return self.base / "person"

    @property
    def workspace(self) -> Path:
        """Where `src` and `tests` may be written."""
        return self.base / "w"

    @property
    def repository(self) -> Path:
        """A workspace that may be written whole, with a repository in it."""
        return self.base / "r"

    @property
    def outside(self) -> Path:
        """Somebody else's business."""
        return self.base / "outside"

    @property
    def state(self) -> Path:
        """Where Loki keeps its own."""
        return self.home / ".local/state/loki"

    @property
    def stray(self) -> Path:
        """A file in the system's place for temporary ones that only a leak would make."""
        return Path("/tmp", f"loki-escaped-{os.getpid()}")

    def lay_out(self, environ: Mapping[str, str]) -> None:
        """Make all there is to see."""
        for name in CREDENTIALS:
            _put(self.home / name, SECRET)
        _put(self.state / "journal.db", SECRET)
        _put(self.outside / "file.txt", "untouched")
        _put(self.outside / "secret.txt", SECRET)
        _put(self.outside / "folder/inner.txt", "untouched")
        for name in ("src/a.py", "tests/t.py", "src-evil/a.py", "other.txt"):
            _put(self.workspace / name, "untouched")
        (self.workspace / "src/way-out").symlink_to(self.outside)
        (self.workspace / "src/file-out").symlink_to(self.outside / "file.txt")
        (self.workspace / "src/dangling").symlink_to(self.outside / "new.txt")
        _put(self.repository / "src/a.py", "untouched")
        git = shutil.which("git", path=environ.get("PATH"))
        if git is not None:
            quiet = {**environ, "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}
            as_person = ["-c", "init.defaultBranch=main", "-c", "user.name=x", "-c", "user.email=x"]
            for words in (["init", "-q"], ["add", "--all"], ["commit", "-q", "--no-verify", "-m", "Begin"]):
                argv = [git, *as_person, *words]
                subprocess.run(argv, check=True, env=quiet, timeout=30, cwd=self.repository)
            _put(self.repository / ".git/info/attributes", "")

    def demands(self, environ: Mapping[str, str], *, confinement: str, network: tuple[str, ...]) -> Demands:
        """What the person demands of hands on the workspace."""
        return Demands(
            root=self.workspace,
            private=self.base / "private",
            environ={**environ, "HOME": str(self.home), "ANTHROPIC_API_KEY": SECRET},
            protected=(self.state,),
            confinement=confinement,
            network=network,
            allowed_paths=("src", "tests"),
        )

    def fingerprint(self, *, watched: Sequence[Path] = (), own: Sequence[Path] = ()) -> dict[str, str]:
        """Everything that must stay as it is: what it is, holds, and the machine's own places.

        Args:
            watched: More that must.
            own: What need not, although it lies in what must.
        """
        shielded = [self.repository / ".git" / name for name in ("config", "hooks", "info")]
        roots = [self.outside, self.home, self.workspace / "src-evil", self.workspace / "other.txt", *shielded]
        paths = [path for root in (*roots, *watched) for path in [root, *sorted(root.rglob("*"))]]
        held = [path for path in paths if not any(path.is_relative_to(place) for place in own)]
        found = {str(path): _state(path) for path in held}
        found[str(self.workspace)] = str(sorted(path.name for path in self.workspace.iterdir()))
        return found | {path: str(os.path.lexists(path)) for path in (*TRACES, str(self.stray))}

    def fields(
        self,
        *,
        engine: int,
        box: int,
        port: int,
        repository: bool = False,
        beside: Mapping[str, str] | None = None,
    ) -> str:
        """What an attack is told about where it is, as JSON; with what lies beside, where it is in a worktree."""
        workspace = self.repository if repository else self.workspace
        places = {"O": self.outside, "S": workspace / "src", "W": workspace, "H": self.home, "ST": self.state}
        sockets = {"SOCK": f"{self.base}/daemon.sock", "DGRAM": f"{self.base}/log.sock", "PORT": port}
        named = {name: str(path) for name, path in places.items()}
        own = {"T": str(self.stray), "E": engine, "BOX": box, "SECRET": SECRET[:3]}
        return json.dumps({**named, **sockets, **own, **(beside or {})})


class Victim:
    """The process that stands for an engine."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self._process = process
        self.pid = process.pid
        self.port = int(self._line())

    def hurt(self) -> str:
        """What happened to it or its services since it was asked last; empty where nothing did."""
        assert self._process.stdout
        if self._process.poll() is not None or self._dying():
            return "the engine was killed"
        state = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()[0]
        if state in "Tt":
            self._process.send_signal(18)
            return "the engine was stopped"
        if os.getpriority(os.PRIO_PROCESS, self.pid) > os.getpriority(os.PRIO_PROCESS, 0):
            return "the engine was slowed down"
        if select.select([self._process.stdout], [], [], 0)[0] and self._line():
            return "a service outside was reached"
        return ""

    def _dying(self) -> bool:
        """Whether a signal that nothing survives is on its way, or has come just now."""
        status = Path(f"/proc/{self.pid}/status").read_text()
        pending = (int(line.split()[1], 16) for line in status.splitlines() if line.startswith(("SigPnd", "ShdPnd")))
        return "\nState:\tZ" in status or any(signals & _KILL for signals in pending)

    def _line(self) -> str:
        assert self._process.stdout
        if not select.select([self._process.stdout], [], [], _PATIENCE)[0]:
            raise TimeoutError("the process to be attacked does not answer")
        return os.read(self._process.stdout.fileno(), 4096).decode().strip()


@contextmanager
def victim(base: Path) -> Iterator[Victim]:
    """Start the process that is to be attacked, with services on sockets in a directory."""
    program = [sys.executable, "-I", "-S", "-c", _ENGINE, str(base)]
    pipe = subprocess.PIPE
    environ = {"ANTHROPIC_API_KEY": SECRET}
    where = base / "outside"
    # In a session of its own: an attack on its group must not find whoever started it.
    with subprocess.Popen(program, env=environ, cwd=where, stdin=pipe, stdout=pipe, start_new_session=True) as process:
        try:
            yield Victim(process)
        finally:
            process.kill()


def _state(path: Path) -> str:
    """What something is and holds, its mode and times included."""
    try:
        status = path.lstat()
    except OSError:
        return "nothing"
    what = f"{status.st_mode:o} {status.st_nlink} {status.st_mtime_ns} "
    if path.is_symlink():
        return what + str(path.readlink())
    attributes = str(os.listxattr(path, follow_symlinks=False))
    return what + attributes + (path.read_bytes().hex() if path.is_file() else "")


def _put(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")

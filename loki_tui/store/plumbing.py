"""The only way the engine's process runs git: on a git directory of Loki's own.

An agent writes the work tree, and git will run programs that a work tree's repository names:
hooks, filters, file-system monitors, text converters. So none of that repository's
configuration is ever read here. The git directory lies in the state directory, the person's
and the machine's configuration are switched off, and `_ATTRIBUTES` outranks every
`.gitattributes`: content is stored and brought back byte for byte.
"""

from __future__ import annotations

import contextlib
import os
import subprocess
import threading
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from loki_tui.core.errors import CheckpointError

if TYPE_CHECKING:  # costs 0.15 s, so only what really runs git pays for it
    from git import Git

_TIMEOUT = 300.0
"""Seconds that one git command may take: hashing a work tree of many gigabytes ends within it."""

_SETTINGS = {
    "core.attributesFile": "/dev/null",
    "core.autocrlf": "false",
    "core.bare": "false",
    "core.excludesFile": "/dev/null",
    "core.fsmonitor": "false",
    # A checkpoint that the journal names survives a power cut, and so does the index.
    "core.fsync": "all",
    "core.fsyncMethod": "batch",
    "core.hooksPath": "/dev/null",
    # Names that Windows forbids, such as `a:b`, are ordinary here.
    "core.protectHFS": "false",
    "core.protectNTFS": "false",
    "core.untrackedCache": "false",
    "gc.auto": "0",
    "protocol.allow": "never",
    "submodule.recurse": "false",
}

_ENVIRONMENT = {
    "GIT_ATTR_NOSYSTEM": "1",
    "GIT_AUTHOR_EMAIL": "loki@localhost",
    "GIT_AUTHOR_NAME": "Loki",
    "GIT_COMMITTER_EMAIL": "loki@localhost",
    "GIT_COMMITTER_NAME": "Loki",
    "GIT_CONFIG_COUNT": str(len(_SETTINGS)),
    "GIT_CONFIG_GLOBAL": "/dev/null",
    "GIT_CONFIG_NOSYSTEM": "1",
    # Odd names are names, never patterns.
    "GIT_LITERAL_PATHSPECS": "1",
    "GIT_TERMINAL_PROMPT": "0",
    **{f"GIT_CONFIG_KEY_{number}": key for number, key in enumerate(_SETTINGS)},
    **{f"GIT_CONFIG_VALUE_{number}": value for number, value in enumerate(_SETTINGS.values())},
}

_FULL = (b": No space left on device", b": Disk quota exceeded", b"Out of diskspace")
"""How the system, and git itself, say that the disk is full."""

_ATTRIBUTES = "* -text !eol !crlf -ident -filter !working-tree-encoding !diff !merge\n"
"""No conversion on the way in or out, and no hiding of text from a diff by calling it binary."""


class GitDirectory:
    """A git directory of Loki's own, looking at a work tree that others write.

    One command runs at a time; `interrupt` may be called from any thread.

    Args:
        path: Where the git directory is, or will be.
        work_tree: What it takes content from.
        index: The name of the index, where several work trees are looked at.
    """

    def __init__(self, path: Path, *, work_tree: Path, index: str = "index") -> None:
        self.path = path
        self._index = path / index
        self._environment = {
            **_ENVIRONMENT,
            "GIT_DIR": str(path),
            "GIT_WORK_TREE": str(work_tree),
            "GIT_INDEX_FILE": str(self._index),
        }
        self._running: subprocess.Popen[bytes] | None = None
        self._interrupted = threading.Event()

    @property
    def exists(self) -> bool:
        """Whether it was ever prepared, to the end."""
        return (self.path / "info" / "attributes").is_file()

    def prepare(self, *, excludes: bytes) -> None:
        """Create what is missing and clear away what a crash left behind.

        Only the engine that holds the project's lock may call this: a lock file found here
        is then nobody's.

        Args:
            excludes: Patterns to ignore, in the format of `.gitignore`.
        """
        try:
            self.path.mkdir(mode=0o700, parents=True, exist_ok=True)
            if not self.exists:
                self.run("init", "--quiet", "--template=")
            for lock in (self._index.with_name(f"{self._index.name}.lock"), *self.path.glob("refs/**/*.lock")):
                lock.unlink(missing_ok=True)
            (self.path / "info").mkdir(exist_ok=True)
            (self.path / "info" / "attributes").write_text(_ATTRIBUTES)
            (self.path / "info" / "exclude").write_bytes(excludes)
        except OSError as error:
            raise CheckpointError(
                f"The checkpoints in {self.path} cannot be written: {error.strerror}",
                hint="Free space there, or make the directory writable.",
            ) from error

    def rearm(self) -> None:
        """Let commands run again after an interruption."""
        self._interrupted.clear()

    def interrupt(self) -> None:
        """End the command that runs; those that would follow it fail until `rearm`."""
        self._interrupted.set()
        running = self._running
        if running is not None:
            running.kill()

    def run(
        self,
        *arguments: str,
        stdin: bytes = b"",
        accept: Sequence[int] = (0,),
        environment: Mapping[str, str] | None = None,
    ) -> int:
        """Run one git command for what it does.

        Args:
            arguments: The command and what it takes.
            stdin: What it reads.
            accept: Exit codes that are no error, unless the disk is to blame.
            environment: Variables for this command.

        Returns:
            Its exit code.

        Raises:
            CheckpointError: It failed, took too long, or was interrupted.
        """
        with self._process(arguments, environment or {}) as process:
            _, complaint = process.communicate(stdin)
        if process.returncode not in accept or (process.returncode and _is_full(complaint)):
            raise _failure(arguments[0], process.returncode, complaint, where=self.path)
        return process.returncode

    def ask(self, *arguments: str, stdin: bytes = b"") -> bytes:
        """Run one git command for what it writes.

        Raises:
            CheckpointError: It failed, took too long, or was interrupted.
        """
        with self._process(arguments, {}) as process:
            output, complaint = process.communicate(stdin)
        if process.returncode != 0:
            raise _failure(arguments[0], process.returncode, complaint, where=self.path)
        return output

    def paths(self, *arguments: str) -> list[bytes]:
        """The paths that a git command lists; it is told to end each with a NUL.

        Raises:
            CheckpointError: It failed, took too long, or was interrupted.
        """
        return self.ask(*arguments, "-z").split(b"\0")[:-1]

    def read(self, *arguments: str, limit: int) -> bytes:
        """What a git command writes, up to `limit` bytes; it is ended there.

        Raises:
            CheckpointError: It failed or was interrupted before it wrote that much.
        """
        with self._process(arguments, {}) as process:
            assert process.stdin is not None
            assert process.stdout is not None
            process.stdin.close()
            output = process.stdout.read(limit)
            if len(output) == limit:
                process.kill()
                process.wait()
                return output
            assert process.stderr is not None
            complaint = process.stderr.read()
            process.wait()
        if process.returncode != 0:
            raise _failure(arguments[0], process.returncode, complaint, where=self.path)
        return output

    @contextlib.contextmanager
    def _process(self, arguments: Sequence[str], environment: Mapping[str, str]) -> Iterator[subprocess.Popen[bytes]]:
        if self._interrupted.is_set():
            raise CheckpointError("The checkpoint was interrupted.")
        variables = {**self._environment, **environment}
        handle = _git(self.path).execute(
            [*_without_strays(variables), "git", *arguments],
            istream=subprocess.PIPE,
            as_process=True,
            env=variables,
        )
        process = handle.proc
        assert process is not None
        overdue = threading.Timer(_TIMEOUT, process.kill)
        overdue.daemon = True
        self._running = process
        overdue.start()
        try:
            if self._interrupted.is_set():  # it came while the process was starting
                process.kill()
            yield process
        finally:
            overdue.cancel()
            self._running = None


def _git(cwd: Path) -> Git:
    try:
        from git import Git  # noqa: PLC0415  see above
    except ImportError as error:
        raise CheckpointError("git cannot be run.", hint="Install git, and have it on PATH.") from error
    return Git(cwd)


def _without_strays(ours: Mapping[str, str]) -> list[str]:
    """A command prefix that takes away the GIT_* variables Loki was started with, such as by a hook."""
    strays = [name for name in os.environ if name.startswith("GIT_") and name not in ours]
    return ["env", *(f"--unset={name}" for name in strays)] if strays else []


def _is_full(complaint: bytes) -> bool:
    return any(sign in complaint for sign in _FULL)


def _failure(command: str, code: int, complaint: bytes, *, where: Path) -> CheckpointError:
    said = complaint.decode(errors="replace").strip()
    if code < 0:
        return CheckpointError(
            f"git {command} in {where} did not finish within {_TIMEOUT:.0f} s.",
            hint="Ignore huge directories in .gitignore, then try again.",
        )
    if _is_full(complaint):
        return CheckpointError(
            f"The disk under {where} is full: this checkpoint was not taken, earlier ones are intact.",
            hint="Free some space, then `loki resume`.",
        )
    return CheckpointError(f"git {command} in {where} failed: {said or f'exit code {code}'}")

"""Tools of other ecosystems, installed once for all tests of a machine: what only real ones can show."""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

NODE_PACKAGES = ("@playwright/test@1.65.1", "axe-core@4.14.1", "eslint@10.15.0", "eslint-plugin-security@4.1.0")
SCHEMATHESIS = "schemathesis==4.32.5"

_SECONDS = 90
_QUIET = {"npm_config_audit": "false", "npm_config_fund": "false", "npm_config_update_notifier": "false"}


class UnreachableError(Exception):
    """What a test wants cannot be had here; says why."""


def node_modules() -> Path:
    """A directory with `NODE_PACKAGES` in it.

    Raises:
        UnreachableError: There is no npm, or no registry to be reached.
    """
    if not shutil.which("npm"):
        raise UnreachableError("no npm here")

    def fill(directory: Path) -> None:
        (directory / "package.json").write_text("{}")
        _run("npm", "install", "--silent", "--no-save", *NODE_PACKAGES, cwd=directory)

    return _installed("node", fill) / "node_modules"


def schemathesis() -> Path:
    """A directory of programs with Schemathesis among them.

    Raises:
        UnreachableError: No index of packages can be reached.
    """

    def fill(directory: Path) -> None:
        # With this environment's pip: to install another takes a quarter of the time.
        _run(sys.executable, "-m", "venv", "--without-pip", str(directory / "v"), cwd=directory)
        python = str(directory / "v/bin/python")
        _run(sys.executable, "-m", "pip", "--python", python, "install", "--quiet", SCHEMATHESIS, cwd=directory)

    return _installed("schemathesis", fill) / "v/bin"


def put_node_modules(root: Path, source: Path) -> None:
    """Give a directory its installed packages, without copying what is in them where that can be helped."""
    shutil.copytree(source, root / "node_modules", symlinks=True, copy_function=_link_or_copy)


def _link_or_copy(source: str, target: str) -> None:
    try:
        os.link(source, target)
    except OSError:
        shutil.copy2(source, target)


def _installed(name: str, fill: Callable[[Path], None]) -> Path:
    """A directory that is filled by whichever test comes first; others wait for it."""
    base = Path(tempfile.gettempdir(), f"loki-test-tools-{os.getuid()}")
    base.mkdir(mode=0o700, exist_ok=True)
    if base.stat().st_uid != os.getuid():
        raise UnreachableError(f"{base} is somebody else's")
    directory, done, refused = base / name, base / f"{name}.done", base / f"{name}.refused.{os.getppid()}"
    with (base / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if refused.exists():  # by another worker of the same session: it would take as long again
            raise UnreachableError(refused.read_text())
        if not done.exists():
            shutil.rmtree(directory, ignore_errors=True)
            directory.mkdir()
            try:
                fill(directory)
            except UnreachableError as error:
                refused.write_text(str(error))
                raise
            done.touch()
    return directory


def _run(*argv: str, cwd: Path) -> None:
    try:
        done = subprocess.run(
            argv,
            cwd=cwd,
            env={**os.environ, **_QUIET},
            capture_output=True,
            check=False,
            stdin=subprocess.DEVNULL,
            text=True,
            timeout=_SECONDS,
        )
    except subprocess.TimeoutExpired as error:
        raise UnreachableError(f"{argv[0]} did not get its packages within {_SECONDS} s") from error
    if done.returncode:
        last = (done.stderr.strip() or done.stdout.strip()).splitlines()[-1:]
        raise UnreachableError(f"{argv[0]} could not get its packages: {''.join(last)[:200]}")

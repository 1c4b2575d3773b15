"""A root of their own for one pair of hands under bubblewrap, made of what is granted and nothing else.

What is not granted is not merely closed but absent: no names, no sizes, no sockets to connect to.
Within it the hands put on the same limits as without: these mounts are coarse where Landlock is
exact, and what a repository runs can be shielded only by a mount.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from contextlib import suppress
from functools import cache
from pathlib import Path

import loki_tui
from loki_tui.engine.boxes import Mount
from loki_tui.hands.bubble import BASE, OWN, links_to
from loki_tui.hands.egress import PROXY
from loki_tui.hands.grants import SYSTEM, outermost, within
from loki_tui.hands.policy import Policy

_ETC = Path("/etc")


def arguments(policy: Policy, *, program: str, network: bool, proxy: Path | None) -> list[str]:
    """The command line that puts what follows it into a root of its own.

    Args:
        policy: What is granted; its paths are real.
        program: Where bubblewrap is.
        network: Whether the machine's own network stays.
        proxy: The directory with the socket of the proxy.
    """
    mounts = plan(policy, beside=(*map(_coarse, policy.read), *_interpreter()), own=OWN)
    if proxy is not None:
        mounts[PROXY] = Mount(PROXY, proxy)
    if not network:
        mounts.pop(Path("/run/systemd/resolve"), None)  # its socket resolves names, and so carries words outside
    argv = [program, *BASE, *(() if network else ("--unshare-net",)), *links_to(_spelled(policy), (*mounts, *OWN))]
    for path in sorted(mounts, key=lambda path: len(path.parts)):
        argv += _words(mounts[path])
    return [*argv, "--remount-ro", "/", "--chdir", "/", "--"]


def shields(writable: Iterable[Path]) -> tuple[Path, ...]:
    """What of repositories that agents may write is kept from them: what git runs, or what says what it runs.

    What is missing of a repository's own is made, or an agent could make it.
    """
    found: list[Path] = []
    for place in writable:
        entry = place / ".git"
        if entry.is_file() and not entry.is_symlink():
            found.append(entry)
        elif entry.is_dir() and not entry.is_symlink() and (entry / "HEAD").exists():
            for name in ("hooks", "info"):
                with suppress(OSError):  # where we cannot make it, no agent can
                    (entry / name).mkdir(exist_ok=True)
            found += [entry / name for name in ("hooks", "info", "config", "config.worktree")]
            found += entry.glob("worktrees/*/commondir")
            for module in _modules(entry):
                found += [module / name for name in ("hooks", "info", "config")]
    # A link an agent made would lead the mount elsewhere.
    return tuple(path for path in found if path.exists() and path.resolve() == path)


def _modules(git: Path) -> Iterator[Path]:
    """The git directories of submodules, and of theirs."""
    for config in git.glob("modules/**/config"):
        if (config.parent / "HEAD").exists():
            yield config.parent


def plan(policy: Policy, *, beside: Iterable[Path], own: Iterable[Path]) -> dict[Path, Mount]:
    """What is mounted where; a path below another one comes after it.

    Args:
        policy: What is granted; its paths are real.
        beside: What can be read.
        own: What is made anew within, whatever the machine has there.
    """
    writable = outermost([*policy.writable, policy.home, policy.tmp])
    mounts = {
        path: Mount(path, path)
        for path in outermost(beside)
        if path not in own and not any(within(path, place) for place in writable)
    }
    mounts |= {path: Mount(path, path, writable=True) for path in writable}
    # A mount point cannot be renamed, nor can what is above it unless that is one too.
    mounts |= {
        path: Mount(path, path, writable=True) for sealed in policy.sealed for path in _repositories_above(sealed)
    }
    mounts |= {path: Mount(path, path) for path in policy.sealed}
    # A device in place of a file would be no file to most programs.
    return mounts | {path: Mount(path, None if path.is_dir() else policy.nothing) for path in policy.masked}


def _words(mount: Mount) -> tuple[str, ...]:
    """A mount as bubblewrap is told of it."""
    if mount.source is None:
        return ("--tmpfs", str(mount.path), "--remount-ro", str(mount.path))
    return ("--bind" if mount.writable else "--ro-bind", str(mount.source), str(mount.path))


def _coarse(path: Path) -> Path:
    """A readable path, or the whole of `/etc`: hundreds of mounts would take as many milliseconds."""
    return _ETC if within(path, _ETC) else path


@cache
def _interpreter() -> tuple[Path, ...]:
    """What it takes to start the hands themselves."""
    return Path(loki_tui.__file__).resolve().parent, Path(sys.prefix).resolve(), Path(sys.base_prefix).resolve()


def _repositories_above(sealed: Path) -> Iterator[Path]:
    """Every directory between a sealed path and the `.git` it lies in, that one included."""
    if ".git" in sealed.parts[:-1]:
        for parent in sealed.parents:
            yield parent
            if parent.name == ".git":
                return


def _spelled(policy: Policy) -> Iterator[str]:
    """Paths as programs will spell them, before links are followed."""
    yield from (*SYSTEM, "/etc/resolv.conf", "/etc/localtime")
    yield from (sys.executable, sys.prefix, sys.base_prefix, *policy.spelled)
    for value in policy.environment.values():
        yield from (part for part in value.split(":") if part.startswith("/"))

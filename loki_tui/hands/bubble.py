"""Bubblewrap (https://github.com/containers/bubblewrap): where it is, whether it works here, how it begins.

To be installed says little, since containers, AppArmor and sysctls forbid its namespaces; so it
is tried out, with the very arguments that hands are started with.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterable
from functools import cache
from pathlib import Path

from loki_tui.hands.grants import SYSTEM, TEMPORARY, outermost, within

_PROBE_SECONDS = 5.0
_LINKS = 40
"""As many symbolic links as the kernel follows in one path."""
OWN = (Path("/dev"), Path("/proc"), *TEMPORARY)
"""What is made anew within, whatever the machine has there."""

# To die with the parent means with the thread that started it: hands are started and closed by one loop, in one thread.
BASE = (
    *("--unshare-user", "--unshare-ipc", "--unshare-pid", "--unshare-uts", "--die-with-parent", "--as-pid-1"),
    *("--cap-drop", "ALL", "--tmpfs", "/", "--dev", "/dev", "--proc", "/proc"),
    # As root, the machine's own switches would be writable: one of them names a program the kernel starts.
    *("--ro-bind", "/proc/sys", "/proc/sys", "--tmpfs", "/tmp", "--tmpfs", "/var/tmp"),
)
"""Namespaces, no capabilities, and a root with nothing in it but devices, processes and places for temporary files."""


def find_bubblewrap() -> str:
    """Where the program is, as the system has it; empty where it is not installed."""
    return shutil.which("bwrap", path="/usr/bin:/bin:/usr/local/bin:/run/current-system/sw/bin") or ""


@cache
def trouble_with(program: str) -> str:
    """What hinders it from working here, in its own words; empty where it works."""
    system = [path for path in map(Path, (*SYSTEM, "/nix/store")) if path.is_dir() and path != Path("/proc")]
    real = outermost(path.resolve() for path in system)
    nothing = Path(shutil.which("true", path="/bin:/usr/bin:/run/current-system/sw/bin") or "true").resolve()
    mounts = [word for path in real for word in ("--ro-bind", str(path), str(path))]
    argv = [
        program,
        *BASE,
        "--unshare-net",
        *links_to(map(str, system), (*real, *OWN)),
        *mounts,
        "--remount-ro",
        "/",
        "--",
    ]
    try:
        done = subprocess.run(
            [*argv, str(nothing)],
            capture_output=True,
            check=False,
            env={},
            stdin=subprocess.DEVNULL,
            timeout=_PROBE_SECONDS,
        )
    except subprocess.TimeoutExpired:
        return f"it did not answer within {_PROBE_SECONDS:g} s"
    except OSError as error:
        return f"{program} cannot be run: {error.strerror}"
    said = done.stderr.decode(errors="replace").strip().removeprefix("bwrap: ")
    return (said.splitlines() or [f"exit code {done.returncode}"])[0][:300] if done.returncode else ""


@cache
def version_of(program: str) -> str:
    """Its version, such as `0.8.0`; empty where it does not say."""
    try:
        done = subprocess.run(
            [program, "--version"], capture_output=True, check=False, env={}, timeout=_PROBE_SECONDS, text=True
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.strip().rpartition(" ")[2]


def links_to(paths: Iterable[str], mounts: Iterable[Path]) -> list[str]:
    """Arguments that make the symbolic links on the way along some paths, where no mount brings them."""
    present = list(mounts)
    links: dict[str, str] = {}
    for path in paths:
        _follow(path, links)
    return [
        word
        for place, target in links.items()
        for path in [Path(place)]
        if not any(within(path, mount) for mount in present)
        for word in ("--symlink", target, place)
    ]


def _follow(path: str, links: dict[str, str]) -> None:
    """Note every link on the way along a path."""
    ahead = [part for part in reversed(path.split("/")) if part]
    here, followed = "/", 0
    while ahead and followed < _LINKS:
        part = ahead.pop()
        if part == "..":
            here = os.path.dirname(here)  # noqa: PTH120 (text, not a place)
            continue
        if part == ".":
            continue
        step = os.path.join(here, part)  # noqa: PTH118
        try:
            target = os.readlink(step)  # noqa: PTH115
        except OSError:
            here = step
            continue
        followed += 1
        links[step] = target
        ahead += [part for part in reversed(target.split("/")) if part]
        here = "/" if target.startswith("/") else here

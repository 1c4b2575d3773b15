"""What commands may read beside the workspace: the system and the toolchains, never all of a home.

Landlock knows no exceptions within a grant, so secrets are kept out by granting around them.
"""

from __future__ import annotations

import os
import stat
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from loki_tui.hands.environment import CERTIFICATES, there, toolchains

SYSTEM = [
    "/usr",
    "/bin",
    "/sbin",
    "/lib",
    "/lib32",
    "/lib64",
    "/libx32",
    "/proc",
    "/sys/devices/system",
    "/sys/fs/cgroup",
    "/sys/kernel/mm",
    "/run/systemd/resolve",
    "/var/lib/ca-certificates",
]
"""What belongs to every system, secrets apart."""
_ADDED = ["/opt", "/nix/store", "/snap"]
"""Where whole programs are added to a system; unlike the above, a home may lie in these."""
_IN_HOME = [".cargo/bin", ".local/bin", ".local/lib", ".local/share/uv", ".local/share/pipx", "go", ".deno", ".bun"]
"""Toolchains in a home; not `~/.cargo` as a whole, which holds the registry's token."""

DEVICES = tuple(Path("/dev", name) for name in ("null", "zero", "full", "random", "urandom", "tty"))
"""No `/dev/pts`: it would open the person's own terminals, what is typed there included."""

DEPENDENCIES = ("node_modules", ".venv", "venv", "vendor")
"""Installed dependencies, which ignore rules keep out of checkpoints: a checkout sees the workspace's."""

LENT = ("node_modules", ".venv", "venv")
"""Those of them that nobody keeps in a repository: a worktree has the workspace's, to be read."""

PRIVATE_TERMINALS = (Path("/dev/ptmx"), Path("/dev/pts"))
"""Granted where `/dev` is made anew: whatever terminals are in it, its own commands have opened."""

TEMPORARY = (Path("/tmp"), Path("/var/tmp"))
"""Where programs expect to write, whatever they are told."""

SHARED_MEMORY = Path("/dev/shm")
"""Written by `sem_open(3)` and so by Python's multiprocessing."""

CREDENTIALS = [
    ".ssh",
    ".aws",
    ".azure",
    ".gnupg",
    ".kube",
    ".docker",
    ".config/gh",
    ".config/gcloud",
    ".config/git/credentials",
    ".netrc",
    ".git-credentials",
    ".npmrc",
    ".pypirc",
    ".cargo/credentials.toml",
    ".cargo/credentials",
    ".gem/credentials",
    ".m2/settings.xml",
    ".terraform.d",
    ".password-store",
    ".local/share/keyrings",
    ".mozilla",
    ".config/google-chrome",
    ".config/chromium",
    ".bash_history",
    ".zsh_history",
    ".python_history",
    ".claude",
    ".codex",
]
"""Where people keep what an agent must not read, below their home."""


def readable(environ: Mapping[str, str], *, home: Path, shielded: Iterable[Path]) -> tuple[Path, ...]:
    """Real paths of the system and of toolchains, which commands may read and run.

    Args:
        environ: The person's environment.
        home: The person's home.
        shielded: What must not lie within any of them, nor any of them within it.
    """
    kept_out = [*_credentials(home), *shielded]
    found = _public(Path("/etc"))
    found += [Path(place) for place in (*_ADDED, "/etc/resolv.conf", "/etc/localtime")]
    found += [home / place for place in _IN_HOME]
    found += toolchains(environ, home).values()
    found += [Path(sys.prefix), Path(sys.base_prefix)]
    found += [Path(environ[name]) for name in CERTIFICATES if environ.get(name)]
    for entry in map(Path, environ.get("PATH", "").split(":")):
        found.append(entry.parent if there(entry.parent / "pyvenv.cfg") else entry)
    real = {place.resolve() for place in found if place.is_absolute() and there(place)}
    safe = [
        place for place in real if not within(home, place) and not any(overlaps(place, secret) for secret in kept_out)
    ]
    return outermost([*(Path(place).resolve() for place in SYSTEM if there(Path(place))), *safe])


def exposed(granted: Iterable[Path], home: Path, *, masked: Sequence[Path] = ()) -> list[str]:
    """Credentials of the person that lie in what is granted, as the person would write them."""
    places = list(granted)
    return [
        f"~/{name}"
        for name, secret in _credentials_there(home)
        if secret not in masked and any(overlaps(secret, place) for place in places)
    ]


def maskable(granted: Iterable[Path], home: Path) -> tuple[Path, ...]:
    """Credentials that lie in what is granted without being meant: nothing at or in them was named itself."""
    places = list(granted)
    return outermost(
        secret
        for _, secret in _credentials_there(home)
        if any(within(secret, place) for place in places) and not any(within(place, secret) for place in places)
    )


def installed(workspace: Path) -> tuple[Path, ...]:
    """Directories of dependencies in a workspace; a link is none, since an agent may have made it."""
    places = [workspace / name for name in DEPENDENCIES]
    return tuple(place for place in places if place.is_dir() and not place.is_symlink())


def installed_of_packages(workspace: Path) -> tuple[Path, ...]:
    """Directories of dependencies that the packages of a JavaScript workspace have each for itself."""
    found = (place for pattern in ("*/node_modules", "*/*/node_modules") for place in workspace.glob(pattern))
    own = (place for place in found if not {"node_modules", ".git"} & set(place.relative_to(workspace).parts[:-1]))
    return tuple(
        place
        for place in own
        if place.is_dir() and place.resolve() == workspace.resolve() / place.relative_to(workspace)
    )


def overlaps(one: Path, other: Path) -> bool:
    """Whether one path is, or lies within, the other."""
    return within(one, other) or within(other, one)


def within(path: Path, place: Path) -> bool:
    """Whether a path is a place or lies in it, at a fiftieth of what `is_relative_to` costs: many are compared."""
    return path.parts[: len(place.parts)] == place.parts


def _credentials(home: Path) -> list[Path]:
    """Where the credentials really are, links followed."""
    return [(home / name).resolve() for name in CREDENTIALS]


def _credentials_there(home: Path) -> Iterator[tuple[str, Path]]:
    """Those that there are, by name: hardly any, and to follow links takes longer than to see that there is nothing."""
    for name in CREDENTIALS:
        # Not with `Path`, which takes longer than the question itself; this is asked whenever hands are started.
        if os.path.lexists(f"{home}/{name}") and there(secret := (home / name).resolve()):
            yield name, secret


def outermost(places: Iterable[Path]) -> tuple[Path, ...]:
    """Paths without those that lie within another of them."""
    kept: list[Path] = []
    for place in sorted(set(places), key=lambda place: len(place.parts)):
        if not any(within(place, other) for other in kept):
            kept.append(place)
    return tuple(kept)


def _public(directory: Path) -> list[Path]:
    """A directory, or where it holds secrets we could read, all of it but those.

    Whole where possible: a grant is for an inode, so a file that is later replaced, such as
    `resolv.conf`, stays readable only if its directory is granted.
    """
    try:
        entries = sorted(os.scandir(directory), key=lambda entry: entry.name)
    except OSError:
        return []
    parts: list[Path] = []
    whole = True
    for entry in entries:
        path = Path(entry.path)
        if entry.is_dir(follow_symlinks=False):
            below = [] if _secret(entry) else _public(path)
            whole &= below == [path] or not os.access(path, os.R_OK)
            parts += below
        elif _secret(entry):
            whole = False
        else:
            parts.append(path)
    return [directory] if whole else parts


def _secret(entry: os.DirEntry[str]) -> bool:
    """Whether we may read something that the world may not."""
    mode = entry.stat(follow_symlinks=False).st_mode
    return not stat.S_ISLNK(mode) and not mode & stat.S_IROTH and os.access(entry.path, os.R_OK)

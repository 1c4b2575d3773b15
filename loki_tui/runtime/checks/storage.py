"""The state directory: whether it can be written, whether its file system keeps locks, how much room there is."""

from __future__ import annotations

import fcntl
import os
import sqlite3
import tempfile
from contextlib import closing
from pathlib import Path

import psutil

from loki_tui.runtime.checks.check import Check
from loki_tui.store.paths import StateDirectory

LEAST_BYTES = 512 * 2**20
LEAST_INODES = 10_000
_SHARED = ("nfs", "cifs", "smb", "9p", "fuse", "afs", "ceph", "gluster", "lustre", "vboxsf", "prl_fs")
"""File systems, by the beginnings of their names, on which several machines may write."""


def state(directory: StateDirectory) -> list[Check]:
    """Look at the state directory, without leaving anything in it."""
    try:
        place = _existing(directory.root)
        kind = file_system(place)
    except OSError as error:
        return [Check("state directory", "bad", f"{directory.root} cannot be looked at: {error.strerror}")]
    return [_writable(directory, place), locks(place, kind), *room(place)]


def _writable(directory: StateDirectory, place: Path) -> Check:
    fix = "Make it writable for you, or set LOKI_DIR to a directory of your own outside the workspace."
    owner = directory.owner()
    if owner is not None and owner != directory.workspace:
        return Check("state directory", "bad", f"{directory.root} belongs to {owner}", fix="Set another LOKI_DIR.")
    try:
        with tempfile.TemporaryFile(dir=place) as file:
            file.write(b"loki")
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        return Check("state directory", "bad", f"{place} cannot be written: {error.strerror}", fix=fix)
    made = "" if place == directory.root else ", made at the first run"
    return Check("state directory", "good", f"{directory.root}{made}")


def locks(place: Path, kind: str) -> Check:
    """Whether two who want the same lock there do not both get it, and SQLite can keep a journal.

    Args:
        place: A directory.
        kind: Its file system.
    """
    fix = "Set LOKI_DIR to a directory on a local file system."
    shared = kind.startswith(_SHARED)
    try:
        held = _excludes(place)
        with tempfile.TemporaryDirectory(dir=place, prefix=".doctor-") as scratch:
            wal = _keeps_a_journal(Path(scratch, "journal.db"))
    except (OSError, sqlite3.Error) as error:
        return Check("locks", "bad", f"cannot be tried on {kind}: {error}", fix=fix)
    if not (held and wal):
        what = "two processes can hold the same lock" if not held else "SQLite cannot keep a write-ahead log"
        return Check("locks", "bad", f"{what} on {kind}", fix=fix)
    if shared:
        return Check("locks", "missing", f"work from here, but {kind} may be shared with other machines", fix=fix)
    return Check("locks", "good", f"held on {kind}")


def _excludes(place: Path) -> bool:
    """Whether a lock that is held keeps a second one out."""
    with tempfile.NamedTemporaryFile(dir=place, prefix=".doctor-") as file:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        second = os.open(file.name, os.O_RDWR | os.O_CLOEXEC)
        try:
            fcntl.flock(second, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        finally:
            os.close(second)
    return False


def _keeps_a_journal(file: Path) -> bool:
    with closing(sqlite3.connect(file, timeout=5)) as database:
        (mode,) = database.execute("PRAGMA journal_mode=WAL").fetchone()
        database.execute("CREATE TABLE tried (x)")
        return bool(mode == "wal")


def room(place: Path) -> list[Check]:
    """Bytes and inodes that are left for this person."""
    fix = "Free some space: a run pauses for nothing, but it fails where no event can be written."
    try:
        found = os.statvfs(place)
    except OSError as error:
        return [Check("disk", "bad", f"{place} cannot be looked at: {error.strerror}")]
    left = found.f_bavail * found.f_frsize
    disk = f"{left / 2**30:,.1f} GiB left at {place}"
    checks = [Check("disk", "good", disk) if left >= LEAST_BYTES else Check("disk", "bad", disk, fix=fix)]
    if not found.f_files:  # btrfs and others make them as they are wanted
        return [*checks, Check("inodes", "good", "not limited here")]
    inodes = f"{found.f_favail:,} left"
    few = found.f_favail < LEAST_INODES
    return [
        *checks,
        Check("inodes", "bad", inodes, fix="Remove some files.") if few else Check("inodes", "good", inodes),
    ]


def file_system(place: Path) -> str:
    """The type of the file system a directory is on."""
    real = place.resolve()
    mounts = [each for each in psutil.disk_partitions(all=True) if real.is_relative_to(each.mountpoint)]
    return max(mounts, key=lambda each: len(each.mountpoint)).fstype if mounts else "an unknown file system"


def latest_event(directory: StateDirectory) -> float | None:
    """When something was last journaled here, in seconds since 1970; none where nothing was."""
    try:
        return directory.events_bell.stat().st_mtime
    except OSError:
        return None


def _existing(place: Path) -> Path:
    """The directory, or the nearest above it that is there."""
    while not place.is_dir():
        place = place.parent
    return place

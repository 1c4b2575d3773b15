"""The limits the hands put on themselves and all their children, once and irrevocably.

Landlock (https://docs.kernel.org/userspace-api/landlock.html) is an allow list of paths that
needs no privileges; capabilities go, because on some kernels root reads other processes'
environments with CAP_PERFMON whatever Landlock says. All of this is a property of the thread
and of what it starts, so it is done before the first other thread exists.

No `PR_SET_PDEATHSIG`: it fires when the *thread* that launched the hands ends, not when the
engine does. The end of standard input is the signal that cannot misfire.
"""

from __future__ import annotations

import os
import resource
import stat
import struct
from collections.abc import Iterable
from enum import IntFlag
from typing import NamedTuple

from loki_tui.hands.box.libc import Libc, LimitsError

_LANDLOCK_CREATE_RULESET = 444
_LANDLOCK_ADD_RULE = 445
_LANDLOCK_RESTRICT_SELF = 446
"""System call numbers; the same on every architecture."""

_PR_SET_DUMPABLE = 4
_PR_CAPBSET_DROP = 24
_PR_SET_CHILD_SUBREAPER = 36
_PR_SET_NO_NEW_PRIVS = 38
_PR_CAP_AMBIENT = 47
_PR_CAP_AMBIENT_CLEAR_ALL = 4

_SCOPE_ABSTRACT_SOCKETS = 1
_SCOPE_SIGNALS = 2
SCOPES_SINCE = 6
"""First ABI that keeps signals and abstract sockets inside."""
_TCP = 0b11
"""To bind, and to connect."""
_TCP_SINCE = 4


class Access(IntFlag):
    """File system rights of `struct landlock_ruleset_attr`, in the kernel's order."""

    EXECUTE = 1 << 0
    WRITE_FILE = 1 << 1
    READ_FILE = 1 << 2
    READ_DIR = 1 << 3
    REMOVE_DIR = 1 << 4
    REMOVE_FILE = 1 << 5
    MAKE_CHAR = 1 << 6
    MAKE_DIR = 1 << 7
    MAKE_REG = 1 << 8
    MAKE_SOCK = 1 << 9
    MAKE_FIFO = 1 << 10
    MAKE_BLOCK = 1 << 11
    MAKE_SYM = 1 << 12
    REFER = 1 << 13
    TRUNCATE = 1 << 14
    IOCTL_DEV = 1 << 15


_ALL = Access((1 << 16) - 1)
_READ = Access.EXECUTE | Access.READ_FILE | Access.READ_DIR
_DEVICE = Access.READ_FILE | Access.READ_DIR | Access.WRITE_FILE | Access.TRUNCATE | Access.IOCTL_DEV
_WRITE = _ALL & ~(Access.MAKE_CHAR | Access.MAKE_BLOCK | Access.IOCTL_DEV)
_ON_FILES = Access.EXECUTE | Access.READ_FILE | Access.WRITE_FILE | Access.TRUNCATE | Access.IOCTL_DEV
"""Rights that make sense on a file; the kernel refuses the others there."""


class Grants(NamedTuple):
    """What stays reachable: real paths, each with everything below it."""

    read: list[str]
    write: list[str]
    devices: list[str]


def landlock_abi() -> int:
    """Version of Landlock the kernel offers; 0 where there is none. Asking confines nothing."""
    return max(0, Libc().syscall(_LANDLOCK_CREATE_RULESET, None, 0, 1))


def give_up_privileges() -> None:
    """Drop what would reach around any path rule, and become the reaper of every descendant.

    Not dumpable means that commands, which run under the same user, cannot open this
    process's pipes to the engine in /proc and answer in its name.

    Raises:
        LimitsError: The kernel refuses.
    """
    libc = Libc()
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    for option, value in ((_PR_SET_NO_NEW_PRIVS, 1), (_PR_SET_CHILD_SUBREAPER, 1), (_PR_SET_DUMPABLE, 0)):
        if libc.prctl(option, value) != 0:
            raise LimitsError(f"prctl {option}: {libc.error}")
    for capability in range(64):
        libc.prctl(_PR_CAPBSET_DROP, capability)  # fails beyond the last one, and without CAP_SETPCAP
    libc.prctl(_PR_CAP_AMBIENT, _PR_CAP_AMBIENT_CLEAR_ALL)
    if libc.drop_capabilities() != 0:
        raise LimitsError(f"capset: {libc.error}")


def restrict_paths(grants: Grants, *, least_abi: int, network: bool = True) -> int:
    """Give up every path but those granted; where the kernel can, signals and abstract sockets too.

    Args:
        grants: What stays.
        least_abi: Refuse below this version of Landlock.
        network: Whether TCP stays; what else there is of a network is the system call filter's.

    Returns:
        The version in force.

    Raises:
        LimitsError: The kernel has no Landlock, or too old a one, or refuses.
    """
    abi = landlock_abi()
    if abi < max(1, least_abi):
        raise LimitsError(f"this kernel offers Landlock ABI {abi}, and {least_abi} is needed")
    handled = _rights_of(abi)
    scopes = _SCOPE_ABSTRACT_SOCKETS | _SCOPE_SIGNALS if abi >= SCOPES_SINCE else 0
    tcp = _TCP if abi >= _TCP_SINCE and not network else 0
    with _Ruleset(handled, abi, tcp=tcp, scopes=scopes) as rules:
        for paths, access in ((grants.read, _READ), (grants.write, _WRITE), (grants.devices, _DEVICE)):
            rules.allow(paths, access & handled)
        rules.enforce()
    return abi


def restrict_signals() -> None:
    """Keep this thread, and what it starts, from signalling or tracing anything outside itself.

    Commands are started by such a thread, so that no command can kill or stop the process
    that is to end it. Needs `SCOPES_SINCE`.

    Raises:
        LimitsError: The kernel refuses.
    """
    # Renaming across directories is denied by any ruleset that does not grant it, named or not.
    with _Ruleset(Access.REFER, SCOPES_SINCE, scopes=_SCOPE_SIGNALS) as rules:
        rules.allow(["/"], Access.REFER)
        rules.enforce()


def _rights_of(abi: int) -> Access:
    """Every file system right that a version of Landlock knows."""
    rights = _ALL
    for right, since in ((Access.REFER, 2), (Access.TRUNCATE, 3), (Access.IOCTL_DEV, 5)):
        if abi < since:
            rights &= ~right
    return rights


class _Ruleset:
    """A Landlock ruleset while it is put together."""

    def __init__(self, handled: Access, abi: int, *, tcp: int = 0, scopes: int = 0) -> None:
        self._libc = Libc()
        size = 24 if abi >= SCOPES_SINCE else 16 if abi >= _TCP_SINCE else 8
        attributes = struct.pack("=QQQ", handled, tcp, scopes)[:size]
        self._fd = self._libc.syscall(_LANDLOCK_CREATE_RULESET, attributes, size, 0)
        if self._fd < 0:
            raise LimitsError(f"landlock_create_ruleset: {self._libc.error}")

    def __enter__(self) -> _Ruleset:
        return self

    def __exit__(self, *_: object) -> None:
        os.close(self._fd)

    def allow(self, paths: Iterable[str], access: Access) -> None:
        """Grant rights on paths and all below them; one that cannot be reached anyway is passed over."""
        for path in paths:
            try:
                parent = os.open(path, os.O_PATH | os.O_CLOEXEC)
            except OSError:
                continue
            try:
                folder = stat.S_ISDIR(os.fstat(parent).st_mode)
                rule = struct.pack("=Qi", access if folder else access & _ON_FILES, parent)
                if self._libc.syscall(_LANDLOCK_ADD_RULE, self._fd, 1, rule, 0) != 0:
                    raise LimitsError(f"landlock_add_rule {path}: {self._libc.error}")
            finally:
                os.close(parent)

    def enforce(self) -> None:
        """Put the ruleset in force for this thread and everything it starts."""
        if self._libc.syscall(_LANDLOCK_RESTRICT_SELF, self._fd, 0) != 0:
            raise LimitsError(f"landlock_restrict_self: {self._libc.error}")

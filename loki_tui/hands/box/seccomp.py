"""The filter on system calls: what Landlock does not see, closed for the hands and all they start.

A classic BPF program over `struct seccomp_data` (linux/seccomp.h), put together by hand: a
library would have to be in every container that hands are sent into. It looks at numbers and
arguments only, never at memory, so nothing can be changed between its look and the kernel's.
A later filter of a command's own can refuse more, never less.
"""

from __future__ import annotations

import ctypes
import errno
import os
import struct
from collections.abc import Iterable
from typing import NamedTuple

from loki_tui.hands.box.libc import Libc, LimitsError
from loki_tui.hands.box.syscalls import (
    ABSENT,
    CLONE,
    IOCTL,
    IOPRIO_SET,
    MACHINES,
    PRLIMIT,
    REFUSED,
    SETPRIORITY,
    SOCKET,
    SOCKETPAIR,
    UNSHARE,
    Numbers,
)

_PR_SET_SECCOMP = 22
_SECCOMP_MODE_FILTER = 2

_LOAD = 0x20
_EQUAL = 0x15
_AT_LEAST = 0x35
_ANY_BIT = 0x45
_AND = 0x54
_RETURN = 0x06
"""Instructions of linux/bpf_common.h: load a word, jump, mask, return."""

_ALLOW = 0x7FFF0000
_ERRNO = 0x00050000
_NUMBER, _ARCHITECTURE, _ARGUMENTS = 0, 4, 16
"""Offsets in `struct seccomp_data`."""
_X32 = 0x40000000
"""Set in the numbers of the x32 variants of x86_64's calls, which no table here knows."""

_NAMESPACES = 0x7E020000
"""`CLONE_NEW*` of clone(2)."""
_NEW_TIME = 0x80
"""`CLONE_NEWTIME`, of unshare(2) alone: for clone(2) these bits are a signal."""
_TYPING = (0x5412, 0x541C)
"""`TIOCSTI` and `TIOCLINUX`, which put words into a terminal as if they had been typed."""
_IOPRIO_WHO_PROCESS = 1
_UNIX, _INET, _INET6, _NETLINK = 1, 2, 10, 16
"""Families of linux/socket.h; Python's own module for these takes 4 ms to import, in every pair of hands."""
_ROUTE = 0
_STREAM, _SEQUENCED = 1, 5
_SOCKET_TYPE = 0xF

Instruction = tuple[int, int, int, int]
"""Code, jump if true, jump if false, operand."""


class Openings(NamedTuple):
    """What the filter leaves open."""

    network: bool
    """Sockets of the internet families."""
    unix_sockets: bool
    """Sockets with a path. A pair that is connected from the start can be had in any case."""


class SyscallFilter(NamedTuple):
    """A program for the kernel."""

    code: list[Instruction]

    def packed(self) -> bytes:
        """As an array of `struct sock_filter`."""
        return b"".join(struct.pack("=HBBI", *instruction) for instruction in self.code)


def assemble(openings: Openings, *, machine: str) -> SyscallFilter:
    """Put the filter together for an architecture, as `uname -m` names it.

    Raises:
        LimitsError: Its system calls are not known here.
    """
    known = MACHINES.get(machine)
    if known is None:
        raise LimitsError(f"no filter of system calls is known for {machine}")
    code: list[Instruction] = [
        (_LOAD, 0, 0, _ARCHITECTURE),
        (_EQUAL, 1, 0, known.audit),
        _refuse(errno.ENOSYS),
        (_LOAD, 0, 0, _NUMBER),
        (_AT_LEAST, 0, 1, _X32),
        _refuse(errno.ENOSYS),
    ]
    for numbers, body in _rules(openings):
        number = numbers[known.column]
        if number >= 0:
            code += [(_EQUAL, 0, len(body), number), *body]
    code.append((_RETURN, 0, 0, _ALLOW))
    return SyscallFilter(code)


def restrict_syscalls(openings: Openings) -> None:
    """Put the filter in force for this thread and all it starts. Needs `no_new_privs`.

    Raises:
        LimitsError: The architecture is not known, or the kernel refuses.
    """
    program = assemble(openings, machine=os.uname().machine)
    code = ctypes.create_string_buffer(program.packed())
    # struct sock_fprog: a length, padding, a pointer.
    descriptor = ctypes.create_string_buffer(struct.pack("@HP", len(program.code), ctypes.addressof(code)))
    libc = Libc()
    if libc.prctl(_PR_SET_SECCOMP, _SECCOMP_MODE_FILTER, ctypes.addressof(descriptor)) != 0:
        raise LimitsError(f"seccomp: {libc.error}")


def _rules(openings: Openings) -> Iterable[tuple[Numbers, list[Instruction]]]:
    """Which calls are looked at, and what decides on each; every body ends in a return."""
    yield from ((numbers, [_refuse(errno.EPERM)]) for numbers in REFUSED.values())
    yield from ((numbers, [_refuse(errno.ENOSYS)]) for numbers in ABSENT.values())
    yield CLONE, _unless_any_bit(0, _NAMESPACES)
    yield UNSHARE, _unless_any_bit(0, _NAMESPACES | _NEW_TIME)
    yield IOCTL, _unless_one_of(1, _TYPING)
    # On itself, spelled as 0; the engine runs under the same user.
    yield PRLIMIT, _only({0: 0})
    yield SETPRIORITY, _only({0: os.PRIO_PROCESS, 1: 0})
    yield IOPRIO_SET, _only({0: _IOPRIO_WHO_PROCESS, 1: 0})
    yield SOCKET, _families(openings)
    if not openings.unix_sockets:
        yield SOCKETPAIR, _connected_pairs()


def _families(openings: Openings) -> list[Instruction]:
    """The families of sockets that can be had; a netlink socket of no protocol but routing's."""
    allowed = [_INET, _INET6] if openings.network else []
    allowed += [_UNIX] if openings.unix_sockets else []
    body: list[Instruction] = [_argument(0)]
    for family in allowed:
        body += [(_EQUAL, 0, 1, family), (_RETURN, 0, 0, _ALLOW)]
    if openings.network:
        route = [_argument(2), (_EQUAL, 0, 1, _ROUTE), (_RETURN, 0, 0, _ALLOW)]
        body += [(_EQUAL, 0, len(route), _NETLINK), *route]
    return [*body, _refuse(errno.EAFNOSUPPORT)]


def _connected_pairs() -> list[Instruction]:
    """Pairs of the kinds that stay connected: a datagram socket of a pair can send to any path."""
    body: list[Instruction] = [_argument(1), (_AND, 0, 0, _SOCKET_TYPE)]
    for kind in (_STREAM, _SEQUENCED):
        body += [(_EQUAL, 0, 1, kind), (_RETURN, 0, 0, _ALLOW)]
    return [*body, _refuse(errno.EAFNOSUPPORT)]


def _unless_any_bit(argument: int, mask: int) -> list[Instruction]:
    return [_argument(argument), (_ANY_BIT, 0, 1, mask), _refuse(errno.EPERM), (_RETURN, 0, 0, _ALLOW)]


def _unless_one_of(argument: int, values: Iterable[int]) -> list[Instruction]:
    body: list[Instruction] = [_argument(argument)]
    for value in values:
        body += [(_EQUAL, 0, 1, value), _refuse(errno.EPERM)]
    return [*body, (_RETURN, 0, 0, _ALLOW)]


def _only(values: dict[int, int]) -> list[Instruction]:
    """Allowed where each of these arguments has its value."""
    body: list[Instruction] = []
    for argument, value in values.items():
        body += [_argument(argument), (_EQUAL, 1, 0, value), _refuse(errno.EPERM)]
    return [*body, (_RETURN, 0, 0, _ALLOW)]


def _argument(index: int) -> Instruction:
    """Load the lower half of an argument: all that the kernel looks at in those read here."""
    return (_LOAD, 0, 0, _ARGUMENTS + 8 * index)


def _refuse(number: int) -> Instruction:
    return (_RETURN, 0, 0, _ERRNO | number)

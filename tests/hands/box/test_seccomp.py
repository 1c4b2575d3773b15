"""The filter, run as the kernel would run it, for both architectures; what it does in force is `test_escape`'s."""

from __future__ import annotations

import errno
import socket
import struct

import pytest

from loki_tui.hands.box.libc import LimitsError
from loki_tui.hands.box.seccomp import Openings, assemble
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

ALLOW = 0
EVERYTHING, NOTHING = Openings(network=True, unix_sockets=True), Openings(network=False, unix_sockets=False)


def run(openings: Openings, machine: str, numbers: Numbers | int, *arguments: int, audit: int = 0) -> int:
    """What the filter answers to a call: an errno, or 0 where it is let through."""
    known = MACHINES[machine]
    number = numbers if isinstance(numbers, int) else numbers[known.column]
    values = [value & (2**64 - 1) for value in (*arguments, *[0] * 6)][:6]
    data = struct.pack("=IIQ6Q", number & 0xFFFFFFFF, audit or known.audit, 0, *values)
    code = assemble(openings, machine=machine).code
    position, word = 0, 0
    while True:
        kind, yes, no, operand = code[position]
        position += 1
        match kind:
            case 0x20:
                word = struct.unpack_from("=I", data, operand)[0]
            case 0x54:
                word &= operand
            case 0x06:
                return operand & 0xFFFF if operand != 0x7FFF0000 else ALLOW
            case _:
                taken = {0x15: word == operand, 0x35: word >= operand, 0x45: bool(word & operand)}[kind]
                position += yes if taken else no


@pytest.fixture(params=MACHINES)
def machine(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.mark.parametrize("name", REFUSED)
def test_what_no_command_needs_is_refused(machine: str, name: str) -> None:
    if REFUSED[name][MACHINES[machine].column] >= 0:
        assert run(EVERYTHING, machine, REFUSED[name]) == errno.EPERM


@pytest.mark.parametrize("name", ABSENT)
def test_what_no_filter_can_look_into_is_absent(machine: str, name: str) -> None:
    assert run(EVERYTHING, machine, ABSENT[name]) == errno.ENOSYS


def test_ordinary_calls_pass(machine: str) -> None:
    ordinary = [*range(30), 257, 262] if machine == "x86_64" else [56, 57, 63, 64, 93, 178]
    odd = {IOCTL[MACHINES[machine].column]}
    assert all(run(NOTHING, machine, number) == ALLOW for number in ordinary if number not in odd)


def test_calls_of_another_architecture_are_unknown(machine: str) -> None:
    assert run(EVERYTHING, machine, 1, audit=0x40000003) == errno.ENOSYS
    assert run(EVERYTHING, machine, 0x40000000 + 1) == errno.ENOSYS
    assert run(EVERYTHING, machine, -1) == errno.ENOSYS


@pytest.mark.parametrize("flag", [0x20000, 0x2000000, 0x4000000, 0x8000000, 0x10000000, 0x20000000, 0x40000000])
def test_no_namespaces_are_made(machine: str, flag: int) -> None:
    assert run(EVERYTHING, machine, CLONE, flag | 17) == errno.EPERM
    assert run(EVERYTHING, machine, UNSHARE, flag) == errno.EPERM


def test_threads_and_processes_are_made(machine: str) -> None:
    assert run(NOTHING, machine, CLONE, 0x3D0F00) == ALLOW
    assert run(NOTHING, machine, CLONE, 0x1200011) == ALLOW
    assert run(NOTHING, machine, CLONE, 0x4111) == ALLOW
    assert run(NOTHING, machine, UNSHARE, 0x400) == ALLOW
    assert run(NOTHING, machine, UNSHARE, 0x80) == errno.EPERM


@pytest.mark.parametrize("upper", [0, 1 << 32, -1 << 32])
def test_the_upper_half_of_an_argument_hides_nothing(machine: str, upper: int) -> None:
    """The kernel cuts these arguments to 32 bits, and so must whoever judges them."""
    assert run(NOTHING, machine, IOCTL, 0, upper | 0x5412) == errno.EPERM
    assert run(NOTHING, machine, IOCTL, 0, upper | 0x541C) == errno.EPERM
    assert run(NOTHING, machine, IOCTL, 0, upper | 0x5413) == ALLOW
    assert run(NOTHING, machine, SOCKET, upper | socket.AF_UNIX) == errno.EAFNOSUPPORT
    assert run(EVERYTHING, machine, SOCKET, upper | socket.AF_PACKET) == errno.EAFNOSUPPORT


def test_others_are_neither_limited_nor_slowed(machine: str) -> None:
    assert run(NOTHING, machine, PRLIMIT, 0, 7) == ALLOW
    assert run(NOTHING, machine, PRLIMIT, 4711, 7) == errno.EPERM
    assert run(NOTHING, machine, SETPRIORITY, 0, 0, 5) == ALLOW
    assert run(NOTHING, machine, SETPRIORITY, 0, 4711, 5) == errno.EPERM
    assert run(NOTHING, machine, SETPRIORITY, 2, 0, 5) == errno.EPERM
    assert run(NOTHING, machine, IOPRIO_SET, 1, 0) == ALLOW
    assert run(NOTHING, machine, IOPRIO_SET, 3, 0) == errno.EPERM


@pytest.mark.parametrize("network", [True, False])
@pytest.mark.parametrize("unix", [True, False])
def test_families_of_sockets(machine: str, network: bool, unix: bool) -> None:
    openings = Openings(network=network, unix_sockets=unix)
    allowed = {family for family in range(60) if run(openings, machine, SOCKET, family, 1, 0) == ALLOW}
    inet = {socket.AF_INET, socket.AF_INET6, socket.AF_NETLINK} if network else set()
    assert allowed == inet | ({socket.AF_UNIX} if unix else set())
    others = {
        protocol for protocol in range(1, 40) if run(openings, machine, SOCKET, socket.AF_NETLINK, 3, protocol) == 0
    }
    assert others == set()


def test_pairs_stay_pairs_where_sockets_with_a_path_are_closed(machine: str) -> None:
    flags = socket.SOCK_CLOEXEC | socket.SOCK_NONBLOCK
    for kind in (socket.SOCK_STREAM, socket.SOCK_SEQPACKET):
        assert run(NOTHING, machine, SOCKETPAIR, 1, kind | flags) == ALLOW
    for kind in (socket.SOCK_DGRAM, socket.SOCK_RAW):
        assert run(NOTHING, machine, SOCKETPAIR, 1, kind | flags) == errno.EAFNOSUPPORT
        assert run(EVERYTHING, machine, SOCKETPAIR, 1, kind) == ALLOW


def test_a_machine_that_is_not_known_is_refused() -> None:
    with pytest.raises(LimitsError, match="riscv64"):
        assemble(EVERYTHING, machine="riscv64")


def test_the_program_fits_the_kernel(machine: str) -> None:
    for openings in (EVERYTHING, NOTHING):
        program = assemble(openings, machine=machine)
        assert len(program.code) < 4096
        assert len(program.packed()) == 8 * len(program.code)

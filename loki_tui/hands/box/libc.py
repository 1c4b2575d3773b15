"""The few C calls that limits need and Python has no name for."""

from __future__ import annotations

import ctypes
import os
import struct

_CAPABILITY_VERSION_3 = 0x20080522


class LimitsError(Exception):
    """The demanded limits cannot be applied here."""


class Libc:
    """The C library of this process."""

    def __init__(self) -> None:
        self._c = ctypes.CDLL(None, use_errno=True)
        self._c.syscall.restype = ctypes.c_long

    def syscall(self, number: int, *arguments: ctypes.c_void_p | bytes | int | None) -> int:
        """A system call; minus one where it failed, the reason in `error`."""
        plain = (ctypes.c_long(value) if isinstance(value, int) else value for value in arguments)
        return int(self._c.syscall(ctypes.c_long(number), *plain))

    def prctl(self, option: int, first: int, second: int = 0) -> int:
        """`prctl(2)`."""
        longs = [ctypes.c_ulong(value) for value in (first, second, 0, 0)]
        return int(self._c.prctl(ctypes.c_int(option), *longs))

    def drop_capabilities(self) -> int:
        """Empty the effective, permitted and inheritable sets."""
        return int(self._c.capset(struct.pack("=Ii", _CAPABILITY_VERSION_3, 0), bytes(24)))

    @property
    def error(self) -> str:
        """Why the last call failed."""
        return os.strerror(ctypes.get_errno())

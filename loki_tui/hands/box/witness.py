"""Keeps a box open for a person, and says in its log what holds in it, as the kernel tells it from inside."""

from __future__ import annotations

import os
import signal
import sys

from loki_tui.hands.box.confine import landlock_abi

_STATUS = ("CapEff", "CapBnd", "NoNewPrivs", "Seccomp")


def main() -> None:
    """Say what holds, then wait to be told to end."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    sys.stdout.write("".join(f"{line}\n" for line in observed()))
    sys.stdout.flush()
    while True:
        signal.pause()


def observed() -> list[str]:
    """What this process finds around it, a fact a line."""
    with open("/proc/self/status") as file:
        status = dict(line.rstrip("\n").split(":\t", 1) for line in file if ":\t" in line)
    with open("/proc/net/dev") as file:
        interfaces = [line.split(":")[0].strip() for line in file if ":" in line]
    return [
        f"user {os.getuid()}:{os.getgid()}",
        *(f"{name} {status.get(name, 'unknown')}" for name in _STATUS),
        f"Landlock ABI {landlock_abi()}, which hands put on themselves",
        f"network {', '.join(interfaces)}",
        f"root {'can be written' if os.access('/', os.W_OK) else 'is read-only'}",
    ]

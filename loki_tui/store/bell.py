"""Wake-ups: within this process by a bell, between processes by a file that is touched.

A wake-up says only that there may be something new. Who hears it looks by number, so a bell may ring
too often and nothing is ever lost in between.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

_STEP_MILLISECONDS = 40
_DEBOUNCE_MILLISECONDS = 80
"""A touch is heard after two steps; the library's default of 1,600 would be felt."""
_HEARTBEAT_MILLISECONDS = 500
"""Rung by itself this often: not every mount passes notifications on (a container's, for one)."""


class Listener:
    """One event loop's ear. Starts as if just woken, since there may be something already."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._woken = asyncio.Event()
        self._woken.set()

    def wake(self) -> None:
        """Wake who waits, from any thread."""
        # A loop that was closed meanwhile has nobody left to wake.
        with suppress(RuntimeError):
            self._loop.call_soon_threadsafe(self._woken.set)

    async def wait(self) -> None:
        """Return once the bell rang after the last return."""
        await self._woken.wait()
        self._woken.clear()


class Bell:
    """Wakes listeners in any thread of this process."""

    def __init__(self) -> None:
        self._listeners: frozenset[Listener] = frozenset()
        self._changing = threading.Lock()

    def ring(self) -> None:
        """Wake all listeners; from any thread."""
        for listener in self._listeners:
            listener.wake()

    @contextmanager
    def listen(self) -> Iterator[Listener]:
        """Listen on the running loop."""
        listener = Listener(asyncio.get_running_loop())
        with self._changing:
            self._listeners |= {listener}
        try:
            yield listener
        finally:
            with self._changing:
                self._listeners -= {listener}


def touch(path: Path) -> None:
    """Ring the bell that other processes watch. Never fails: what they wait for is already recorded."""
    with suppress(OSError):
        path.touch(mode=0o600)


@contextmanager
def watching(path: Path, bell: Bell) -> Iterator[None]:
    """Ring a bell whenever a file is touched, which need not exist yet.

    Args:
        path: The file; its directory is what is watched.
        bell: Rung from another thread, and once as soon as the watch stands.
    """
    stop = threading.Event()
    threading.Thread(target=_watch, args=(path, bell, stop), name=f"watch-{path.name}").start()
    try:
        yield
    finally:
        # The thread ends by itself within a step; waiting for it here would hold up the loop.
        stop.set()


def _watch(path: Path, bell: Bell, stop: threading.Event) -> None:
    # Imported here, in the thread: it takes 80 ms that nobody should wait for.
    from watchfiles._rust_notify import RustNotify, WatchfilesRustInternalError  # noqa: PLC0415

    try:
        with RustNotify([str(path.parent)], False, False, 0, False, True) as notify:
            bell.ring()
            while not _over(stop):
                changes = notify.watch(_DEBOUNCE_MILLISECONDS, _STEP_MILLISECONDS, _HEARTBEAT_MILLISECONDS, stop)
                if isinstance(changes, str) or any(Path(name).name == path.name for _, name in changes):
                    bell.ring()
    except (OSError, UnicodeError, WatchfilesRustInternalError):
        # No notifications to be had (the kernel's limit on watches, mostly, or a path that is no text):
        # the heartbeat alone.
        while not _over(stop):
            bell.ring()
            stop.wait(_HEARTBEAT_MILLISECONDS / 1000)


def _over(stop: threading.Event) -> bool:
    # A watch that nobody closed must not keep a finished process alive; as a daemon thread it could
    # be torn down inside the library's native code, which aborts the process.
    return stop.is_set() or not threading.main_thread().is_alive()

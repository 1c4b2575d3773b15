"""Threads with an event loop of their own, for what must neither wait for the screen nor hold it up."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Coroutine
from contextlib import suppress


class LoopThread:
    """Runs one coroutine in a thread of its own.

    Args:
        main: Makes the coroutine; called in the thread, so its imports may be slow.
        name: The thread's.
        on_break: Told, on the thread, that it broke off: `error`.
    """

    def __init__(
        self,
        main: Callable[[], Coroutine[None, None, None]],
        *,
        name: str,
        on_break: Callable[[], None] = lambda: None,
    ) -> None:
        self._main = main
        self._on_break = on_break
        self._loop: asyncio.AbstractEventLoop | None = None
        self._task: asyncio.Task[None] | None = None
        self._cancelled = False
        self.error: BaseException | None = None
        """What it broke off with, where nobody expected that."""
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def cancel(self) -> None:
        """Cancel the coroutine; from any thread, and as often as one likes."""
        self._cancelled = True
        if self._task is not None:
            self.call(self._task.cancel)

    def call(self, callback: Callable[[], object]) -> None:
        """Have something done on the thread's loop; from any thread. Nothing happens where it is over."""
        if self._loop is not None:
            with suppress(RuntimeError):  # closed meanwhile
                self._loop.call_soon_threadsafe(callback)

    def join(self, seconds: float | None = None) -> bool:
        """Wait for the end.

        Returns:
            Whether it came in time.
        """
        if self._thread.is_alive():
            self._thread.join(seconds)
        return not self._thread.is_alive()

    @property
    def alive(self) -> bool:
        """Whether it has not come to its end."""
        return self._thread.is_alive()

    def _run(self) -> None:
        try:
            asyncio.run(self._held())
        except asyncio.CancelledError:
            return
        except BaseException as error:  # noqa: BLE001 (a thread's top: it is for whoever waits to raise it)
            self.error = error
            self._on_break()

    async def _held(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._task = asyncio.current_task()
        if not self._cancelled:
            await self._main()

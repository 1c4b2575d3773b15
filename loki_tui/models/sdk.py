"""Importing what is slow to import, without making anybody wait who need not.

The Anthropic SDK costs one to three seconds and the price data a third of one, nearly all of it
Python that builds classes. Nothing in this package imports them at its top; a process that will
call a model calls `start_import` first of all and does the rest of its start-up meanwhile.
"""

from __future__ import annotations

import gc
import importlib
from asyncio import Event, get_running_loop
from collections.abc import Callable
from contextlib import suppress
from threading import Thread

_MODULES = ("genai_prices.data", "anthropic", "anthropic.types")
"""The one that is wanted first, to reserve money, is imported first."""


def start_import() -> None:
    """Begin to import all that a model call needs, on a thread.

    Whoever imports one of these modules meanwhile waits for it, as for any import.
    """
    _start(lambda: None)


async def wait_for_import() -> None:
    """Return once all that a model call needs is imported.

    Cancelling gives up the wait at once: the thread is nobody's, so that not even the end of
    the process waits for it, as it would for `asyncio.to_thread`.
    """
    loop = get_running_loop()
    done = Event()

    def report() -> None:
        with suppress(RuntimeError):  # the loop is closed: nobody waits any more
            loop.call_soon_threadsafe(done.set)

    _start(report)
    await done.wait()


def _start(report: Callable[[], None]) -> None:
    Thread(target=_import, args=(report,), name="loki-import", daemon=True).start()


def _import(report: Callable[[], None]) -> None:
    """Import with the collector paused: thousands of new classes and nothing to collect; saves a quarter."""
    paused = gc.isenabled()
    gc.disable()
    try:
        for module in _MODULES:
            importlib.import_module(module)
    finally:
        if paused:
            # What is here now stays: looking through it, once the collector is back, would take 70 ms.
            gc.freeze()
            gc.enable()
        report()

"""The past of a run on a thread of its own: questions to its history, and requests to its engine."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from loki_tui.runtime.client import RunClient
from loki_tui.runtime.history import History

Answer = TypeVar("Answer")


class Past:
    """Answers questions one after another, off the screen's thread.

    Args:
        client: The run.
    """

    def __init__(self, client: RunClient) -> None:
        self._client = client
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix=f"past-{client.run}")
        self._history: History | None = None

    async def ask(self, question: Callable[[History], Answer]) -> Answer:
        """Ask the history something.

        Raises:
            LokiError: The journal cannot be read.
        """
        return await asyncio.get_running_loop().run_in_executor(self._thread, lambda: question(self._opened()))

    async def do(self, act: Callable[[RunClient], Answer]) -> Answer:
        """Ask something of the run's engine.

        Raises:
            LokiError: It could not be asked.
        """
        return await asyncio.get_running_loop().run_in_executor(self._thread, lambda: act(self._client))

    def _opened(self) -> History:
        if self._history is None:
            self._history = self._client.history()
        return self._history

    def close(self) -> None:
        """Let go of the journal, once the question at hand is answered or called off."""
        if self._history is not None:
            self._history.interrupt()
            self._thread.submit(self._history.close)
        self._thread.shutdown(wait=False)

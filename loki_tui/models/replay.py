"""A model that plays a recording: the demo's, and the tests'."""

from __future__ import annotations

import asyncio
import re

from loki_tui.core.errors import ModelError, ModelFault
from loki_tui.core.messages import TextPart
from loki_tui.engine.ports import ModelAnswer, ModelRequest, OnText
from loki_tui.models.cassette import Cassette

_WORDS_A_SECOND = 12.0
"""At speed 1: about as fast as one reads."""


class ReplayModel:
    """Plays a cassette.

    Args:
        cassette: What to play.
        speed: How fast: 1 at a human pace, 2 twice that, 0 at once.
    """

    def __init__(self, cassette: Cassette, *, speed: float = 0) -> None:
        self._cassette = cassette
        self._speed = speed

    async def answer(self, request: ModelRequest, *, on_text: OnText) -> ModelAnswer:
        """Play the answer to a request.

        Raises:
            loki_tui.core.errors.ModelError: The recording has none left.
        """
        take = self._cassette.take(request.purpose, request.ordinal)
        if take is None:
            raise ModelError(
                f"The recording {self._cassette.name} has no answer number {request.ordinal + 1} "
                f"for {request.purpose.value}.",
                fault=ModelFault.EXHAUSTED,
                hint="The run went another way than the recorded one. Use a model instead: set ANTHROPIC_API_KEY.",
            )
        await self._wait(take.delay_ms / 1000)
        for part in take.answer.parts:
            if isinstance(part, TextPart):
                await self._say(part.text, on_text)
        return ModelAnswer(parts=take.answer.parts, stop=take.answer.stop, usage=take.answer.usage)

    async def close(self) -> None:
        """Nothing to let go of."""

    async def _say(self, text: str, on_text: OnText) -> None:
        for word in re.findall(r"\s*\S+\s*$|\s*\S+", text) or [text]:
            on_text(word)
            await self._wait(1 / _WORDS_A_SECOND)

    async def _wait(self, seconds: float) -> None:
        if self._speed > 0:
            await asyncio.sleep(seconds / self._speed)

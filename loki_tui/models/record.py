"""A model whose answers are written down as they come, for `loki_tui.models.replay`."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from time import monotonic

from loki_tui.core.errors import LokiError, UsageError
from loki_tui.engine.ports import Model, ModelAnswer, ModelRequest, OnText
from loki_tui.guard.cleaning import cleaned
from loki_tui.models.cassette import RecordedAnswer, Take


class RecordingModel:
    """Records another model.

    A line is on disk before the answer is passed on. It holds what the model said and nothing
    of the request, so no key and no prompt.

    Args:
        inner: The model that answers.
        path: The cassette to append to.
        redact: Takes secrets out of what is written down.

    Raises:
        UsageError: The file cannot be written.
    """

    def __init__(self, inner: Model, path: Path, *, redact: Callable[[str], str] = str) -> None:
        self._inner = inner
        self._redact = redact
        self._path = path
        try:
            self._append("")
        except OSError as error:
            raise UsageError(
                f"The recording {path} cannot be written: {error.strerror}.",
                hint="Give --record a file in a directory that can be written.",
            ) from error

    async def answer(self, request: ModelRequest, *, on_text: OnText) -> ModelAnswer:
        """Let the model answer, and write it down.

        Raises:
            loki_tui.core.errors.ModelError: There is no whole answer.
            LokiError: There is one, and no room for it.
        """
        began = monotonic()
        first: list[float] = []

        def overhear(text: str) -> None:
            if not first:
                first.append(monotonic())
            on_text(text)

        answer = await self._inner.answer(request, on_text=overhear)
        delay = (first[0] if first else monotonic()) - began
        take = Take(
            purpose=request.purpose,
            answer=RecordedAnswer(
                parts=tuple(cleaned(part, self._redact) for part in answer.parts), stop=answer.stop, usage=answer.usage
            ),
            model=request.model,
            delay_ms=round(1000 * delay),
        )
        try:
            self._append(take.model_dump_json() + "\n")
        except OSError as error:
            raise LokiError(
                f"The recording {self._path} cannot be written: {error.strerror}.",
                hint="Make room, or resume without --record.",
            ) from error
        return answer

    async def close(self) -> None:
        """Close the model."""
        await self._inner.close()

    def _append(self, text: str) -> None:
        with self._path.open("a", encoding="utf-8") as file:
            file.write(text)

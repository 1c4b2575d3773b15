"""A recorded model: JSON lines, one answer each, played by purpose and ordinal.

Recordings are played by what a request is for and how many of that kind were answered before,
not by what it says: so they survive a reworded prompt, and a resumed run goes on where it was.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Literal

from pydantic import Field, ValidationError

from loki_tui.core.errors import UsageError
from loki_tui.core.messages import Frozen, Part, Usage
from loki_tui.core.vocabulary import Purpose


class RecordedAnswer(Frozen):
    """An answer as it was given."""

    parts: tuple[Part, ...]
    stop: Literal["end", "tool_use", "length", "refusal"]
    usage: Usage = Usage()


class Take(Frozen):
    """One line of a cassette."""

    purpose: Purpose
    answer: RecordedAnswer
    model: str = ""
    """What answered; for the reader."""
    delay_ms: int = Field(default=0, ge=0)
    """How long it took to begin."""
    note: str = ""
    """For the reader."""


class Cassette:
    """Answers in the order they were recorded, purpose by purpose.

    Args:
        takes: Purpose to its answers.
        name: What to call the cassette in errors.
    """

    def __init__(self, takes: Mapping[Purpose, tuple[Take, ...]], *, name: str) -> None:
        self._takes = takes
        self.name = name

    def take(self, purpose: Purpose, ordinal: int) -> Take | None:
        """The answer to the request of this purpose that comes after `ordinal` others."""
        takes = self._takes.get(purpose, ())
        return takes[ordinal] if ordinal < len(takes) else None


def load_cassette(path: Path) -> Cassette:
    """Read a cassette.

    Raises:
        UsageError: It cannot be read, or a line of it is no answer.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"The recording {path} cannot be read: {error}.", hint="Check LOKI_CASSETTE.") from error
    takes: dict[Purpose, tuple[Take, ...]] = {}
    # Not `splitlines`: that also splits at characters which JSON allows in a string.
    for number, line in enumerate(text.split("\n"), start=1):
        if line.strip():
            take = _parse(line, f"{path}:{number}")
            takes[take.purpose] = (*takes.get(take.purpose, ()), take)
    if not takes:
        raise UsageError(f"The recording {path} is empty.", hint="Record one: loki start --record FILE")
    return Cassette(takes, name=str(path))


def _parse(line: str, place: str) -> Take:
    try:
        return Take.model_validate_json(line)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        field = ".".join(str(step) for step in first["loc"]) or "the line"
        raise UsageError(
            f"{place} is no recorded answer: {field}: {first['msg']}.",
            hint="Every line is one JSON object with `purpose` and `answer`.",
        ) from error

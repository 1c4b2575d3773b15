"""Settings as a list with a heading for each section, and all there is to say about one of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

from loki_tui.core.errors import LokiError
from loki_tui.core.settings_docs import FieldDoc
from loki_tui.core.settings_sources import Origin
from loki_tui.tui.rows import Row, Tone, columns, row, wrap

_VARIABLE = 36
"""Cells for the longest variable there is, and some more."""

_SOURCES: dict[str, tuple[str, Tone]] = {
    "default": ("default", "quiet"),
    "environment": ("environment", "accent"),
    "command line": ("command line", "accent"),
    "configuration file": ("your file", "good"),
    "workspace file": ("workspace file", "warn"),
}
"""Where a value comes from, in words that fit a column."""


@dataclass(frozen=True, slots=True)
class Values:
    """Settings as they are now."""

    shown: Mapping[str, str]
    """Field to value, as a person would write it."""
    origins: Mapping[str, Origin]
    file: Path
    """The person's own file."""
    run: str | None = None
    """The run that is at work in this project."""
    recorded: Mapping[str, str] | None = None
    """Field to value, as that run has it."""
    error: LokiError | None = None
    """What is wrong with them: then no value is known."""


def matching(docs: Sequence[FieldDoc], words: str) -> list[FieldDoc]:
    """The settings that have all of these words in their name, section or meaning."""
    wanted = words.casefold().split()
    return [
        doc for doc in docs if all(word in f"{doc.variable} {doc.section} {doc.meaning}".casefold() for word in wanted)
    ]


def rows(docs: Sequence[FieldDoc], values: Values, width: int) -> tuple[list[Row], list[FieldDoc | None]]:
    """A row for each setting and each section's heading, and which setting a row is of."""
    lines: list[Row] = []
    owners: list[FieldDoc | None] = []
    for section, members in groupby(docs, key=lambda doc: doc.section):
        lines.append(row((section, "loud")))
        owners.append(None)
        for doc in members:
            lines.append(_line(doc, values, width))
            owners.append(doc)
    return lines, owners


def _line(doc: FieldDoc, values: Values, width: int) -> Row:
    origin = values.origins.get(doc.name)
    source, tone = _SOURCES[origin.source] if origin is not None else ("unknown", "bad")
    if not doc.in_force:
        source, tone = "not in force", "quiet"
    value = values.shown.get(doc.name, "?") or "not set"
    room = max(8, width - _VARIABLE - 18)
    own: Tone = "quiet" if origin is not None and origin.source == "default" else "plain"
    name = columns((f"  {doc.variable}", value), (_VARIABLE, room))
    return row((name[:_VARIABLE], "plain"), (name[_VARIABLE:], own), (f" {source}", tone))


def detail_rows(doc: FieldDoc, values: Values, width: int) -> list[Row]:
    """All there is to say about a setting."""
    said: list[tuple[str, str, Tone]] = [
        ("", doc.meaning, "plain"),
        ("is", values.shown.get(doc.name, "unknown") or "not set", "loud"),
        ("from", str(values.origins.get(doc.name, "unknown")), "plain"),
        ("must be", doc.bounds, "plain"),
        ("default", doc.default or "not set", "quiet"),
    ]
    if why := why_fixed(doc, values):
        said.insert(1, ("", why, "warn"))
    if doc.workspace:
        said.append(("workspace", f"{doc.workspace} by a file of the workspace", "quiet"))
    recorded = (values.recorded or {}).get(doc.name)
    if recorded is not None and recorded != values.shown.get(doc.name):
        said.append(
            ("at work", f"{recorded or 'not set'}, in run {values.run}, which keeps what it began with", "warn")
        )
    return [line for name, text, tone in said for line in _stated(name, text, tone, width)]


def _stated(name: str, text: str, tone: Tone, width: int) -> list[Row]:
    indent = 11 if name else 0
    first, *more = wrap(text, width - indent, tone=tone)
    return [row((name.ljust(indent), "quiet"), *first), *(row(" " * indent, *line) for line in more)]


def error_rows(error: LokiError, width: int) -> list[Row]:
    """What is wrong with the settings as they are."""
    return [*wrap(f"! {error.message}", width, tone="bad"), *wrap(error.hint, width, tone="quiet")]


def why_fixed(doc: FieldDoc, values: Values) -> str:
    """Why a setting cannot be changed here; empty where it can."""
    if not doc.in_force:
        return "It is not in force in this version, and can be set once it is."
    origin = values.origins.get(doc.name)
    if origin is not None and origin.source in ("environment", "command line"):
        return f"The {origin} sets it, which stands above your file: change or unset it there."
    return ""

"""Finding events in a long journal without reading it: by kind, by trouble, by what is said in them."""

from __future__ import annotations

import json
import re
import sqlite3
from collections.abc import Callable, Iterable
from contextlib import closing

from loki_tui.store.database import journal_errors
from loki_tui.store.paths import StateDirectory
from loki_tui.store.schema import PROBLEM, RARE

STRIDE = 10_000
"""Events searched at once: some 20 ms, after which a search can be called off."""

FREQUENT = frozenset({"model_requested", "model_answered", "action_started", "action_finished"})
"""Kinds that no index is kept of: see `loki_tui.store.schema.RARE`."""

_ESCAPE = re.compile(r'\\(?:u([0-9a-fA-F]{4})|(["\\/bfnrt]))')
_ESCAPED = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t"}


class JournalSearch:
    """Looks for events of one run.

    Args:
        connection: From `open_for_reading`; stays the caller's.
        state: Whose journal it is.
        run: Which run.
    """

    def __init__(self, connection: sqlite3.Connection, *, state: StateDirectory, run: str) -> None:
        self._connection = connection
        self._state = state
        self._run = run

    def next_of(
        self, kinds: Iterable[str], *, start: int, backwards: bool = False, stream: str | None = None
    ) -> int | None:
        """The nearest event of these kinds, of one stream where one is named, after, or before, a number.

        Raises:
            JournalError: The journal cannot be read.
        """
        among, of = _among(stream)
        rare, frequent = sorted(set(kinds) - FREQUENT), sorted(set(kinds) & FREQUENT)
        found = [
            self._nearest("events INDEXED BY events_rare", f"{RARE} AND kind = ?{among}", (kind, *of), start, backwards)
            for kind in rare
        ]
        if frequent:
            marks = ", ".join("?" * len(frequent))
            found.append(self._nearest("events", f"kind IN ({marks}){among}", (*frequent, *of), start, backwards))
        seqs = [seq for seq in found if seq is not None]
        return (max if backwards else min)(seqs, default=None)

    def next_problem(self, *, start: int, backwards: bool = False, stream: str | None = None) -> int | None:
        """The nearest event that says something went wrong, in one stream where one is named.

        Raises:
            JournalError: The journal cannot be read.
        """
        among, of = _among(stream)
        return self._nearest("events INDEXED BY events_problem", f"{PROBLEM}{among}", of, start, backwards)

    def _nearest(self, table: str, condition: str, given: tuple[str, ...], start: int, backwards: bool) -> int | None:
        side, order = ("<", "DESC") if backwards else (">", "ASC")
        row = self._one(
            f"SELECT seq FROM {table} WHERE run = ? AND {condition} AND seq {side} ? ORDER BY seq {order} LIMIT 1",
            (self._run, *given, start),
        )
        return None if row is None else row[0]

    def find(
        self, text: str, *, start: int, backwards: bool, called_off: Callable[[], bool], stream: str | None = None
    ) -> int | None:
        """The nearest event that says this, in whatever case, in one stream where one is named.

        Args:
            text: Any text, of any length.
            start: Where to begin; this event itself is not looked at.
            backwards: Whether to look at what came before.
            called_off: Asked every few milliseconds whether to give up.
            stream: The stream whose events alone count, if one is meant.

        Returns:
            Its number; none where there is none, or the search was called off.

        Raises:
            JournalError: The journal cannot be read.
        """
        row = self._one("SELECT max(seq) FROM events WHERE run = ?", (self._run,))
        last: int = (row and row[0]) or 0
        position = min(start, last + 1) if backwards else max(start, 0)
        while text and (position > 1 if backwards else position < last) and not called_off():
            low, high = (position - STRIDE, position) if backwards else (position, position + STRIDE + 1)
            if (found := self._find_between(text, low, high, backwards=backwards, stream=stream)) is not None:
                return found
            position = low + 1 if backwards else high - 1
        return None

    def _find_between(self, text: str, low: int, high: int, *, backwards: bool, stream: str | None) -> int | None:
        """The first or last event with `low < seq < high` that says it."""
        wanted, of = _among(stream)
        given: tuple[object, ...] = (self._run, low, high, *of)
        if anchor := _anchor(text):
            wanted, given = f"{wanted} AND instr(lower(body), ?)", (*given, _as_stored(anchor).lower())
        order = "DESC" if backwards else "ASC"
        folded = text.casefold()
        with journal_errors(self._state.journal):
            cursor = self._connection.execute(
                f"SELECT seq, body FROM events WHERE run = ? AND seq > ? AND seq < ? {wanted} ORDER BY seq {order}",
                given,
            )
            with closing(cursor) as rows:
                return next((seq for seq, body in rows if folded in _as_said(body).casefold()), None)

    def _one(self, query: str, given: tuple[object, ...]) -> tuple[int, ...] | None:
        with journal_errors(self._state.journal):
            row: tuple[int, ...] | None = self._connection.execute(query, given).fetchone()
            return row


def _among(stream: str | None) -> tuple[str, tuple[str, ...]]:
    return (" AND stream = ?", (stream,)) if stream is not None else ("", ())


def _anchor(text: str) -> str:
    """The longest part of a text that SQLite, which knows the case of ASCII alone, can look for."""
    found = [""]
    for char in text:
        if char.isascii() or char.casefold() == char.upper() == char:
            found[-1] += char
        else:
            found.append("")
    return max(found, key=len)


def _as_stored(text: str) -> str:
    """Text the way it stands in an event's JSON."""
    return json.dumps(text, ensure_ascii=False)[1:-1]


def _as_said(body: str) -> str:
    """An event's JSON with its escapes resolved, so that the `n` of a line feed is nobody's letter."""
    return _ESCAPE.sub(_resolve, body) if "\\" in body else body


def _resolve(escape: re.Match[str]) -> str:
    code, letter = escape.groups()
    return chr(int(code, 16)) if code else _ESCAPED.get(letter, letter)

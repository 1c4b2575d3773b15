"""Remembers what a terminal shows, and lets only what differs through to it.

The library paints whole lines anew and names every colour of every piece of text: under a stream of
events a hundred kilobytes a second, of which a sixth says something new. Between the two stands this:
a frame goes in as it was painted, what comes out makes the same picture. It is the difference between
a run that can be watched over a slow line and one that cannot.
"""

from __future__ import annotations

import re
from functools import lru_cache

from rich.cells import split_graphemes

from loki_tui.tui.cellwise import with_stand_ins

_TOKEN = re.compile(
    r"\x1b\[(?P<sgr>[0-9;]*)m"
    r"|\x1b\[(?P<row>\d+);(?P<column>\d+)H"
    r"|(?P<text>[^\x00-\x1f\x7f]+)"
    r"|(?P<newline>\n)"
    r"|(?P<other>\x1b(?:\[[0-?]*[ -/]*[@-~]|[\]PX^_][^\x07\x1b]*(?:\x07|\x1b\\)|[ -/]*[0-~])|[\x00-\x1f\x7f])"
)
_FORGETTING = re.compile(r"\x1b(?:\[[?\d;]*J|\[\?1049[hl]|c|\[[?\d;]*[LMPSTX@])")
"""What changes the picture in ways that are not followed: clearing, scrolling, another screen."""

_COMING, _LEAVING = "\x1b[?1049h", "\x1b[?1049l"
"""To a screen of our own, and back to another's: the terminal puts its pen where that was left."""

_BEGIN, _END = "\x1b[?2026h", "\x1b[?2026l"

_UNKNOWN = "\0"
"""What a cell holds of which nobody knows what it shows."""


class Canvas:
    """The picture on a terminal, and the pen that changes it."""

    def __init__(self) -> None:
        self._texts: dict[int, list[str]] = {}
        """A row's characters, each with what is drawn over it; the second half of a wide one is empty."""
        self._styles: dict[int, list[str]] = {}
        self._row = self._column = 0
        """Where the pen of the program is."""
        self._style = ""
        self._there: tuple[int, int] | None = None
        """Where the terminal's own pen is; none where that cannot be relied on."""
        self._worn: str | None = None
        """The style the terminal's pen has."""
        self._begun = False
        self._left = False
        """Whether the terminal is back at another's picture, where the pen is not ours to move."""
        self._out: list[str] = []

    def forget(self) -> None:
        """Take it that the terminal may show anything: it was resized, or came back."""
        self._texts.clear()
        self._styles.clear()
        self._there = self._worn = None

    def thin(self, painted: str) -> str:
        """What has to be written for what was painted.

        A frame that changes nothing comes to nothing at all.
        """
        self._out = []
        if painted == _BEGIN:
            self._begun = True
            return ""
        if painted == _END and self._begun:
            self._begun = False
            return ""
        for token in _TOKEN.finditer(painted):
            self._take(token)
        if self._out and not self._left and self._there != (self._row, self._column):
            self._go()
        written = "".join(self._out)
        if written and self._begun:
            self._begun = False
            return _BEGIN + written
        return written

    def _take(self, token: re.Match[str]) -> None:
        match token.lastgroup:
            case "text":
                self._write(token["text"])
            case "sgr":
                given = token["sgr"]
                self._style = "" if given in {"", "0"} else f"{self._style};{given}" if self._style else given
            case "column":
                self._row, self._column = int(token["row"]) - 1, int(token["column"]) - 1
            case "newline":
                self._row, self._column = self._row + 1, 0
            case _:
                self._pass(token["other"])

    def _pass(self, sequence: str) -> None:
        """Everything else goes through as it is."""
        if _FORGETTING.match(sequence):
            self._left = sequence == _LEAVING or (self._left and sequence != _COMING)
            # Whoever has the terminal next wants no colours of ours.
            self._out.append("\x1b[0m")
            self.forget()
        self._out.append(sequence)
        # Modes and titles leave the pen alone, but who knows about the rest.
        if not sequence.startswith(("\x1b[?", "\x1b]", "\x1b[>")):
            self._there = None

    def _write(self, text: str) -> None:
        """Draw a piece of text in one style: from the first cell of it that differs to the last."""
        new = list(text) if text.isascii() else _cells(text)
        start, style = self._column, self._style
        end = self._column = start + len(new)
        texts, styles = self._row_to(end)
        old, worn = texts[start:end], styles[start:end]
        if old == new and worn.count(style) == len(new):
            return
        first, last = 0, len(new)
        while old[first] == new[first] and worn[first] == style:
            first += 1
        while old[last - 1] == new[last - 1] and worn[last - 1] == style:
            last -= 1
        while first and not new[first]:
            first -= 1
        while last < len(new) and not new[last]:
            last += 1
        self._draw(start + first, "".join(new[first:last]), last - first)
        # Half a wide character is none: where one is drawn over, the terminal takes the other half away.
        if start + first and not texts[start + first]:
            texts[start + first - 1] = _UNKNOWN
        texts[start:end] = new
        styles[start:end] = [style] * len(new)
        if not texts[end]:
            texts[end] = _UNKNOWN

    def _row_to(self, end: int) -> tuple[list[str], list[str]]:
        """The row the pen is in, with a cell more than to this end."""
        texts, styles = self._texts.setdefault(self._row, []), self._styles.setdefault(self._row, [])
        if (missing := end + 1 - len(texts)) > 0:
            texts += [_UNKNOWN] * missing
            styles += [""] * missing
        return texts, styles

    def _draw(self, column: int, text: str, width: int) -> None:
        there = self._there
        if there != (self._row, column):
            if there is not None and there[0] == self._row and column > there[1]:
                self._out.append(f"\x1b[{column - there[1]}C")
            else:
                self._out.append(f"\x1b[{self._row + 1};{column + 1}H")
        if self._worn != self._style:
            self._out.append(_dressed(self._worn, self._style))
            self._worn = self._style
        self._out.append(text)
        # Terminals do not agree on how wide some characters are: after them the pen is put down anew.
        self._there = (self._row, column + width) if text.isascii() else None

    def _go(self) -> None:
        self._out.append(f"\x1b[{self._row + 1};{self._column + 1}H")
        self._there = (self._row, self._column)


def _cells(text: str) -> list[str]:
    """What each cell of a text holds."""
    cells: list[str] = []
    for start, end, width in split_graphemes(with_stand_ins(text))[0]:
        if width:
            cells += [text[start:end], *[""] * (width - 1)]
    return cells


@lru_cache(maxsize=4096)
def _dressed(worn: str | None, style: str) -> str:
    """The sequence that changes one style into another: what is new of it, where nothing has to go."""
    if not style:
        return "\x1b[0m"
    if worn:
        old, new = _parts(worn), _parts(style)
        if old.keys() <= new.keys() and old.get("") == new.get(""):
            return f"\x1b[{';'.join(new[what] for what in new if new[what] != old.get(what))}m"
    return f"\x1b[0;{style}m" if worn != "" else f"\x1b[{style}m"


def _parts(style: str) -> dict[str, str]:
    """Foreground, background, and the rest together, of a style."""
    codes, parts, rest = iter(style.split(";")), dict[str, str](), list[str]()
    for code in codes:
        if code in {"38", "48"}:
            kind = next(codes, "")
            parts[code] = ";".join([code, kind, *(next(codes, "") for _ in range(3 if kind == "2" else 1))])
        elif code.isdigit() and (30 <= int(code) <= 39 or 90 <= int(code) <= 97):
            parts["38"] = code
        elif code.isdigit() and (40 <= int(code) <= 49 or 100 <= int(code) <= 107):
            parts["48"] = code
        else:
            rest.append(code)
    if rest:
        parts[""] = ";".join(rest)
    return parts

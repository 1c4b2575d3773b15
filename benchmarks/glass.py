"""The glass of a terminal: what bytes come to on a screen, as far as a full-screen program needs one.

Kept apart from the terminal itself, since nothing is looked at while something is timed: bytes are kept with the
moment they came at, and shown to a glass afterwards.
"""

from __future__ import annotations

import re
from codecs import getincrementaldecoder
from functools import cache

from rich.cells import split_graphemes

_TOKEN = re.compile(
    r"\x1b\[(?P<given>[0-?]*)[ -/]*(?P<final>[@-~])"
    r"|\x1b[\]PX^_][^\x07\x1b]*(?:\x07|\x1b\\)"
    r"|\x1b[ -/]*(?P<escape>[0-Z\\^-~])"
    r"|(?P<text>[^\x00-\x1f\x7f\x1b]+)"
    r"|(?P<control>[\x00-\x1a\x1c-\x1f\x7f])"
)
_UNFINISHED = re.compile(r"\x1b(?:\[[0-?]*[ -/]*|[\]PX^_][^\x07\x1b]*\x1b?|[ -/]*)?$")


@cache
def _restyled(style: str, given: str) -> str:
    """A style after a change: its attributes, then its colours, each once."""
    kept: dict[str, str] = {}
    codes = iter([*(style.split(";") if style else []), *(given or "0").split(";")])
    for code in codes:
        if code in {"", "0"}:
            kept.clear()
        elif code in {"38", "48"}:
            kind = next(codes, "")
            kept[code] = ";".join([code, kind, *(next(codes, "") for _ in range(3 if kind == "2" else 1))])
        elif len(code) == 1:
            kept[code] = code
        else:
            kept["38" if code[-2] in "39" else "48"] = code
    return ";".join(kept[name] for name in sorted(kept, key=lambda name: (len(name), name)))


class Glass:
    """Cells with a character and a style each; no scrolling, no wrapping.

    Args:
        columns: Its width.
        rows: Its height.
    """

    def __init__(self, columns: int, rows: int) -> None:
        self.columns, self.rows = columns, rows
        self._row = self._column = 0
        self._style = ""
        self._cells: list[list[str]]
        self._styles: list[list[str]]
        self._clear()
        self._decode = getincrementaldecoder("utf-8")(errors="replace").decode
        self._rest = ""

    @property
    def lines(self) -> list[str]:
        """What is to be read, a line a row."""
        return ["".join(row).rstrip() for row in self._cells]

    @property
    def text(self) -> str:
        """All of it."""
        return "\n".join(self.lines)

    def looks(self) -> list[list[tuple[str, str]]]:
        """Every cell's character and style, a list a row."""
        return [list(zip(*row, strict=True)) for row in zip(self._cells, self._styles, strict=True)]

    def show(self, data: bytes) -> None:
        """Take in what a program wrote."""
        whole = self._rest + self._decode(data)
        at = 0
        while at < len(whole):
            token = _TOKEN.match(whole, at)
            if token is None:
                if _UNFINISHED.match(whole, at):
                    break
                at += 1
                continue
            at = token.end()
            self._take(token)
        self._rest = whole[at:]

    def _take(self, token: re.Match[str]) -> None:
        if text := token["text"]:
            self._write(text)
        elif final := token["final"]:
            self._control(final, token["given"] or "")
        elif token["escape"] == "c":
            self._clear()
        elif token["control"] == "\r":
            self._column = 0
        elif token["control"] == "\n":
            self._row = min(self._row + 1, self.rows - 1)

    def _write(self, text: str) -> None:
        cells, styles = self._cells[self._row], self._styles[self._row]
        for start, end, width in split_graphemes(text)[0]:
            if width and self._column + width <= self.columns:
                cells[self._column] = text[start:end]
                styles[self._column] = self._style
                for covered in range(self._column + 1, self._column + width):
                    cells[covered] = ""
                    styles[covered] = self._style
                self._column += width

    def _control(self, final: str, given: str) -> None:
        if given[:1] in {"?", ">", "<", "="}:
            return
        numbers = [int(number or 0) for number in given.split(";")] if final != "m" else []
        first = (numbers or [0])[0]
        match final:
            case "m":
                self._style = _restyled(self._style, given)
            case "H" | "f":
                self._move(first - 1, (numbers[1] if len(numbers) > 1 else 1) - 1)
            case "A" | "B" | "C" | "D":
                down, right = {"A": (-1, 0), "B": (1, 0), "C": (0, 1), "D": (0, -1)}[final]
                self._move(self._row + down * max(first, 1), self._column + right * max(first, 1))
            case "G":
                self._move(self._row, first - 1)
            case "K":
                for column in range(self._column, self.columns):
                    self._cells[self._row][column] = " "
            case "J" if first in {2, 3}:
                self._clear()
            case _:
                pass

    def _move(self, row: int, column: int) -> None:
        self._row, self._column = max(0, min(row, self.rows - 1)), max(0, min(column, self.columns - 1))

    def _clear(self) -> None:
        self._cells = [[" "] * self.columns for _ in range(self.rows)]
        self._styles = [[""] * self.columns for _ in range(self.rows)]

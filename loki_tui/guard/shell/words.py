"""From words as written to words as a program gets them: quotes, variables, substitutions, splitting, globs.

A word may come to several things, where a variable has several values; each of them is followed.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from itertools import product
from typing import NamedTuple

from loki_tui.guard.shell.braces import TooManyWordsError, unbraced
from loki_tui.guard.shell.nodes import (
    Arithmetic,
    Double,
    Extended,
    Parameter,
    Part,
    Plain,
    Process,
    Script,
    Simple,
    Single,
    Statement,
    Substitution,
    Word,
)
from loki_tui.guard.shell.parameters import Value, values_of
from loki_tui.guard.shell.state import State, Values, values
from loki_tui.guard.shell.text import ANY, NAME, STAR, WORDS, bounded, globbed, only

MAX_WAYS = 16
"""Things that one word, or one command's words, may come to; beyond that they are unknown."""

Fields = tuple[str, ...]
Body = Callable[[Script, State], str]
"""Runs commands and gives what they print, or the file they stand behind."""

_ESCAPED = re.compile(r"\\(.)|([*?[])", re.DOTALL)
_ESCAPED_IN_QUOTES = re.compile(r'\\([$`"\\\n])')
_ANSI = re.compile(
    r"\\(?:([abeEfnrtv\\'\"?])|([0-7]{1,3})|x([0-9A-Fa-f]{1,2})|u([0-9A-Fa-f]{1,4})|U([0-9A-Fa-f]{1,8})|c(.))",
    re.DOTALL,
)
_LETTERS = {"a": "\a", "b": "\b", "e": "\x1b", "E": "\x1b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v"}
_ASSIGNED = re.compile(r"[A-Za-z_]\w*=(?=~)")
_INDEX_CODE = re.compile(r"\[[^\]]*?\$\((.*)\)")
_TILDE = re.compile(r"~([A-Za-z0-9_+.-]*)(?=/|:|$)")


class _Piece(NamedTuple):
    text: str
    splits: bool = False
    """Whether it is cut into words at blanks."""
    ends: bool = False
    """Whether a word ends behind it."""


_Way = tuple[_Piece, ...]


def ansi(text: str) -> str:
    """The text of `$'…'` and of `printf`'s `%b`, its escapes replaced."""
    return _ANSI.sub(_ansi_letter, text)


def _ansi_letter(found: re.Match[str]) -> str:
    letter, octal, byte, short, long, control = found.groups()
    if letter is not None:
        return _LETTERS.get(letter, letter)
    if control is not None:
        return chr(ord(control) & 0x1F)
    code = int(octal, 8) & 0xFF if octal else int(byte or short or long, 16)
    if not 0 < code < 0xF0000 or 0xD800 <= code < 0xE000:
        # No character, or one that would be taken for a mark.
        return "\ufffd" if code else ""
    return chr(code)


class Expander:
    """Expands words in a state.

    Args:
        state: The shell's; expanding may assign there.
        output: Runs a substitution.
        file: Runs what stands behind `<(…)`, and names its file.
    """

    def __init__(self, state: State, *, output: Body, file: Callable[[Process, State], str]) -> None:
        self._state = state
        self._output = output
        self._file = file

    def commands(self, words: Sequence[Word]) -> list[Fields]:
        """All that the words of a command could come to."""
        ways = [self._fields(word) for word in words]
        count = 1
        for place, way in enumerate(ways):
            count *= len(way)
            if count > MAX_WAYS:
                ways[place] = [(WORDS,)]
                count = 1
        return [tuple(field for fields in way for field in fields) for way in product(*ways)]

    def words(self, words: Iterable[Word]) -> Fields:
        """The words, where only one thing matters: several ways become one with unknowns."""
        found: list[str] = []
        for word in words:
            ways = self._fields(word)
            found += ways[0] if len(ways) == 1 else (WORDS,)
        return tuple(found)

    def texts(self, word: Word) -> Values:
        """What a word could come to as one text: neither split nor made names of files."""
        ways = self._ways(self._with_tilde(word.parts), quoted=True)
        return values(bounded("".join(piece.text for piece in way)) for way in ways)

    def text(self, word: Word) -> str:
        """The one text a word comes to, or what stands for several."""
        return only(self.texts(word))

    def document(self, word: Word) -> str:
        """The text of a here-document."""
        ways = self._ways(word.parts, quoted=True, within=True)
        return only(bounded("".join(piece.text for piece in way)) for way in ways)

    # -- words to fields -----------------------------------------------------------------------

    def _fields(self, word: Word) -> list[Fields]:
        try:
            some = unbraced(word.parts)
        except TooManyWordsError:
            return [(WORDS,)]
        ways = [[self._split(way) for way in self._ways(self._with_tilde(parts), quoted=False)] for parts in some]
        if len(ways) == 1:
            return ways[0]
        if len(ways) > 64 or any(len(way) > 1 for way in ways):
            return [tuple(field for way in ways for field in (way[0] if len(way) == 1 else (WORDS,)))]
        return [tuple(field for way in ways for field in way[0])]

    def _split(self, way: _Way) -> Fields:
        """The fields of a word: cut where unquoted values have blanks, and at the ends of a list's words."""
        separators = only(self._state.value("IFS"))
        fields: list[str] = []
        current: str | None = None
        for piece in way:
            if piece.splits and separators != ANY:
                parts = re.split(f"[{re.escape(separators)}]+", piece.text) if separators else [piece.text]
                for number, part in enumerate(parts):
                    if number:
                        fields += [current] if current is not None else []
                        current = None
                    if part:
                        current = (current or "") + globbed(part)
            elif piece.splits:
                current = (current or "") + WORDS
            else:
                current = (current or "") + piece.text
            if piece.ends:
                fields += [current] if current is not None else []
                current = None
        return (*fields, *([bounded(current)] if current is not None else []))

    # -- parts to pieces -----------------------------------------------------------------------

    def _with_tilde(self, parts: tuple[Part, ...]) -> tuple[Part, ...]:
        first = parts[0] if parts else None
        if not isinstance(first, Plain) or "~" not in first.text:
            return parts
        if (assigned := _ASSIGNED.match(first.text)) is not None:
            rest = self._with_tilde((Plain(first.text[assigned.end() :]), *parts[1:]))
            return (Plain(assigned[0]), *rest)
        found = _TILDE.match(first.text)
        if found is None or (found.end() == len(first.text) and len(parts) > 1):
            return parts
        home = {
            "": only(self._state.value("HOME")),
            "+": only(self._state.cwd),
            "-": ANY,
            "root": "/root",
        }.get(found[1], f"/home/{found[1]}")
        return (Single(home, ansi=False), Plain(first.text[found.end() :]), *parts[1:])

    def _ways(self, parts: Iterable[Part], *, quoted: bool, within: bool = False) -> list[_Way]:
        """All that some parts could come to.

        Args:
            parts: In their order.
            quoted: Whether values are taken whole.
            within: Whether the parts themselves stand in double quotes.
        """
        ways: list[_Way] = [()]
        for part in parts:
            some = self._part(part, quoted=quoted, within=within)
            if len(ways) * len(some) > MAX_WAYS:
                some = [(_Piece(ANY if quoted else WORDS),)]
                ways = ways[:MAX_WAYS]
            ways = [(*way, *each) for way in ways for each in some]
        return ways

    def _part(self, part: Part, *, quoted: bool, within: bool) -> list[_Way]:
        match part:
            case Plain(text):
                return [(_Piece(_within(text) if within else _unquoted(text, whole=quoted)),)]
            case Single(text, is_ansi):
                return [(_Piece(ansi(text) if is_ansi else text),)]
            case Double(parts):
                # Empty quotes are a word; an empty list in quotes is none.
                empty = () if parts else (_Piece(""),)
                return [way or empty for way in self._ways(parts, quoted=True, within=True)]
            case Parameter(name, operator="@", words=(Word((Plain("P"),)),)):
                # As a prompt: substitutions in the value are run.
                code = Word((Single("echo ", ansi=False), Double((Parameter(name),))))
                return [self._value(self._evaluated(code), quoted=quoted, lists=False)]
            case Parameter():
                # A list gives words of its own in `"$@"`, and no others where values are taken whole.
                lists = within and part.name != "*" and part.index != Word((Plain("*"),))
                return [
                    self._value(value, quoted=quoted, lists=lists) for value in values_of(part, self._state, self.texts)
                ]
            case Substitution(body):
                return [self._value(self._output(body, self._state).rstrip("\n"), quoted=quoted, lists=False)]
            case Process():
                return [(_Piece(self._file(part, self._state)),)]
            case Arithmetic(words):
                self._compute(words)
                return [(_Piece(NAME),)]
            case Extended():
                return [(_Piece(STAR),)]

    def _compute(self, words: Iterable[Word]) -> None:
        """Expand the words of a computation; a variable in it is computed in turn, with the code in its index."""
        for word in words:
            for name in re.findall(r"[A-Za-z_]\w*", " ".join(self.texts(word))):
                for value in self._state.variables.get(name, ()):
                    for code in _INDEX_CODE.findall(value):
                        self._evaluated(Word((Single(code, ansi=False),)))

    def _evaluated(self, code: Word) -> str:
        return self._output((Statement(Simple((), (Word((Plain("eval"),)), code))),), self._state)

    def _value(self, value: Value, *, quoted: bool, lists: bool) -> _Way:
        if isinstance(value, str):
            text = bounded(value)
            if quoted:
                return (_Piece(text.replace(WORDS, ANY)),)
            return (_Piece(text.replace(ANY, WORDS), splits=True),)
        if not quoted:
            return tuple(_Piece(text.replace(ANY, WORDS), splits=True, ends=True) for text in value)
        if lists:
            return tuple(_Piece(text, ends=number < len(value)) for number, text in enumerate(value, 1))
        separator = only(self._state.value("IFS"))[:1]
        return (_Piece(separator.join(value).replace(WORDS, ANY)),)


def _unquoted(text: str, *, whole: bool) -> str:
    """Unquoted text without its escapes, with its globs where files are looked for."""

    def replaced(found: re.Match[str]) -> str:
        if found[1] is not None:
            return "" if found[1] == "\n" else found[1]
        return found[2] if whole else globbed(found[2])

    return _ESCAPED.sub(replaced, text) if "\\" in text or not whole else text


def _within(text: str) -> str:
    """Text in double quotes without its escapes."""
    return _ESCAPED_IN_QUOTES.sub(lambda found: "" if found[1] == "\n" else found[1], text)

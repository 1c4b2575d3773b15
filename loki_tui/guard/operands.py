"""Operands of a rule beside those of a call: the same path, the same mode, a wider target, a pattern.

Answers are yes, no, or perhaps (none): of what is unknown one cannot tell.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from fnmatch import translate

from loki_tui.guard.shell.kinds import Where
from loki_tui.guard.shell.places import leads_to, normal, takes
from loki_tui.guard.shell.text import could_be, has_globs, known, unglobbed

Answer = bool | None

_CLAUSE = re.compile(r"([ugoa]*)([+=])([rwxXst]*)")
_BITS = {"r": 4, "w": 2, "x": 1, "X": 1}
_SHIFTS = {"u": 6, "g": 3, "o": 0}


def best(answers: Iterable[Answer]) -> Answer:
    """Yes if one is, else perhaps if one is."""
    found = list(answers)
    return True if True in found else None if None in found else False


@dataclass(frozen=True, slots=True)
class Operand:
    """One operand of a rule."""

    text: str
    path: bool
    """Whether it names a file."""
    wide: bool
    """Whether who works on what holds it, or on all that is in it, works on it too."""
    prefix: str = ""
    """What stands before a path in one word, such as `of=`."""
    mode: int | None = None
    """The permissions it stands for, where it is those."""

    def met_by(self, word: str, where: Where) -> Answer:
        """Whether a call's word is this one."""
        if self.mode is not None and permissions(word) == self.mode:
            return True
        if self.prefix and known(word[: len(self.prefix)]):
            if not word.startswith(self.prefix):
                return False
            word = word[len(self.prefix) :]
            if not self.text:
                return True
        if self.path:
            return best(self._leads(word, cwd, where) for cwd in where.cwd)
        if "*" in self.text:
            return _fits(self.text, word)
        if word == self.text:
            return True
        if not known(word) or has_globs(word):
            return None if could_be(word, self.text) else False
        return False

    def _leads(self, word: str, cwd: str, where: Where) -> Answer:
        path = normal(word, cwd, where.links)
        if "*" in self.text:
            return _fits(self.text, path)
        return takes(path, self.text) if self.wide else leads_to(path, self.text)


def _fits(pattern: str, word: str) -> Answer:
    """Whether a word is one of those a pattern is about."""
    shape = re.compile(translate(pattern))
    if known(word):
        return bool(shape.fullmatch(unglobbed(word)))
    head = pattern.partition("*")[0]
    start = re.split(r"[\U000f0000-\U000fffff]", word)[0]
    return None if start.startswith(head) or head.startswith(start) else False


def operand(word: str, *, program: str, wide: bool, root: str, home: str) -> Operand:
    """An operand from a rule's word.

    Args:
        word: As a person wrote it.
        program: The rule's.
        wide: Whether the program works on whole trees.
        root: What relative paths of rules are relative to.
        home: What `~` is.
    """
    prefix, equals, value = word.partition("=")
    if equals and re.fullmatch(r"-{0,2}[A-Za-z][\w-]*", prefix):
        path = value.startswith(("/", "~"))
        return Operand(_placed(value, root, home) if path else value, path=path, wide=False, prefix=f"{prefix}=")
    mode = permissions(word) if program == "chmod" else None
    written = re.sub(r"^\$(?:HOME\b|\{HOME\})", "~", word)
    path = mode is None and (wide or "/" in written or written.startswith("~") or written in (".", ".."))
    if path and "://" not in written:
        return Operand(_placed(written, root, home), path=True, wide=wide, mode=mode)
    return Operand(word, path=False, wide=False, mode=mode)


def _placed(path: str, root: str, home: str) -> str:
    if path == "~" or path.startswith("~/"):
        path = home + path[1:]
    return normal(path, root)


def permissions(word: str) -> int | None:
    """The bits of an octal or symbolic mode; none for another word."""
    if re.fullmatch(r"0*[0-7]{3,4}", word):
        return int(word, 8) & 0o777
    bits = 0
    for clause in word.split(","):
        found = _CLAUSE.fullmatch(clause)
        if found is None or not known(clause):
            return None
        whom = set(found[1].replace("a", "ugo")) or {"u", "g", "o"}
        rights = sum({_BITS.get(letter, 0) for letter in found[3]})
        bits |= sum(rights << _SHIFTS[who] for who in whom)
    return bits

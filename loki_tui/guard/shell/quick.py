"""Parses commands that are so plain that no parser is needed: one program with bare words, and nothing else.

Most commands are. What has any character that means something to a shell is left to the parser.
"""

from __future__ import annotations

import re

from loki_tui.guard.shell.nodes import Plain, Script, Simple, Statement, Word
from loki_tui.guard.shell.text import names

_PLAIN = re.compile(r"[A-Za-z0-9_./][A-Za-z0-9_./,:@%+-]*(?: +[A-Za-z0-9_./,:@%+=-]+)* *")
_WORDS = names(
    "if then else elif fi for while until do done case esac select in function time coproc let declare typeset local "
    "export readonly nameref"
)
"""Words that begin something other than a simple command."""

_MAX_CHARS = 2_000


def quick_script(command: str) -> Script | None:
    """The one simple command in some code; none where it may be anything else."""
    if len(command) > _MAX_CHARS or not _PLAIN.fullmatch(command):
        return None
    words = command.split()
    if words[0] in _WORDS:
        return None
    return (Statement(Simple((), tuple(Word((Plain(word),)) for word in words))),)

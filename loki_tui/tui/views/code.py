"""Source text as rows, with its syntax told apart where its language is known."""

from __future__ import annotations

from functools import cache

from pygments.lexer import Lexer
from pygments.lexers import get_lexer_for_filename
from pygments.token import Comment, Keyword, Name, Number, String, _TokenType, is_token_subtype
from pygments.util import ClassNotFound

from loki_tui.tui.rows import Row, Span, Tone, clean, crop, wrap

HIGHLIGHTED = 200_000
"""Characters beyond which a text is shown plain: telling syntax apart costs 1 µs a character."""

_TONES: tuple[tuple[_TokenType, Tone], ...] = (
    (Comment, "comment"),
    (String, "string"),
    (Number, "number"),
    (Keyword, "keyword"),
    (Name.Function, "accent"),
    (Name.Class, "accent"),
    (Name.Tag, "keyword"),
)


def rows(text: str, name: str, width: int) -> list[Row]:
    """Source text.

    Args:
        text: The source.
        name: Its file's name, which tells the language.
        width: Cells of a row; longer lines are cut, as breaking them would make them something else.
    """
    lexer = _lexer(name.rpartition("/")[2]) if len(text) <= HIGHLIGHTED else None
    if lexer is None:
        return wrap(text, width)
    made: list[Row] = []
    line: list[Span] = []
    for kind, piece in lexer.get_tokens(text):
        tone: Tone = next((tone for token, tone in _TONES if is_token_subtype(kind, token)), "plain")
        first, *more = piece.split("\n")
        line.append((clean(first), tone)) if first else None
        for rest in more:
            made.append(crop(tuple(line), width))
            line = [(clean(rest), tone)] if rest else []
    if line:
        made.append(crop(tuple(line), width))
    return made


@cache
def _lexer(name: str) -> Lexer | None:
    try:
        return get_lexer_for_filename(name, stripnl=False, ensurenl=False)
    except ClassNotFound:
        return None

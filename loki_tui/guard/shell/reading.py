"""Reads the syntax tree that `shfmt --to-json` writes into nodes.

A kind of node that is not known here is an error, never passed over: what is not understood must
not look harmless.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import TypeGuard

from loki_tui.guard.shell.nodes import (
    Arithmetic,
    Assignment,
    Binary,
    Case,
    Command,
    Declare,
    Double,
    Extended,
    For,
    Function,
    Group,
    If,
    Parameter,
    Part,
    Plain,
    Process,
    Redirect,
    Script,
    Simple,
    Single,
    Statement,
    Substitution,
    While,
    Word,
    Words,
    Wrapped,
)

Tree = Mapping[str, object]


class SyntaxTreeError(Exception):
    """A tree with something in it that is not known."""


def read_script(tree: object) -> Script:
    """The nodes of a whole tree.

    Raises:
        SyntaxTreeError: It is no tree of shfmt's, or has a kind of node that is not known.
        RecursionError: It is nested deeper than this can follow.
    """
    return _statements(_tree(tree), "Stmts")


# -- what trees are made of ---------------------------------------------------------------------


def _is_tree(value: object) -> TypeGuard[Tree]:
    return isinstance(value, dict)


def _tree(value: object) -> Tree:
    if not _is_tree(value):
        raise SyntaxTreeError(f"{value!r:.60} is no node")
    return value


def _list(tree: Tree, key: str) -> list[Tree]:
    found = tree.get(key)
    return [_tree(item) for item in found] if isinstance(found, list) else []


def _text(tree: Tree, key: str) -> str:
    found = tree.get(key)
    return found if isinstance(found, str) else ""


def _value(tree: Tree, key: str) -> str:
    """The text of a literal below a key."""
    found = tree.get(key)
    return _text(found, "Value") if _is_tree(found) else ""


def _statements(tree: Tree, key: str) -> tuple[Statement, ...]:
    return tuple(map(_statement, _list(tree, key)))


def _statement(tree: Tree) -> Statement:
    command = tree.get("Cmd")
    return Statement(
        command=None if command is None else _command(_tree(command)),
        redirects=tuple(map(_redirect, _list(tree, "Redirs"))),
        background=bool(tree.get("Background") or tree.get("Disown")),
    )


def _redirect(tree: Tree) -> Redirect:
    document = tree.get("Hdoc")
    return Redirect(
        operator=_text(tree, "Op"),
        descriptor=_value(tree, "N"),
        word=_word(_tree(tree.get("Word"))),
        document=_word(document) if _is_tree(document) else None,
    )


# -- words --------------------------------------------------------------------------------------


def _word(tree: Tree) -> Word:
    return Word(tuple(map(_part, _list(tree, "Parts"))))


def _optional(tree: Tree, key: str) -> tuple[Word, ...]:
    """The word below a key, or the words in an expression there."""
    found = tree.get(key)
    return tuple(_words_in(found)) if _is_tree(found) else ()


def _words_in(value: object) -> Iterator[Word]:
    """All words of an expression, whatever it computes."""
    if isinstance(value, list):
        for item in value:
            yield from _words_in(item)
    elif _is_tree(value):
        if "Parts" in value and value.get("Type", "Word") == "Word":
            yield _word(value)
        else:
            for item in value.values():
                yield from _words_in(item)


def _part(tree: Tree) -> Part:
    kind = _text(tree, "Type")
    match kind:
        case "Lit":
            return Plain(_text(tree, "Value"))
        case "SglQuoted":
            return Single(_text(tree, "Value"), ansi=bool(tree.get("Dollar")) and tree["Dollar"] is True)
        case "DblQuoted":
            return Double(tuple(map(_part, _list(tree, "Parts"))))
        case "ParamExp":
            return _parameter(tree)
        case "CmdSubst":
            return Substitution(_statements(tree, "Stmts"))
        case "ProcSubst":
            return Process(_statements(tree, "Stmts"), reads=_text(tree, "Op") != ">(")
        case "ArithmExp":
            return Arithmetic(_optional(tree, "X"))
        case "ExtGlob":
            return Extended(_value(tree, "Pattern"))
    raise SyntaxTreeError(f"{kind or 'something'} is no part of a word that is known")


def _parameter(tree: Tree) -> Parameter:
    operator = ""
    words: tuple[Word, ...] = ()
    expansion, replacement = tree.get("Exp"), tree.get("Repl")
    if _is_tree(expansion):
        operator, words = _text(expansion, "Op"), _optional(expansion, "Word")
    elif _is_tree(replacement):
        operator = "//" if replacement.get("All") else "/"
        words = tuple(_word(_tree(found)) for key in ("Orig", "With") if (found := replacement.get(key)) is not None)
    elif "Slice" in tree:
        operator, words = "slice", _optional(tree, "Slice")
    elif "Names" in tree:
        operator = "names"
    if "NestedParam" in tree or "Flags" in tree:
        raise SyntaxTreeError("a parameter in the way of another shell")
    index = tree.get("Index")
    return Parameter(
        name=_value(tree, "Param"),
        indirect=bool(tree.get("Excl")),
        length=bool(tree.get("Length") or tree.get("Width")),
        index=Word(tuple(part for word in _words_in(index) for part in word.parts)) if _is_tree(index) else None,
        operator=operator,
        words=words,
    )


def _assignment(tree: Tree) -> Assignment:
    value, array = tree.get("Value"), tree.get("Array")
    items = None
    if _is_tree(array):
        items = tuple(word for item in _list(array, "Elems") for word in _optional(item, "Value"))
    return Assignment(
        name=_value(tree, "Name"),
        append=bool(tree.get("Append")),
        index=_optional(tree, "Index") + (_indices(array) if _is_tree(array) else ()),
        value=_word(value) if _is_tree(value) else None,
        items=items,
    )


def _indices(array: Tree) -> tuple[Word, ...]:
    return tuple(word for item in _list(array, "Elems") for word in _optional(item, "Index"))


# -- commands -----------------------------------------------------------------------------------


def _command(tree: Tree) -> Command:
    kind = _text(tree, "Type")
    reader = _COMMANDS.get(kind)
    if reader is None:
        raise SyntaxTreeError(f"{kind or 'something'} is no command that is known")
    return reader(tree)


def _simple(tree: Tree) -> Command:
    return Simple(tuple(map(_assignment, _list(tree, "Assigns"))), tuple(map(_word, _list(tree, "Args"))))


def _declare(tree: Tree) -> Command:
    def item(each: Tree) -> Assignment | Word:
        value = each.get("Value")
        if each.get("Naked") and "Name" not in each and _is_tree(value):
            return _word(value)
        return _assignment(each)

    return Declare(_value(tree, "Variant"), tuple(map(item, _list(tree, "Args"))))


def _if(tree: Tree) -> Command:
    other = tree.get("Else")
    branch: tuple[Statement, ...] = ()
    if _is_tree(other):
        # An `else` is an `if` without a condition.
        branch = (Statement(_if(other)),) if other.get("Cond") else _statements(other, "Then")
    return If(_statements(tree, "Cond"), _statements(tree, "Then"), branch)


def _while(tree: Tree) -> Command:
    return While(_statements(tree, "Cond"), _statements(tree, "Do"))


def _for(tree: Tree) -> Command:
    loop, body = _tree(tree.get("Loop")), _statements(tree, "Do")
    if _text(loop, "Type") == "WordIter":
        named = isinstance(loop.get("InPos"), dict) or "Items" in loop
        items = tuple(map(_word, _list(loop, "Items"))) if named else None
        return For(_value(loop, "Name"), items, body)
    return For("", (), body, tuple(_words_in(loop)))


def _case(tree: Tree) -> Command:
    branches = tuple(
        (tuple(map(_word, _list(item, "Patterns"))), _statements(item, "Stmts")) for item in _list(tree, "Items")
    )
    return Case(_word(_tree(tree.get("Word"))), branches)


def _binary(tree: Tree) -> Command:
    return Binary(_text(tree, "Op"), _statement(_tree(tree.get("X"))), _statement(_tree(tree.get("Y"))))


def _function(tree: Tree) -> Command:
    return Function(_value(tree, "Name"), _statement(_tree(tree.get("Body"))))


def _wrapped(tree: Tree) -> Command:
    found = tree.get("Stmt")
    statement = _statement(found) if _is_tree(found) else None
    return Wrapped(statement, apart=_text(tree, "Type") == "CoprocClause")


def _words(tree: Tree) -> Command:
    return Words(tuple(_words_in({key: value for key, value in tree.items() if key != "Type"})))


_COMMANDS: Mapping[str, Callable[[Tree], Command]] = {
    "CallExpr": _simple,
    "DeclClause": _declare,
    "IfClause": _if,
    "WhileClause": _while,
    "ForClause": _for,
    "CaseClause": _case,
    "Block": lambda tree: Group(_statements(tree, "Stmts"), apart=False),
    "Subshell": lambda tree: Group(_statements(tree, "Stmts"), apart=True),
    "BinaryCmd": _binary,
    "FuncDecl": _function,
    "TimeClause": _wrapped,
    "CoprocClause": _wrapped,
    "TestClause": _words,
    "ArithmCmd": _words,
    "LetClause": _words,
}

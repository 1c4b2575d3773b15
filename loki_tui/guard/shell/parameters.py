"""What a variable in a word comes to: its values, and the operators on them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from fnmatch import translate

from loki_tui.guard.shell.nodes import Parameter, Word
from loki_tui.guard.shell.state import State, Values, values
from loki_tui.guard.shell.text import ANY, NAME, WORDS, bounded, known

Value = str | tuple[str, ...]
"""One text, or as many words as a list has."""

Texts = Callable[[Word], Values]
"""What a word could come to as one text."""

_MAX_TRIMMED = 512
"""Characters of a value, or a pattern, that a part of a value is found with."""

_COUNTS = frozenset("#?$!-") | {"RANDOM", "SECONDS", "LINENO", "UID", "EUID", "PPID", "BASHPID", "EPOCHSECONDS"}
_NAMES = frozenset({"USER", "LOGNAME", "HOSTNAME", "HOSTTYPE", "OSTYPE", "MACHTYPE"})
_SHELL = {"0": "bash", "SHELL": "/bin/bash", "BASH": "/bin/bash"}


def values_of(parameter: Parameter, state: State, texts: Texts) -> Sequence[Value]:
    """All that a parameter could come to.

    Args:
        parameter: As written.
        state: The shell's; `:=` assigns there.
        texts: Expands words of the parameter's own.
    """
    if parameter.index is not None:
        index = texts(parameter.index)
        if index not in ({"@"}, {"*"}):
            return _operated(_element(parameter, state, index), parameter, state, texts)
    if parameter.length:
        return [NAME]
    if _is_list(parameter):
        return [_sliced(_list(parameter, state), parameter, texts)]
    found: Iterable[str] = _scalar(parameter.name, state)
    if parameter.indirect:
        if parameter.operator == "names":
            return [ANY]
        found = values(inner for name in found for inner in _scalar(name, state))
    return _operated(found, parameter, state, texts)


def _is_list(parameter: Parameter) -> bool:
    return parameter.name in ("@", "*") or parameter.index is not None


def _list(parameter: Parameter, state: State) -> tuple[str, ...]:
    if parameter.indirect:
        return (WORDS,)
    if parameter.name in ("@", "*"):
        return (WORDS,) if state.arguments is None else state.arguments
    if parameter.name in state.arrays:
        return state.arrays[parameter.name]
    found = state.value(parameter.name)
    return tuple(found) if len(found) == 1 and found != {ANY} else (WORDS,)


def _sliced(found: tuple[str, ...], parameter: Parameter, texts: Texts) -> Value:
    """A list, or the part of it that is wanted."""
    if not parameter.operator:
        return found
    if parameter.operator == "slice" and (bounds := _bounds(parameter, texts)) is not None:
        offset, length = bounds
        # The positional parameters count from 1.
        start = max(offset - 1, 0) if parameter.name in ("@", "*") else offset
        return found[start:] if length is None else found[start : start + length]
    return (WORDS,)


def _bounds(parameter: Parameter, texts: Texts) -> tuple[int, int | None] | None:
    numbers = []
    for word in parameter.words:
        (*found,) = texts(word)
        if len(found) != 1 or not re.fullmatch(r"\s*\d{1,6}\s*", found[0]):
            return None
        numbers.append(int(found[0]))
    return (numbers[0], numbers[1] if len(numbers) > 1 else None) if numbers else None


def _element(parameter: Parameter, state: State, index: Values) -> Values:
    items = state.arrays.get(parameter.name)
    if items is None or any(not re.fullmatch(r"-?\d{1,6}", number) for number in index):
        return frozenset({ANY})
    return values(items[int(number)] if -len(items) <= int(number) < len(items) else "" for number in index)


def _scalar(name: str, state: State) -> Values:
    if name in state.variables:
        return state.variables[name]
    if name.isdecimal() and name != "0":
        if state.arguments is None:
            return frozenset({ANY})
        place = int(name[:6]) - 1
        return frozenset({state.arguments[place] if place < len(state.arguments) else ""})
    if name in _SHELL:
        return frozenset({_SHELL[name]})
    return frozenset({NAME}) if name in _COUNTS or name in _NAMES else state.value(name)


# -- operators ----------------------------------------------------------------------------------


def _operated(found: Iterable[str], parameter: Parameter, state: State, texts: Texts) -> Sequence[Value]:
    operator = parameter.operator
    if parameter.length:
        return [NAME]
    if not operator or operator in ("?", ":?"):
        return [*found]
    others = texts(parameter.words[0]) if parameter.words else frozenset({""})
    match operator:
        case "-" | ":-" | "=" | ":=":
            results = _defaulted(operator, parameter.name, values(found), others, state)
            if "=" in operator:
                state.assign(parameter.name, results)
        case "+" | ":+":
            results = values(text for value in found for text in _alternative(operator, value, others))
        case _:
            results = values(_applied(operator, value, others, parameter, texts) for value in found)
    return list(results)


def _defaulted(operator: str, name: str, found: Values, others: Values, state: State) -> Values:
    """The values, and the default where the variable may be unset or, with a colon, empty."""
    if name in state.gone:
        return others
    if ANY in found:
        return values(found | others)
    if ":" not in operator:
        return found
    return values(text for value in found for text in ([value] if value else others))


def _alternative(operator: str, value: str, others: Values) -> Iterable[str]:
    """What stands there in place of a value that is set and, with a colon, not empty."""
    if not known(value):
        return {*others, ""}
    return others if value or ":" not in operator else {""}


def _applied(operator: str, value: str, others: Values, parameter: Parameter, texts: Texts) -> str:
    if not known(value) or len(others) != 1:
        return ANY
    (other,) = others
    match operator:
        case "#" | "##" | "%" | "%%":
            return _trimmed(value, other, operator)
        case "/" | "//":
            return _replaced(value, other, operator, parameter, texts)
        case "slice":
            bounds = _bounds(parameter, texts)
            if bounds is None:
                return ANY
            offset, length = bounds
            return value[offset:] if length is None else value[offset : offset + length]
        case "^^":
            return value.upper()
        case ",,":
            return value.lower()
        case "^":
            return value[:1].upper() + value[1:]
        case ",":
            return value[:1].lower() + value[1:]
    return ANY


def _trimmed(value: str, other: str, operator: str) -> str:
    if not known(other) or len(value) > _MAX_TRIMMED or len(other) > _MAX_TRIMMED:
        return ANY
    # Made so that it tries nothing twice, however many stars there are.
    pattern = re.compile(translate(other))
    cuts = range(len(value), -1, -1) if operator in ("%", "##") else range(len(value) + 1)
    for cut in cuts:
        head, tail = value[:cut], value[cut:]
        if pattern.match(head if "#" in operator else tail):
            return tail if "#" in operator else head
    return value


def _replaced(value: str, other: str, operator: str, parameter: Parameter, texts: Texts) -> str:
    """A value with a text in it replaced; of patterns, the outcome is not worked out."""
    news = texts(parameter.words[1]) if len(parameter.words) > 1 else frozenset({""})
    if not known(other) or len(news) != 1 or re.search(r"[*?\[\\]|^[#%]|^$", other):
        return ANY
    (new,) = news
    return bounded(value.replace(other, new, -1 if operator == "//" else 1))

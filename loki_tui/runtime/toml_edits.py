"""Changes one key of a TOML text and leaves everything else of it as a person wrote it."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, MutableMapping
from contextlib import suppress
from decimal import Decimal, InvalidOperation

import tomlkit
from pydantic import BaseModel
from tomlkit.exceptions import TOMLKitError
from tomlkit.items import Array

from loki_tui.core.setting_types import listed


def toml_value(value: object, text: str) -> object:
    """A setting in the type that TOML has for it.

    Args:
        value: As it was understood.
        text: As it was given: what stays text in the file stays as it is, `~` and `8h` too.

    Returns:
        None for a table without entries, which the file can do without.
    """
    match value:
        case bool() | int():
            return value
        case float() | Decimal():
            return _number(text.strip().removeprefix("$"))
        case tuple():
            return list(parts) if isinstance(parts := listed(text), tuple) else text
        case dict():
            return {str(key): _entry(inner) for key, inner in value.items()} or None
    return text


def _entry(value: object) -> object:
    match value:
        case BaseModel():
            return {key: _entry(inner) for key, inner in value if inner is not None}
        case Decimal():
            return _number(f"{value:f}")
    return value


def _number(text: str) -> object:
    """The number in a text, or the text where it is none or TOML would round it."""
    with suppress(InvalidOperation):
        exact = Decimal(text)
        if exact == exact.to_integral_value():
            return int(exact)
        if Decimal(repr(float(exact))) == exact:
            return float(exact)
    return text


def put(text: str, name: str, value: object) -> str:
    """A TOML text with another value for a key at its top.

    Args:
        text: Valid TOML.
        name: A bare key.
        value: Text, number, list or table; none takes the key out.

    Raises:
        TOMLKitError: It cannot be changed.
    """
    document = tomlkit.parse(text)
    stands = name in document
    wanted = _shaped_like(document.get(name), value)
    if value is None:
        document.pop(name, None)
        after = tomlkit.dumps(document)
    elif stands or isinstance(value, dict):
        _update(document, name, wanted)
        after = tomlkit.dumps(document)
    else:
        after = _with_line(text, f"{name} = {tomlkit.item(value).as_string()}")
    if _differs_only_in(name, wanted, before=text, after=after):
        return after
    if stands and value is not None:
        # Such as dotted keys at the top, which cannot be added to: the table is written anew.
        return put(put(text, name, None), name, value)
    raise TOMLKitError(f"{name} stands there in a form that cannot be changed")


def _differs_only_in(name: str, value: object, *, before: str, after: str) -> bool:
    wanted = tomllib.loads(before)
    wanted.pop(name, None)
    if value is not None:
        wanted[name] = value
    with suppress(tomllib.TOMLDecodeError):
        return tomllib.loads(after) == wanted
    return False


def _shaped_like(old: object, value: object) -> object:
    """Texts under dotted names, nested where a person nested them by leaving the quotes out."""
    if not isinstance(old, Mapping) or not isinstance(value, dict):
        return value
    shaped: dict[str, object] = {}
    for name, inner in value.items():
        first, dot, rest = name.partition(".")
        if dot and isinstance(inner, str) and isinstance(old.get(first), Mapping):
            nested = shaped.setdefault(first, {})
            assert isinstance(nested, dict)
            nested[rest] = inner
        else:
            shaped[name] = inner
    return {name: _shaped_like(old.get(name), inner) for name, inner in shaped.items()}


def _with_line(text: str, line: str) -> str:
    """A text with one more key at its top: before the first table and before what is said about that table."""
    end = "\r\n" if "\r\n" in text else "\n"
    lines = text.splitlines(keepends=True)
    at = _first_table(lines)
    if at is None:
        at = len(lines)
        if lines and not lines[-1].endswith("\n"):
            lines[-1] += end
        return "".join([*lines, line, end])
    while at and lines[at - 1].lstrip().startswith("#"):
        at -= 1
    if at and not lines[at - 1].strip():
        # Keys stand together, apart from the table.
        at -= 1
        return "".join([*lines[:at], line, end, *lines[at:]])
    return "".join([*lines[:at], line, end, end, *lines[at:]])


def _first_table(lines: list[str]) -> int | None:
    """Where the first table begins: at a bracket before which the text is whole, so that it is in no string or list."""
    for number, line in enumerate(lines):
        if line.lstrip().startswith("["):
            with suppress(tomllib.TOMLDecodeError):
                tomllib.loads("".join(lines[:number]))
                return number
    return None


def _update(table: MutableMapping[str, object], name: str, value: object) -> None:
    """Set a key; lists and tables entry by entry, so that comments between entries stay."""
    old = table.get(name)
    if isinstance(old, MutableMapping) and isinstance(value, dict):
        for key in [key for key in old if key not in value]:
            del old[key]
        for key, inner in value.items():
            _update(old, key, inner)
    elif isinstance(old, Array) and isinstance(value, list):
        _update_list(old, value)
    elif old != value:
        table[name] = value


def _update_list(array: Array, values: list[object]) -> None:
    for index in reversed(range(len(array))):
        if array[index] not in values:
            del array[index]
    kept = len(array)
    if list(array) == values[:kept]:
        array.extend(values[kept:])
    else:
        array.clear()
        array.extend(values)

"""Secrets out of events, answers and requests: every text in a value, whichever field it stands in.

What programs go by stays as it is: kinds and other closed sets of words, digests, a provider's signatures.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Literal, TypeVar, cast, get_args, get_origin

from annotated_types import MaxLen
from pydantic.fields import FieldInfo

from loki_tui.core.messages import Frozen, JsonObject, OpaquePart, ToolCall

Redact = Callable[[str], str]

_M = TypeVar("_M", bound=Frozen)

DIGESTS = frozenset({"digest", "blob", "detail_blob", "prd", "tree", "commit", "tool"})
"""Fields that name something by its content, or a tool: changed, they would name nothing."""

SIGNED = frozenset({"signature", "data", "type"})
"""What is opaque in an opaque part: encrypted, or a signature over the rest."""

WITHHELD = "withheld"
"""Stands for the provider in an opaque part that cannot be sent back, since a secret was taken out of it."""


def cleaned(value: _M, redact: Redact) -> _M:
    """The same value without secrets; itself where there are none."""
    changed = {
        name: new for name, field in _fields(type(value)) if (new := _field(value, name, field, redact)) is not None
    }
    if not changed:
        return value
    if isinstance(value, ToolCall):
        # It can be told, but not carried out any more.
        changed["redacted"] = True
    return value.model_copy(update=changed)


def _field(value: Frozen, name: str, field: FieldInfo, redact: Redact) -> object | None:
    """What a field is to become; none where it stays."""
    old = getattr(value, name)
    if isinstance(value, OpaquePart) and name in {"data", "provider"}:
        new = _opaque(value, name, redact)
    else:
        new = _value(old, redact)
    if new == old:
        return None
    if isinstance(new, str):
        for bound in field.metadata:
            if isinstance(bound, MaxLen):
                new = new[: bound.max_length]
    return new


def _opaque(part: OpaquePart, name: str, redact: Redact) -> object:
    """An opaque part as it is, or else nothing of it: its signature covers what it was."""
    clean = _value({key: item for key, item in part.data.items() if key not in SIGNED}, redact)
    whole = all(part.data[key] == item for key, item in clean.items()) if isinstance(clean, dict) else False
    if name == "data":
        return part.data if whole else {}
    return part.provider if whole else WITHHELD


def _value(value: object, redact: Redact) -> object:
    match value:
        case str():
            # A subclass is a word of a closed set.
            return redact(value) if type(value) is str else value
        case Frozen():
            return cleaned(value, redact)
        case tuple():
            return tuple(_value(item, redact) for item in value)
        case list():
            return [_value(item, redact) for item in value]
        case dict():
            return {_value(key, redact): _value(item, redact) for key, item in value.items()}
    return value


def clean_json(value: JsonObject, redact: Redact) -> JsonObject:
    """A JSON object without secrets, in keys or anywhere else."""
    return cast("JsonObject", _value(value, redact))


@cache
def _fields(kind: type[Frozen]) -> tuple[tuple[str, FieldInfo], ...]:
    """The fields that may hold text of anybody's."""
    return tuple(
        (name, field)
        for name, field in kind.model_fields.items()
        if name not in DIGESTS and not _closed(field.annotation)
    )


def _closed(annotation: object) -> bool:
    """Whether a field takes only words that are known beforehand."""
    if get_origin(annotation) is Literal:
        return True
    options = [option for option in get_args(annotation) if option is not type(None)]
    return bool(options) and all(get_origin(option) is Literal for option in options)

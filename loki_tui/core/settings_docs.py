"""What a person may read about each setting: the reference behind `loki config` and the docs.

Made from the fields themselves: name, default and bounds from the types, the meaning from the
text under each field, the section from the group that holds it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, Literal, get_args, get_origin

from annotated_types import Ge, Gt, Le
from pydantic.fields import FieldInfo
from pydantic_core import to_json

from loki_tui.core.docstrings import attribute_docstrings
from loki_tui.core.setting_types import Form, Standing, Tighten
from loki_tui.core.settings import SettingsFields, variable_of


@dataclass(frozen=True, slots=True)
class FieldDoc:
    """All there is to say about one setting."""

    name: str
    variable: str
    section: str
    default: str
    """As a person would write it; empty where there is none."""
    bounds: str
    """What it takes, to follow "must be"."""
    meaning: str
    in_force: bool
    """Whether this version does what it says."""
    workspace: str
    """How a workspace's own file may set it; empty where it may not."""
    options: tuple[str, ...] = ()
    """All values there are, where they can be counted up."""


def describe() -> list[FieldDoc]:
    """Every setting, section by section."""
    return [
        FieldDoc(
            name=name,
            variable=variable_of(name),
            section=(group.__doc__ or "").rstrip("."),
            default=show(field.get_default(call_default_factory=True)),
            bounds=bounds_of(field),
            meaning=meanings[name],
            in_force=Standing.PLANNED not in field.metadata,
            workspace=next((mark.value for mark in field.metadata if isinstance(mark, Tighten)), ""),
            options=_options(field),
        )
        for group in SettingsFields.__bases__
        for meanings in [attribute_docstrings(group)]
        for name, field in SettingsFields.model_fields.items()
        if name in meanings
    ]


def bounds_of(field: FieldInfo) -> str:
    """What values a setting takes, to follow "must be"."""
    parts = [*_parts(field.annotation), *field.metadata]
    kind, marks = parts[0], parts[1:]
    options = get_args(kind) if get_origin(kind) is Literal else ()
    if options:
        return " or ".join(filter(None, (", ".join(options[:-1]), options[-1])))
    if kind is bool:
        return "true or false"
    form = next((mark.text for mark in marks if isinstance(mark, Form)), "")
    whole = "a whole number" if kind is int else "a number"
    return " ".join((form or whole, *_limits(marks))).rstrip()


def _options(field: FieldInfo) -> tuple[str, ...]:
    kind = next(iter(_parts(field.annotation)))
    if kind is bool:
        return show(True), show(False)
    return get_args(kind) if get_origin(kind) is Literal else ()


def show(value: object) -> str:
    """A setting's value as a person would write it; empty for none."""
    match value:
        case None:
            return ""
        case bool():
            return str(value).lower()
        case float():
            return f"{value:g}"
        case tuple():
            return ",".join(map(str, value))
        case dict():
            return to_json(value, exclude_none=True).decode() if value else ""
    return str(value)


def _parts(annotation: object) -> Iterator[object]:
    """The plain type of an annotation, then all that is said about it; `None` in a union is left out."""
    origin, args = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        yield from _parts(args[0])
        for mark in args[1:]:
            yield from mark.metadata if isinstance(mark, FieldInfo) else (mark,)
    elif type(None) in args:
        yield from _parts(args[0])
    else:
        yield annotation


def _limits(marks: list[object]) -> Iterator[str]:
    for mark in marks:
        match mark:
            case Ge(ge=low):
                yield f"from {low}"
            case Gt(gt=low):
                yield f"above {low}"
            case Le(le=high):
                yield f"up to {high}"

"""What a single setting can be: its form, what a workspace may do to it, whether it is in force.

A field of `loki_tui.core.settings.Settings` is annotated with one of these types and, where
they apply, the markers; loader and reference table read them from there, so that no second list
of settings exists.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from decimal import Decimal
from enum import Enum
from pathlib import Path
from typing import Annotated, TypeGuard

from pydantic import AfterValidator, BeforeValidator, Field, ValidationInfo

from loki_tui.core.messages import Frozen
from loki_tui.core.money import Money
from loki_tui.core.vocabulary import Permission, Risk


class Tighten(Enum):
    """How a workspace's own file may set a field; one without this marker it may not set.

    Agents can write that file, so each way makes a run stricter, never looser.
    """

    LOWER = "can be lowered"
    ENABLE = "can be switched on"
    NARROW = "can be narrowed"
    STRICTER = "can be made stricter"
    CLOSE = "can be switched off"
    CHOOSE = "can be chosen"
    """A command that runs in confined hands, like any other an agent could run."""


class Standing(Enum):
    """What sets a field apart; one without a marker is in force and may come from anywhere."""

    PLANNED = "not in force in this version"
    ENVIRONMENT = "read from the environment alone"


@dataclass(frozen=True, slots=True)
class Form:
    """How a person writes a value, where its Python type does not say."""

    text: str


_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
_DURATION = re.compile(r"(?:\d+(?:\.\d+)?[smhd])+", re.ASCII)
_DURATION_PART = re.compile(r"([\d.]+)([smhd])", re.ASCII)


def _seconds(value: object) -> object:
    """Seconds from `90m`, `8h` or `1h30m`; anything else is left for pydantic to judge."""
    if not isinstance(value, str) or not _DURATION.fullmatch(text := value.strip().lower()):
        return value
    return sum(float(number) * _UNITS[unit] for number, unit in _DURATION_PART.findall(text))


def listed(value: object) -> object:
    """The parts of a comma-separated text; anything else is left for pydantic to judge."""
    if not isinstance(value, str):
        return value
    return tuple(part for piece in value.split(",") if (part := piece.strip()))


def _without_sign(value: object) -> object:
    return value.strip().removeprefix("$") if isinstance(value, str) else value


def _joined(value: object) -> object:
    """Parts with commas and nothing else between them, from an array or from text with spaces."""
    parts = value.split(",") if isinstance(value, str) else value
    return ",".join(map(str.strip, parts)) if isinstance(parts, list) and _all_text(parts) else value


def _all_text(parts: list[object]) -> TypeGuard[list[str]]:
    return all(isinstance(part, str) for part in parts)


def parsed(value: object) -> object:
    """The object in a JSON text, its numbers exact; anything else is left for pydantic to judge."""
    return json.loads(value, parse_float=Decimal) if isinstance(value, str) else value


def _at_home(value: object, info: ValidationInfo) -> object:
    """A path with a leading `~` replaced by the home that the loader names in its context."""
    home = (info.context or {}).get("home")
    if not home or not isinstance(value, str) or not (value == "~" or value.startswith("~/")):
        return value
    return f"{home}{value[1:]}"


Duration = Annotated[
    float, BeforeValidator(_seconds), Field(gt=0, le=30 * 86_400), Form("seconds, or a time such as 90m or 8h")
]
"""Seconds."""

Dollars = Annotated[Money, BeforeValidator(_without_sign), Field(gt=0, le=1_000_000), Form("an amount of US dollars")]
"""US dollars, written with or without the sign."""

Text = Annotated[str, Field(min_length=1, max_length=4096, pattern=r"^[^\x00]*$"), Form("text")]
"""Text that can be an argument of a program."""

Location = Annotated[Path, BeforeValidator(_at_home), Form("a path")]
"""A path; `~` is the person's home."""

Names = Annotated[tuple[Text, ...], BeforeValidator(listed), Form("a comma-separated list")]
"""Texts: comma-separated, or an array in a file."""

Locations = Annotated[
    tuple[Location, ...], BeforeValidator(listed), Field(min_length=1), Form("a comma-separated list of paths")
]
"""Paths: comma-separated, or an array in a file."""

MemorySize = Annotated[
    str, Field(max_length=20, pattern=r"^[1-9][0-9]{0,12}[bkmgBKMG]?$"), Form("bytes, or a size such as 512m or 4g")
]
"""An amount of memory as container engines are told it."""

NETWORK_ON = ("on",)
NETWORK_OFF = ("off",)
"""What `Reach` is where no hosts are named."""

_HOST_FORM = r"^(\*\.)?[a-z0-9_]([a-z0-9_.-]*[a-z0-9])?$|^[0-9a-f]*:[0-9a-f:.]+$"


def _reached(value: object) -> object:
    """Hosts in lower case, an IPv6 address without brackets; `off` from a file's `false`."""
    if isinstance(value, bool):
        return NETWORK_ON if value else NETWORK_OFF
    parts = listed(value)
    if not isinstance(parts, tuple | list):
        return value
    return tuple(part.strip().lower().removeprefix("[").removesuffix("]").rstrip(".") for part in map(str, parts))


def _of_one_kind(reach: tuple[str, ...]) -> tuple[str, ...]:
    if len(reach) > 1 and not {"on", "off"}.isdisjoint(reach):
        raise ValueError("on and off stand alone")
    return reach


Reach = Annotated[
    tuple[Annotated[str, Field(max_length=253, pattern=_HOST_FORM)], ...],
    BeforeValidator(_reached),
    AfterValidator(_of_one_kind),
    Field(min_length=1, max_length=1000),
    Form("on, off, or a comma-separated list of hosts such as example.com,*.example.org"),
]
"""What can be reached over the network: everything, nothing, or hosts by name, address or `*.` and a domain."""

Host = Annotated[
    str,
    Field(max_length=253, pattern=r"^([a-zA-Z0-9]([a-zA-Z0-9.-]*[a-zA-Z0-9])?|[0-9a-fA-F]*:[0-9a-fA-F:.]+)$"),
    Form("a host or an address"),
]
"""A host by name or address; an IPv6 address without brackets."""

WebAddress = Annotated[
    str,
    Field(max_length=2048, pattern=r"^https?://[^\s/?#@]+(/[^\s?#]*)?$"),
    Form("an address such as https://example.com"),
]
"""An address of HTTP without user, query and fragment."""

_Price = Annotated[Money, Field(ge=0, le=1_000_000)]


class ModelPrice(Frozen):
    """What a model costs, in US dollars per million tokens."""

    input: _Price
    output: _Price
    cache_read: _Price | None = None
    cache_write: _Price | None = None
    cache_write_long: _Price | None = None


ModelPrices = Annotated[dict[Text, ModelPrice], BeforeValidator(parsed), Form("a JSON object")]
"""Model to price: JSON, or a table in a file."""

_Action = Annotated[str, Field(max_length=100, pattern=r"^[a-z][a-z0-9_-]*(\.[a-z0-9_-]+)*$")]
_Keys = Annotated[str, BeforeValidator(_joined), Field(max_length=200, pattern=r"^[^\s,]+(,[^\s,]+)*$")]


def _by_action(value: object) -> object:
    """Dotted names from nested tables: TOML makes these of `run.pause = "p"`, whose quotes people leave out."""
    if not isinstance(value, dict):
        return value
    flat: dict[object, object] = {}
    for name, inner in value.items():
        keys = _by_action(inner)
        flat |= {f"{name}.{rest}": found for rest, found in keys.items()} if isinstance(keys, dict) else {name: keys}
    return flat


KeyMap = Annotated[dict[_Action, _Keys], BeforeValidator(_by_action), BeforeValidator(parsed), Form("a JSON object")]
"""Action to the keys that do it, comma-separated: JSON, or a table in a file, where keys may be an array."""


def _by_class(value: object) -> object:
    """Class to rule from `network=ask,destructive=block`, or from JSON."""
    if not isinstance(value, str) or value.lstrip().startswith("{"):
        return parsed(value)
    rules: dict[str, str] = {}
    for part in filter(None, map(str.strip, value.split(","))):
        name, _, rule = map(str.strip, part.partition("="))
        if name in rules:
            raise ValueError(f"{name} is there twice")
        rules[name] = rule
    return rules


RiskRules = Annotated[
    dict[Risk, Permission],
    BeforeValidator(_by_class),
    Form("a list such as network=ask,destructive=block, with allow, ask or block"),
]
"""Class of risk (read, edit, run, network, outside, destructive) to what becomes of its actions: comma-separated, JSON,
or a table in a file."""

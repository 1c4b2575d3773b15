"""What a product's modules are given that are to do nothing: loaded by each of them, see `empty`.

Importing them works as ever. From when the tests begin, in their process and in every one they start, whatever of the
product is called raises an error that no `except Exception` catches; what it keeps as data is another value at once.
"""

from __future__ import annotations

import enum
import os
import re
import sys
from collections.abc import Callable

ARMED = "_the_tests_began"
"""Attribute of `sys`, and name in the environment, by which the product knows that the tests began."""
_NONE = re.compile("(?!)")


class GoneError(BaseException):
    """Raised in place of what the product does."""


def gone() -> None:
    """Raise once the tests have begun."""
    if getattr(sys, ARMED, False) or os.environ.get(ARMED):
        raise GoneError("the product does nothing")


def settle(namespace: dict[str, object]) -> None:
    """Change a module's data, and see that its classes cannot be made; called at its end."""
    module = namespace.get("__name__")
    for name, value in list(namespace.items()):
        if name.startswith("_"):
            continue
        if isinstance(value, type) and value.__module__ == module:
            _settle_class(value)
        else:
            namespace[name] = _other(value)


def _settle_class(owner: type) -> None:
    if issubclass(owner, enum.Enum):
        for member in owner:
            member._value_ = _other(member._value_)
        return
    for name, value in list(vars(owner).items()):
        if not name.startswith("_") and (other := _other(value)) is not value:
            _set(owner, name, other)
    made_by = "__new__" if issubclass(owner, tuple) else "__init__"
    _set(owner, made_by, _refusing(getattr(owner, made_by)))


def _refusing(make: Callable[..., object]) -> Callable[..., object]:
    def refuse(*args: object, **kwargs: object) -> object:
        gone()
        return None if make is object.__init__ else make(*args, **kwargs)

    return refuse


def _set(owner: type, name: str, value: object) -> None:
    try:
        setattr(owner, name, value)
    except (TypeError, AttributeError):
        return


def _other(value: object) -> object:
    """Another value of the same kind, of what is plain data; the same of anything else."""
    kind = type(value)
    if kind is bool:
        return not value
    if isinstance(value, (int, float, complex)) and kind in (int, float, complex):
        return value + 1
    if isinstance(value, str) and kind is str:
        return f"{value}_"
    if isinstance(value, bytes) and kind is bytes:
        return value + b"_"
    if isinstance(value, (list, tuple)) and kind in (list, tuple):
        return kind(map(_other, value))
    if isinstance(value, dict) and kind is dict:
        return {key: _other(inner) for key, inner in value.items()}
    if isinstance(value, (set, frozenset)) and kind in (set, frozenset):
        return kind(map(_other, value))
    return _NONE if kind is re.Pattern else value

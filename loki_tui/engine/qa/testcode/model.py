"""What a file of tests comes to, whatever its language: what two versions of it are compared by."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import IntEnum

MAX_CHARACTERS = 250_000
"""Longest text that is analysed. A longer one is data, or meant to wear down who reads it."""


MANY = 1_000
"""Cases, where how many cannot be told."""


class Strength(IntEnum):
    """How much an assertion demands, the least first."""

    TRIVIAL = 0
    """Holds whatever the product does."""
    PRESENCE = 1
    """Something is there, or true, or of a type."""
    LOOSE = 2
    """One of many values will do."""
    EXACT = 3
    """One value will do."""


@dataclass(frozen=True, slots=True)
class Assertion:
    """One demand a test makes."""

    text: str
    """The same for the same demand, however it is laid out."""
    subject: str
    """What it is about, as source."""
    strength: Strength
    line: int
    width: int = 1
    """Values that are compared at once: `(a, b) == (1, 2)` has two."""
    times: int = 1
    """Cases it is made for; `MANY` or more where that cannot be told."""


@dataclass(frozen=True, slots=True)
class Place:
    """Something in a test worth a remark, and where."""

    what: str
    line: int


@dataclass(frozen=True, slots=True)
class Unit:
    """One test, or a function that tests call to assert something."""

    name: str
    """With the classes or suites around it, such as `TestCart.test_total`."""
    line: int
    is_test: bool = True
    assertions: tuple[Assertion, ...] = ()
    disabled: Place | None = None
    """What keeps it from running, or from failing."""
    conditional: bool = False
    """Whether that depends on where it runs."""
    swallowed: tuple[Place, ...] = ()
    """Where the failure of an assertion is caught and forgotten."""
    replaced: tuple[Place, ...] = ()
    """What it puts something else in place of, by full name."""
    calls: Mapping[str, int] = field(default_factory=dict)
    """How often it calls what, by full name as far as the imports tell."""

    body: str = ""
    """What it does, however that is laid out: the same for a test that only got another name."""

    @property
    def short(self) -> str:
        """The name without what is around it."""
        return self.name.rpartition(".")[2] if " > " not in self.name else self.name.rpartition(" > ")[2]


@dataclass(frozen=True, slots=True)
class Source:
    """A file as far as its tests go."""

    units: tuple[Unit, ...] = ()
    disabled: Place | None = None
    """What keeps the whole file from running."""
    conditional: bool = False
    focused: tuple[Place, ...] = ()
    """Where tests are picked out, so that the others do not run."""
    imported: tuple[tuple[str, str], ...] = ()
    """Name to what it was imported as a whole, sorted."""
    defined: tuple[Place, ...] = ()
    """Functions and values made at the top of the file."""
    hooks: tuple[Place, ...] = ()
    """Where the runner's own course is changed."""

"""One case of the corpus: a small repository, what an agent does in it, and what has to come of its claim."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from textwrap import dedent
from typing import Literal

Expected = Literal["completed", "refused"]

Edit = tuple[str, str, str]
"""Path, what stands there once, what is to stand there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """What is there, what an agent does about it in one iteration, and what it says then."""

    name: str
    """Unique; says what is done, in a few words."""
    base: Mapping[str, str]
    """Files that are committed before the run."""
    base_shell: str = ""
    """Run by the person in the repository before it is committed: what files alone cannot say."""
    dirty: Mapping[str, str] = field(default_factory=dict)
    """Files that the person wrote and did not commit."""
    writes: Mapping[str, str] = field(default_factory=dict)
    """Files the agent writes."""
    edits: tuple[Edit, ...] = ()
    """Places the agent changes."""
    deletes: tuple[str, ...] = ()
    """Paths the agent removes."""
    shell: tuple[str, ...] = ()
    """Commands the agent runs when its files are written."""
    requirements: tuple[str, ...] = ("It does what the document says",)
    """Titles; they are called R1, R2 and so on."""
    proofs: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Requirement to the tests that the agent names for it."""
    says: str = "Everything is done and all tests pass."
    """The summary of the iteration."""
    settings: Mapping[str, object] = field(default_factory=dict)
    needs: tuple[str, ...] = ()
    """Programs without which the case says nothing."""
    serves: bool = False
    """Whether something listens on loopback outside of the hands, at the port that `@PORT@` stands for."""
    may_fail: bool = False
    """Whether some of what the agent does may be kept from it."""
    expected: Expected = "completed"
    because: str = ""
    """Pattern that the reasons of a refusal match, so that it is refused for what is wrong with it."""


def text(content: str) -> str:
    """A file's text, written indented as the table around it is."""
    return dedent(content).lstrip("\n")

"""A test that must fail, planted to see whether a runner tells failure from success.

It bears an ordinary name and looks like any other test, so that nothing in a project can tell it by its looks.
"""

from __future__ import annotations

import secrets
import shlex
from collections import Counter
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass

from loki_tui.core.vocabulary import TestCase
from loki_tui.engine.qa.scene import Place

_REMOVE_SECONDS = 30.0

_NOUNS = """
account address amount archive batch branch cache catalog channel client column cursor customer device document
domain entry folder format header index invoice label ledger limit margin member module number offset option order
packet parcel period policy price profile quota record region report result route sample schedule segment session
signal source status stock stream summary table target ticket token total unit value vendor version window
""".split()  # noqa: SIM905 - one a line would be a long list of short words


@dataclass(frozen=True, slots=True)
class Planted:
    """A test file of the engine's own."""

    path: str
    content: str
    failures: int
    """How many failing tests there are in it, and no others."""


def plant(
    names: Callable[[str], str], content: Callable[[str, int, int], str], *, failures: int, taken: Collection[str]
) -> Planted:
    """Make a test file.

    Args:
        names: Makes a path of two words.
        content: Makes the text of a word, two numbers that are added, in it.
        failures: How many tests of the text fail: all.
        taken: Paths that are there.
    """
    while True:
        path = names(f"{secrets.choice(_NOUNS)}_{secrets.choice(_NOUNS)}")
        if path not in taken:
            break
    text = content(secrets.choice(_NOUNS), secrets.randbelow(90) + 10, secrets.randbelow(90) + 10)
    return Planted(path, text, failures)


async def remove(planted: Planted, place: Place) -> None:
    """Take a planted file away: who looks at the place later is to see the project."""
    await place.run(f"rm -f -- {shlex.quote(planted.path)}", timeout=_REMOVE_SECONDS)


def doubt_of(planted: Planted, exit_code: int | None, cases: Collection[TestCase] | None) -> str:
    """Why a runner is not to be believed, by what it made of a planted file; empty where it is."""
    if cases is None:
        return "given tests that must fail, the runner left no report"
    outcomes = [case.outcome for case in cases]
    if outcomes != ["failed"] * planted.failures:
        return f"given {planted.failures} tests that must fail, the runner reported {_in_words(outcomes)}"
    if not exit_code:
        return "given tests that must fail, the runner ended with exit code 0"
    return ""


def _in_words(outcomes: Sequence[str]) -> str:
    """How many passed, failed and were skipped."""
    counted = Counter(outcomes)
    return ", ".join(f"{number} {outcome}" for outcome, number in sorted(counted.items())) or "none"

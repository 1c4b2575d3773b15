"""The table of commands: nothing dangerous is allowed, next to nothing harmless is blocked."""

from __future__ import annotations

import sys
from collections import Counter
from functools import cache

import pytest

from loki_tui.core.blocking import DEFAULT_BLOCKED
from loki_tui.core.vocabulary import Ruling
from tests.guard.shell.rulings import Row, ruling, table

pytestmark = pytest.mark.xdist_group("table of commands")


@cache
def judged() -> tuple[tuple[Row, Ruling], ...]:
    return tuple((row, ruling(row.command)) for row in table())


def test_the_table_is_large_balanced_and_without_doubles() -> None:
    commands = [row.command for row in table()]
    count = Counter(row.verdict for row in table())
    assert len(commands) == len(set(commands)) >= 400
    assert set(count) == {"allow", "ask", "block"}
    assert 0.4 <= count["allow"] / len(commands) <= 0.6


def test_nothing_dangerous_is_allowed_and_little_harmless_is_blocked(capsys: pytest.CaptureFixture[str]) -> None:
    found = Counter((row.verdict, ruling.verdict) for row, ruling in judged())
    dangerous = sum(number for (expected, _), number in found.items() if expected == "block")
    unsure = sum(number for (expected, _), number in found.items() if expected == "ask")
    harmless = sum(number for (expected, _), number in found.items() if expected == "allow")
    with capsys.disabled():
        sys.stdout.write(
            f"\n{len(table())} commands: of {dangerous} dangerous {found['block', 'allow']} allowed and "
            f"{found['block', 'ask']} asked about; of {unsure} undecidable {found['ask', 'allow']} allowed; "
            f"of {harmless} harmless {found['allow', 'block']} blocked and {found['allow', 'ask']} asked about\n"
        )
    assert found["block", "allow"] == 0
    assert found["ask", "allow"] == 0
    assert found["allow", "block"] <= 0.02 * harmless
    assert found["allow", "ask"] <= 0.02 * harmless


def test_every_command_gets_its_verdict() -> None:
    wrong = [
        f"{row.command!r} is {ruling.verdict}, not {row.verdict} ({row.why}): {ruling.why}"
        for row, ruling in judged()
        if ruling.verdict != row.verdict
    ]
    assert not wrong


def test_what_is_blocked_names_a_rule_and_a_reason() -> None:
    for row, found in judged():
        if found.verdict == "block":
            assert found.rule in DEFAULT_BLOCKED, row.command
            assert f"`{found.rule}`" in found.why
            assert found.source == "test"
        assert bool(found.why) == (found.verdict != "allow"), row.command


def test_every_rule_of_the_table_is_one_of_lokis_own() -> None:
    assert {row.rule for row in table()} <= {*DEFAULT_BLOCKED, ""}

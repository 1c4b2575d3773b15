"""What Loki's own rules say of commands, for every test of them; and the table of commands."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from loki_tui.core.blocking import DEFAULT_BLOCKED
from loki_tui.core.vocabulary import Ruling
from loki_tui.guard.blocked import BlockedRules, judge
from loki_tui.hands.shell_policy import parse

ROOT = "/w/project"
HOME = "/home/ada"

_TABLE = Path(__file__).with_name("table.toml")


@dataclass(frozen=True, slots=True)
class Row:
    """One command of the table."""

    command: str
    verdict: str
    rule: str
    why: str


@cache
def table() -> tuple[Row, ...]:
    """Every command with what is expected."""
    groups = tomllib.loads(_TABLE.read_text(encoding="utf-8"))["group"]
    return tuple(
        Row(command, group["verdict"], group["rule"], group["why"]) for group in groups for command in group["commands"]
    )


@cache
def rules(*texts: str) -> BlockedRules:
    """Some rules; Loki's own where none are named."""
    return BlockedRules([(text, "test") for text in texts or DEFAULT_BLOCKED], root=ROOT, home=HOME)


def ruling(command: str, *texts: str) -> Ruling:
    """What some rules say of a command."""
    return judge(command, rules(*texts), parse=parse)


def verdict(command: str, *texts: str) -> str:
    """The same, in a word."""
    return ruling(command, *texts).verdict

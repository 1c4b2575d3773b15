"""Tokens are known by their shape, and nothing else is taken for one."""

from __future__ import annotations

import json
import sys

import pytest

from loki_tui.guard.redact import Redactor
from loki_tui.guard.shapes import SHAPES
from tests.guard.tokens import harmless, tokens

REDACTOR = Redactor({})
TABLE = [(name, token) for seed in range(1, 6) for name, made in tokens(seed).items() for token in made]
AROUND = ("see {} there", "{}", "x={}\n", '{{"value": "{}"}}', "a\n{}\nb", "https://x.test/?t={}&u=1", "'{}',")


def test_every_shape_is_in_the_table() -> None:
    assert {name for name, _ in TABLE} == {shape.name for shape in SHAPES}
    assert len(SHAPES) >= 20


def test_all_tokens_are_found_and_nothing_else(capsys: pytest.CaptureFixture[str]) -> None:
    missed = [
        (name, around)
        for name, token in TABLE
        for around in AROUND
        if token in REDACTOR.redact(around.format(token)) or "[redacted:" not in REDACTOR.redact(around.format(token))
    ]
    false = [line for line in harmless() if REDACTOR.redact(line) != line]
    total = len(TABLE) * len(AROUND)
    figures = f"{total - len(missed)} of {total} tokens found, "
    figures += f"{len(false)} of {len(harmless())} harmless lines taken for one"
    with capsys.disabled():
        sys.stdout.write(f"\n{figures}\n")
    assert not missed
    assert not false


@pytest.mark.parametrize(("name", "token"), TABLE[: len(TABLE) // 5])
def test_a_token_is_named_and_gone_to_its_last_letter(name: str, token: str) -> None:
    assert REDACTOR.redact(f"<{token}>") == f"<[redacted:{name}]>"


@pytest.mark.parametrize(("name", "token"), TABLE[: len(TABLE) // 5])
def test_the_quick_look_misses_none(name: str, token: str) -> None:
    assert REDACTOR.suspects(json.dumps({"output": f"a\n{token}"}))

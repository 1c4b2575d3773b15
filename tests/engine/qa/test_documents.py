"""Whatever a tool's report holds, it is taken apart without harm."""

from __future__ import annotations

import pytest

from loki_tui.engine.qa.documents import (
    MESSAGE_CHARACTERS,
    at,
    complaint,
    fields,
    items,
    last_lines,
    load,
    load_lines,
    load_stream,
    one,
    text,
    whole,
)

HOSTILE = ["", "{", "[" * 200_000, '{"a":' * 100_000, "\0", '"\ud800', None]


@pytest.mark.parametrize("report", HOSTILE)
def test_what_is_no_document_is_none(report: str | None) -> None:
    assert load(report) is None
    assert load_lines(report) == []
    assert load_stream(report) == []


def test_lines_and_streams_give_what_is_whole() -> None:
    assert load_lines('{"a": 1}\nno\n[2]\n') == [{"a": 1}, [2]]
    assert load_stream('{"a":\n1}\n {"b": 2}{"c"') == [{"a": 1}, {"b": 2}]


@pytest.mark.parametrize("value", [None, 1, "text", [1], {"a": 1}, True])
def test_any_shape_can_be_asked_for_anything(value: object) -> None:
    assert at(value, "a", "b", "c") is None
    assert fields(items(value)) == {}
    assert isinstance(text(value), str)
    assert whole(value) in {None, 1}


def test_a_yes_is_no_number() -> None:
    assert whole(True) is None


def test_text_becomes_one_harmless_line() -> None:
    assert one("a\n b\t\x1b[31mc") == "a b \\x1b[31mc"
    assert len(one("x" * 10_000_000)) == MESSAGE_CHARACTERS
    assert "\ud800" not in one("a\ud800b")


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ("at x\nError: Cannot find module './a'\n    at y\n}\n", "Error: Cannot find module './a'"),
        ("error[E0432]: unresolved import\n --> a\n", "error[E0432]: unresolved import"),
        ("Traceback\n  File\nValueError: no\n", "ValueError: no"),
        ("0 errors\nbye\n", "0 errors · bye"),
    ],
)
def test_what_a_program_complains_of_is_found(said: str, told: str) -> None:
    assert complaint(said) == told


def test_the_end_of_an_output_is_told() -> None:
    assert last_lines("a\n\nb\n  c\nd\n") == "b · c · d"
    assert last_lines("x" * 1000).startswith("…x")
    assert len(last_lines("x" * 1000)) == MESSAGE_CHARACTERS

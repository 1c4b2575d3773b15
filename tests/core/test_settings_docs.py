from __future__ import annotations

import pytest

from loki_tui.core.settings import Settings
from loki_tui.core.settings_docs import FieldDoc, bounds_of, describe, show


def documented(name: str) -> FieldDoc:
    (doc,) = (doc for doc in describe() if doc.name == name)
    return doc


def test_every_setting_is_described_once() -> None:
    assert sorted(doc.name for doc in describe()) == sorted(Settings.model_fields)
    assert all(doc.meaning.endswith((".", "`.")) and doc.section and doc.bounds for doc in describe())


def test_a_description_has_all_there_is_to_say() -> None:
    assert documented("max_iterations") == FieldDoc(
        name="max_iterations",
        variable="LOKI_MAX_ITERATIONS",
        section="Budget and limits",
        default="1000",
        bounds="a whole number from 1 up to 1000000",
        meaning="Iterations before a run ends as exhausted.",
        in_force=True,
        workspace="can be lowered",
    )


def test_what_is_not_built_is_said_to_be_not_in_force() -> None:
    assert not documented("dashboard").in_force
    assert not documented("blocked_commands").in_force
    assert documented("budget_limit").in_force


@pytest.mark.parametrize(
    ("name", "bounds"),
    [
        ("cache_ttl", "5m or 1h"),
        ("effort", "low, medium, high, xhigh or max"),
        ("staged_autonomy", "true or false"),
        ("allowed_paths", "a comma-separated list of paths"),
        ("pass_env", "a comma-separated list"),
        ("model_work", "text"),
        ("model_prices", "a JSON object"),
        ("budget_limit", "an amount of US dollars above 0 up to 1000000"),
        ("test_timeout", "seconds, or a time such as 90m or 8h above 0 up to 2592000"),
    ],
)
def test_bounds_are_read_from_the_types(name: str, bounds: str) -> None:
    assert bounds_of(Settings.model_fields[name]) == bounds


@pytest.mark.parametrize(
    ("value", "text"),
    [(None, ""), ((), ""), ({}, ""), (True, "true"), (1800.0, "1800"), (0.5, "0.5"), (("a", "b"), "a,b"), (3, "3")],
)
def test_values_are_shown_as_a_person_would_write_them(value: object, text: str) -> None:
    assert show(value) == text

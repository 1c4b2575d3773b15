from __future__ import annotations

import json

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


def test_values_are_counted_up_where_they_can_be() -> None:
    assert documented("effort").options == ("low", "medium", "high", "xhigh", "max")
    assert documented("perpetual_mode").options == ("true", "false")
    assert documented("max_duration").options == ()


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
        ("keymap", "a JSON object"),
        ("notify", "all, bell, title or off"),
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


@pytest.mark.parametrize("name", ["keymap", "model_prices"])
def test_tables_are_shown_as_the_json_that_a_variable_takes(name: str) -> None:
    given = {"keymap": {"run.pause": "p"}, "model_prices": {"local": {"input": "0.1", "output": "3"}}}
    settings = Settings.model_validate(given)
    text = show(getattr(settings, name))
    assert getattr(Settings.model_validate({name: text}), name) == getattr(settings, name)
    assert json.loads(text) == given[name]

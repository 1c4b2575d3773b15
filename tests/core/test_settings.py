from __future__ import annotations

import json

import pytest
from pydantic import ValidationError

from loki_tui.core.settings import OF_THE_SCREEN, Settings, variable_of

MANUAL = {
    "resource_check_interval": 300,
    "resource_cpu_threshold": 80,
    "resource_mem_threshold": 80,
    "max_iterations": 1000,
    "max_retries": 50,
    "max_parallel_agents": 10,
    "perpetual_mode": False,
    "parallel_mode": False,
    "max_worktrees": 5,
    "max_parallel_sessions": 3,
    "council_enabled": True,
    "council_size": 3,
    "council_threshold": 2,
    "council_check_interval": 5,
    "council_min_iterations": 3,
    "council_stagnation_limit": 5,
    "phase_unit_tests": True,
    "phase_api_tests": True,
    "phase_e2e_tests": True,
    "phase_security": True,
    "phase_code_review": True,
    "phase_performance": True,
    "phase_accessibility": True,
    "phase_regression": True,
    "staged_autonomy": False,
    "budget_limit": None,
    "allowed_paths": None,
    "tls_cert": None,
    "tls_key": None,
    "oidc_issuer": None,
    "oidc_client_id": None,
    "oidc_audience": None,
    "dashboard_port": 57374,
}
"""The operations manual's variables and defaults."""


@pytest.mark.parametrize(("name", "default"), MANUAL.items())
def test_defaults_are_the_manuals(name: str, default: object) -> None:
    assert getattr(Settings(), name) == default


def test_a_fields_variable_is_its_name_in_capitals() -> None:
    assert variable_of("max_iterations") == "LOKI_MAX_ITERATIONS"


def test_settings_never_change() -> None:
    with pytest.raises(ValidationError, match="frozen"):
        Settings().max_iterations = 2  # type: ignore[misc]


def test_the_model_for_this_run_stands_above_the_one_for_work() -> None:
    assert Settings(model="local").models == {
        "planning": "claude-opus-5-5",
        "work": "local",
        "fast": "claude-haiku-5-5",
    }
    assert Settings(model_work="other").models["work"] == "other"


@pytest.mark.parametrize(
    ("values", "fields"),
    [
        ({"council_threshold": 4}, ("council_threshold", "council_size")),
        ({"council_size": 1}, ("council_threshold", "council_size")),
        ({"retry_base_seconds": 301}, ("retry_base_seconds", "retry_max_seconds")),
        ({"context_window": 16_000}, ("max_output_tokens", "context_window")),
        ({"cassette": "a.jsonl"}, ("cassette", "provider")),
        ({"tls_cert": "a.pem"}, ("tls_cert", "tls_key")),
        ({"tls_key": "a.pem"}, ("tls_cert", "tls_key")),
        ({"oidc_issuer": "https://issuer"}, ("oidc_issuer", "oidc_client_id")),
    ],
)
def test_what_does_not_fit_together_is_refused(values: dict[str, object], fields: tuple[str, ...]) -> None:
    with pytest.raises(ValidationError) as caught:
        Settings.model_validate(values)
    assert [conflict.fields for conflict in caught.value.errors()[0]["ctx"]["conflicts"]] == [fields]


def test_changed_is_json_of_what_differs_from_the_defaults() -> None:
    settings = Settings.model_validate(
        {
            "budget_limit": "$10.50",
            "max_iterations": 1000,
            "allowed_paths": "src",
            "model_prices": {"local": {"input": 1, "output": 2}},
        }
    )
    changed = json.loads(json.dumps(settings.changed()))
    assert changed == {
        "budget_limit": "10.50",
        "allowed_paths": ["src"],
        "model_prices": {"local": {"input": "1", "output": "2"}},
    }
    assert Settings.model_validate(changed) == settings
    assert Settings().changed() == {}


def test_a_run_does_not_record_what_is_of_a_persons_screen() -> None:
    screen = {"theme": "dark", "notify": "off", "keymap": '{"run.pause": "p"}'}
    assert Settings.model_validate({**screen, "max_turns": 3}).changed() == {"max_turns": 3}
    assert screen.keys() == OF_THE_SCREEN

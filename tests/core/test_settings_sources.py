from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

import pytest

from loki_tui.core.errors import ExitCode, UsageError
from loki_tui.core.settings import Settings
from loki_tui.core.settings_files import MAX_BYTES
from loki_tui.core.settings_sources import Origin, ResolvedSettings, load_settings, resolve_settings
from loki_tui.core.vocabulary import Risk


@dataclass(frozen=True)
class Place:
    """A person's configuration file and a workspace to load settings from."""

    config_file: Path
    workspace: Path

    def configure(self, text: str) -> None:
        self.config_file.write_text(text, encoding="utf-8")

    def share(self, text: str) -> None:
        (self.workspace / ".loki.toml").write_text(text, encoding="utf-8")

    def load(
        self, environ: Mapping[str, str] | None = None, overrides: Mapping[str, object] | None = None
    ) -> ResolvedSettings:
        return resolve_settings(
            environ=environ or {},
            overrides=overrides or {},
            config_file=self.config_file,
            workspace=self.workspace,
        )

    def refusal(self, environ: Mapping[str, str] | None = None, overrides: Mapping[str, object] | None = None) -> str:
        with pytest.raises(UsageError) as caught:
            self.load(environ, overrides)
        assert caught.value.exit_code is ExitCode.USAGE
        assert caught.value.hint
        return caught.value.message


@pytest.fixture
def place(tmp_path: Path) -> Place:
    workspace = tmp_path / "workspace"
    workspace.mkdir()
    return Place(tmp_path / "config.toml", workspace)


def test_without_any_source_all_is_default(place: Place) -> None:
    resolved = place.load({"PATH": "/bin", "loki_max_retries": "lower case is not ours"})
    assert resolved.settings == Settings()
    assert {origin.source for origin in resolved.origins.values()} == {"default"}
    assert resolved.origins.keys() == Settings.model_fields.keys()


def test_the_stronger_source_wins(place: Place) -> None:
    place.configure("max_turns = 1\nmax_retries = 1\nmax_iterations = 1")
    resolved = place.load(
        {"LOKI_MAX_RETRIES": "2", "LOKI_MAX_ITERATIONS": "2"}, {"max_iterations": 3, "budget_limit": None}
    )
    settings = resolved.settings
    assert (settings.max_turns, settings.max_retries, settings.max_iterations) == (1, 2, 3)
    assert settings.budget_limit is None
    assert {name: origin.source for name, origin in resolved.origins.items() if origin.source != "default"} == {
        "max_turns": "configuration file",
        "max_retries": "environment",
        "max_iterations": "command line",
    }
    assert resolved.origins["max_turns"].file == place.config_file


def test_only_the_settings_where_origins_do_not_matter(place: Place) -> None:
    settings = load_settings(
        environ={"LOKI_STAGED_AUTONOMY": "TRUE", "HOME": "/home/ada", "LOKI_DIR": "~/state"},
        overrides={},
        config_file=place.config_file,
        workspace=place.workspace,
    )
    assert settings.staged_autonomy
    assert settings.dir == Path("/home/ada/state")


def test_files_hold_numbers_lists_and_tables(place: Place) -> None:
    place.configure(
        """
        budget_limit = 10.10
        pass_env = ["CC", "CXX"]
        max_duration = "8h"
        perpetual_mode = true
        [model_prices.local]
        input = 0.1
        output = 3
        """
    )
    settings = place.load().settings
    assert settings.budget_limit == Decimal("10.10")
    assert settings.pass_env == ("CC", "CXX")
    assert settings.max_duration == 28_800
    assert settings.perpetual_mode
    assert settings.model_prices["local"].input == Decimal("0.1")


def test_what_a_file_is_about_to_say_is_judged_in_place_of_what_it_says(place: Place) -> None:
    place.configure("max_turns = 1\nmax_turn = 2")
    resolved = resolve_settings(
        environ={}, overrides={}, config_file=place.config_file, workspace=None, config={"max_turns": "3"}
    )
    assert resolved.settings.max_turns == 3
    assert resolved.origins["max_turns"].file == place.config_file


# -- what is refused ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("variable", "near"),
    [
        ("LOKI_MAX_ITERATION", "LOKI_MAX_ITERATIONS"),
        ("LOKI_BUDGET", "LOKI_BUDGET_LIMIT"),
        ("LOKI_Max_Retries", "LOKI_MAX_RETRIES"),
        ("LOKI_max_retries", "LOKI_MAX_RETRIES"),
        ("LOKI_PHASE_UNIT_TEST", "LOKI_PHASE_UNIT_TESTS"),
    ],
)
def test_an_unknown_variable_names_the_nearest(place: Place, variable: str, near: str) -> None:
    assert place.refusal({variable: "1"}) == f"{variable} is no setting. Did you mean {near}?"


def test_an_unknown_variable_like_nothing_is_refused_without_a_guess(place: Place) -> None:
    assert place.refusal({"LOKI_ZZZZ": "secret"}) == "LOKI_ZZZZ is no setting."


def test_an_unknown_key_names_file_and_nearest(place: Place) -> None:
    place.configure("max-iterations = 3")
    assert place.refusal() == f"'max-iterations' in {place.config_file} is no setting. Did you mean max_iterations?"


@pytest.mark.parametrize(
    ("variable", "value", "bounds"),
    [
        ("LOKI_MAX_ITERATIONS", "0", "a whole number from 1 up to 1000000"),
        ("LOKI_MAX_ITERATIONS", "ten", "a whole number from 1 up to 1000000"),
        ("LOKI_MAX_ITERATIONS", "true", "a whole number from 1 up to 1000000"),
        ("LOKI_MAX_ITERATIONS", "9" * 5000, "a whole number from 1 up to 1000000"),
        ("LOKI_STAGED_AUTONOMY", "maybe", "true or false"),
        ("LOKI_CONFINEMENT", "seatbelt", "auto, landlock, bwrap, docker or none"),
        ("LOKI_BUDGET_LIMIT", "-1", "an amount of US dollars above 0 up to 1000000"),
        ("LOKI_MODEL_PRICES", "{", "a JSON object"),
        ("LOKI_RISK_RULES", "network", "a list such as network=ask"),
        ("LOKI_RISK_RULES", "network=never", "a list such as network=ask"),
        ("LOKI_RISK_RULES", "nuclear=block", "a list such as network=ask"),
        ("LOKI_RISK_RULES", "run=ask,run=block", "a list such as network=ask"),
        ("LOKI_RISK_RULES", '{"run": ', "a list such as network=ask"),
        ("LOKI_UNSURE_COMMANDS", "maybe", "auto, ask or block"),
    ],
)
def test_an_invalid_value_names_origin_value_and_range(place: Place, variable: str, value: str, bounds: str) -> None:
    message = place.refusal({variable: value})
    assert message.startswith(f"{variable} is {value[:20]!r}"[:-1])
    assert f"it must be {bounds}" in message
    assert len(message) < 250


@pytest.mark.parametrize("value", ["network=ask, destructive=block,", '{"network": "ask", "destructive": "block"}'])
def test_classes_of_risk_are_written_as_one_likes(place: Place, value: str) -> None:
    expected = {Risk.NETWORK: "ask", Risk.DESTRUCTIVE: "block"}
    assert place.load({"LOKI_RISK_RULES": value}).settings.risk_rules == expected
    place.configure('[risk_rules]\nnetwork = "ask"\ndestructive = "block"')
    assert place.load().settings.risk_rules == expected


def test_a_workspace_makes_classes_of_risk_stricter_and_no_looser(place: Place) -> None:
    place.share('risk_rules = "network=block,edit=ask"')
    assert place.load({"LOKI_RISK_RULES": "network=ask,run=allow"}).settings.risk_rules == {
        Risk.NETWORK: "block", Risk.RUN: "allow", Risk.EDIT: "ask",
    }  # fmt: skip
    place.share('risk_rules = "network=ask,destructive=block"')
    assert place.load({"LOKI_RISK_RULES": "network=block"}).settings.risk_rules == {Risk.NETWORK: "block"}


def test_a_truth_in_a_file_is_no_number(place: Place) -> None:
    place.configure("max_iterations = true")
    assert "max_iterations in" in place.refusal()


@pytest.mark.parametrize("value", ["", "  "])
def test_an_empty_variable_is_refused_since_it_could_mean_no_limit(place: Place, value: str) -> None:
    assert "LOKI_ALLOWED_PATHS is empty" in place.refusal({"LOKI_ALLOWED_PATHS": value})


def test_control_characters_of_a_file_do_not_reach_the_terminal(place: Place) -> None:
    place.share('"\\u001b[2J" = 1\nmax_turns = "\\u001b]0;x\\u0007"')
    assert "\x1b" not in place.refusal()


def test_all_problems_are_reported_together(place: Place) -> None:
    place.configure("max_retires = 3\nretry_base_seconds = 400")
    place.share('provider = "replay"\nmax_turns = 0')
    message = place.refusal({"LOKI_CASSETE": "x", "LOKI_BUDGET_LIMIT": "no"}, {"effort": "extreme"})
    assert message.startswith("7 settings cannot be used:")
    for name in ("max_retires", "retry_base_seconds", "provider", "max_turns", "LOKI_CASSETE", "LOKI_BUDGET", "effort"):
        assert name in message


def test_what_does_not_fit_together_is_said_with_names_and_values(place: Place) -> None:
    assert place.refusal({"LOKI_RETRY_BASE_SECONDS": "400"}) == (
        "LOKI_RETRY_BASE_SECONDS (400) and LOKI_RETRY_MAX_SECONDS (300, the default) "
        "make the first wait longer than the longest."
    )


def test_a_value_that_is_wrong_by_itself_is_not_said_to_contradict_another(place: Place) -> None:
    message = place.refusal({"LOKI_RETRY_MAX_SECONDS": "none", "LOKI_RETRY_BASE_SECONDS": "400"})
    assert "longest" not in message


# -- files --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"max_turns = ", "no valid TOML"),
        (b"a = " + b"[" * 20_000, "no valid TOML"),
        (b"max_turns = " + b"9" * 5000, "no valid TOML"),
        (b"max_turns = 0x" + b"f" * 5000, "no valid TOML"),
        (b'model = "\xff"', "cannot be read"),
        (b"#" * (MAX_BYTES + 1), "larger than"),
    ],
)
def test_a_file_that_cannot_be_used_stops_the_start(place: Place, content: bytes, why: str) -> None:
    place.config_file.write_bytes(content)
    message = place.refusal()
    assert str(place.config_file) in message
    assert why in message


def test_a_pipe_or_directory_in_a_files_place_does_not_hang(place: Place) -> None:
    os.mkfifo(place.workspace / ".loki.toml")
    place.config_file.mkdir()
    message = place.refusal()
    assert "no regular file" in message
    assert "Is a directory" in message


# -- the workspace's file -----------------------------------------------------------------------


def test_a_workspace_tightens_and_chooses_its_tests(place: Place) -> None:
    place.share(
        """
        max_iterations = 20
        budget_limit = 5
        max_duration = "2h"
        staged_autonomy = true
        allowed_paths = ["src"]
        test_command = "make check"
        test_timeout = 60
        """
    )
    resolved = place.load({"LOKI_MAX_ITERATIONS": "30", "LOKI_BUDGET_LIMIT": "5"})
    settings = resolved.settings
    assert (settings.max_iterations, settings.budget_limit, settings.max_duration) == (20, Decimal(5), 7200)
    assert settings.staged_autonomy
    assert settings.allowed_paths == (place.workspace / "src",)
    assert (settings.test_command, settings.test_timeout) == ("make check", 60)
    assert resolved.origins["max_iterations"].source == "workspace file"
    assert resolved.origins["max_iterations"].file == place.workspace / ".loki.toml"


def test_a_workspace_is_not_asked_again_when_a_run_is_taken_up(place: Place) -> None:
    place.share('test_command = "true"')
    settings = load_settings(environ={}, overrides={}, config_file=place.config_file, workspace=None)
    assert settings.test_command is None


def test_a_workspace_cannot_loosen_what_a_person_set(place: Place) -> None:
    place.share(
        'max_iterations = 40\nbudget_limit = 50\nallowed_paths = ["."]\ntest_command = "true"\nstaged_autonomy = false'
    )
    resolved = place.load(
        {"LOKI_MAX_ITERATIONS": "30", "LOKI_BUDGET_LIMIT": "5", "LOKI_ALLOWED_PATHS": "src"},
        {"test_command": "make check", "staged_autonomy": True},
    )
    settings = resolved.settings
    assert (settings.max_iterations, settings.budget_limit) == (30, Decimal(5))
    assert settings.allowed_paths == (Path("src"),)
    assert settings.test_command == "make check"
    assert settings.staged_autonomy
    assert resolved.origins["budget_limit"].source == "environment"


@pytest.mark.parametrize(
    "line",
    [
        "max_iterations = 1001",
        "max_retries = 51",
        "test_timeout = 1801",
        "staged_autonomy = false",
        'risk_rules = "network=allow"',
        'unsure_commands = "ask"',
        'allowed_paths = [".."]',
        'allowed_paths = ["/"]',
        'allowed_paths = ["src", "../workspace-twin"]',
    ],
)
def test_a_workspace_cannot_loosen_a_default(place: Place, line: str) -> None:
    place.share(line)
    assert "looser than the default" in place.refusal()


@pytest.mark.parametrize(
    "line",
    [
        'provider = "replay"',
        'dir = "/tmp"',
        'confinement = "none"',
        'pass_env = ["GITHUB_TOKEN"]',
        'read_paths = ["/root"]',
        'model = "dearest"',
        "perpetual_mode = true",
        'phase_unit_tests = "false"',
        "retry_base_seconds = 1",
        "[model_prices.m]\ninput = 0\noutput = 0",
        'theme = "dark"',
        'notify = "off"',
        '[keymap]\nrun.stop = "space"',
    ],
)
def test_a_workspace_may_say_nothing_else(place: Place, line: str) -> None:
    place.share(line)
    message = place.refusal()
    assert "agents can write that file" in message
    assert "Set LOKI_" in message


def test_a_link_in_the_workspace_does_not_widen_allowed_paths(place: Place, tmp_path: Path) -> None:
    (place.workspace / "src").mkdir()
    (place.workspace / "src" / "out").symlink_to(tmp_path)
    place.share('allowed_paths = ["src/out"]')
    assert "looser than the default" in place.refusal()
    assert place.load({"LOKI_ALLOWED_PATHS": "src"}).settings.allowed_paths == (Path("src"),)


@pytest.mark.parametrize(
    ("field", "option"), [("parallel_mode", "--parallel"), ("confinement", "--sandbox"), ("budget_limit", "--budget")]
)
def test_an_option_is_called_what_it_is_called_on_the_command_line(field: str, option: str) -> None:
    assert Origin("command line").term(field) == option

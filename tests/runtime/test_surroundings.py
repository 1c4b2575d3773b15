"""Where a command is called, and the settings it finds there."""

from __future__ import annotations

import os
from decimal import Decimal
from pathlib import Path

from loki_tui.runtime.surroundings import Surroundings, config_file
from tests.support.life import created


def around(tmp_path: Path, **variables: str) -> Surroundings:
    workspace = tmp_path / "project"
    workspace.mkdir()
    return Surroundings.here({**os.environ, "LOKI_DIR": str(tmp_path / "state"), **variables}, workspace)


def test_a_run_goes_on_with_the_settings_it_began_with_unless_the_environment_says_other(tmp_path: Path) -> None:
    recorded = created(settings={"max_turns": 3, "budget_limit": "7", "max_iterations": 5})
    settings = around(tmp_path, LOKI_MAX_TURNS="4").settings_of(recorded)
    assert (settings.max_turns, settings.budget_limit, settings.max_iterations) == (4, Decimal(7), 5)


def test_a_runs_record_says_nothing_about_the_screen(tmp_path: Path) -> None:
    config_file().parent.mkdir(parents=True)
    config_file().write_text('theme = "light"\n')
    recorded = created(settings={"theme": "dark", "keymap": {"run.stop": "space"}, "notify": "off", "max_turns": 3})
    settings = around(tmp_path).settings_of(recorded)
    assert (settings.theme, settings.keymap, settings.notify, settings.max_turns) == ("light", {}, "all", 3)

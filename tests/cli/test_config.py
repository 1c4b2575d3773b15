"""Settings from the command line: shown, written, taken out."""

from __future__ import annotations

from tests.support.program import Program


async def test_a_setting_is_written_shown_and_taken_out(loki: Program) -> None:
    file = loki.home / ".config" / "loki" / "config.toml"
    told = await loki("config", "set", "max_turns", "7")
    assert (told.code, told.out) == (0, f"LOKI_MAX_TURNS=7  from configuration file {file}\n")
    assert file.read_text() == "max_turns = 7\n"
    assert "LOKI_MAX_TURNS=7" in (await loki("config")).out
    told = await loki("config", "unset", "LOKI_MAX_TURNS")
    assert (told.code, told.out) == (0, "LOKI_MAX_TURNS=200  from default\n")
    assert file.read_text() == ""


async def test_what_stands_above_the_file_is_shown(loki: Program) -> None:
    told = await loki.with_(LOKI_THEME="light")("config", "set", "theme", "dark")
    assert (told.code, told.out) == (0, "LOKI_THEME=light  from environment\n")


async def test_a_wrong_value_is_refused(loki: Program) -> None:
    told = await loki("config", "set", "max_turns", "-1")
    assert told.code == 2
    assert "is '-1'; it must be a whole number from 1 up to 10000." in told.err
    assert not (loki.home / ".config" / "loki").exists()

"""What a person sees: colour and one picture on a terminal, plain text everywhere else."""

from __future__ import annotations

from tests.support.program import Program


async def test_a_terminal_has_colour_unless_it_is_not_wanted(loki: Program) -> None:
    run = await loki.with_(NO_COLOR="")("start")
    assert run.code == 0, run
    assert "\x1b" not in run.out + run.err
    code, shown = loki.with_(NO_COLOR="").on_terminal("status")
    assert code == 0
    assert shown.startswith("\x1b[32;1mCOMPLETED")
    assert max(map(len, shown.splitlines())) <= 120 + len("\x1b[32;1m\x1b[0m")
    assert "\x1b" not in loki.on_terminal("status")[1]
    _, watched = loki.on_terminal("status", "--watch")
    assert watched.startswith("\x1b[H")
    assert watched.count("COMPLETED") == 1


async def test_a_terminal_that_knows_no_unicode_is_no_crash(loki: Program) -> None:
    told = await loki.with_(PYTHONIOENCODING="ascii")("start", "prd \U0001f419.md")
    assert told.code == 2
    assert "\\U0001f419" in told.err

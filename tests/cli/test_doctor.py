"""The machine as `loki doctor` finds it, and its limits under attack."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from loki_tui.cli.doctor import print_report
from loki_tui.core.vocabulary import Confinement
from loki_tui.runtime.attack import Outcome, Report
from tests.support.hands import NO_BWRAP
from tests.support.program import Program
from tests.support.webserver import GOOD_KEY, provider, serving


async def test_the_machine_is_described(loki: Program) -> None:
    told = await loki("doctor")
    assert told.code == 0, told.out
    for name in ("Python", "git", "bubblewrap", "Landlock", "confinement", "network off", "locks", "TLS"):
        assert name in told.out
    rows = (await loki("doctor", "--json")).rows
    assert {row["standing"] for row in rows} <= {"good", "missing"}
    assert {"name", "standing", "found", "version", "fix"} == set(rows[0])


async def test_both_forms_exit_alike_where_something_stops_loki(loki: Program) -> None:
    hindered = loki.with_(LOKI_CONFINEMENT="docker", DOCKER_HOST="unix:///nowhere")
    told, rows = await hindered("doctor"), await hindered("doctor", "--json")
    assert (told.code, rows.code) == (20, 20)
    assert "No container engine answers here" in told.out
    assert next(row["name"] for row in rows.rows if row["standing"] == "bad") == "confinement"


async def test_a_key_is_tried_with_a_real_request_and_never_shown(loki: Program) -> None:
    with serving(provider) as server:
        real = loki.without("LOKI_PROVIDER", "LOKI_CASSETTE").with_(ANTHROPIC_BASE_URL=server.url)
        good = await real.with_(ANTHROPIC_API_KEY=GOOD_KEY)("doctor", "--live", "--json")
        assert (good.code, "accepts it" in good.out, GOOD_KEY in good.out) == (0, True, False)
        bad = await real.with_(ANTHROPIC_API_KEY=GOOD_KEY[:-1])("doctor", "--live")
        assert (bad.code, "refuses it" in bad.out) == (20, True)


REPORT = Report(
    Confinement(rung="landlock", detail="ABI 7"),
    (
        Outcome("create", "write", "kernel"),
        Outcome("mode", "metadata", "not covered", "modes of files outside"),
        Outcome("rm -rf /", "command", "parser", "it removes the root"),
        Outcome("times", "metadata", "not covered", "modes of files outside"),
    ),
)


def test_an_attack_is_summed_up(capsys: pytest.CaptureFixture[str]) -> None:
    print_report(REPORT)
    assert capsys.readouterr().out.splitlines() == [
        "not covered  modes of files outside (2 not tried)",
        "4 attempts on landlock ABI 7",
        "  blocked by parser   1",
        "  blocked by kernel   1",
        "  not covered         2",
        "  leaked              0",
    ]
    print_report(replace(REPORT, outcomes=(Outcome("append", "write", "leaked", "changed: /x"),)))
    assert "LEAKED     write, append: changed: /x\n" in capsys.readouterr().out


@pytest.mark.timeout(300)
async def test_the_limits_hold_under_attack(loki: Program) -> None:
    """It takes longer than any other command, so more patience is had with it."""
    async with loki.with_(LOKI_CONFINEMENT="landlock").started("doctor", "--attack", "--json") as process:
        out, err = await process.communicate()
    outcomes = [json.loads(line) for line in out.splitlines()]
    assert process.returncode == 0, [row for row in outcomes if row["stopped_by"] == "leaked"] or err
    assert {"parser", "kernel", "not covered"} == {row["stopped_by"] for row in outcomes}


async def test_nothing_is_attacked_where_nothing_holds(loki: Program) -> None:
    told = await loki.with_(LOKI_CONFINEMENT="none")("doctor", "--attack")
    assert told.code == 2
    assert "every escape would do its harm" in told.err


async def test_a_network_to_hosts_is_refused_at_the_start_where_nothing_holds_it(loki: Program) -> None:
    told = await loki.with_(LOKI_CONFINEMENT="landlock", LOKI_NETWORK="example.com")("start", "prd.md")
    assert told.code == 2
    assert "Only bubblewrap can hold commands to the hosts" in told.err
    if not NO_BWRAP:
        told = await loki.with_(LOKI_NETWORK="example.com")("doctor")
        assert "network to 1 host only" in told.out

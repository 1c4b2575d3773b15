from __future__ import annotations

from pathlib import Path

import pytest

from loki_tui.core.errors import ConfinementError
from loki_tui.hands.box.confine import landlock_abi
from loki_tui.hands.bubble import trouble_with, version_of
from loki_tui.hands.rungs import Rung, available, choose
from tests.support.hands import NO_BWRAP

OFF, HOSTS = ("off",), ("example.com", "*.example.org")


def test_the_best_rung_that_works_is_taken() -> None:
    assert choose("auto").name == available()[0]
    assert choose("auto").name == ("landlock" if NO_BWRAP else "bwrap")
    assert choose("landlock") == Rung("landlock", landlock_abi())


def test_no_confinement_has_to_be_said() -> None:
    rung = choose("none")
    shown = rung.describe(writable=[Path("/w")], exposed=[])
    assert (shown.rung, shown.uncovered, shown.writable) == ("none", ("everything this user may do",), ("/w",))
    assert shown.without == ()


@pytest.mark.parametrize("demanded", ["", "bubblewrap", "Landlock", "off"])
def test_what_there_is_none_of_is_refused(demanded: str) -> None:
    with pytest.raises(ConfinementError, match="There is no confinement"):
        choose(demanded)


def test_what_is_not_here_is_refused_with_what_is() -> None:
    with pytest.raises(ConfinementError, match="LOKI_CONFINEMENT=docker is not available here") as refusal:
        choose("docker")
    assert "landlock" in refusal.value.hint


def test_a_program_that_does_not_work_is_no_bubblewrap(tmp_path: Path) -> None:
    broken = tmp_path / "bwrap"
    broken.write_text("#!/bin/sh\necho 'bwrap: setting up uid map: Permission denied' >&2; exit 1\n")
    broken.chmod(0o755)
    assert trouble_with(str(broken)) == "setting up uid map: Permission denied"
    silent = tmp_path / "silent"
    silent.write_text("#!/bin/sh\nexit 3\n")
    silent.chmod(0o755)
    assert trouble_with(str(silent)) == "exit code 3"
    assert "cannot be run" in trouble_with(str(tmp_path / "missing"))
    assert version_of(str(tmp_path / "missing")) == ""


def test_what_is_not_covered_is_said() -> None:
    new = Rung("landlock", 7).describe(writable=[], exposed=["~/.aws"])
    assert new.detail == "ABI 7"
    assert new.network == ("on",)
    assert any(leaf.startswith("the network") for leaf in new.uncovered)
    assert "~/.aws, which lies where hands may read" in new.uncovered
    assert "signals to your other processes" not in new.uncovered
    assert "signals to your other processes" in Rung("landlock", 4).describe(writable=[], exposed=[]).uncovered
    assert any("multiprocessing.Manager" in phrase for phrase in new.without)


def test_a_network_that_is_off_is_no_gap_and_its_price_is_said() -> None:
    held = Rung("landlock", 7, OFF).describe(writable=[], exposed=[])
    assert not any("the network" in leaf for leaf in held.uncovered)
    assert any("loopback included" in phrase for phrase in held.without)
    assert held.detail == "ABI 7, network off"
    within = Rung("bwrap", 7, OFF).describe(writable=[], exposed=[])
    assert not any("network" in leaf or "loopback" in leaf for leaf in (*within.uncovered, *within.without))


def test_bubblewrap_leaves_less() -> None:
    landlock = Rung("landlock", 7).describe(writable=[], exposed=[]).uncovered
    bwrap = Rung("bwrap", 7).describe(writable=[], exposed=[]).uncovered
    assert len(bwrap) < len(landlock)
    assert "abstract unix sockets" in Rung("bwrap", 5).describe(writable=[], exposed=[]).uncovered
    assert "abstract unix sockets" not in Rung("bwrap", 5, OFF).describe(writable=[], exposed=[]).uncovered


@pytest.mark.parametrize("network", [OFF, HOSTS])
def test_a_network_that_nothing_would_hold_is_refused(network: tuple[str, ...]) -> None:
    with pytest.raises(ConfinementError, match=r"LOKI_NETWORK=.* cannot be kept"):
        choose("none", network)


def test_hosts_need_bubblewrap() -> None:
    assert choose("landlock", OFF).network == OFF
    with pytest.raises(ConfinementError, match="Only bubblewrap can hold commands to the hosts") as refusal:
        choose("landlock", HOSTS)
    assert "LOKI_NETWORK=off" in refusal.value.hint
    if not NO_BWRAP:
        assert choose("auto", HOSTS).hosts == HOSTS
        assert choose("auto", OFF).hosts == ()

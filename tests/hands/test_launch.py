from __future__ import annotations

from pathlib import Path

import pytest

from loki_tui.core.errors import ConfinementError
from loki_tui.hands.launch import Rung, choose


def test_the_strongest_rung_is_taken() -> None:
    assert choose("auto") == choose("landlock")
    assert choose("auto").name == "landlock"


def test_no_confinement_has_to_be_said() -> None:
    rung = choose("none")
    shown = rung.describe(writable=[Path("/w")], exposed=[])
    assert (shown.rung, shown.uncovered, shown.writable) == ("none", ("everything this user may do",), ("/w",))


@pytest.mark.parametrize("demanded", ["", "docker", "Landlock", "off"])
def test_what_is_not_there_is_refused(demanded: str) -> None:
    with pytest.raises(ConfinementError, match="There is no confinement"):
        choose(demanded)


def test_what_is_not_covered_is_said() -> None:
    new = Rung("landlock", 7).describe(writable=[], exposed=["~/.aws"])
    assert new.detail == "ABI 7"
    assert "the network" in new.uncovered
    assert "~/.aws, which lies where hands may read" in new.uncovered
    assert "signals to your other processes" not in new.uncovered
    assert "signals to your other processes" in Rung("landlock", 4).describe(writable=[], exposed=[]).uncovered

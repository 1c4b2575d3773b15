from __future__ import annotations

from dataclasses import replace

import pytest

from loki_tui.core.errors import ConfinementError, UsageError
from loki_tui.hands.policy import added_paths, agent_paths
from tests.support.hands import World


def test_agents_write_the_workspace_unless_told_where(world: World) -> None:
    assert agent_paths(world.demands()) == (world.workspace,)


def test_allowed_paths_are_real_and_relative_to_the_workspace(world: World) -> None:
    allowed = ("src", f"{world.workspace}/tests", "./src/../src", "src/way-out", "other.txt")
    assert agent_paths(world.demands(allowed=allowed)) == (
        world.workspace / "src",
        world.workspace / "tests",
        world.outside,
        world.workspace / "other.txt",
    )


def test_a_path_that_is_not_there_is_named(world: World) -> None:
    with pytest.raises(UsageError, match=r"LOKI_ALLOWED_PATHS: .*/missing cannot be used: No such file"):
        agent_paths(world.demands(allowed=("src", "missing")))
    with pytest.raises(UsageError, match=r"LOKI_READ_PATHS: .*/missing"):
        added_paths(world.demands(readable=("missing",)))


def test_read_paths_are_granted_as_said(world: World) -> None:
    granted = added_paths(world.demands(readable=("~/.ssh", str(world.outside))))
    assert granted[-2:] == (world.home / ".ssh", world.outside)


@pytest.mark.parametrize("path", ["~", "~/.local", "~/.local/state/loki", "~/.local/state/loki/journal.db", "/"])
def test_the_state_directory_is_never_granted(world: World, path: str) -> None:
    with pytest.raises(ConfinementError, match="own state"):
        agent_paths(world.demands(allowed=(path,)))
    with pytest.raises(ConfinementError, match="own state"):
        added_paths(world.demands(readable=(path,)))


def test_a_workspace_around_the_state_directory_is_refused(world: World) -> None:
    (world.workspace / "src/home").symlink_to(world.home)
    with pytest.raises(ConfinementError, match="own state"):
        agent_paths(world.demands(allowed=("src/home",)))


def test_private_homes_cannot_lie_in_the_workspace(world: World) -> None:
    with pytest.raises(ConfinementError, match="own state"):
        agent_paths(replace(world.demands(), private=world.workspace / "private"))

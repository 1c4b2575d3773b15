"""The root that bubblewrap makes: what is in it, what covers what, and which links lead there."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from loki_tui.hands.bubble import links_to
from loki_tui.hands.mounts import arguments, shields
from loki_tui.hands.policy import with_own_mounts
from tests.support.hands import World, make_policy_of, make_world


@pytest.fixture
def world(tmp_path: Path) -> World:
    return make_world(tmp_path, "bwrap")


def mounted(argv: list[str]) -> list[tuple[str, str]]:
    """Kind and place of everything mounted, in order."""
    kinds = ("--bind", "--ro-bind", "--tmpfs")
    return [(word, argv[at + (1 if word == "--tmpfs" else 2)]) for at, word in enumerate(argv) if word in kinds]


def order(world: World, *writable: Path, network: bool = True) -> list[tuple[str, str]]:
    return mounted(arguments(make_policy_of(world, *writable), program="/bwrap", network=network, proxy=None))


def test_what_lies_deeper_comes_later(world: World) -> None:
    places = [place for _, place in order(world, world.workspace / "src", world.workspace / "src/deep")]
    assert places.index(str(world.workspace)) < places.index(str(world.workspace / "src"))
    assert str(world.workspace / "src/deep") not in places
    assert len(places) == len(set(places))


def test_nothing_readable_covers_what_may_be_written(world: World) -> None:
    mounts = order(world, world.workspace)
    assert ("--bind", str(world.workspace)) in mounts
    assert ("--ro-bind", str(world.workspace)) not in mounts


def test_nothing_of_the_person_is_there(world: World) -> None:
    places = [place for _, place in order(world)]
    assert not any(place == str(world.home) or place.startswith(f"{world.home}/.") for place in places)
    assert str(world.outside) not in places
    assert "/run" not in places


def test_the_resolvers_socket_is_left_out_where_the_network_is(world: World) -> None:
    assert "/run/systemd/resolve" not in [place for _, place in order(world, network=False)]


def test_the_root_is_read_only_at_the_end(world: World) -> None:
    argv = arguments(make_policy_of(world), program="/bwrap", network=False, proxy=Path("/proxy"))
    assert argv[-5:] == ["--remount-ro", "/", "--chdir", "/", "--"]
    assert {"--unshare-net", "--die-with-parent", "--unshare-pid", "--unshare-user"} <= set(argv)
    assert ("--ro-bind", "/run/loki") in mounted(argv)
    assert "--unshare-net" not in arguments(make_policy_of(world), program="/bwrap", network=True, proxy=None)


def test_links_on_the_way_are_made_again(tmp_path: Path) -> None:
    real = tmp_path.resolve()
    (real / "data/home").mkdir(parents=True)
    (real / "home").symlink_to("data/home")
    (real / "user").symlink_to(real / "home")
    (real / "loop").symlink_to("loop")
    assert links_to([f"{real}/user/x"], []) == [
        *("--symlink", str(real / "home"), str(real / "user")),
        *("--symlink", "data/home", str(real / "home")),
    ]
    assert links_to([f"{real}/data/../home"], []) == ["--symlink", "data/home", str(real / "home")]
    assert links_to([f"{real}/user"], [real]) == []
    assert links_to([f"{real}/loop/x", "/", "", "relative"], [])[:3] == ["--symlink", "loop", str(real / "loop")]


@pytest.fixture
def repository(world: World) -> Path:
    subprocess.run(["git", "init", "-q", "--template=", str(world.workspace)], check=True, timeout=30)
    return world.workspace


def names(root: Path) -> set[str]:
    return {str(path.relative_to(root)) for path in shields([root])}


def test_a_repositorys_orders_are_shielded_even_where_they_are_missing(repository: Path) -> None:
    assert names(repository) == {".git/hooks", ".git/info", ".git/config"}
    assert (repository / ".git/hooks").is_dir()


def test_those_of_submodules_and_work_trees_too(repository: Path) -> None:
    module = repository / ".git/modules/a/modules/b"
    subprocess.run(["git", "init", "-q", "--bare", str(module)], check=True, timeout=30)
    (repository / ".git/worktrees/w").mkdir(parents=True)
    (repository / ".git/worktrees/w/commondir").write_text("../..\n")
    found = names(repository)
    assert {".git/modules/a/modules/b/config", ".git/modules/a/modules/b/hooks"} <= found
    assert ".git/worktrees/w/commondir" in found


def test_a_pointer_to_a_repository_is_shielded_itself(world: World) -> None:
    (world.workspace / ".git").write_text("gitdir: ../elsewhere\n")
    assert names(world.workspace) == {".git"}


def test_a_link_is_never_followed_to_a_mount(world: World, repository: Path) -> None:
    (repository / ".git/hooks").symlink_to(world.outside)
    assert ".git/hooks" not in names(repository)
    (world.workspace / "src/.git").symlink_to(world.outside)
    assert shields([world.workspace / "src"]) == ()


def test_what_is_above_a_shield_cannot_be_renamed(world: World, repository: Path) -> None:
    policy = make_policy_of(world)
    mounts = mounted(arguments(policy, program="/bwrap", network=True, proxy=None))
    assert ("--bind", str(repository / ".git")) in mounts
    assert mounts.index(("--bind", str(repository / ".git"))) < mounts.index(
        ("--ro-bind", str(repository / ".git/hooks"))
    )


def test_temporary_places_are_not_granted_above_what_may_only_be_read(world: World) -> None:
    policy = make_policy_of(world, world.workspace / "src")
    below = with_own_mounts(policy, sealed=(), masked=())
    assert (Path("/tmp") in below.private) is not str(world.workspace).startswith("/tmp/")
    assert Path("/var/tmp") in below.private

"""One project from every directory in it, and never a state that its agent could write."""

from __future__ import annotations

import subprocess
from contextlib import aclosing
from pathlib import Path

import pytest

from loki_tui.core.errors import UsageError
from loki_tui.core.requests import Pause
from loki_tui.store.paths import default_state_root
from loki_tui.store.project import Project, locate_project
from tests.store.samples import RUN, begin, open_journal


@pytest.fixture(autouse=True)
def _state_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "xdg"))


@pytest.fixture
def deep(tmp_path: Path) -> Path:
    """A directory within a directory within a would-be workspace."""
    deep = tmp_path / "shop" / "src" / "api"
    deep.mkdir(parents=True)
    return deep


@pytest.fixture
def shop(deep: Path) -> Path:
    return deep.parents[1]


def test_a_plain_directory_is_its_own_workspace(deep: Path) -> None:
    project = locate_project(deep)
    assert project.workspace == deep
    assert project.state.root == default_state_root(deep)
    assert not project.state.root.exists()


def test_a_git_work_tree_is_found_from_anywhere_in_it(deep: Path, shop: Path) -> None:
    subprocess.run(["git", "init", "-q", str(shop)], check=True)
    assert locate_project(deep) == locate_project(shop)
    assert locate_project(deep).workspace == shop


def test_the_git_file_of_a_worktree_counts(deep: Path, shop: Path) -> None:
    (shop / ".git").write_text("gitdir: /elsewhere\n")
    assert locate_project(deep).workspace == shop


def test_state_marks_a_workspace_that_is_no_repository(deep: Path, shop: Path) -> None:
    begin(locate_project(shop).state)
    assert locate_project(deep).workspace == shop


def test_the_nearest_one_wins(deep: Path, shop: Path) -> None:
    begin(locate_project(shop).state)
    (deep / ".git").mkdir()
    assert locate_project(deep).workspace == deep


def test_a_chosen_state_directory_marks_its_workspace(deep: Path, shop: Path, tmp_path: Path) -> None:
    chosen = tmp_path / "chosen"
    begin(locate_project(shop, state_root=chosen).state)
    project = locate_project(deep, state_root=chosen)
    assert (project.workspace, project.state.root) == (shop, chosen)


def test_links_are_followed_once_and_for_all(deep: Path, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(deep)
    (tmp_path / "state-link").symlink_to(tmp_path / "real-state")
    project = locate_project(tmp_path / "link", state_root=tmp_path / "state-link")
    assert (project.workspace, project.state.root) == (deep, tmp_path / "real-state")


def test_state_within_the_workspace_is_refused(shop: Path, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(shop)
    for root in (shop, shop / ".loki", tmp_path / "link" / ".loki", tmp_path):
        with pytest.raises(UsageError, match="one inside the other") as raised:
            locate_project(shop, state_root=root)
        assert "LOKI_DIR" in raised.value.hint


def test_a_neighbour_with_a_longer_name_is_no_inside(shop: Path) -> None:
    assert locate_project(shop, state_root=shop.with_name("shop-state")).workspace == shop


def test_the_default_state_is_held_to_the_same_rule(tmp_path: Path) -> None:
    """A home directory that is itself a repository would hold its own state."""
    (tmp_path / ".git").mkdir()
    with pytest.raises(UsageError, match="one inside the other"):
        locate_project(tmp_path)


def test_a_relative_state_directory_is_refused(shop: Path) -> None:
    with pytest.raises(UsageError, match="Loki is called from"):
        locate_project(shop, state_root=Path("../state"))


def test_a_start_that_is_no_directory_is_refused(shop: Path) -> None:
    with pytest.raises(UsageError, match="is no directory"):
        locate_project(shop / "missing")


def test_a_project_without_runs_has_none(shop: Path) -> None:
    project = locate_project(shop)
    assert project.runs() == []
    assert project.engine() is None
    assert not project.state.root.exists()


async def test_a_face_finds_everything_here(shop: Path) -> None:
    project: Project = locate_project(shop)
    begin(project.state, count=2)
    assert [(run.id, run.last_seq) for run in project.runs()] == [(RUN, 3)]
    with project.reader() as reader:
        assert reader.verify_chain(RUN) is None
    async with aclosing(project.follow(RUN, after=2)) as records:
        assert (await anext(records)).seq == 3
    with open_journal(project.state) as journal:
        number = project.post(RUN, Pause(by="me"))
        assert journal.pending_requests() == [(number, Pause(by="me"))]
        holder = project.engine()
        assert holder is not None
        assert holder.run == RUN

"""State is private, belongs to one workspace, and says so."""

from __future__ import annotations

import json
import os
import stat
from dataclasses import replace
from pathlib import Path

import pytest

from loki_tui.core.errors import UsageError
from loki_tui.store.files import write_whole
from loki_tui.store.lock import EngineLock
from loki_tui.store.paths import StateDirectory, default_state_root


def test_a_person_can_tell_what_it_belongs_to(state: StateDirectory) -> None:
    state.prepare()
    assert json.loads(state.manifest.read_text()) == {"workspace": str(state.workspace)}
    assert state.owner() == state.workspace


def test_it_is_private_from_the_start(state: StateDirectory) -> None:
    state.prepare()
    assert stat.S_IMODE(state.root.stat().st_mode) == 0o700


def test_preparing_again_changes_nothing(state: StateDirectory) -> None:
    state.prepare()
    before = state.manifest.stat()
    state.prepare()
    assert state.manifest.stat() == before


def test_the_state_of_another_workspace_is_refused(state: StateDirectory) -> None:
    state.prepare()
    with pytest.raises(UsageError, match="belongs to another workspace"):
        EngineLock.acquire(replace(state, workspace=state.workspace.parent / "other"), run="r")


@pytest.mark.parametrize("content", [b"", b"[]", b"{}", b'{"workspace": 1}', b"\xff"])
def test_a_manifest_that_says_nothing_binds_nobody(state: StateDirectory, content: bytes) -> None:
    state.prepare()
    state.manifest.write_bytes(content)
    assert state.owner() is None
    state.prepare()


def test_a_run_has_private_directories(state: StateDirectory) -> None:
    run = state.prepare_run("run-1")
    for path in (run.home, run.tmp, run.verify):
        assert path.parent == run.root == state.root / "runs" / "run-1"
        assert stat.S_IMODE(path.stat().st_mode) == 0o700
    assert state.prepare_run("run-1") == run


@pytest.mark.parametrize("run", ["", "..", ".", "a/b", "../x", "-rf", "a\n", "x" * 65, "ü"])
def test_what_is_no_run_makes_no_directory(state: StateDirectory, run: str) -> None:
    with pytest.raises(UsageError, match="is no run"):
        state.prepare_run(run)
    assert not state.root.exists()


@pytest.mark.parametrize(
    ("workspace", "name"),
    [
        ("/home/me/shop", "shop"),
        ("/home/me/My Shöp! 🛒", "My-Sh-p"),
        ("/home/me/.hidden", "hidden"),
        ("/", "project"),
        ("/home/me/🛒", "project"),
        ("/home/me/" + "long" * 50, "long" * 10),
        (os.fsdecode(b"/home/me/caf\xe9"), "caf"),
    ],
)
def test_state_is_named_after_the_workspace(workspace: str, name: str) -> None:
    slug, _, digest = default_state_root(Path(workspace)).name.rpartition("-")
    assert slug == name
    assert len(digest) == 10


def test_namesakes_have_states_of_their_own() -> None:
    assert default_state_root(Path("/a/shop")) != default_state_root(Path("/b/shop"))


def test_state_follows_the_platform(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    assert default_state_root(Path("/a/shop")).parent == tmp_path / "loki"


def test_a_name_that_is_no_text_is_remembered_all_the_same(tmp_path: Path) -> None:
    workspace = tmp_path / os.fsdecode(b"caf\xe9")
    state = StateDirectory(root=tmp_path / "state", workspace=workspace)
    state.prepare()
    assert state.owner() == workspace


def test_a_file_in_its_place_is_said(state: StateDirectory) -> None:
    state.root.write_text("not a directory")
    with pytest.raises(UsageError, match="cannot be written: File exists") as raised:
        state.prepare()
    assert "LOKI_DIR" in raised.value.hint


def test_a_read_only_place_is_said(tmp_path: Path) -> None:
    """Sysfs refuses new directories to everyone, root included."""
    state = StateDirectory(root=Path("/sys/loki"), workspace=tmp_path)
    with pytest.raises(UsageError, match="cannot be written") as raised:
        EngineLock.acquire(state, run="r")
    assert "LOKI_DIR" in raised.value.hint


def test_a_failed_write_leaves_the_old_file_and_no_other(tmp_path: Path) -> None:
    target = tmp_path / "taken"
    target.mkdir()
    with pytest.raises(OSError, match="directory"):
        write_whole(target, b"new")
    assert list(tmp_path.iterdir()) == [target]

from __future__ import annotations

import asyncio
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

from loki_tui.core.errors import CheckpointError
from loki_tui.store.checkpoints import GitCheckpoints
from tests.store.checkpointing import PREAMBLE, files_of, powerless
from tests.support.git import git, repository, state, write


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    root = tmp_path / "work space"
    root.mkdir()
    return root


@pytest.fixture
def checkpoints(tmp_path: Path, workspace: Path) -> GitCheckpoints:
    return GitCheckpoints(tmp_path / "state" / "checkpoints.git", workspace=workspace)


async def test_what_is_tracked_untracked_and_uncommitted_comes_back(
    checkpoints: GitCheckpoints, workspace: Path
) -> None:
    repository(workspace, {"tracked": "1\n", "staged": "1\n", "deleted": "1\n", ".gitignore": "*.log\n"})
    write(workspace, {"tracked": "2\n", "staged": "2\n", "sub/untracked": "new\n", "x.log": "ignored\n"})
    git(workspace, "add", "staged")
    (workspace / "deleted").unlink()
    before, status = state(workspace), git(workspace, "status", "--porcelain")

    taken = await checkpoints.take("before")
    write(workspace, {"tracked": "3\n", "deleted": "3\n", "later/file": "3\n"})
    (workspace / "sub" / "untracked").unlink()
    saved = await checkpoints.restore(taken.checkpoint)

    assert state(workspace) == before
    assert git(workspace, "status", "--porcelain") == status
    assert not (workspace / "later").exists()
    assert (taken.checkpoint, taken.files, taken.skipped) == ("c1", 4, ())
    assert (saved.checkpoint, saved.changed) == ("c2", 4)
    await checkpoints.restore(saved.checkpoint)
    assert (workspace / "later" / "file").read_text() == "3\n"


async def test_each_checkpoint_says_what_it_is(checkpoints: GitCheckpoints, workspace: Path) -> None:
    write(workspace, {"a": "1\n"})
    await checkpoints.take("start\nof \x1b[31mall", iteration=0)
    write(workspace, {"a": "2\n", "b": "2\n"})
    taken = await checkpoints.take("", iteration=1)

    first, second = await checkpoints.list()
    assert (first.id, first.label, first.files, first.changed) == ("c1", "start of [31mall", 1, 1)
    assert (second.id, second.iteration, second.files, second.changed) == ("c2", 1, 2, 2)
    assert second.tree == taken.tree
    assert abs(second.at.timestamp() - time.time()) < 60
    assert "-1\n+2\n" in await checkpoints.show("c2")
    assert "+++ b/a" in await checkpoints.show("c1")
    assert "+++ b/b" in await checkpoints.diff("c1", "c2")


async def test_an_unchanged_workspace_keeps_its_tree(checkpoints: GitCheckpoints, workspace: Path) -> None:
    write(workspace, {"a": "1\n"})
    first, second = await checkpoints.take("one"), await checkpoints.take("two")
    assert (second.tree, second.changed) == (first.tree, 0)


async def test_an_empty_workspace_has_checkpoints(checkpoints: GitCheckpoints, workspace: Path) -> None:
    assert await checkpoints.list() == ()
    taken = await checkpoints.take("empty")
    write(workspace, {"a": "1\n"})
    await checkpoints.restore(taken.checkpoint)
    assert state(workspace) == {}


@pytest.mark.parametrize(
    "change",
    ["(workspace / 'ro' / 'a').write_text('2')", "(workspace / 'ro' / 'later').touch()"],
    ids=["changed", "later"],
)
def test_a_workspace_that_cannot_be_written_is_said(tmp_path: Path, workspace: Path, change: str) -> None:
    write(workspace, {"ro/a": "1\n"})
    script = f"""
async def main():
    await checkpoints.take("x")
    {change}
    (workspace / "ro").chmod(0o555)
    try:
        await checkpoints.restore("c1")
    except CheckpointError as error:
        print(error.hint)
    (workspace / "ro").chmod(0o755)
    await checkpoints.restore("c1")

asyncio.run(main())
"""
    said = powerless(script, tmp_path / "cp.git", workspace)
    assert said == "Make it writable and restore again; c2 holds what was there before.\n"
    assert state(workspace) == {"ro/a": "- b'1\\n'"}


async def test_restoring_never_follows_a_link_out_of_the_workspace(
    checkpoints: GitCheckpoints, workspace: Path, tmp_path: Path
) -> None:
    outside = tmp_path / "outside"
    write(outside, {"a": "theirs\n", "keep": "theirs\n"})
    write(workspace, {"src/a": "1\n", "src/b": "1\n", "ignored/a": "1\n", "file": "1\n"})
    before = state(workspace)
    taken = await checkpoints.take("real directories")
    for name in ("src", "ignored"):
        for path in (workspace / name).iterdir():
            path.unlink()
        (workspace / name).rmdir()
        (workspace / name).symlink_to(outside)
    (workspace / "file").unlink()
    (workspace / "file").symlink_to(outside / "a")
    write(workspace, {".gitignore": "ignored\n"})

    await checkpoints.restore(taken.checkpoint)
    assert state(workspace) == before
    assert state(outside) == {"a": "- b'theirs\\n'", "keep": "- b'theirs\\n'"}


async def test_files_and_directories_change_places(checkpoints: GitCheckpoints, workspace: Path) -> None:
    write(workspace, {"a": "1", "b/x": "1", "b/y/z": "1"})
    before = state(workspace)
    taken = await checkpoints.take("one way")
    (workspace / "a").unlink()
    for name in ("b/x", "b/y/z"):
        (workspace / name).unlink()
    (workspace / "b" / "y").rmdir()
    (workspace / "b").rmdir()
    write(workspace, {"a/x": "2", "b": "2"})
    after = state(workspace)

    back = await checkpoints.restore(taken.checkpoint)
    assert state(workspace) == before
    await checkpoints.restore(back.checkpoint)
    assert state(workspace) == after


async def test_nothing_that_an_agent_wrote_is_run(
    checkpoints: GitCheckpoints, workspace: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    marker = tmp_path / "fired"
    trap = f"touch '{marker}'; cat"
    repository(workspace, {"a.txt": "1\n"})
    keys = ("filter.x.clean", "filter.x.smudge", "diff.x.textconv", "diff.x.command", "core.fsmonitor", "core.pager")
    for key in keys:
        git(workspace, "config", key, trap)
    git(workspace, "config", "core.hooksPath", str(workspace))
    for hook in ("post-checkout", "post-index-change", "reference-transaction", "pre-auto-gc"):
        write(workspace, {hook: f"#!/bin/sh\ntouch '{marker}'\n"})
        (workspace / hook).chmod(0o755)
    write(workspace, {".gitattributes": "* filter=x diff=x text eol=crlf ident working-tree-encoding=UTF-16\n"})
    # Such as where Loki was started by a hook of the person's.
    monkeypatch.setenv("GIT_DIR", str(workspace / ".git"))
    monkeypatch.setenv("GIT_INDEX_FILE", str(workspace / ".git" / "index"))
    monkeypatch.setenv("GIT_EXTERNAL_DIFF", trap)
    monkeypatch.setenv("GIT_CONFIG_PARAMETERS", f"'core.fsmonitor={trap}'")
    index = (workspace / ".git" / "index").read_bytes()

    await checkpoints.take("one")
    write(workspace, {"a.txt": "2 $Id$\r\n\n"})
    before = state(workspace)
    await checkpoints.take("two")
    assert "+2 $Id$" in await checkpoints.diff("c1", "c2")
    await checkpoints.show("c2")
    assert await files_of(checkpoints, "c2", tmp_path / "out") == before
    await checkpoints.restore("c1")
    await checkpoints.restore("c2")

    assert state(workspace) == before
    assert not marker.exists()
    assert (workspace / ".git" / "index").read_bytes() == index
    git(workspace, "status")
    assert marker.exists(), "the traps were never set"


async def test_attributes_do_not_hide_changes_from_a_diff(checkpoints: GitCheckpoints, workspace: Path) -> None:
    write(workspace, {".gitattributes": "*.py -diff\n", "a.py": "1\n"})
    await checkpoints.take("one")
    write(workspace, {"a.py": "evil()\n"})
    await checkpoints.take("two")
    assert "+evil()" in await checkpoints.diff("c1", "c2")


async def test_checkpoints_need_nothing_of_the_repository(
    checkpoints: GitCheckpoints, workspace: Path, tmp_path: Path
) -> None:
    repository(workspace, {"a": "1"})
    taken = await checkpoints.take("x")
    shutil.rmtree(workspace / ".git")
    (workspace / "a").unlink()
    await checkpoints.restore(taken.checkpoint)
    assert (workspace / "a").read_text() == "1"


async def test_a_crash_in_the_middle_heals(checkpoints: GitCheckpoints, workspace: Path, tmp_path: Path) -> None:
    write(workspace, {"a": "1"})
    await checkpoints.take("one")
    directory = tmp_path / "state" / "checkpoints.git"
    for name in ("index.lock", "refs/loki/checkpoints/c2.lock"):
        (directory / name).touch()
    assert (await checkpoints.take("two")).checkpoint == "c2"


@pytest.mark.parametrize("checkpoint", ["c9", "", "HEAD", "--all", "c1^", "../x"])
async def test_an_unknown_checkpoint_is_refused(
    checkpoints: GitCheckpoints, workspace: Path, tmp_path: Path, checkpoint: str
) -> None:
    await checkpoints.take("x")
    for call in (
        checkpoints.restore(checkpoint),
        checkpoints.show(checkpoint),
        checkpoints.diff("c1", checkpoint),
        checkpoints.export(checkpoint, tmp_path),
    ):
        with pytest.raises(CheckpointError, match="no checkpoint"):
            await call
    assert len(await checkpoints.list()) == 1


async def test_an_export_wants_an_empty_directory(checkpoints: GitCheckpoints, workspace: Path, tmp_path: Path) -> None:
    await checkpoints.take("x")
    write(tmp_path, {"full/a": "1"})
    with pytest.raises(CheckpointError, match="not empty"):
        await checkpoints.export("c1", tmp_path / "full")
    with pytest.raises(CheckpointError, match="No such file"):
        await checkpoints.export("c1", tmp_path / "absent")


async def test_a_huge_diff_is_cut(checkpoints: GitCheckpoints, workspace: Path) -> None:
    write(workspace, {"a": ""})
    await checkpoints.take("one")
    write(workspace, {"a": "0123456789\n" * 200_000})
    await checkpoints.take("two")
    diff = await checkpoints.diff("c1", "c2")
    assert len(diff) < 1_100_000
    assert diff.endswith("+0123456789\n[cut: the diff is longer than 1,000,000 bytes]\n")


def test_a_full_disk_costs_one_checkpoint_only(tmp_path: Path, workspace: Path) -> None:
    (tmp_path / "disk").mkdir()
    (workspace / "noise").write_bytes(os.urandom(100_000))
    script = """
async def main():
    await checkpoints.take("fits")
    (workspace / "noise").write_bytes(os.urandom(4_000_000))
    try:
        await checkpoints.take("does not fit")
    except CheckpointError as error:
        print(error.message)
    print(*[each.label for each in await checkpoints.list()])
    (workspace / "noise").unlink()
    print((await checkpoints.take("fits again")).checkpoint)

asyncio.run(main())
"""
    mount = 'mount -t tmpfs -o size=1m loki "$1" && exec "$2" -c "$3" "$1/cp.git" "$4"'
    privately = ["unshare", "--mount", *(["--user", "--map-root-user"] if os.geteuid() else [])]
    if subprocess.run([*privately, "true"], capture_output=True, timeout=10, check=False).returncode:
        pytest.skip("no small disk: this machine allows no private mounts")
    arguments = [str(tmp_path / "disk"), sys.executable, PREAMBLE + script, str(workspace)]
    command = [*privately, "sh", "-c", mount, "sh", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)
    assert done.stderr == ""
    message, labels, taken = done.stdout.splitlines()
    assert "is full" in message
    assert (labels, taken) == ("fits", "c2")


async def test_a_cancelled_checkpoint_ends_its_git(checkpoints: GitCheckpoints, workspace: Path) -> None:
    write(workspace, {"a": "1"})
    await checkpoints.take("one")
    with (workspace / "huge").open("wb") as huge:
        huge.truncate(3_000_000_000)
    task = asyncio.create_task(checkpoints.take("huge"))
    lock = checkpoints._git.path / "index.lock"
    async with asyncio.timeout(20):
        while not lock.exists() and not task.done():  # noqa: ASYNC110  git tells nobody
            await asyncio.sleep(0)
    started = time.monotonic()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert time.monotonic() - started < 1
    (workspace / "huge").unlink()
    assert (await checkpoints.take("two")).checkpoint == "c2"


async def test_calls_at_once_take_turns(checkpoints: GitCheckpoints, workspace: Path) -> None:
    write(workspace, {"a": "1"})
    taken = await asyncio.gather(*(checkpoints.take(str(number)) for number in range(4)))
    assert {each.checkpoint for each in taken} == {"c1", "c2", "c3", "c4"}


async def test_an_unwritable_state_directory_says_so(tmp_path: Path, workspace: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(CheckpointError, match="Not a directory"):
        await GitCheckpoints(tmp_path / "file" / "cp.git", workspace=workspace).take("x")


def test_importing_does_not_load_gitpython() -> None:
    script = "import sys, loki_tui.store.checkpoints; sys.exit('git' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", script], timeout=30, check=False).returncode == 0


def test_without_git_the_error_says_what_to_install(workspace: Path, tmp_path: Path) -> None:
    script = """
try:
    asyncio.run(checkpoints.take("x"))
except CheckpointError as error:
    print(error.hint)
"""
    command = [sys.executable, "-c", PREAMBLE + script, str(tmp_path / "cp.git"), str(workspace)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False, env={"PATH": "/nowhere"})
    assert done.stdout == "Install git, and have it on PATH.\n"

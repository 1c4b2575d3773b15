from __future__ import annotations

import asyncio
import os
import socket
from pathlib import Path

import pytest

from loki_tui.store.checkpoints import GitCheckpoints
from tests.store.checkpointing import files_of, powerless
from tests.support.git import git, repository, state, write


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    root = tmp_path / "work space"
    root.mkdir()
    return root


@pytest.fixture
def checkpoints(tmp_path: Path, workspace: Path) -> GitCheckpoints:
    return GitCheckpoints(tmp_path / "state" / "checkpoints.git", workspace=workspace)


async def test_odd_names_and_modes_survive(checkpoints: GitCheckpoints, workspace: Path) -> None:
    write(workspace, {"-rf": "1", "new\nline": "2", "back\\slash": "3", "a:b": "4", 'tab\t"q"': "5", "*": "6"})
    (workspace / os.fsdecode(b"latin-\xe9")).write_bytes(b"\xff\r\n\0")
    (workspace / "run.sh").write_text("#!/bin/sh\n")
    (workspace / "run.sh").chmod(0o755)
    (workspace / "dangling").symlink_to("/nowhere/at all")
    before = state(workspace)

    taken = await checkpoints.take("odd")
    for name in before:
        (workspace / name).unlink()
    await checkpoints.restore(taken.checkpoint)
    assert state(workspace) == before
    assert taken.skipped == ()


async def test_what_cannot_be_saved_is_named_and_left_alone(checkpoints: GitCheckpoints, workspace: Path) -> None:
    write(workspace, {"good": "1\n", "was a file": "1\n", ".GIT/config": "forbidden name\n"})
    first = await checkpoints.take("first")
    os.mkfifo(workspace / "pipe")
    (workspace / "was a file").unlink()
    os.mkfifo(workspace / "was a file")
    with socket.socket(socket.AF_UNIX) as bound:
        bound.bind(str(workspace / "socket"))
        second = await checkpoints.take("second")

    assert (first.files, first.skipped) == (2, (".GIT/config",))
    assert (second.files, second.skipped) == (1, (".GIT/config", "was a file"))
    await checkpoints.restore(second.checkpoint)
    assert {".GIT/config", "pipe", "socket"} <= state(workspace).keys()
    await checkpoints.restore(first.checkpoint)
    assert (workspace / "was a file").read_text() == "1\n"


def test_a_file_that_cannot_be_read_is_skipped(tmp_path: Path, workspace: Path) -> None:
    write(workspace, {"secret": "1\n", "good": "1\n"})
    (workspace / "secret").chmod(0)
    script = """
taken = asyncio.run(checkpoints.take("x"))
print(taken.files, taken.skipped)
"""
    assert powerless(script, tmp_path / "cp.git", workspace) == "1 ('secret',)\n"


async def test_ignore_rules_of_the_person_hold(checkpoints: GitCheckpoints, workspace: Path) -> None:
    repository(workspace, {".gitignore": "build/\n", "kept": "1"})
    (workspace / ".git" / "info" / "exclude").write_text("private\n")
    write(workspace, {"build/out": "1", "private": "1", "sub/.gitignore": "*.tmp\n", "sub/x.tmp": "1"})
    taken = await checkpoints.take("x")
    write(workspace, {"build/out": "2", "private": "2", "sub/x.tmp": "2"})
    await checkpoints.restore(taken.checkpoint)
    assert taken.files == 3
    assert {(workspace / name).read_text() for name in ("build/out", "private", "sub/x.tmp")} == {"2"}


@pytest.mark.parametrize("version", ["2", "4"])
async def test_tracked_content_is_saved_although_a_pattern_ignores_it(
    checkpoints: GitCheckpoints, workspace: Path, tmp_path: Path, version: str
) -> None:
    names = {f"dist/{'long' * 30}{number}.js": str(number) for number in range(3)}
    repository(workspace, {**names, "a": "1"})
    (workspace / ".gitignore").write_text("dist/\nlinked\n")
    git(workspace, "update-index", f"--index-version={version}")
    (workspace / "linked").symlink_to("/etc")
    git(workspace, "update-index", "--add", "--cacheinfo", f"100644,{git(workspace, 'rev-parse', 'HEAD:a')},linked/x")
    taken = await checkpoints.take("x")
    assert (await files_of(checkpoints, taken.checkpoint, tmp_path / "out")).keys() == {*names, "a", ".gitignore"}


@pytest.mark.parametrize(
    "index", [b"", b"DIRC", b"DIRC\0\0\0\2\xff\xff\xff\xff", b"DIRC\0\0\0\4\0\0\0\1" + b"\xff" * 80]
)
async def test_a_forged_index_is_ignored(checkpoints: GitCheckpoints, workspace: Path, index: bytes) -> None:
    repository(workspace, {"a": "1"})
    (workspace / ".git" / "index").write_bytes(index)
    assert (await checkpoints.take("x")).files == 1


async def test_a_forged_repository_makes_nothing_wait(checkpoints: GitCheckpoints, workspace: Path) -> None:
    write(workspace, {"a": "1"})
    (workspace / ".git" / "info").mkdir(parents=True)
    os.mkfifo(workspace / ".git" / "info" / "exclude")
    os.mkfifo(workspace / ".git" / "index")
    async with asyncio.timeout(20):
        assert (await checkpoints.take("x")).files == 1


async def test_a_worktree_of_the_person_keeps_its_rules(tmp_path: Path) -> None:
    main = repository(tmp_path / "main", {"a": "1"})
    (main / ".git" / "info" / "exclude").write_text("private\n")
    linked = tmp_path / "linked"
    git(main, "worktree", "add", "--quiet", str(linked))
    write(linked, {"private": "1", "b": "1"})
    checkpoints = GitCheckpoints(tmp_path / "cp.git", workspace=linked)
    assert (await checkpoints.take("x")).files == 2
    assert (linked / ".git").is_file()


async def test_repositories_within_are_saved_as_files(checkpoints: GitCheckpoints, workspace: Path) -> None:
    repository(workspace, {"a": "1"})
    repository(workspace / "committed", {"b": "1", "deep/c": "1"})
    repository(workspace / "committed" / "deep" / "unborn")
    write(workspace, {"committed/deep/unborn/d": "1"})
    repository(workspace / "empty")
    repository(workspace.parent / "library", {"lib": "1"})
    git(workspace, "-c", "protocol.file.allow=always", "submodule", "--quiet", "add", "../library", "module")
    before, head = state(workspace), git(workspace / "committed", "rev-parse", "HEAD")

    taken = await checkpoints.take("nested")
    write(workspace, {"committed/b": "2", "committed/deep/unborn/d": "2", "module/lib": "2", "committed/new": "2"})
    await checkpoints.restore(taken.checkpoint)

    assert state(workspace) == before
    assert taken.skipped == ()
    assert git(workspace / "committed", "rev-parse", "HEAD") == head
    assert (workspace / "committed" / "deep" / "unborn" / ".git").is_dir()

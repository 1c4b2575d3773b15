"""What is told of a lock in git's way, with real locks and real processes that hold them."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from loki_tui.core.errors import RepositoryError
from loki_tui.hands.locks import refusal
from tests.support.git import ENVIRONMENT, git, repository


@pytest.fixture
def place(tmp_path: Path) -> Path:
    return repository(tmp_path / "re po", {"a": "1\n"})


def refused(place: Path, *arguments: str) -> RepositoryError:
    """What is made of what git says when it is refused."""
    done = subprocess.run(
        ["git", *arguments], cwd=place, env=ENVIRONMENT, capture_output=True, text=True, timeout=30, check=False
    )
    assert done.returncode != 0
    error = refusal(done.stderr)
    assert error is not None, done.stderr
    return error


@contextmanager
def holding(*command: str, cwd: Path) -> Iterator[int]:
    """A process that says when it has begun, and ends with the context."""
    pipe = subprocess.PIPE
    with subprocess.Popen(command, cwd=cwd, env=ENVIRONMENT, stdin=pipe, stdout=pipe) as process:
        assert process.stdin
        assert process.stdout
        assert process.stdout.readline()
        try:
            yield process.pid
        finally:
            process.kill()


def test_one_that_a_killed_git_left_is_named_with_what_removes_it(place: Path) -> None:
    lock = place / ".git/refs/heads/main.lock"
    lock.touch()
    error = refused(place, "-c", "core.filesRefLockTimeout=0", "update-ref", "refs/heads/main", "HEAD~0", "HEAD")
    assert str(lock) in error.message
    assert "no process has it open" in error.message
    assert f"rm '{lock}'" in error.hint
    subprocess.run(error.hint.split("Remove it: ")[1].split(";")[0], shell=True, check=True)
    git(place, "update-ref", "refs/heads/main", "HEAD")


def test_who_has_it_open_is_named_and_nothing_is_to_be_removed(place: Path) -> None:
    lock = place / ".git/index.lock"
    opens = f"import sys; f = open({str(lock)!r}, 'x'); print('now', flush=True); sys.stdin.read()"
    with holding(sys.executable, "-I", "-S", "-c", opens, cwd=place.parent) as pid:
        error = refused(place, "add", "a")
    assert f"process {pid} (" in error.message
    assert "rm " not in error.hint
    assert "Let it finish" in error.hint


def test_a_git_at_work_there_is_named_though_it_has_closed_the_lock(place: Path) -> None:
    # `git commit` holds the index by the file alone while a person writes the message.
    editor = "sh -c 'echo now >&3; exec sleep 600'"
    command = ("sh", "-c", f'exec 3>&1; exec git -c core.editor="{editor}" commit --all --allow-empty')
    with holding(*command, cwd=place) as pid:
        error = refused(place, "add", "a")
        assert f"process {pid} (git " in error.message
        assert "Let it finish" in error.hint
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        for child in children:
            os.kill(int(child), 9)


def test_other_words_of_gits_are_none(place: Path) -> None:
    assert refusal("fatal: not a git repository") is None
    assert refusal("fatal: Unable to create 'x.lock': Permission denied") is None

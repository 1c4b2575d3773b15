"""Repositories that a parallel run cannot work in are refused before there is a run; odd ones that it can are not."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from loki_tui.core.errors import ExitCode, UsageError
from loki_tui.core.settings import Settings
from loki_tui.runtime.readiness import check_parallel, ensure_repository
from loki_tui.runtime.surroundings import Surroundings
from tests.support.git import ENVIRONMENT, git, repository, write

PARALLEL = Settings.model_validate({"parallel_mode": True})


def around(tmp_path: Path, workspace: Path) -> Surroundings:
    """A person who begins a run there."""
    return Surroundings.here(ENVIRONMENT | {"LOKI_DIR": str(tmp_path / "state")}, workspace)


def refused(tmp_path: Path, workspace: Path) -> UsageError:
    """Why a parallel run cannot begin there, and that nothing was left behind."""
    with pytest.raises(UsageError) as caught:
        check_parallel(around(tmp_path, workspace), PARALLEL)
    assert caught.value.exit_code is ExitCode.USAGE
    assert not (tmp_path / "state").exists()
    check_parallel(around(tmp_path, workspace), Settings())  # which is about parallel runs alone
    return caught.value


@pytest.fixture
def origin(tmp_path: Path) -> Path:
    """A repository with a history, which serves partial clones."""
    origin = repository(tmp_path / "origin", {"a": "1\n", "d/b": "1\n"})
    write(origin, {"a": "2\n"})
    git(origin, "commit", "--quiet", "--all", "--message=More")
    git(origin, "config", "uploadpack.allowFilter", "true")
    return origin


def clone(origin: Path, target: Path, *options: str) -> Path:
    git(origin.parent, "clone", "--quiet", *options, f"file://{origin}", str(target))
    return target


def test_without_a_commit_there_is_nothing_to_begin_at(tmp_path: Path) -> None:
    error = refused(tmp_path, repository(tmp_path / "new"))
    assert "no commit yet" in error.message
    assert "git commit" in error.hint
    assert "without --parallel" in error.hint


def test_a_bare_repository_is_no_place_to_work_and_nobody_is_asked(tmp_path: Path, origin: Path) -> None:
    bare = clone(origin, tmp_path / "bare.git", "--bare")

    def consent() -> bool:
        raise AssertionError("asked")

    for settings in (PARALLEL, Settings()):
        with pytest.raises(UsageError, match="is a bare repository") as caught:
            ensure_repository(around(tmp_path, bare), settings, consent=consent)
        assert "git clone" in caught.value.hint


def test_submodules_are_refused(tmp_path: Path, origin: Path) -> None:
    place = repository(tmp_path / "with", {"a": "1\n"})
    commit = git(origin, "rev-parse", "HEAD")
    git(place, "update-index", "--add", "--cacheinfo", f"160000,{commit},lib")
    git(place, "commit", "--quiet", "--message=Lib")
    assert "submodules (lib)" in refused(tmp_path, place).message


@pytest.mark.parametrize("filtered", ["blob:none", "tree:0"])
def test_a_partial_clone_is_refused_for_what_it_lacks_alone(tmp_path: Path, origin: Path, filtered: str) -> None:
    lacking = clone(origin, tmp_path / "lacking", f"--filter={filtered}", "--no-checkout")
    error = refused(tmp_path, lacking)
    assert "partial clone" in error.message
    assert "objects" in error.message or "an object" in error.message
    # The way out that it names is one.
    command = error.hint.split(": ")[1].split(";")[0]
    subprocess.run(command, shell=True, check=True, cwd=lacking, env=ENVIRONMENT, capture_output=True)
    check_parallel(around(tmp_path, lacking), PARALLEL)
    whole = clone(origin, tmp_path / "whole", f"--filter={filtered}")
    check_parallel(around(tmp_path, whole), PARALLEL)


def test_a_shallow_clone_is_not_refused(tmp_path: Path, origin: Path) -> None:
    check_parallel(around(tmp_path, clone(origin, tmp_path / "shallow", "--depth=1")), PARALLEL)


def test_objects_that_are_borrowed_must_be_readable(tmp_path: Path, origin: Path) -> None:
    borrower = tmp_path / "borrower"
    git(tmp_path, "clone", "--quiet", "--shared", str(origin), str(borrower))
    error = refused(tmp_path, borrower)
    assert str(origin / ".git/objects") in error.message
    assert "LOKI_READ_PATHS" in error.hint
    allowed = PARALLEL.model_copy(update={"read_paths": (origin / ".git/objects",)})
    check_parallel(around(tmp_path, borrower), allowed)
    # The other way out.
    git(borrower, "repack", "-a", "-d", "--quiet")
    (borrower / ".git/objects/info/alternates").unlink()
    check_parallel(around(tmp_path, borrower), PARALLEL)


def test_a_commit_of_its_own_does_not_hide_that_the_rest_is_borrowed(tmp_path: Path, origin: Path) -> None:
    borrower = tmp_path / "borrower"
    git(tmp_path, "clone", "--quiet", "--shared", str(origin), str(borrower))
    write(borrower, {"c": "3\n"})
    git(borrower, "add", "--all")
    git(borrower, "commit", "--quiet", "--message=Own")
    assert str(origin / ".git/objects") in refused(tmp_path, borrower).message

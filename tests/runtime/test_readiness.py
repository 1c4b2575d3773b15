"""What is looked at before a run begins."""

from __future__ import annotations

import os
from decimal import Decimal
from pathlib import Path

import pytest

from loki_tui.core.errors import UsageError
from loki_tui.core.settings import Settings
from loki_tui.runtime.readiness import check_prices, check_provider, check_recording, ensure_repository
from loki_tui.runtime.surroundings import Surroundings
from tests.support.git import git, repository, write


def test_a_recording_needs_a_file_of_its_own(tmp_path: Path) -> None:
    path = tmp_path / "recording.jsonl"
    check_recording(path)
    path.touch()
    check_recording(path)
    path.write_text("{}\n")
    with pytest.raises(UsageError, match="is not empty"):
        check_recording(path)
    with pytest.raises(UsageError, match="is not empty"):
        check_recording(tmp_path)
    with pytest.raises(UsageError, match="cannot be written"):
        check_recording(tmp_path / "nowhere" / "recording.jsonl")


def test_a_budget_needs_prices() -> None:
    unknown = Settings.model_validate({"model": "made-up-1"})
    check_prices(unknown)
    with pytest.raises(UsageError, match="made-up-1"):
        check_prices(unknown.model_copy(update={"budget_limit": Decimal(1)}))


def test_somebody_must_answer() -> None:
    with pytest.raises(UsageError, match="ANTHROPIC_API_KEY") as caught:
        check_provider(Settings(), {})
    assert "loki demo" in caught.value.hint
    check_provider(Settings(), {"ANTHROPIC_AUTH_TOKEN": "token"})


def test_a_directory_that_is_gone_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    gone = tmp_path / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    gone.rmdir()
    with pytest.raises(UsageError, match="no longer there"):
        Surroundings.here({})


def test_nobody_is_asked_about_a_repository(tmp_path: Path) -> None:
    around = Surroundings.here({}, repository(tmp_path / "project"))

    def consent() -> bool:
        raise AssertionError("asked")

    ensure_repository(around, Settings(), consent=consent)


def test_a_clone_that_borrows_objects_hands_cannot_read_is_refused_before_there_is_a_run(tmp_path: Path) -> None:
    source = repository(tmp_path / "source", {"a.txt": "a\n"})
    clone = tmp_path / "clone"
    git(tmp_path, "clone", "--quiet", "--shared", str(source), str(clone))
    around = Surroundings.here({**os.environ, "LOKI_DIR": str(tmp_path / "state")}, clone)

    def ready(settings: Settings) -> None:
        ensure_repository(around, settings, consent=lambda: False)

    with pytest.raises(UsageError, match=r"borrows objects of .*source") as caught:
        ready(Settings())
    assert "git repack -a -d" in caught.value.hint
    # A commit of its own still has files that are not here.
    write(clone, {"b.txt": "b\n"})
    git(clone, "add", "--all")
    git(clone, "commit", "--quiet", "--message=Own")
    with pytest.raises(UsageError, match="borrows objects"):
        ready(Settings())
    ready(Settings.model_validate({"read_paths": [str(source / ".git/objects")]}))
    git(clone, "repack", "-a", "-d", "--quiet")
    ready(Settings())

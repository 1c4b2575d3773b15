"""What people hand over by mistake, and places that refuse: said plainly, and nothing is lost."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from loki_tui.core.events import BranchOpened
from tests.cli.conftest import replaying
from tests.support.answers import WRITES, cassette
from tests.support.git import git, state, write
from tests.support.program import Program
from tests.support.runs import PASSING
from tests.support.scripted import call, says


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (None, "no PRD at"),
        (b" \n\t", "is empty"),
        (b"PK\x03\x04\0\0", "is a binary file"),
        ("Gr\u00fc\u00dfe".encode("latin-1"), "not UTF-8 text"),
        (b"x" * 1_000_001, "1,000,001 bytes"),
    ],
    ids=["missing", "empty", "binary", "latin-1", "huge"],
)
async def test_an_unusable_prd_is_refused(loki: Program, content: bytes | None, words: str) -> None:
    if content is not None:
        (loki.workspace / "bad.md").write_bytes(content)
    told = await loki("start", "bad.md")
    assert told.code == 2
    assert words in told.err
    assert not loki.state.exists()


async def test_settings_are_refused_all_at_once_with_the_nearest_name(loki: Program) -> None:
    told = await loki.with_(LOKI_MAX_ITERATION="3", LOKI_MAX_TURNS="none")("start", "--max-iterations", "0")
    assert told.code == 2
    assert "Did you mean LOKI_MAX_ITERATIONS?" in told.err
    assert "LOKI_MAX_TURNS is 'none'" in told.err
    assert "--max-iterations is 0" in told.err
    assert not loki.state.exists()


async def test_a_directory_that_is_no_repository_becomes_one_only_with_consent(tmp_path: Path) -> None:
    odd = tmp_path / "my 'own' \U0001f419 \"project\""
    write(odd / "docs", {"the -- 'PRD' $(touch hit).md": "# It works\n"})
    write(odd, {"test_it.py": PASSING})
    recording = cassette(tmp_path / "cassette.jsonl", *WRITES)
    loki = Program(odd, Path(os.environ["HOME"]), replaying(recording))
    prd = "docs/the -- 'PRD' $(touch hit).md"
    refused = await loki("start", prd)
    assert refused.code == 2
    assert "is no git repository" in refused.err
    assert "--init-git" in refused.err
    assert not (odd / ".git").exists()
    run = await loki("start", "--init-git", prd)
    assert run.code == 0, run
    assert git(odd, "show", "HEAD:new.py") == "x = 1"
    assert not (odd / "hit").exists()


@pytest.mark.parametrize(("answer", "code"), [("y", 0), ("n", 2)])
def test_on_a_terminal_consent_is_asked_for(loki: Program, answer: str, code: int) -> None:
    shutil.rmtree(loki.workspace / ".git")
    ended, shown = loki.on_terminal("start", "--headless", typed=f"{answer}\n")
    assert ended == code, shown
    assert "is no git repository. Make it one? [y/N]: " in shown
    assert (loki.workspace / ".git").exists() == (answer == "y")


async def test_uncommitted_work_on_a_detached_head_stays_as_it_is(loki: Program) -> None:
    git(loki.workspace, "checkout", "--quiet", "--detach")
    base = git(loki.workspace, "rev-parse", "HEAD")
    write(loki.workspace, {"test_it.py": (loki.workspace / "test_it.py").read_text() + "# mine\n", "notes": "mine\n"})
    before = state(loki.workspace)
    run = await loki("start")
    assert run.code == 0, run
    (opened,) = loki.events(BranchOpened)
    assert opened.base == opened.origin == base
    assert sorted(opened.dirty) == ["notes", "test_it.py"]
    assert f"git switch --detach {base}" in run.err
    assert state(loki.workspace) == before | {"new.py": "- b'x = 1\\n'"}
    assert git(loki.workspace, "diff", "--name-only", base, opened.branch) == "new.py"
    assert git(loki.workspace, "status", "--porcelain") == " M test_it.py\n?? notes"


async def test_a_damaged_journal_is_set_aside_and_said(loki: Program) -> None:
    assert (await loki("start")).code == 0
    (journal,) = loki.state.glob("*/journal.db")
    damaged = bytes(4096) + b"no database any more"
    journal.write_bytes(damaged)
    told = await loki("status")
    assert told.code == 1
    assert "is damaged" in told.err
    assert "loki start" in told.err
    git(loki.workspace, "switch", "--quiet", "main")
    again = await loki("start")
    assert again.code == 0, again
    assert "nothing was deleted" in again.out
    (kept,) = loki.state.glob("*/quarantine/*/journal.db")
    assert kept.read_bytes() == damaged


@contextmanager
def mounted(place: Path, *options: str) -> Iterator[Path]:
    """A small file system of its own; where that may not be had, the test is skipped and says so."""
    place.mkdir(exist_ok=True)
    done = subprocess.run(["mount", *options, place], capture_output=True, text=True, check=False, timeout=10)
    if done.returncode:
        pytest.skip(f"no mounts here: {done.stderr.strip()}")
    try:
        yield place
    finally:
        subprocess.run(["umount", "--lazy", place], check=True, timeout=10)


def remount(place: Path, options: str) -> None:
    """Change a mount."""
    subprocess.run(["mount", "-o", f"remount,{options}", place], check=True, timeout=10)


async def test_a_full_disk_ends_with_words_and_the_run_goes_on_once_there_is_room(
    loki: Program, tmp_path: Path
) -> None:
    noise = says(call("shell", command="head -c 200000 /dev/urandom | base64"))
    recording = cassette(tmp_path / "noisy.jsonl", *[noise] * 30, *WRITES)
    with mounted(tmp_path / "small", "-t", "tmpfs", "-o", "size=2m", "tmpfs") as small:
        full = loki.with_(LOKI_CASSETTE=str(recording), LOKI_DIR=str(small / "state"))
        run = await full("start")
        assert run.code == 1, run
        assert "No space" in run.err or "disk is full" in run.err
        assert "loki resume" in run.err
        assert "Traceback" not in run.err
        remount(small, "size=40m")
        assert "CRASHED" in (await full("status")).out
        resumed = await full("resume")
        assert resumed.code == 0, resumed


async def test_a_read_only_place_is_refused(loki: Program, tmp_path: Path) -> None:
    with mounted(tmp_path / "frozen", "-t", "tmpfs", "-o", "ro", "tmpfs") as frozen:
        told = await loki.with_(LOKI_DIR=str(frozen / "state"))("start")
        assert told.code == 2
        assert "cannot be written: Read-only file system" in told.err
        assert "LOKI_DIR" in told.err
    with mounted(loki.workspace, "--bind", str(loki.workspace)):
        remount(loki.workspace, "ro,bind")
        told = await loki("start")
        assert told.code == 2
        assert f"The workspace {loki.workspace} cannot be written" in told.err
    assert not loki.state.exists()

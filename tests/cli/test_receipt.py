"""`loki receipt` as people run it: on the machine of the run, and in a clone elsewhere."""

from __future__ import annotations

import json
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from tests.support.git import git
from tests.support.program import Done, Program


@pytest.fixture
async def ran(loki: Program) -> Program:
    """The program where a run has ended."""
    done = await loki("start", "--headless")
    assert done.code in {0, 20}, done
    return loki


@pytest.fixture
async def given_away(ran: Program, tmp_path: Path) -> Path:
    """The receipt as a file."""
    shown = await ran("receipt", "show", "--json")
    assert shown.code == 0
    path = tmp_path / "receipt.json"
    path.write_text(shown.out)
    return path


def elsewhere(program: Program, tmp_path: Path) -> Program:
    """Another person on another machine, with a clone."""
    clone, home = tmp_path / "clone", tmp_path / "elsewhere"
    git(tmp_path, "clone", "--quiet", f"file://{program.workspace}", str(clone))
    home.mkdir()
    return replace(program, workspace=clone, home=home)


def field(done: Done, name: str) -> dict[str, str]:
    """What came of checking one field."""
    (row,) = done.rows
    return next(check for check in row["checks"] if check["field"] == name)


def branch_of(receipt: Path) -> str:
    """The branch that was delivered."""
    return str(json.loads(receipt.read_text())["facts"]["delivery"]["branch"])


def edit(receipt: Path, old: str, new: str) -> None:
    """Change a receipt by hand."""
    text = receipt.read_text()
    assert old in text
    receipt.write_text(text.replace(old, new))


async def test_a_run_leaves_a_receipt_to_be_shown(ran: Program, tmp_path: Path) -> None:
    listed = await ran("receipt", "list")
    assert listed.code == 0
    assert "VERIFIED" in listed.out
    (row,) = (await ran("receipt", "list", "--json")).rows
    shown = await ran("receipt", "show")
    assert shown.code == 0
    assert shown.out.startswith(row["headline"])
    assert row["run"] in shown.out
    page = tmp_path / "receipt.html"
    assert (await ran("receipt", "show", row["run"][:8], "--html", page)).code == 0
    assert f"<h1>{row['headline']}</h1>" in page.read_text()
    refused = await ran("receipt", "show", "--html", tmp_path / "no" / "such.html")
    assert refused.code == 2
    status = await ran("receipt", "verify")
    assert status.code == 0, status
    assert f"It says: {row['headline']}" in status.out


async def test_what_is_shown_as_json_is_what_the_journal_names(ran: Program, given_away: Path) -> None:
    (row,) = (await ran("receipt", "list", "--json")).rows
    by_hand = subprocess.run(["sha256sum", given_away], capture_output=True, text=True, check=True, timeout=30)  # noqa: ASYNC221
    assert by_hand.stdout.split()[0] == row["sha256"]


async def test_a_stranger_checks_it_in_a_clone(ran: Program, given_away: Path, tmp_path: Path) -> None:
    stranger = elsewhere(ran, tmp_path)
    checked = await stranger("receipt", "verify", given_away, "--json")
    assert checked.code == 0, checked
    assert checked.rows[0]["clean"] is True
    assert field(checked, "diff")["status"] == "ok"
    assert field(checked, "journal")["status"] == "unknown"
    # Whoever rewrites an unsigned one and its digest cannot be seen from here: nothing else is said.
    told = (await stranger("receipt", "verify", given_away)).out
    assert "the word of whoever gave it to you" in told
    assert "as it was made" not in told
    assert "is as it was made" in (await ran("receipt", "verify", given_away)).out
    from_afar = await stranger("receipt", "verify", given_away, "--repo", stranger.workspace, cwd=tmp_path)
    assert from_afar.code == 0
    assert not stranger.state.exists(), "looking leaves nothing behind"

    git(stranger.workspace, "switch", "--quiet", branch_of(given_away))
    git(stranger.workspace, "commit", "--quiet", "--allow-empty", "--message=Later")
    moved = await stranger("receipt", "verify", given_away)
    assert moved.code == 1
    assert "has moved on: 1 commit came after" in moved.out
    assert "does not fit the repository any more" in moved.out


async def test_an_edit_shows(ran: Program, given_away: Path, tmp_path: Path) -> None:
    edit(given_away, '"outcome":"', '"outcome":"not ')
    for program in (ran, elsewhere(ran, tmp_path)):
        checked = await program("receipt", "verify", given_away)
        assert checked.code == 1
        assert "was tampered with" in checked.out
    assert (await ran("receipt", "show", given_away)).code == 1
    refused = await ran("receipt", "sign", given_away, "--key", tmp_path / "key")
    assert refused.code == 2


async def test_what_cannot_be_checked_is_told_from_what_is_wrong(
    ran: Program, given_away: Path, tmp_path: Path
) -> None:
    nowhere = tmp_path / "nowhere"
    nowhere.mkdir()
    assert (await ran("receipt", "verify", given_away, cwd=nowhere)).code == 3
    text = tmp_path / "text.json"
    text.write_text("VERIFIED\n")
    unreadable = await ran("receipt", "verify", text)
    assert unreadable.code == 3
    assert "cannot be read" in unreadable.err
    for wrong in (["nope"], [given_away, "--repo", tmp_path / "none"], ["--nonsense"]):
        assert (await ran("receipt", "verify", *wrong)).code == 2


async def test_before_there_is_a_run_there_is_no_receipt(loki: Program) -> None:
    assert "No run has a receipt yet" in (await loki("receipt", "list")).err
    for command in ("show", "verify"):
        refused = await loki("receipt", command)
        assert refused.code == 2
        assert "has a receipt yet" in refused.err


async def test_a_receipt_is_signed_and_the_signature_demanded(ran: Program, tmp_path: Path) -> None:
    keys = {}
    for name in ("ada", "eve"):
        keys[name] = tmp_path / name
        words = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(keys[name])]
        subprocess.run(words, check=True, capture_output=True, timeout=30)  # noqa: ASYNC221
    signers = tmp_path / "signers"
    signers.write_text(f"ada@example.org {keys['ada'].with_suffix('.pub').read_text()}")

    unsigned = await ran("receipt", "verify", "--allowed-signers", signers)
    assert unsigned.code == 1
    signed = await ran("receipt", "sign", "--key", keys["ada"])
    assert signed.code == 0, signed
    receipt, signature = map(Path, signed.out.split())
    assert signature.name == f"{receipt.name}.sig"
    assert receipt.parent == ran.client().project.state.root / "receipts"
    checked = await ran("receipt", "verify", "--allowed-signers", signers)
    assert checked.code == 0, checked
    assert "signed by ada@example.org" in checked.out

    stranger = elsewhere(ran, tmp_path)
    checked = await stranger("receipt", "verify", receipt, "--allowed-signers", signers, "--json")
    assert checked.code == 0
    assert field(checked, "signature")["status"] == "ok"

    again = await ran("receipt", "sign", "--key", keys["eve"])
    assert again.code == 0
    other = await stranger("receipt", "verify", receipt, "--allowed-signers", signers)
    assert other.code == 1
    assert "signed with a key that" in other.out

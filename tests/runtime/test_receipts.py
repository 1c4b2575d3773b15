"""A receipt checked in other clones, by a stranger: what fits, and what has moved away."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from loki_tui.core.errors import RepositoryError
from loki_tui.engine.sealing import seal
from loki_tui.hands.repository import GitRepository
from loki_tui.runtime.plain_git import plain_git
from loki_tui.runtime.receipts import read_receipt
from loki_tui.runtime.rederiving import check_all
from tests.support import receipts as sample
from tests.support.delivered import BRANCH, Delivered, deliver, statuses
from tests.support.git import ENVIRONMENT, git, repository, write
from tests.support.workspace import LocalWorkspace


def shell(directory: Path, command: str) -> str:
    """What a person sees of a command."""
    words = ["bash", "-c", command]
    done = subprocess.run(
        words, cwd=directory, env=ENVIRONMENT, stdin=subprocess.DEVNULL, capture_output=True, check=False, timeout=30
    )
    return done.stdout.decode()


@pytest.fixture
async def delivered(tmp_path: Path) -> Delivered:
    return await deliver(tmp_path / "origin")


# -- what fits ----------------------------------------------------------------------------------


async def test_another_clone_comes_to_the_same(delivered: Delivered) -> None:
    clone = delivered.clone()
    found = delivered.check(clone)
    assert statuses(found) == {}
    checked = {field for field, finding in found.items() if finding.status == "ok"}
    expected = {"digest", "headline", "base", "commit", "base_tree", "tree", "diff", "changed", "descends", "branch"}
    assert checked == expected
    assert delivered.receipt.facts.delivery.changed == 5
    assert "origin/loki/r1 is at the delivered commit" in found["branch"].said


@pytest.mark.parametrize("options", [["--bare"], ["--branch", BRANCH, "--single-branch"]])
async def test_every_kind_of_clone_will_do(delivered: Delivered, options: list[str]) -> None:
    clone = delivered.clone(*options)
    git(clone, "gc", "--quiet")
    assert statuses(delivered.check(clone)) == {}


async def test_a_worktree_and_a_directory_within_will_do(delivered: Delivered) -> None:
    clone = delivered.clone()
    git(clone, "worktree", "add", "--quiet", str(clone.parent / "beside"), BRANCH)
    assert statuses(delivered.check(clone.parent / "beside" / "dir")) == {}


async def test_how_a_repository_is_set_up_changes_nothing(delivered: Delivered) -> None:
    clone = delivered.clone()
    for setting in (
        "core.abbrev=7",
        "core.quotePath=false",
        "diff.renames=copies",
        "diff.noprefix=true",
        "diff.ignoreSubmodules=all",
        "diff.relative=true",
        "diff.external=/bin/false",
        "core.autocrlf=true",
    ):
        name, _, value = setting.partition("=")
        git(clone, "config", name, value)
    write(clone, {".gitattributes": "* -diff text eol=crlf\n"})
    assert statuses(delivered.check(clone)) == {}
    delivery = delivered.receipt.facts.delivery
    words = "git diff-tree -r -z --raw --no-renames --no-abbrev --ignore-submodules=none"
    by_hand = shell(clone / "dir", f"{words} {delivery.base_tree} {delivery.tree} | sha256sum")
    assert by_hand.split()[0] == delivery.diff, "as the page says it is checked by hand"


async def test_a_repository_whose_names_are_sha256_will_do(tmp_path: Path) -> None:
    work = await deliver(tmp_path / "origin", format_="sha256")
    assert len(work.receipt.facts.delivery.tree) == 64
    assert statuses(work.check(work.clone())) == {}


async def test_a_repository_that_had_no_commit_before(tmp_path: Path) -> None:
    root = repository(tmp_path / "new", {"a": "1\n"})
    git(root, "branch", "--move", BRANCH)
    commit = git(root, "rev-parse", "HEAD")
    found = await GitRepository(LocalWorkspace(root), run="r1").evidence(None, commit)
    assert (found.base_tree, found.changed, found.descends) == ("4b825dc642cb6eb9a060e54bf8d69288fbee4904", 1, True)
    about = sample.facts(
        delivery=sample.delivery(
            base="", base_tree=found.base_tree, commit=commit, tree=found.tree, diff=found.diff, changed=1
        )
    )
    assert statuses(Delivered(root, sample.receipt(about)).check(root)) == {}


async def test_a_merged_branch_may_be_deleted(delivered: Delivered) -> None:
    git(delivered.root, "merge", "--quiet", "--no-ff", "--message=Merge", BRANCH)
    git(delivered.root, "branch", "--quiet", "--delete", "--force", BRANCH)
    found = delivered.check(delivered.root)
    assert statuses(found) == {}
    assert found["branch"].said == "loki/r1 is gone; main has what was delivered in it"


# -- what has moved away ------------------------------------------------------------------------


async def test_a_branch_that_moved_on_has_drifted(delivered: Delivered) -> None:
    clone = delivered.clone("--branch", BRANCH)
    for number in range(2):
        git(clone, "commit", "--quiet", "--allow-empty", f"--message=Later {number}")
    found = delivered.check(clone)
    assert statuses(found) == {"branch": "drifted"}
    assert "2 commits came after what was delivered" in found["branch"].said


async def test_an_amended_commit_has_drifted(delivered: Delivered) -> None:
    clone = delivered.clone("--branch", BRANCH)
    git(clone, "commit", "--quiet", "--amend", "--message=Better words")
    found = delivered.check(clone)
    assert statuses(found) == {"branch": "drifted"}
    assert "was rewritten" in found["branch"].said
    assert "with the same files" in found["branch"].said


async def test_a_changed_file_mode_is_another_tree(delivered: Delivered) -> None:
    clone = delivered.clone("--branch", BRANCH)
    (clone / "a").chmod(0o755)
    git(clone, "commit", "--quiet", "--all", "--amend", "--no-edit")
    found = delivered.check(clone)
    assert statuses(found) == {"branch": "drifted"}
    assert "with other files" in found["branch"].said
    delivery = delivered.receipt.facts.delivery
    forged = delivery.model_copy(update={"commit": git(clone, "rev-parse", "HEAD")})
    receipt = sample.receipt(delivered.receipt.facts.model_copy(update={"delivery": forged}))
    assert statuses(delivered.check(clone, receipt)) == {"tree": "tampered", "diff": "tampered"}


async def test_a_shallow_clone_says_how_to_get_the_rest(delivered: Delivered) -> None:
    clone = delivered.clone("--depth", "1", "--branch", BRANCH)
    found = delivered.check(clone)
    assert statuses(found) == {"base": "drifted"}
    assert "shallow clone" in found["base"].said
    assert found["base"].hint == "git fetch --unshallow"
    assert found["diff"].status == "unknown"
    git(clone, "fetch", "--quiet", "--unshallow")
    assert statuses(delivered.check(clone)) == {}


async def test_a_base_that_is_gone_is_named(delivered: Delivered) -> None:
    root = delivered.root
    git(root, "checkout", "--quiet", "--orphan", "fresh", BRANCH)
    git(root, "commit", "--quiet", "--message=All history in one")
    clone = delivered.clone("--branch", "fresh", "--single-branch")
    found = delivered.check(clone)
    assert statuses(found) == {"base": "drifted", "commit": "drifted", "branch": "drifted"}
    assert "is not in this repository" in found["base"].said
    assert delivered.receipt.facts.delivery.base in found["base"].hint


async def test_another_repository_altogether_has_drifted(delivered: Delivered, tmp_path: Path) -> None:
    other = repository(tmp_path / "other", {"a": "1\n"})
    assert set(statuses(delivered.check(other))) == {"base", "commit", "branch"}


def test_a_place_without_a_repository_is_an_error(tmp_path: Path) -> None:
    held = read_receipt(seal(sample.receipt()), name="x")
    with pytest.raises(RepositoryError, match="no git repository"):
        check_all(held, repository=tmp_path, project=None, environ=os.environ)
    with pytest.raises(RepositoryError, match="git cannot be run"):
        check_all(held, repository=tmp_path, project=None, environ={"PATH": str(tmp_path)})


async def test_what_the_run_could_not_ask_is_not_made_up(delivered: Delivered) -> None:
    delivery = sample.delivery(
        base=delivered.receipt.facts.delivery.base,
        commit=delivered.receipt.facts.delivery.commit,
        base_tree="",
        tree="",
        diff="",
        changed=None,
        descends=None,
        unknown="git did not answer",
    )
    receipt = sample.receipt(delivered.receipt.facts.model_copy(update={"delivery": delivery}))
    found = delivered.check(delivered.root, receipt)
    assert statuses(found) == {}
    assert {found[field].status for field in ("base_tree", "tree", "diff")} == {"unknown"}
    nothing = sample.receipt(sample.facts(delivery=sample.delivery(commit="", tree="", diff="")))
    assert delivered.check(delivered.root, nothing)["commit"].status == "unknown"


# -- the repository is not trusted --------------------------------------------------------------


async def test_nothing_that_a_repository_names_is_run(delivered: Delivered, tmp_path: Path) -> None:
    clone = delivered.clone("--branch", BRANCH)
    canary = tmp_path / "canary.sh"
    canary.write_text(f"#!/bin/sh\necho ran >> {tmp_path}/ran\nexit 1\n")
    canary.chmod(0o755)
    for name in ("core.fsmonitor", "core.sshCommand", "core.pager", "core.alternateRefsCommand", "diff.external"):
        git(clone, "config", name, str(canary))
    for name, value in (
        ("core.hooksPath", str(tmp_path)),
        ("filter.x.smudge", str(canary)),
        ("diff.x.textconv", str(canary)),
        ("extensions.partialClone", "origin"),
        ("remote.origin.promisor", "true"),
        ("remote.origin.url", f"ext::{canary}"),
        ("protocol.ext.allow", "always"),
    ):
        git(clone, "config", name, value)
    for hook in ("reference-transaction", "post-index-change", "post-checkout"):
        shutil.copy(canary, tmp_path / hook)
    (clone / ".git" / "info" / "attributes").write_text("* filter=x diff=x\n")
    missing = sample.delivery(base="1" * 40, commit="2" * 40)
    delivered.check(clone)
    lacking = delivered.check(clone, sample.receipt(sample.facts(delivery=missing)))
    assert lacking["commit"].status == "drifted"
    assert not (tmp_path / "ran").exists()
    shell(clone, f"git cat-file -t {'1' * 40}")
    assert (tmp_path / "ran").exists(), "a plain git runs it, or this would prove nothing"


async def test_objects_are_not_replaced_by_others(delivered: Delivered) -> None:
    delivery = delivered.receipt.facts.delivery
    clone = delivered.clone("--branch", BRANCH)
    git(clone, "replace", delivery.commit, delivery.base)
    assert git(clone, "rev-parse", f"{delivery.commit}^{{tree}}") == delivery.base_tree
    assert statuses(delivered.check(clone)) == {}


async def test_names_that_are_none_reach_no_git(delivered: Delivered) -> None:
    with plain_git(delivered.root, os.environ, object_format="sha1") as looking:
        assert looking.kind("--help") is None
        assert looking.kind("HEAD") is None
        with pytest.raises(RepositoryError, match="no object's name"):
            looking.tree("main")

"""Whole parallel runs whose repository and worktrees others meddle with: locks, deletions, foreign files."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from loki_tui.core import events as ev
from loki_tui.core import requests as rq
from tests.engine.streams.test_parallel import BRANCH, INTEGRATED, LEFT_OUT, OWN, bench, both, does, statuses
from tests.support.git import git, write
from tests.support.parallel import StreamingModel, divides, proof_of, writes
from tests.support.runs import Bench
from tests.support.scripted import Held, Turn, call, finishes, says


def waits(name: str, requirement: str) -> tuple[Held, list[Turn]]:
    """The turns of a stream whose first answer waits for the test."""
    held = Held(says(call("read_file", path="README.md")))
    return held, [held, *does(name, requirement)]


def tree(place: Bench, name: str = "stream-auth") -> Path:
    """A worktree of the run."""
    return place.around.project.state.root / "runs/r1/worktrees" / name


def kept(place: Bench) -> dict[str, str]:
    """Quarantines, each with the names of its files."""
    refs = git(place.workspace, "for-each-ref", "--format=%(refname)", "refs/loki/quarantine").splitlines()
    return {ref: git(place.workspace, "ls-tree", "-r", "--name-only", ref) for ref in refs}


# -- locks --------------------------------------------------------------------------------------


async def test_locks_of_a_killed_git_in_worktrees_are_taken_away(tmp_path: Path) -> None:
    held, auth = waits("auth", "R1")
    place = bench(tmp_path, StreamingModel(divides(*OWN), auth=auth, shop=does("shop", "R2")))
    async with place.going() as going:
        await held.begun.wait()
        for name in ("run", "stream-auth"):
            (place.workspace / ".git/worktrees" / name / "index.lock").touch()
        held.go_on.set()
        assert await going == "completed", place.events()[-4:]
    assert statuses(place) == {"auth": INTEGRATED, "shop": INTEGRATED}


async def test_the_persons_locked_index_is_in_nobodys_way(tmp_path: Path) -> None:
    place = bench(tmp_path, StreamingModel(divides(*OWN), auth=does("auth", "R1"), shop=does("shop", "R2")))
    lock = place.workspace / ".git/index.lock"
    lock.touch()
    assert await place.go() == "completed", place.events()[-4:]
    assert lock.exists()


async def test_a_branch_that_stays_locked_leaves_its_stream_out_and_says_what_to_remove(tmp_path: Path) -> None:
    held, auth = waits("auth", "R1")
    rest = writes(proof_of("rest"), proofs={"R1": ("test_rest",)})
    place = bench(tmp_path, StreamingModel(divides(*OWN), auth=auth, shop=does("shop", "R2"), whole=rest))
    lock = place.workspace / f".git/refs/heads/{BRANCH}-auth.lock"
    async with place.going() as going:
        await held.begun.wait()
        lock.touch()
        held.go_on.set()
        assert await going == "completed", place.events()[-4:]
    assert statuses(place) == {"auth": LEFT_OUT, "shop": INTEGRATED}
    (failed,) = [event for event in place.of(ev.StreamFinished) if event.name == "auth"]
    assert failed.outcome == "failed"
    assert str(lock) in failed.reason
    assert f"rm '{lock}'" in failed.reason
    # Its work is in no commit of its branch, and so in a quarantine.
    (files,) = kept(place).values()
    assert "auth.py" in files.splitlines()


@pytest.mark.parametrize("freed", [True, False])
async def test_a_run_whose_branch_is_locked_while_a_stream_is_taken_over(tmp_path: Path, freed: bool) -> None:
    held, auth = waits("auth", "R1")
    rest = writes(proof_of("rest"), proofs={"R1": ("test_rest",)})
    place = bench(tmp_path, StreamingModel(divides(*OWN), auth=auth, shop=does("shop", "R2"), whole=rest))
    lock = place.workspace / f".git/refs/heads/{BRANCH}.lock"
    async with place.going() as going:
        await held.begun.wait()
        await place.until(lambda state: state.stream_status("shop") is INTEGRATED)
        lock.touch()
        held.go_on.set()
        await place.until(lambda state: state.integration is not None and bool(state.integration.merged))
        if freed:
            lock.unlink()
        else:
            await place.until(lambda state: state.stream_status("auth") is LEFT_OUT)
            lock.unlink()
        assert await going == "completed", place.events()[-4:]
    assert statuses(place) == {"auth": INTEGRATED if freed else LEFT_OUT, "shop": INTEGRATED}
    if not freed:
        (left,) = [event for event in place.of(ev.IntegrationFinished) if event.name == "auth"]
        assert str(lock) in left.reason


# -- worktrees ----------------------------------------------------------------------------------


async def test_a_worktree_that_is_deleted_under_its_stream_ends_that_one_alone(tmp_path: Path) -> None:
    held, auth = waits("auth", "R1")
    rest = writes(proof_of("rest"), proofs={"R1": ("test_rest",)})
    place = bench(tmp_path, StreamingModel(divides(*OWN), auth=auth, shop=does("shop", "R2"), whole=rest))
    async with place.going() as going:
        await held.begun.wait()
        shutil.rmtree(tree(place))
        held.go_on.set()
        assert await going == "completed", place.events()[-4:]
    assert statuses(place) == {"auth": LEFT_OUT, "shop": INTEGRATED}
    (failed,) = [event for event in place.of(ev.StreamFinished) if event.name == "auth"]
    assert failed.outcome == "failed"
    assert failed.reason == f"The directory {tree(place)} is not there any more: somebody deleted it."
    # At the next thing that its agent does, not at the end of the iteration.
    with place.around.project.reader() as reader:
        own = [record.event for record in reader.records("r1") if record.stream == "auth"]
    assert sum(isinstance(event, ev.ModelRequested) for event in own) == 1
    assert {event.name: event.removed for event in place.of(ev.WorktreeRetired)} == dict.fromkeys(
        ("auth", "shop", ""), True
    )


async def test_the_runs_own_worktree_is_made_anew_when_it_is_deleted_while_streams_work(tmp_path: Path) -> None:
    held, auth = waits("auth", "R1")
    place = bench(tmp_path, StreamingModel(divides(*OWN), auth=auth, shop=does("shop", "R2")))
    async with place.going() as going:
        await held.begun.wait()
        await place.until(lambda state: state.stream_status("shop") is INTEGRATED)
        shutil.rmtree(tree(place, "run"))
        held.go_on.set()
        assert await going == "completed", place.events()[-4:]
    assert statuses(place) == {"auth": INTEGRATED, "shop": INTEGRATED}
    assert f"The worktree run had been deleted; it is made anew from {BRANCH}." in place.state().warnings
    files = git(place.workspace, "ls-tree", "-r", "--name-only", BRANCH).splitlines()
    assert {"auth.py", "shop.py", "test_auth.py", "test_shop.py"} <= set(files)


async def test_what_a_person_puts_into_a_streams_worktree_is_not_lost(tmp_path: Path) -> None:
    held, auth = waits("auth", "R1")
    place = bench(tmp_path, StreamingModel(divides(*OWN), auth=auth, shop=does("shop", "R2")))
    write(place.workspace, {".gitignore": ".env\n"})
    git(place.workspace, "add", "-A")
    git(place.workspace, "commit", "-qm", "Ignore")
    async with place.going() as going:
        await held.begun.wait()
        write(tree(place), {"mine.txt": "mine\n", ".env": "TOKEN=1\n"})
        held.go_on.set()
        assert await going == "completed", place.events()[-4:]
    # What git does not ignore goes with the stream's work; what it does is in no commit, and kept apart.
    assert git(place.workspace, "show", f"{BRANCH}:mine.txt") == "mine"
    (ref,) = kept(place)
    assert git(place.workspace, "show", f"{ref}:.env") == "TOKEN=1"
    (retired,) = [event for event in place.of(ev.WorktreeRetired) if event.name == "auth"]
    assert (retired.removed, retired.quarantine) == (True, ref)


async def test_what_is_put_into_the_runs_worktree_between_two_streams_is_kept_and_said(tmp_path: Path) -> None:
    held, auth = waits("auth", "R1")
    place = bench(tmp_path, StreamingModel(divides(*OWN), auth=auth, shop=does("shop", "R2")))
    async with place.going() as going:
        await held.begun.wait()
        await place.until(lambda state: state.stream_status("shop") is INTEGRATED)
        write(tree(place, "run"), {"mine.txt": "mine\n", "auth.py": "theirs\n"})
        held.go_on.set()
        assert await going == "completed", place.events()[-4:]
    (ref,) = kept(place)
    assert git(place.workspace, "show", f"{ref}:mine.txt") == "mine"
    assert git(place.workspace, "show", f"{ref}:auth.py") == "theirs"
    assert any(ref in warning for warning in place.state().warnings)
    assert git(place.workspace, "show", f"{BRANCH}:auth.py") == "NAME = 'auth'"
    assert "mine.txt" not in git(place.workspace, "ls-tree", "-r", "--name-only", BRANCH)


def meddle(root: Path, how: str) -> None:
    """Put something else where a worktree is."""
    shutil.rmtree(root)
    match how:
        case "emptied":
            root.mkdir()
        case "filled":
            write(root, {"mine.txt": "mine\n"})
        case "a file":
            root.write_text("mine\n")
        case _:
            pass


@pytest.mark.parametrize("how", ["deleted", "emptied", "filled", "a file"])
async def test_a_streams_worktree_is_made_anew_by_the_next_engine(tmp_path: Path, how: str) -> None:
    held, auth = waits("auth", "R1")
    first = says(call("write_file", path="half.py", content="half\n"))
    place = bench(tmp_path, StreamingModel(divides(*OWN), auth=[first, *auth], shop=does("shop", "R2")))
    async with place.going():
        await held.begun.wait()
        await place.until(lambda state: state.stream_status("shop") is INTEGRATED)
    meddle(tree(place), how)
    place.post(rq.Resume(by="ada"))
    assert await place.go(model=StreamingModel(auth=does("auth", "R1"))) == "completed", place.events()[-4:]
    assert statuses(place) == {"auth": INTEGRATED, "shop": INTEGRATED}
    said = "\n".join(place.state().warnings)
    assert f"The worktree stream-auth had been deleted; it is made anew from {BRANCH}-auth." in said
    found = place.around.project.state.root / "runs/r1/aside/found-stream-auth-1"
    match how:
        case "filled":
            assert (found / "mine.txt").read_text() == "mine\n"
            assert str(found) in said
        case "a file":
            assert found.read_text() == "mine\n"
            assert str(found) in said
        case _:
            assert not found.exists()


async def test_the_runs_own_worktree_is_made_anew_by_the_next_engine(tmp_path: Path) -> None:
    held, auth = waits("auth", "R1")
    place = bench(tmp_path, StreamingModel(divides(*OWN), auth=auth, shop=does("shop", "R2")))
    async with place.going():
        await held.begun.wait()
        await place.until(lambda state: state.stream_status("shop") is INTEGRATED)
    meddle(tree(place, "run"), "filled")
    place.post(rq.Resume(by="ada"))
    assert await place.go(model=StreamingModel(auth=does("auth", "R1"))) == "completed", place.events()[-4:]
    assert statuses(place) == {"auth": INTEGRATED, "shop": INTEGRATED}
    found = place.around.project.state.root / "runs/r1/aside/found-run-1"
    assert (found / "mine.txt").read_text() == "mine\n"
    assert any(str(found) in warning for warning in place.state().warnings)
    files = git(place.workspace, "ls-tree", "-r", "--name-only", BRANCH).splitlines()
    assert {"auth.py", "shop.py"} <= set(files)
    assert "mine.txt" not in files


@pytest.mark.parametrize("when", ["meanwhile", "between two engines"])
async def test_a_worktree_that_is_deleted_while_a_conflict_waits_for_a_person_loses_no_stream(
    tmp_path: Path, when: str
) -> None:
    nothing: list[Turn] = [finishes("I looked", proofs={}), finishes("I looked again", proofs={})]
    model = both("AUTH = 1\n", "SHOP = 2\n", nothing)
    place = bench(tmp_path, model)
    root = tree(place, "run")
    async with place.going():
        await place.until(lambda state: state.paused_by == "integration")
        if when == "meanwhile":
            asked = len(place.of(ev.IntegrationConflicted))
            shutil.rmtree(root)
            place.post(rq.Resume(by="ada"))
            await place.until(lambda state: len(place.of(ev.IntegrationConflicted)) > asked)
    if when != "meanwhile":
        shutil.rmtree(root)
    place.post(rq.Resume(by="ada"))
    async with place.going() as going:
        await place.until(lambda state: state.paused_by == "integration")
        # The merge is there again, as it was: what the person is asked for can be done.
        assert "<<<<<<<" in (root / "common.py").read_text()
        (root / "common.py").write_text("AUTH = 1\nSHOP = 2\n")
        place.post(rq.Resume(by="ada"))
        assert await going == "completed", place.events()[-4:]
    assert git(place.workspace, "show", f"{BRANCH}:common.py") == "AUTH = 1\nSHOP = 2"
    assert statuses(place) == {"auth": INTEGRATED, "shop": INTEGRATED}


async def test_what_a_person_resolved_while_no_engine_ran_is_taken(tmp_path: Path) -> None:
    nothing: list[Turn] = [finishes("I looked", proofs={}), finishes("I looked again", proofs={})]
    place = bench(tmp_path, both("AUTH = 1\n", "SHOP = 2\n", nothing))
    async with place.going():
        await place.until(lambda state: state.paused_by == "integration")
    assert place.state().paused_by == "person"
    write(tree(place, "run"), {"common.py": "AUTH = 1\nSHOP = 2\n"})
    place.post(rq.Resume(by="ada"))
    assert await place.go() == "completed", place.events()[-4:]
    assert git(place.workspace, "show", f"{BRANCH}:common.py") == "AUTH = 1\nSHOP = 2"

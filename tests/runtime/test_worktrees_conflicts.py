"""What two sides did that git cannot bring together, how it is laid out, and when it counts as resolved."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from loki_tui.engine.grounds import Ground, Merge
from loki_tui.runtime.worktrees import GitWorktrees
from tests.support.git import git, write
from tests.support.worktrees import BRANCH, LINES, Bench

PNG = b"\x89PNG\r\n\x1a\n\0\0"


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path)


class Sides:
    """Two streams of one repository, the first of which is merged already."""

    def __init__(self, bench: Bench) -> None:
        self.bench = bench
        self.trees: GitWorktrees = bench.worktrees()

    async def stream(self, name: str, script: str) -> str:
        """What a script makes in a stream of its own; its commit."""
        ground = await self.trees.open(name, branch=f"{BRANCH}-{name}", base=self.bench.head())
        hands = await ground.workspaces.open_agent()
        done = await hands.perform("shell", {"command": script})
        await hands.close()
        assert done.ok, done.output
        made = await ground.repository.commit(f"{BRANCH}-{name}", subject=name, body="")
        assert made
        return made

    async def meet(self, ours: str, theirs: str) -> tuple[Ground, Merge]:
        """Two scripts, the first one on the run's branch, the second one to be merged into it."""
        base = self.bench.head()
        one, two = await self.stream("one", ours), await self.stream("two", theirs)
        ground = await self.trees.open("integration", branch=BRANCH, base=base)
        merged = await self.trees.merge(ground, one, message="Merge one")
        assert await self.trees.advance(BRANCH, to=merged.commit, expected=base)
        return ground, await self.trees.merge(ground, two, message="Merge two")

    async def conclude(self, ground: Ground) -> Merge:
        """Conclude the merge, and have it on the branch where it is one."""
        done = await self.trees.conclude(ground, self.bench.tip(f"{BRANCH}-two"), message="Merge two")
        if done.commit:
            assert await self.trees.advance(BRANCH, to=done.commit, expected=self.bench.tip())
            assert git(ground.root, "status", "--porcelain") == ""
        return done


@pytest.fixture
def sides(bench: Bench) -> Sides:
    return Sides(bench)


async def test_changes_in_different_places_need_nobody(sides: Sides) -> None:
    ours, theirs = "sed -i 's/line 3$/LINE 3/' c", "sed -i 's/line 25$/LINE 25/' c; chmod +x c"
    ground, merged = await sides.meet(ours, theirs)
    assert merged.commit
    assert (ground.root / "c").read_text() == LINES.replace("line 3\n", "LINE 3\n").replace("line 25", "LINE 25")
    assert os.access(ground.root / "c", os.X_OK)


async def test_an_edit_follows_a_rename(sides: Sides) -> None:
    ground, merged = await sides.meet("git mv c d 2>/dev/null || mv c d", "sed -i 's/line 25$/LINE 25/' c")
    assert merged.commit
    assert not (ground.root / "c").exists()
    assert "LINE 25" in (ground.root / "d").read_text()


async def test_the_same_lines_conflict_until_no_marker_is_left(sides: Sides) -> None:
    ground, merged = await sides.meet("echo one >a", "echo two >a")
    assert [(conflict.path, conflict.kind) for conflict in merged.conflicts] == [("a", "content")]
    text = (ground.root / "a").read_text()
    assert "one\n" in text
    assert "two\n" in text
    assert "|||||||" in text, "what both began at is there too"
    left = await sides.conclude(ground)
    assert left.commit == ""
    assert "lines that mark the conflict are left: 1 3 7" in left.conflicts[0].detail
    write(ground.root, {"a": "one\n=======\ntwo\n"})
    assert "2" in (await sides.conclude(ground)).conflicts[0].detail
    write(ground.root, {"a": "one\ntwo\n"})
    done = await sides.conclude(ground)
    assert done.commit
    assert done.lost == ()
    assert git(sides.bench.workspace, "show", f"{BRANCH}:a") == "one\ntwo"
    assert len(git(sides.bench.workspace, "log", "-1", "--format=%P", BRANCH).split()) == 2


async def test_markers_that_were_carried_to_another_file_are_found(sides: Sides) -> None:
    ground, _ = await sides.meet("echo one >a", "echo two >a")
    (ground.root / "copy").write_text((ground.root / "a").read_text())
    write(ground.root, {"a": "both\n"})
    left = await sides.conclude(ground)
    assert [conflict.path for conflict in left.conflicts] == ["copy"]


async def test_lines_that_only_look_like_markers_are_text(sides: Sides) -> None:
    ours = "printf '%s\\n' '<<<<<<< HEAD' 'Title' '=======' one >manual; echo one >a"
    ground, merged = await sides.meet(ours, "echo two >a")
    assert [conflict.path for conflict in merged.conflicts] == ["a"]
    write(ground.root, {"a": "both\n"})
    assert (await sides.conclude(ground)).commit


async def test_both_add_the_same_file(sides: Sides) -> None:
    ground, merged = await sides.meet("echo one >n", "echo two >n")
    assert [(conflict.path, conflict.kind) for conflict in merged.conflicts] == [("n", "both_added")]
    write(ground.root, {"n": "one\ntwo\n"})
    assert (await sides.conclude(ground)).commit


async def test_both_add_the_same_content(sides: Sides) -> None:
    _, merged = await sides.meet("echo same >n", "echo same >n")
    assert merged.commit


@pytest.mark.parametrize("resolution", ["kept", "deleted"])
@pytest.mark.parametrize("who", ["ours", "theirs"])
async def test_delete_against_edit_is_decided_by_where_the_version_goes(
    sides: Sides, who: str, resolution: str
) -> None:
    scripts = ["rm a", "echo two >a"]
    ground, merged = await sides.meet(*(scripts if who == "ours" else reversed(scripts)))
    (conflict,) = merged.conflicts
    assert (conflict.path, conflict.kind) == ("a", "deleted_edited")
    assert f"{who} deleted it" in conflict.detail
    version = "a.loki-theirs" if who == "ours" else "a.loki-ours"
    assert version in conflict.detail
    assert (ground.root / version).read_text() == "two\n"
    assert not (ground.root / "a").exists()
    assert (await sides.conclude(ground)).conflicts[0].path == "a"
    if resolution == "kept":
        (ground.root / version).rename(ground.root / "a")
    else:
        (ground.root / version).unlink()
    done = await sides.conclude(ground)
    assert done.commit
    assert (ground.root / "a").exists() == (resolution == "kept")
    assert bool(done.lost) == (resolution == "deleted")


async def test_rename_against_an_edit_of_the_same_lines(sides: Sides) -> None:
    ours, theirs = "mv c d; sed -i 's/line 5$/LINE 5/' d", "sed -i 's/line 5$/five/' c"
    ground, merged = await sides.meet(ours, theirs)
    (conflict,) = merged.conflicts
    assert (conflict.path, conflict.kind) == ("d", "renamed_edited")
    write(ground.root, {"d": LINES.replace("line 5\n", "LINE five\n")})
    assert (await sides.conclude(ground)).commit


async def test_rename_against_a_deletion(sides: Sides) -> None:
    ground, merged = await sides.meet("mv c d; echo more >>d", "rm c")
    (conflict,) = merged.conflicts
    assert (conflict.path, conflict.kind) == ("d", "renamed_edited")
    (ground.root / "d.loki-ours").rename(ground.root / "d")
    assert (await sides.conclude(ground)).commit
    assert (ground.root / "d").exists()


async def test_both_rename_the_same_file(sides: Sides) -> None:
    ground, merged = await sides.meet("mv c d", "mv c e")
    assert {conflict.path for conflict in merged.conflicts} == {"c", "d", "e"}
    (ground.root / "d.loki-ours").rename(ground.root / "d")
    left = await sides.conclude(ground)
    assert {conflict.path for conflict in left.conflicts} == {"e"}
    (ground.root / "e.loki-theirs").unlink()
    done = await sides.conclude(ground)
    assert done.commit
    assert (ground.root / "d").read_text() == LINES
    assert done.lost == (), "every line is in the other file"


async def test_binary_files_are_put_beside_each_other(bench: Bench) -> None:
    (bench.workspace / "p.png").write_bytes(PNG)
    git(bench.workspace, "add", "p.png")
    git(bench.workspace, "commit", "--quiet", "--message=Picture")
    sides = Sides(bench)
    ground, merged = await sides.meet("printf one >>p.png", "printf two >>p.png")
    (conflict,) = merged.conflicts
    assert (conflict.path, conflict.kind) == ("p.png", "binary")
    assert (ground.root / "p.png.loki-ours").read_bytes() == PNG + b"one"
    assert (ground.root / "p.png.loki-theirs").read_bytes() == PNG + b"two"
    assert "move one to where it belongs" in conflict.detail
    (ground.root / "p.png.loki-theirs").rename(ground.root / "p.png")
    assert "p.png.loki-ours" in (await sides.conclude(ground)).conflicts[0].detail
    (ground.root / "p.png.loki-ours").unlink()
    assert (await sides.conclude(ground)).commit
    assert (ground.root / "p.png").read_bytes() == PNG + b"two"


async def test_a_file_against_a_link(sides: Sides) -> None:
    ground, merged = await sides.meet("ln -s b n", "echo text >n")
    assert {conflict.kind for conflict in merged.conflicts} == {"mode"}
    for left in ground.root.glob("n*.loki-*"):
        if left.is_symlink():
            left.rename(ground.root / "n")
        else:
            left.unlink()
    assert (await sides.conclude(ground)).commit
    assert (ground.root / "n").readlink() == Path("b")
    assert sorted(path.name for path in ground.root.glob("n*")) == ["n"]


async def test_a_file_against_a_directory(sides: Sides) -> None:
    ground, merged = await sides.meet("mkdir n; echo in >n/x", "echo text >n")
    assert {conflict.kind for conflict in merged.conflicts} == {"mode"}
    assert not (await sides.conclude(ground)).commit
    (left,) = ground.root.glob("n*.loki-*")
    left.rename(ground.root / "n/text")
    assert (await sides.conclude(ground)).commit
    assert (ground.root / "n/text").read_text() == "text\n"


async def test_both_add_a_file_one_of_them_executable(sides: Sides) -> None:
    ground, merged = await sides.meet("echo one >n; chmod +x n", "echo two >n")
    (conflict,) = merged.conflicts
    assert conflict.kind == "both_added"
    assert "executable" in conflict.detail
    write(ground.root, {"n": "one\ntwo\n"})
    assert (await sides.conclude(ground)).commit


@pytest.mark.parametrize(
    "name", ["with space", "é ü.txt", "line\nbreak", "end\n", "-dash", '"quo$te`"', "tab\tbed", "a\\b"]
)
async def test_whatever_a_file_is_called(sides: Sides, name: str) -> None:
    trees, bench = sides.trees, sides.bench
    for stream, text in (("one", "one\n"), ("two", "two\n")):
        ground = await trees.open(stream, branch=f"{BRANCH}-{stream}", base=bench.head())
        write(ground.root, {name: text})
        await ground.repository.commit(f"{BRANCH}-{stream}", subject=stream, body="")
    ground = await trees.open("integration", branch=BRANCH, base=bench.head())
    first = await trees.merge(ground, bench.tip(f"{BRANCH}-one"), message="one")
    await trees.advance(BRANCH, to=first.commit, expected=bench.head())
    merged = await trees.merge(ground, bench.tip(f"{BRANCH}-two"), message="two")
    assert [conflict.kind for conflict in merged.conflicts] == ["both_added"]
    assert merged.conflicts[0].path.isprintable()
    assert not (await sides.conclude(ground)).commit
    write(ground.root, {name: "one\n"})
    done = await sides.conclude(ground)
    assert done.commit
    assert "1 of 1 lines are gone, such as `two`" in done.lost[0]
    assert (ground.root / name).read_text() == "one\n"


async def test_what_a_resolution_took_away_is_told_by_side(sides: Sides) -> None:
    ours = "printf '%s\\n' 'def one():' '    return 1' >>src/deep.py; sed -i 's/^1$/one/' a"
    theirs = "printf '%s\\n' 'def two():' '    return 2' >>src/deep.py; sed -i 's/^1$/two/' a; echo 'x = 1' >new.py"
    ground, merged = await sides.meet(ours, theirs)
    assert {conflict.path for conflict in merged.conflicts} == {"a", "src/deep.py"}
    write(ground.root, {"src/deep.py": f"{LINES}def one():\n    return 1\n", "a": "one\ntwo\n"})
    (ground.root / "new.py").unlink()
    done = await sides.conclude(ground)
    assert done.commit
    lost = {phrase.partition(":")[0]: phrase for phrase in done.lost}
    assert lost.keys() == {"src/deep.py", "new.py"}
    assert "of what the merged side had added" in lost["src/deep.py"]
    assert "2 of 2 lines are gone, such as `def two():`; `return 2`" in lost["src/deep.py"]
    assert "1 of 1 lines are gone, such as `x = 1`" in lost["new.py"]


async def test_what_moved_elsewhere_is_not_lost(sides: Sides) -> None:
    ground, _ = await sides.meet("echo 'one = 1' >a", "echo 'two = 2' >a")
    write(ground.root, {"a": "one = 1\n", "elsewhere": "   two = 2\n"})
    assert (await sides.conclude(ground)).lost == ()


async def test_a_resolution_survives_the_engine(sides: Sides) -> None:
    ground, merged = await sides.meet("echo one >a", "echo two >a")
    write(ground.root, {"a": "half resolved\n"})
    two = sides.bench.tip(f"{BRANCH}-two")
    trees = sides.bench.worktrees()
    again = await trees.open("integration", branch=BRANCH, base=sides.bench.head())
    assert (await trees.merge(again, two, message="Merge two")).conflicts == merged.conflicts
    assert (again.root / "a").read_text() == "half resolved\n"
    assert await again.repository.commit(BRANCH, subject="x", body="") == sides.bench.tip()
    assert (await trees.conclude(again, two, message="Merge two")).commit


async def test_a_conflict_that_nobody_worked_on_is_given_up_without_a_trace(sides: Sides) -> None:
    ground, _ = await sides.meet("echo one >a; rm b", "echo two >a; echo 2 >b")
    await sides.trees.abandon(ground)
    assert git(ground.root, "status", "--porcelain") == ""
    assert (ground.root / "a").read_text() == "one\n"
    assert sides.bench.refs() == []


async def test_a_half_resolved_conflict_is_kept_when_it_is_given_up(sides: Sides) -> None:
    ground, _ = await sides.meet("echo one >a", "echo two >a")
    write(ground.root, {"a": "half\n"})
    await sides.trees.abandon(ground)
    (ref,) = sides.bench.refs()
    assert git(sides.bench.workspace, "show", f"{ref}:a") == "half"
    parents = git(sides.bench.workspace, "log", "-1", "--format=%P", ref).split()
    assert parents == [sides.bench.tip(), sides.bench.tip(f"{BRANCH}-two")]

"""Diffs taken apart and dealt out."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loki_tui.engine.changes import Change, changes_between, changes_of, is_cut, paths_of, portions
from loki_tui.store.checkpoints import GitCheckpoints


async def between(tmp_path: Path, before: dict[str, bytes], after: dict[str, bytes]) -> tuple[Change, ...]:
    """The changes from one state of a directory to another, as git tells them."""
    workspace = tmp_path / "work"
    checkpoints = GitCheckpoints(tmp_path / "git", workspace=workspace)
    for files in (before, after):
        workspace.mkdir(exist_ok=True)
        for old in [path for path in workspace.rglob("*") if path.is_file()]:
            old.unlink()
        for name, content in files.items():
            (workspace / name).parent.mkdir(parents=True, exist_ok=True)
            (workspace / name).write_bytes(content)
        await checkpoints.take("x")
    return await changes_between(checkpoints, "c1", "c2")


LINES = b"".join(b"line %d\n" % number for number in range(30))


async def test_every_kind_of_change_is_told_apart(tmp_path: Path) -> None:
    before = {"kept.py": b"a\n", "moved.py": LINES, "gone.py": b"a\n", "pic.png": b"\0\1"}
    after = {"kept.py": b"b\n", "new name.py": LINES, "new.py": b"x\n", "pic.png": b"\0\2", "empty": b""}
    found = {change.path: change for change in await between(tmp_path, before, after)}
    assert {path: change.kind for path, change in found.items()} == {
        "kept.py": "changed",
        "new name.py": "renamed",
        "gone.py": "deleted",
        "new.py": "added",
        "pic.png": "changed",
        "empty": "added",
    }
    assert found["new name.py"].before == "moved.py"
    assert found["pic.png"].binary
    assert not found["kept.py"].binary
    assert paths_of(tuple(found.values())) == {*found, "moved.py"}
    assert found["new name.py"].named.startswith("moved.py -> new name.py (renamed, ")
    assert "binary" in found["pic.png"].named


@pytest.mark.parametrize("name", ["ä.py", 'quo"te.py', "tab\t.py", "new\nline.py", "back\\slash", " b/ b", "a b/x"])
async def test_odd_names_are_read_as_they_are(tmp_path: Path, name: str) -> None:
    for content in (b"text\n", b"\0binary"):
        place = tmp_path / str(len(content))
        place.mkdir()
        (change,) = await between(place, {}, {name: content})
        assert change.path == name


async def test_lines_that_look_like_headers_are_lines(tmp_path: Path) -> None:
    hostile = b"diff --git a/x b/x\n--- a/x\n+++ b/x\n@@ -1 +1 @@\nrename to y\n[cut: no]\n"
    (change,) = await between(tmp_path, {"f": hostile}, {"f": b""})
    assert (change.path, change.kind) == ("f", "changed")
    assert not change.cut


async def test_what_lies_beyond_a_huge_diff_is_named(tmp_path: Path) -> None:
    lines = b"".join(b"%08d some text to fill the line with\n" % number for number in range(14_000))
    changes = await between(tmp_path, {}, {"a.txt": b"small\n", "b.txt": lines * 3, "c.txt": b"late\n"})
    assert [(change.path, change.cut, bool(change.text)) for change in changes] == [
        ("a.txt", False, True),
        ("b.txt", True, True),
        ("c.txt", True, False),
    ]
    dealt, rest = portions(changes, most=4)
    assert [[change.path for change in portion] for portion in dealt] == [["a.txt"], ["b.txt"]]
    assert [change.path for change in rest] == ["c.txt"]
    assert not is_cut("diff\n+[cut: x\n")


@given(sizes=st.lists(st.integers(1, 300), max_size=30), most=st.integers(1, 5))
def test_everything_is_in_one_portion_or_in_the_rest(sizes: list[int], most: int) -> None:
    changes = [Change(f"f{number}", "x" * (size - 1) + "\n") for number, size in enumerate(sizes)]
    dealt, rest = portions(changes, most=most, size=100)
    shown = [change for portion in dealt for change in portion]
    assert sorted(change.path for change in (*shown, *rest)) == sorted(change.path for change in changes)
    assert len(dealt) <= most
    assert all(sum(len(change.text) for change in portion) <= 100 for portion in dealt)
    assert all(change.cut == (len(change.text) < size_of(change, changes)) for change in shown)


def size_of(change: Change, changes: list[Change]) -> int:
    return next(len(other.text) for other in changes if other.path == change.path)


@given(st.text())
def test_any_text_is_taken(text: str) -> None:
    changes_of(f"diff --git {text}")
    changes_of(text)

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from loki_tui.hands.box.files import Files
from loki_tui.hands.box.paths import Places
from loki_tui.hands.box.protocol import OperationError


@pytest.fixture
def files(tmp_path: Path) -> Files:
    root, home = str(tmp_path / "w"), str(tmp_path / "home")
    Path(root).mkdir()
    Path(home).mkdir()
    return Files(Places(root=root, home=home, read=[root, home], write=[root, home], shown=[root]))


@pytest.fixture
def root(files: Files, tmp_path: Path) -> Path:
    return tmp_path / "w"


def read(files: Files, path: str, *, offset: int = 1, limit: int | None = None) -> str:
    return files.read(path, offset=offset, limit=limit).output


# -- reading ------------------------------------------------------------------------------------


def test_a_file_is_read_as_it_is(files: Files, root: Path) -> None:
    (root / "a.txt").write_text("one\n\ttwo\nthree")
    assert read(files, "a.txt") == "one\n\ttwo\nthree"
    assert read(files, str(root / "a.txt")) == "one\n\ttwo\nthree"
    assert read(files, "./sub/../a.txt") == "one\n\ttwo\nthree"


def test_a_part_says_how_to_go_on(files: Files, root: Path) -> None:
    (root / "a.txt").write_text("".join(f"{number}\n" for number in range(1, 11)))
    assert read(files, "a.txt", offset=3, limit=2) == "3\n4\n[more lines follow; go on with offset=5]"
    assert read(files, "a.txt", offset=9, limit=2) == "9\n10\n"
    with pytest.raises(OperationError, match="only 10 lines"):
        read(files, "a.txt", offset=11)


def test_a_long_file_is_read_in_parts_that_join_up(files: Files, root: Path) -> None:
    whole = "".join(f"line {number} ü\n" for number in range(20_000))
    (root / "a.txt").write_text(whole)
    collected, offset = "", 1
    for _ in range(20):
        text, mark, note = read(files, "a.txt", offset=offset).rpartition("[cut after")
        if not mark:
            collected += note
            break
        assert len(text) <= 50_000
        collected += text
        offset = int(note.rpartition("offset=")[2].rstrip("]"))
    assert collected == whole


def test_a_line_beyond_the_bound_is_cut(files: Files, root: Path) -> None:
    (root / "a.js").write_text("é" * 300_000 + "\nnext\n")
    text = read(files, "a.js")
    assert text.endswith("[line 1 is longer than can be shown; go on with offset=2]")
    assert len(text) < 51_000


def test_text_of_another_encoding_is_readable(files: Files, root: Path) -> None:
    (root / "a.txt").write_bytes("Grüße\r\n".encode("latin-1") + b"\x1b[2J")
    assert read(files, "a.txt") == "Gr\ufffd\ufffde\n\\x1b[2J"


def test_empty_is_empty(files: Files, root: Path) -> None:
    (root / "a.txt").touch()
    assert read(files, "a.txt") == ""


def test_what_is_no_text_file_is_refused(files: Files, root: Path) -> None:
    (root / "image").write_bytes(b"\x89PNG\0\0")
    (root / "folder").mkdir()
    os.mkfifo(root / "pipe")
    for path, why in {
        "image": "binary",
        "folder": "a directory",
        "pipe": "no regular file",
        "missing": "does not exist",
        "image/below": "not a directory",
        "": "no path",
        "nul\0": "no path",
        "x" * 5000: "too long",
    }.items():
        with pytest.raises(OperationError, match=why):
            read(files, path)


def test_a_home_is_the_private_one(files: Files, tmp_path: Path) -> None:
    (tmp_path / "home/notes").write_text("mine")
    assert read(files, "~/notes") == "mine"


# -- writing ------------------------------------------------------------------------------------


def test_a_file_is_written_with_its_directories(files: Files, root: Path) -> None:
    result = files.make(files.rewriting("deep/er/a.txt", "hello\n"))
    assert (root / "deep/er/a.txt").read_text() == "hello\n"
    assert result.output == "Created deep/er/a.txt (6 bytes)."
    assert result.diff == "--- /dev/null\n+++ b/deep/er/a.txt\n@@ -0,0 +1 @@\n+hello\n"


def test_a_rewrite_keeps_the_mode_and_shows_the_difference(files: Files, root: Path) -> None:
    (root / "run.sh").write_text("old\n")
    (root / "run.sh").chmod(0o755)
    result = files.make(files.rewriting("run.sh", "new\n"))
    assert stat.S_IMODE((root / "run.sh").stat().st_mode) == 0o755
    assert "-old\n+new\n" in result.diff
    assert result.output.startswith("Wrote")
    assert [path.name for path in root.iterdir()] == ["run.sh"]


def test_a_link_is_written_through_not_replaced(files: Files, root: Path) -> None:
    (root / "real").write_text("old")
    (root / "link").symlink_to("real")
    files.make(files.rewriting("link", "new"))
    assert (root / "link").is_symlink()
    assert (root / "real").read_text() == "new"


def test_a_hard_link_is_cut_so_that_its_other_name_keeps_its_content(files: Files, root: Path) -> None:
    (root.parent / "other").write_text("old")
    os.link(root.parent / "other", root / "linked")
    files.make(files.rewriting("linked", "new"))
    assert (root.parent / "other").read_text() == "old"


@pytest.mark.parametrize("name", ["-rf", "a b", "ü🎉", "new\nline", "'quoted\"", "$(x)", "x" * 255])
def test_odd_names_are_names(files: Files, root: Path, name: str) -> None:
    files.make(files.rewriting(name, "x"))
    assert (root / name).read_text() == "x"


def test_what_cannot_be_written_is_refused(files: Files, root: Path) -> None:
    (root / "folder").mkdir()
    (root / "file").write_text("x")
    os.mkfifo(root / "pipe")
    for path, why in {
        "folder": "a directory",
        "pipe": "no regular file",
        "file/below": "not a directory",
        "x" * 256: "too long",
    }.items():
        with pytest.raises(OperationError, match=why):
            files.make(files.rewriting(path, "x"))
    with pytest.raises(OperationError, match="half a character"):
        files.make(files.rewriting("a.txt", "\ud800"))
    assert not (root / "a.txt").exists()


# -- editing ------------------------------------------------------------------------------------


def edit(files: Files, old: str, new: str, *, everywhere: bool = False) -> str:
    return files.make(files.editing("a.txt", old, new, everywhere=everywhere)).output


def test_one_place_is_replaced(files: Files, root: Path) -> None:
    (root / "a.txt").write_text("one\ntwo\nthree\n")
    result = files.make(files.editing("a.txt", "two\n", "2\n", everywhere=False))
    assert (root / "a.txt").read_text() == "one\n2\nthree\n"
    assert result.output == "Edited a.txt in one place."
    assert "@@ -1,3 +1,3 @@\n one\n-two\n+2\n three\n" in result.diff


def test_several_places_need_to_be_asked_for(files: Files, root: Path) -> None:
    (root / "a.txt").write_text("x x x")
    with pytest.raises(OperationError, match="occurs 3 times"):
        edit(files, "x", "y")
    assert edit(files, "x", "y", everywhere=True) == "Edited a.txt in 3 places."
    assert (root / "a.txt").read_text() == "y y y"


def test_a_miss_says_what_is_different(files: Files, root: Path) -> None:
    (root / "a.txt").write_text("def f():\n    return 1\n")
    with pytest.raises(OperationError, match="white space"):
        edit(files, "def f():\n\treturn 1", "x")
    with pytest.raises(OperationError, match="does not occur"):
        edit(files, "def g", "x")
    with pytest.raises(OperationError, match="empty"):
        edit(files, "", "x")
    with pytest.raises(OperationError, match="the same"):
        edit(files, "def f", "def f")
    with pytest.raises(OperationError, match="does not exist"):
        files.make(files.editing("missing", "a", "b", everywhere=False))


def test_line_endings_and_foreign_bytes_survive(files: Files, root: Path) -> None:
    (root / "a.txt").write_bytes(b"one\r\ntwo\r\n\xff\r\n")
    edit(files, "one\ntwo\n", "1\n2\n3\n")
    assert (root / "a.txt").read_bytes() == b"1\r\n2\r\n3\r\n\xff\r\n"


def test_what_is_too_large_is_left_alone(files: Files, root: Path) -> None:
    with (root / "a.txt").open("wb") as file:
        file.truncate(20_000_000)
    with pytest.raises(OperationError, match="too large"):
        edit(files, "a", "b")
    assert files.make(files.rewriting("a.txt", "small")).diff == ""
    assert (root / "a.txt").read_text() == "small"

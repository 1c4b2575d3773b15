"""What a place says of the files in it, whatever their names and sizes."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from loki_tui.core.errors import WorkspaceError
from loki_tui.engine.qa.scene import FILE_BYTES, Place
from tests.support.qa import place_of, scene_of


def root_of(place: Place) -> Path:
    return Path(place.workspace.confinement.writable[0])


async def test_files_are_listed_and_read_whole(tmp_path: Path) -> None:
    odd = "a\nb \x1b[31m.txt"
    files = {"src/a.py": "x\n" * 400_000, odd: "odd", "node_modules/a/index.js": "", "x/.venv/b.py": "", ".git/c": ""}
    async with place_of(tmp_path, files) as place:
        assert await place.files() == tuple(sorted(["src/a.py", odd]))
        assert await place.read("src/a.py") == files["src/a.py"]
        assert await place.read(odd) == "odd"
        assert await place.files() == tuple(sorted(["src/a.py", odd]))


async def test_ten_thousand_files_are_listed(tmp_path: Path) -> None:
    async with place_of(tmp_path, {}) as place:
        made = await place.run("mkdir d && cd d && seq -f 'a-rather-long-name-%g' 10000 | xargs touch", timeout=60)
        assert made.ok
        assert len(await place.files()) == 10_000
        assert place.seconds >= made.seconds


async def test_what_is_no_file_of_the_checkout_is_not_read(tmp_path: Path) -> None:
    async with place_of(tmp_path, {"a.txt": "a", "latin": ""}) as place:
        root = root_of(place)
        os.mkfifo(root / "pipe")
        (root / "out").symlink_to("/etc/passwd")
        (root / "in").symlink_to("a.txt")
        (root / "latin").write_bytes(b"\xe9")
        for name in ("none", "pipe", "out", "/etc/passwd", "../x", ".", "", "a\0b"):
            assert await place.read(name) is None
        assert await place.read("in") == "a"
        assert await place.read("latin") == "\ufffd"


async def test_what_is_too_large_is_not_read(tmp_path: Path) -> None:
    async with place_of(tmp_path, {}) as place:
        await place.run(f"truncate -s {FILE_BYTES + 1} big; truncate -s 70000000 huge", timeout=60)
        assert await place.read("big") is None
        assert await place.workspace.fetch("huge") is None


async def test_writing_makes_directories_and_says_when_it_cannot(tmp_path: Path) -> None:
    async with place_of(tmp_path, {"a": ""}) as place:
        await place.write("b/c/d.txt", "text\n")
        assert await place.read("b/c/d.txt") == "text\n"
        with pytest.raises(WorkspaceError):
            await place.write("a/b", "")


async def test_a_scene_has_fresh_checkouts_and_the_base(tmp_path: Path) -> None:
    async with scene_of(tmp_path, {"a.txt": "new\n"}, {"a.txt": "old\n", "b.txt": "b"}) as scene:
        await scene.here.write("left.txt", "")
        async with scene.fresh() as fresh, scene.base() as base:
            assert await fresh.files() == ("a.txt",)
            assert base is not None
            assert await base.read("a.txt") == "old\n"
        assert scene.changed == ("a.txt", "b.txt")
        assert "-old\n+new\n" in scene.diff

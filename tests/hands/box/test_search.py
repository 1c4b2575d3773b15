from __future__ import annotations

from pathlib import Path

import pytest

from loki_tui.hands.box.search import selector, walk


@pytest.mark.parametrize(
    ("glob", "path", "meant"),
    [
        ("*.py", "a.py", True),
        ("*.py", "deep/er/a.py", True),
        ("*.py", "a.pyc", False),
        ("src/*.py", "src/a.py", True),
        ("src/*.py", "src/deep/a.py", False),
        ("src/**/*.py", "src/a.py", True),
        ("src/**/*.py", "src/deep/er/a.py", True),
        ("src/**", "src/deep/a.txt", True),
        ("**/test_*", "tests/test_a.py", True),
        ("./a.py", "a.py", True),
        ("/a.py", "deep/a.py", False),
        ("?.py", "ab.py", False),
        ("[ab].py", "b.py", True),
        ("[!ab].py", "b.py", False),
        ("a+b(c).py", "a+b(c).py", True),
        ("[", "[", True),
        ("a\nb", "a\nb", True),
        (None, "anything", True),
    ],
)
def test_patterns_mean_what_ignore_files_mean(glob: str | None, path: str, meant: bool) -> None:
    assert selector(glob)(path) is meant


def test_a_walk_is_nearest_first_and_in_order(tmp_path: Path) -> None:
    for name in ("b.txt", "a.txt", "deep/er/c.txt", "deep/a.txt", ".git/config", "node_modules/x/y.js"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    (tmp_path / "loop").symlink_to(tmp_path)
    assert list(walk(str(tmp_path))) == [
        ".git/",
        "a.txt",
        "b.txt",
        "loop",
        "node_modules/",
        "deep/a.txt",
        "deep/er/c.txt",
    ]

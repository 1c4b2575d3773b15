"""What a process holds is left alone; what a killed one left is cleared away."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from loki_tui.hands.held import clear_unheld, make_held

LEAVES = """
import os, pathlib, sys
from loki_tui.hands.held import make_held
(make_held(pathlib.Path(sys.argv[1]), "loki-").path / "file").write_text("left")
os._exit(1)
"""


def test_what_a_killed_process_left_is_cleared_away_and_what_is_held_is_not(tmp_path: Path) -> None:
    subprocess.run([sys.executable, "-c", LEAVES, tmp_path], check=False, timeout=60)
    (left,) = tmp_path.glob("loki-*")
    mine = make_held(tmp_path, "loki-")
    others = tmp_path / "others"
    others.mkdir()
    clear_unheld(tmp_path, "loki-")
    assert not left.exists()
    assert mine.path.is_dir()
    assert others.is_dir()
    (mine.path / "file").write_text("of mine")
    mine.remove()
    assert sorted(tmp_path.iterdir()) == [others]


def test_a_link_of_such_a_name_is_not_followed(tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (tmp_path / "loki-link").symlink_to(elsewhere)
    clear_unheld(tmp_path, "loki-")
    assert elsewhere.is_dir()


def test_it_belongs_to_this_person_alone(tmp_path: Path) -> None:
    held = make_held(tmp_path, "loki-")
    assert held.path.stat().st_mode & 0o777 == 0o700
    assert held.path.stat().st_uid == os.getuid()
    held.remove()

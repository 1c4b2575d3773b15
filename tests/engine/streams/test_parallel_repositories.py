"""Whole parallel runs in clones of a kind that has not all objects of its own, or no history."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from loki_tui.core import events as ev
from loki_tui.runtime.surroundings import Surroundings
from tests.engine.streams.test_parallel import APART, BRANCH, INTEGRATED, bench, does, statuses
from tests.support.git import git
from tests.support.parallel import StreamingModel, divides, writes
from tests.support.runs import Bench


def in_clone(place: Bench, tmp_path: Path, *options: str) -> Path:
    """Have the run work in a clone of the bench's repository; the repository."""
    origin, clone = place.workspace, tmp_path / "clone"
    (origin / "README.md").write_text("hello again\n")
    git(origin, "commit", "-qam", "More")
    git(origin, "config", "uploadpack.allowFilter", "true")
    source = str(origin) if "--shared" in options else f"file://{origin}"
    git(tmp_path, "clone", "--quiet", *options, source, str(clone))
    place.around = Surroundings.here({**os.environ, "LOKI_DIR": str(tmp_path / "state")}, clone)
    return origin


@pytest.mark.parametrize("kind", ["--depth=1", "--filter=blob:none", "--shared"])
async def test_streams_come_together_in_a_clone(tmp_path: Path, kind: str) -> None:
    auth, shop = (
        does(name, key, common_dot_py=text)
        for name, key, text in (("auth", "R1", "A = 1\n"), ("shop", "R2", "B = 1\n"))
    )
    resolved = writes({"common.py": "A = 1\nB = 1\n"}, proofs={})
    model = StreamingModel(divides(*APART), auth=auth, shop=shop, whole=resolved)
    borrowed = {"read_paths": (tmp_path / "project/.git/objects",)} if kind == "--shared" else {}
    place = bench(tmp_path, model)
    origin = in_clone(place, tmp_path, kind)
    place.settings = place.settings.model_copy(update=borrowed)
    if kind != "--shared":
        shutil.move(origin, tmp_path / "away")  # whatever is not here is not to be had
    assert await place.go() == "completed", place.events()[-4:]
    assert statuses(place) == {"auth": INTEGRATED, "shop": INTEGRATED}
    assert len(place.of(ev.IntegrationConflicted)) == 1
    assert git(place.workspace, "show", f"{BRANCH}:common.py") == "A = 1\nB = 1"
    assert not git(place.workspace, "status", "--porcelain")

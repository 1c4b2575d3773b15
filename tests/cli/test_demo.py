"""`loki demo`: no key, no network, and a product that runs in the end."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

from tests.support.git import git
from tests.support.program import Program


async def test_the_demo_builds_a_product_that_works(loki: Program) -> None:
    bare = loki.without(*loki.variables).with_(TMPDIR=str(loki.home), LOKI_DIR=str(loki.home / "not-the-demo"))
    shown = await bare("demo", "--headless", "--speed", "0")
    assert shown.code == 0, shown
    assert "is a recording" in shown.err.splitlines()[0]
    assert "FAILED" in shown.out
    assert "COMPLETED" in shown.out.splitlines()[-1]
    found = re.search(r"cd (\S+)", shown.err)
    assert found is not None
    directory = loki.home / found[1].rpartition("/")[2]
    assert not (loki.home / "not-the-demo").exists()
    assert git(directory, "branch", "--show-current").startswith("loki/")
    assert git(directory, "status", "--porcelain") == ""
    assert "run" in use(directory)
    told = await bare.without("LOKI_DIR")("status", cwd=directory)
    assert "COMPLETED" in told.out


def use(directory: Path) -> str:
    """Do with the product what the demo says one could."""
    product = f"{sys.executable} -m habit"
    command = f"{product} done run && {product} list"
    return subprocess.run(
        command, shell=True, cwd=directory, check=True, timeout=20, capture_output=True, text=True
    ).stdout

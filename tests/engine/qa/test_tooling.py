"""Tools are found where they work, in an order that depends on whom they are to be trusted by."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path

import pytest

from loki_tui.engine.qa.tooling import find_scanner, find_tool, in_pieces, run_tool
from tests.support.qa import place_of

pytestmark = pytest.mark.usefixtures("plain_path")

WORKS, BROKEN = "#!/bin/sh\nexit 0\n", "#!/bin/sh\necho no such version >&2\nexit 127\n"


async def test_a_tool_of_the_projects_environment_comes_first_where_it_has_to_fit(tmp_path: Path) -> None:
    async with place_of(tmp_path, {".venv/bin/bandit": WORKS}) as place:
        assert await find_tool(place, "bandit") == ".venv/bin/bandit"


async def test_a_scanner_of_ours_comes_before_what_an_agent_could_have_written(tmp_path: Path) -> None:
    async with place_of(tmp_path, {".venv/bin/bandit": WORKS, "node_modules/.bin/scan": WORKS}) as place:
        assert await find_scanner(place, "bandit") == f"{sys.prefix}/bin/bandit"
        assert await find_scanner(place, "scan") == "node_modules/.bin/scan"


async def test_what_does_not_work_is_not_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    programs = tmp_path / "shims"
    programs.mkdir()
    (programs / "scan").write_text(BROKEN)
    (programs / "scan").chmod(0o755)
    monkeypatch.setenv("PATH", f"{programs}:/usr/bin:/bin")
    async with place_of(tmp_path, {"venv/bin/scan": WORKS, ".venv/bin/scan/file": ""}) as place:
        assert await find_scanner(place, "scan") == "venv/bin/scan"
        assert await find_scanner(place, "no-such-tool") is None
        assert await find_tool(place, "$(touch owned)") is None
        assert await place.files() == ()


async def test_a_report_is_what_the_tool_wrote(tmp_path: Path) -> None:
    async with place_of(tmp_path, {}) as place:
        ran = await run_tool(place, 'echo said; cd /; echo written >"$REPORT"; exit 3', report="r.json", timeout=10)
        assert (ran.report, ran.result.output, ran.result.exit_code) == ("written\n", "said\n[exit code 3]", 3)
        assert (await run_tool(place, "true", report="other.json", timeout=10)).report is None


def test_paths_are_arguments_of_as_many_commands_as_it_takes() -> None:
    paths = [f"{'d' * 100}/{number} it's.py" for number in range(2000)]
    pieces = in_pieces(paths)
    assert len(pieces) > 1
    assert max(map(len, pieces)) <= 60_000
    assert [word for piece in pieces for word in shlex.split(piece)] == [f"./{path}" for path in paths]
    assert in_pieces([]) == []

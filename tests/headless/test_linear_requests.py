"""Requests in words: all that a decision rests on, exactly, and nothing approved that was only told in part."""

from __future__ import annotations

from pathlib import Path

import pytest

from loki_tui.core.events import ApprovalRequested
from loki_tui.core.messages import JsonObject
from loki_tui.core.vocabulary import Excerpt, Risk
from loki_tui.headless.linear_requests import MOST, Told, request_in_words
from loki_tui.runtime.history import History
from loki_tui.store.project import Project, locate_project
from tests.support import scenes


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """A project with a run."""
    workspace = tmp_path / "project"
    workspace.mkdir()
    made = locate_project(workspace, state_root=tmp_path / "state")
    scenes.write(made, "r1", scenes.empty())
    return made


def asked(tool: str = "shell", detail: str = "in /w:\nmake", **fields: object) -> ApprovalRequested:
    given: JsonObject = {"command": "make"}
    request = {
        "approval": "p1", "subject": "action", "digest": "d", "title": "run make", "detail": detail, "risk": Risk.RUN,
        "reason": "staged", "tool": tool, "input": given, "cwd": "/w", "agent": "agent", "editable": True,
    }  # fmt: skip
    return ApprovalRequested.model_validate({**request, **fields})


def told(project: Project, request: ApprovalRequested, most: int | None = MOST) -> tuple[Told, list[str]]:
    with History.open(project, "r1") as history:
        words = request_in_words(request, history, room=100, most=most)
    return words, "\n".join(passage.text for passage in words.passages).split("\n")


def test_a_command_is_told_with_all_that_it_does(project: Project) -> None:
    given: JsonObject = {"command": "make", "timeout_seconds": 90, "background": True}
    words, lines = told(project, asked(detail="in /w in the background:\nmake \\\n  it", input=given, pattern="make *"))
    assert words.whole
    assert words.text == "p1 waits for you: run make"
    assert lines == [
        "Risk: run. Why it asks: staged. By: agent.",
        "In directory: /w",
        "Command:",
        "make \\",
        "  it",
        "It goes on in the background.",
        "Time limit: 90 seconds.",
        "For this run, with all that is like make *: approve p1 for this run",
        "Type approve p1, or deny p1 REASON, or edit p1.",
    ]


def test_a_change_is_told_as_a_diff_and_whole_where_that_is_cut(project: Project) -> None:
    diff = "--- a/x\n+++ b/x\n@@ -0,0 +1 @@\n+new\n"
    _, lines = told(project, asked("write_file", "new\n", diff=Excerpt(text=diff)))
    assert "added: new" in lines
    assert "All that is to be written:" not in lines
    cut = f"{diff}[the rest of the diff is not shown]\n"
    _, lines = told(project, asked("write_file", "new\nmore", diff=Excerpt(text=cut)))
    assert lines[lines.index("All that is to be written:") + 1 :][:2] == ["new", "more"]


def test_more_than_can_be_taken_in_is_not_whole(project: Project) -> None:
    detail = "in /w:\n" + "\n".join(f"echo {number}" for number in range(MOST + 5))
    words, lines = told(project, asked(detail=detail))
    assert not words.whole
    assert "echo 30" in lines
    assert f"echo {MOST + 4}" not in lines
    assert any("7 more lines" in line and "show p1" in line for line in lines)
    words, lines = told(project, asked(detail=detail), most=None)
    assert words.whole
    assert f"echo {MOST + 4}" in lines


def test_one_line_that_goes_on_and_on_is_not_whole_either(project: Project) -> None:
    assert not told(project, asked(detail=f"in /w:\n{'x' * 96 * MOST}"))[0].whole


def test_control_characters_of_a_command_are_not_hidden(project: Project) -> None:
    _, lines = told(project, asked(detail="in /w:\nrm -rf x\rls"))
    # The paper writes them out; what matters is that they get there.
    assert "rm -rf x\rls" in lines

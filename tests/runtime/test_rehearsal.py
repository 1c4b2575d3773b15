"""A pattern held against the history lets through what a rule of it would have, and names what was risky."""

from __future__ import annotations

from pathlib import Path

import pytest

from loki_tui.core import events as ev
from loki_tui.core.errors import UsageError
from loki_tui.core.events import Event
from loki_tui.core.messages import JsonObject
from loki_tui.core.vocabulary import Risk
from loki_tui.runtime.rehearsal import MOST, rehearse
from loki_tui.store.project import Project, locate_project
from loki_tui.wording.approving import rehearsal_in_words
from tests.support import scenes
from tests.support.life import created


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """A project without a run."""
    (tmp_path / "project").mkdir()
    return locate_project(tmp_path / "project", state_root=tmp_path / "state")


def did(name: str, tool: str, **given: str) -> ev.ActionStarted:
    return ev.ActionStarted(action=name, call=f"c{name}", agent="agent", tool=tool, input=dict(given), risk=Risk.RUN)


def ran(name: str, command: str) -> ev.ActionStarted:
    return did(name, "shell", command=command)


def refused(name: str, command: str, decision: str, **more: object) -> list[Event]:
    given: JsonObject = {"command": command}
    asked = ev.ApprovalRequested(
        approval=name, subject="action", digest=name, title=command, detail=command, risk=Risk.RUN, reason="staged",
        call=f"c{name}", tool="shell", input=given,
    )  # fmt: skip
    decided = {"approval": name, "decision": decision, "by": "ada", **more}
    return [asked, ev.ApprovalDecided.model_validate(decided)]


def test_what_a_rule_would_have_let_through_is_counted_and_what_is_risky_named(project: Project) -> None:
    scenes.write(
        project,
        "r1",
        [
            created(workspace="/w"),
            *(ran(f"a{number}", f"git push origin branch{number}") for number in range(3)),
            *(ran(f"b{number}", f"pytest tests/test_{number}.py") for number in range(200)),
            ran("b200", "pytest -q; rm -rf build"),
            ran("b201", "pytest /etc"),
        ],
    )
    changed = refused("p2", "pytest slow", "approved", edited={"command": "pytest fast"})
    scenes.write(
        project,
        "r2",
        [
            created(workspace="/w"),
            *refused("p1", "pytest everything", "denied"),
            *changed,
            did("ap2", "shell", command="pytest fast").model_copy(update={"call": "cp2"}),
            *refused("p3", "pytest later", "expired"),
        ],
    )
    found = rehearse(project, "pytest *")
    assert (found.runs, found.actions, found.allowed, found.risky, found.graver) == (2, 207, 202, 2, 0)
    assert [(one.run, one.what, one.why) for one in found.named] == [
        ("r2", "pytest everything", "denied by ada"),
        ("r2", "pytest fast", "ada changed it first"),
    ]
    first, *lines = rehearsal_in_words(found)
    assert first == ("pytest * would have allowed 202 actions of 207 actions in 2 runs, including these 2 risky ones:")
    assert "pytest everything (denied by ada; run r2, event 3)" in lines[0]
    assert rehearse(project, "pytest *", run="r1").allowed == 200


def test_what_is_graver_would_still_be_asked_about(project: Project) -> None:
    scenes.write(project, "r1", [created(), ran("a1", "git status"), ran("a2", "git status -f")])
    found = rehearse(project, "git status *")
    assert (found.allowed, found.risky, found.graver) == (1, 0, 0)
    commands = ["git log --oneline", "git log clean"]
    scenes.write(project, "r2", [created(), *(ran(f"a{n}", one) for n, one in enumerate(commands))])
    found = rehearse(project, "git log *", run="r2")
    assert (found.allowed, found.graver) == (1, 1)
    assert "1 action more would still be asked about" in list(rehearsal_in_words(found))[-1]


def test_exactly_one_command_may_be_grave(project: Project) -> None:
    scenes.write(project, "r1", [created(), *(ran(f"a{n}", "git push origin main") for n in range(MOST + 2))])
    found = rehearse(project, "git push origin main")
    assert (found.allowed, found.risky, len(found.named)) == (MOST + 2, MOST + 2, MOST)
    assert found.named[0].why == "risk network"
    assert list(rehearsal_in_words(found))[-1] == "  and 2 more"


def test_files_are_covered_where_they_are_written(project: Project) -> None:
    scenes.write(
        project,
        "r1",
        [
            created(workspace="/w"),
            did("a1", "write_file", path="src/a.py", content=""),
            did("a2", "edit_file", path=f"{project.workspace}/src/b.py", old_string="x", new_string="y"),
            did("a3", "write_file", path="/elsewhere/src/c.py", content=""),
            did("a4", "read_file", path="src/a.py"),
            did("a5", "delegate"),
        ],
    )
    found = rehearse(project, "src/**")
    assert (found.actions, found.allowed, found.risky) == (4, 2, 0)
    assert list(rehearsal_in_words(found)) == [
        "src/** would have allowed 2 actions of 4 actions in 1 run; none of them is risky."
    ]


@pytest.mark.parametrize("pattern", ["", "bash *", "a; b", "../x/*", "x" * 400, "a\x1b[2J"])
def test_what_is_no_pattern_is_said(project: Project, pattern: str) -> None:
    scenes.write(project, "r1", [created()])
    with pytest.raises(UsageError, match="is no pattern"):
        rehearse(project, pattern)

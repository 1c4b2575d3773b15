"""An agent of the Agent Client Protocol as the agent of a run: a real process by the SDK's own agent side."""

from __future__ import annotations

import json
import shlex
import sys
from pathlib import Path
from typing import Any

from loki_tui.core import events as ev
from loki_tui.core.vocabulary import Status
from tests.support.git import git
from tests.support.runs import Bench, make_bench
from tests.support.scripted import ScriptedModel

ROOT = Path(__file__).parents[2]
Step = dict[str, Any]


def finish(summary: str = "Write it", *, claims_done: bool = True) -> Step:
    """The agent ends the iteration."""
    proofs = [{"requirement": "R1", "tests": ["test_it"]}]
    given = {"summary": summary, "claims_done": claims_done, "handover": "", "proofs": proofs}
    return {"do": "say", "text": f"That is all. <finish_iteration>{json.dumps(given)}</finish_iteration>"}


def bench(tmp_path: Path, *turns: list[Step], **settings: object) -> Bench:
    """A project in which such an agent plays a script; its planner is scripted as ever."""
    script = tmp_path / "script.json"
    script.write_text(json.dumps(turns))
    start = f"import sys, runpy; sys.path.insert(0, {str(ROOT)!r}); sys.argv = [0, {str(script)!r}, 'answers.json']; "
    start += "runpy.run_module('tests.support.acp_agent', run_name='__main__')"
    given: dict[str, object] = {
        "provider": "acp",
        "cassette": None,
        "acp_command": shlex.join([sys.executable, "-c", start]),
        "read_paths": [str(ROOT), str(script)],
    }
    return make_bench(tmp_path, ScriptedModel(), **{**given, **settings})


async def test_its_files_and_terminals_are_actions_of_the_run(tmp_path: Path) -> None:
    there = tmp_path / "project"
    run = bench(
        tmp_path,
        [
            {"do": "say", "text": "I look first."},
            {"do": "read", "path": str(there / "README.md")},
            {"do": "write", "path": str(there / "new.py"), "content": "x = 1\n"},
            {"do": "run", "command": "cat new.py; exit 3"},
            {"do": "ask", "command": "touch asked"},
            {"do": "usage"},
            finish(),
        ],
    )
    assert await run.go() == "completed", run.state().reason
    state = run.state()
    assert state.status is Status.COMPLETED
    assert state.branch is not None
    assert git(run.workspace, "show", f"{state.branch.branch}:new.py") == "x = 1"
    assert "asked" in git(run.workspace, "ls-tree", "--name-only", state.branch.branch)
    assert [started.tool for started in run.of(ev.ActionStarted)] == ["read_file", "write_file", "shell", "shell"]
    read, written, ran, asked = run.of(ev.ActionFinished)
    assert read.output.text == "hello\n"
    assert written.diff is not None
    assert (ran.output.text.splitlines()[0], ran.exit_code) == ("x = 1", 3)
    assert asked.ok
    (answered,) = [event for event in run.of(ev.ModelAnswered) if event.usage.input_tokens == 10]
    assert answered.cost is None

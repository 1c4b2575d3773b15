"""The work that everyone is measured on: a small project, and many small tool turns."""

from __future__ import annotations

import json
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from loki_tui.core.tools import AGENT_TOOLS, spec

Body = dict[str, Any]

MODEL = "claude-sonnet-5-5"

PRD = "# Notes\n\nKeep notes in files, one a topic, and say how many there are.\n\n" + "- A note has a title.\n" * 40
"""Long enough for the prompt cache to take notice."""

_TEST = (
    "import pathlib\nimport unittest\n\n\nclass T(unittest.TestCase):\n    def test_it(self):\n"
    '        self.assertIn("Notes", pathlib.Path("README.md").read_text())\n'
)

_ENVIRONMENT = {
    "PATH": "/usr/local/bin:/usr/bin:/bin",
    "LANG": "C.UTF-8",
    "ANTHROPIC_API_KEY": "sk-benchmark",
    # What the floor has nothing like, and what would ask the model for more than it is scripted to say.
    "LOKI_COUNCIL_ENABLED": "false",
    **{
        f"LOKI_PHASE_{phase}": "false"
        for phase in (
            *("TEST_STRENGTH", "API_TESTS", "E2E_TESTS", "SECURITY", "CODE_REVIEW"),
            *("PERFORMANCE", "ACCESSIBILITY", "REGRESSION"),
        )
    },
}


@dataclass(frozen=True, slots=True)
class Project:
    """A fresh person, with a fresh project."""

    scratch: Path

    @property
    def root(self) -> Path:
        """The git repository to work in."""
        return self.scratch / "project"

    @property
    def tools(self) -> Path:
        """The tools, as the API wants them: for the floor."""
        return self.scratch / "tools.json"

    @property
    def environment(self) -> dict[str, str]:
        """Nothing of this machine's own settings, and no proxy."""
        return {**_ENVIRONMENT, "HOME": str(self.scratch / "home"), "LOKI_DIR": str(self.scratch / "state")}


def make_project(scratch: Path) -> Project:
    """Write and commit the project."""
    project = Project(scratch)
    (scratch / "home").mkdir()
    (scratch / "home" / ".gitconfig").write_text("[user]\n\tname = Ada\n\temail = ada@example.org\n")
    project.root.mkdir()
    (project.root / "prd.md").write_text(PRD)
    (project.root / "README.md").write_text("# Notes\n")
    (project.root / "test_notes.py").write_text(_TEST)
    for arguments in (["init", "--quiet"], ["add", "--all"], ["commit", "--quiet", "--message=Start"]):
        subprocess.run(["git", *arguments], cwd=project.root, env=project.environment, check=True, timeout=60)
    offered = [spec(tool) for tool in AGENT_TOOLS]
    project.tools.write_text(
        json.dumps([{"name": t.name, "description": t.description, "input_schema": t.schema_} for t in offered])
    )
    return project


def plan() -> Body:
    """The planner's answer."""
    requirements = [{"id": "R1", "title": "Notes are kept in files", "criteria": ["a file a topic"]}]
    return _calls(("submit_plan", {"requirements": requirements}), number=0)


def work(turns: int) -> list[Body]:
    """Small turns of every usual kind, in turn."""
    return [_calls(_KINDS[number % len(_KINDS)](number), number=number) for number in range(1, turns + 1)]


def long_write() -> Body:
    """An answer whose input comes in several pieces; half of it is of no use."""
    return _calls(("write_file", {"content": "A line of a note.\n" * 100, "path": "notes/long.md"}), number=888_888)


def finish(*, claims_done: bool = True) -> Body:
    """The answer that ends an iteration, and for the floor the whole."""
    given = {
        "summary": "Notes are kept",
        "claims_done": claims_done,
        "handover": "Nothing is left.",
        "proofs": [{"requirement": "R1", "tests": ["test_it"]}],
    }
    return _calls(("finish_iteration", given), number=999_999)


_KINDS = (
    lambda _number: ("shell", {"command": ":"}),
    lambda number: ("write_file", {"path": f"notes/{number % 40}.md", "content": f"# Note {number}\n\nText.\n"}),
    lambda number: ("shell", {"command": f"echo note {number}"}),
    lambda _number: ("read_file", {"path": "README.md"}),
)


def _calls(call: tuple[str, Body], *, number: int) -> Body:
    name, given = call
    said = {"type": "text", "text": f"Step {number}."}
    return {"parts": [said, {"type": "tool_use", "id": f"toolu_{number}", "name": name, "input": given}]}

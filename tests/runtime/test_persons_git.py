"""What of a person's own git configuration reaches the commits of a run."""

from __future__ import annotations

import os
from pathlib import Path

from loki_tui.runtime.persons_git import LOKI, persons_git
from tests.support.git import git
from tests.support.runs import make_bench
from tests.support.scripted import ScriptedModel, call, finishes, says


def configure(text: str) -> None:
    """Write the person's own configuration."""
    (Path(os.environ["HOME"]) / ".gitconfig").write_text(text)


def test_a_person_without_a_name_commits_as_loki() -> None:
    configure("[user]\n\tname = Ada\n")
    assert persons_git(os.environ).identity == LOKI


def test_only_what_turns_files_into_commits_is_taken_over() -> None:
    configure('[core]\n\teol = lf\n\tfsmonitor = evil\n[filter "lfs"]\n\tclean = lfs clean\n[alias]\n\tx = !evil\n')
    assert persons_git(os.environ).settings == (("core.eol", "lf"), ("filter.lfs.clean", "lfs clean"))


async def test_a_filter_and_the_ignores_of_the_person_hold_for_commits(tmp_path: Path) -> None:
    upper = '[filter "upper"]\n\tclean = "tr a-z A-Z"\n'
    home = Path(os.environ["HOME"])
    (home / "mine").write_text("*.private\n")
    configure(f"[user]\n\tname = Ada\n\temail = ada@example.com\n[core]\n\texcludesFile = ~/mine\n{upper}")
    turns = says(
        call("write_file", path=".gitattributes", content="*.loud filter=upper\n"),
        call("write_file", path="a.loud", content="hear\n"),
        call("write_file", path="a.private", content="no\n"),
    )
    bench = make_bench(tmp_path, ScriptedModel(turns, finishes()))
    await bench.go()
    branch = bench.state().branch
    assert branch is not None
    assert git(bench.workspace, "show", f"{branch.branch}:a.loud") == "HEAR"
    assert git(bench.workspace, "ls-tree", "--name-only", branch.branch, "a.private") == ""
    assert git(bench.workspace, "log", "-1", "--format=%an <%ae>", branch.branch) == "Ada <ada@example.com>"

"""Files that a person approves for a run: what a pattern covers, and above all what it does not."""

from __future__ import annotations

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from loki_tui.core.tools import EditFile, ListFiles, ReadFile, Shell, ToolInput, WriteFile
from loki_tui.core.vocabulary import Risk, Rule
from loki_tui.guard.rules import BadPatternError, check, matches, relative, suggest


def rule(pattern: str, *, tool: str = "write_file", risk: Risk = Risk.EDIT) -> Rule:
    return Rule(pattern=pattern, tool=tool, risk=risk, by="ada")


def wrote(pattern: str, path: str) -> bool:
    return matches(rule(pattern), WriteFile(path=path, content=""), Risk.EDIT)


@pytest.mark.parametrize(
    ("pattern", "path", "fits"),
    [
        ("src/**", "src/a.py", True),
        ("src/**", "src/deep/er/a.py", True),
        ("src/**", "./src//deep/./a.py", True),
        ("src/**/test_*.py", "src/test_a.py", True),
        ("src/**/test_*.py", "src/b/c/test_a.py", True),
        ("src/*/a.py", "src/b/a.py", True),
        ("src/a?.py", "src/ab.py", True),
        ("**", "a", True),
        ("README.md", "README.md", True),
        ("app/[id]/page.tsx", "app/[id]/page.tsx", True),
        (".github/**", ".github/workflows/ci.yml", True),
        ("src/**", "src", False),
        ("src/**", "srcs/a.py", False),
        ("src/**", "src-evil/a.py", False),
        ("src/**", "other/src/a.py", False),
        ("src/**", "src/../other.py", False),
        ("src/**", "src/..", False),
        ("src/**", "../src/a.py", False),
        ("src/**", "/src/a.py", False),
        ("src/**", "~/src/a.py", False),
        ("src/**", "SRC/a.py", False),
        ("src/**", "src/.git/config", False),
        ("src/**", "src/.GIT/config", False),
        ("src/**", "src/.hidden", False),
        ("src/**", "src/.hidden/a.py", False),
        ("src/**", "src/a\nb.py", False),
        ("src/**", "src/a\u202eb.py", False),
        ("**", ".git/hooks/pre-commit", False),
        ("**", ".gitattributes", False),
        ("**", ".loki.toml", False),
        ("**", ".github/workflows/ci.yml", False),
        (".g*/**", ".git/config", False),
        ("src/*", "src/b/a.py", False),
        ("src/*", "src/.env", False),
        ("src/?a", "src//a", False),
        ("src/*/a.py", "src/a.py", False),
        ("app/[id]/page.tsx", "app/i/page.tsx", False),
        ("README.md", "README.mdx", False),
    ],
)
def test_a_path_is_covered_or_not(pattern: str, path: str, *, fits: bool) -> None:
    assert wrote(pattern, path) is fits


@pytest.mark.parametrize(
    "pattern", ["/src/**", "../x/**", "src/../**", "./src/**", "src//**", "src/", ".git/**", "~/x", "a**", "src/**x"]
)
def test_a_path_pattern_that_is_none_is_refused(pattern: str) -> None:
    with pytest.raises(BadPatternError):
        check(pattern, "write_file", Risk.EDIT)


def test_a_file_rule_is_for_either_tool_and_for_no_command() -> None:
    made = rule("src/**", tool="edit_file")
    assert matches(made, WriteFile(path="src/a", content=""), Risk.EDIT)
    assert matches(made, EditFile(path="src/a", old_string="a", new_string=""), Risk.EDIT)
    assert not matches(made, ReadFile(path="src/a"), Risk.READ)
    assert not matches(made, Shell(command="src/**"), Risk.EDIT)
    assert not matches(rule("src/a", tool="shell"), WriteFile(path="src/a", content=""), Risk.RUN)


@pytest.mark.parametrize(
    ("path", "pattern"),
    [
        ("src/a/b.py", "src/a/**"),
        ("./src//b.py", "src/**"),
        ("README.md", "README.md"),
        (".github/workflows/ci.yml", ".github/workflows/ci.yml"),
        ("src/.env", "src/.env"),
        ("src/*/b.py", ""),
        (".git/hooks/x", ""),
        ("src/../x", ""),
        ("/etc/passwd", ""),
        ("~/x", ""),
        ("a\x1b[2J", ""),
    ],
)
def test_a_path_suggestion_is_its_directory(path: str, pattern: str) -> None:
    assert suggest(EditFile(path=path, old_string="a", new_string="b"), Risk.EDIT) == pattern


def test_an_absolute_path_below_the_workspace_is_a_relative_one() -> None:
    def seen(path: str, workspace: str = "/w") -> ToolInput:
        return relative(WriteFile(path=path, content=""), workspace)

    assert seen("/w/src/a") == WriteFile(path="src/a", content="")
    assert seen("/wider/a") == WriteFile(path="/wider/a", content="")
    assert seen("/w/") == WriteFile(path="/w/", content="")
    assert seen("/w/a", "") == WriteFile(path="/w/a", content="")
    assert relative(ListFiles(path="/w/a"), "/w") == ListFiles(path="/w/a")


# -- what holds for all -------------------------------------------------------------------------

PATHS = st.lists(st.sampled_from(["src", "a.py", "..", ".", ".git", ".x", "*", "**", "~", "", "b?"]), min_size=1).map(
    "/".join
)


@given(PATHS, PATHS)
@example("**", "src/.git/x")
def test_no_path_out_of_the_workspace_or_into_a_repository_is_covered(pattern: str, path: str) -> None:
    assume(path and pattern)
    if wrote(pattern, path):
        names = path.split("/")
        assert ".." not in names
        assert ".git" not in names
        assert not path.startswith(("/", "~"))


@given(PATHS)
def test_a_path_suggestion_covers_what_it_was_made_from(path: str) -> None:
    assume(path)
    write = WriteFile(path=path, content="")
    if pattern := suggest(write, Risk.EDIT):
        assert matches(rule(pattern), write, Risk.EDIT)


def test_no_pattern_takes_long() -> None:
    assert not wrote("/".join(["**", "*a*a*a*a*a*b"] * 10), "/".join(["a" * 100] * 40))

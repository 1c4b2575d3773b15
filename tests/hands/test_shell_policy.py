"""The rules on commands as the engine asks them."""

from __future__ import annotations

import asyncio

import pytest

from loki_tui.core.errors import UsageError
from loki_tui.guard.shell.kinds import UnreadableError
from loki_tui.guard.shell.quick import quick_script
from loki_tui.guard.shell.reading import SyntaxTreeError, read_script
from loki_tui.hands import shell_policy
from loki_tui.hands.shell_policy import ShellPolicy, parse


async def test_it_judges_beside_the_loop() -> None:
    policy = ShellPolicy(("rm -rf /", "npm publish"), root="/w", home="/home/ada")
    commands = ["ls", "npm publish", "x=/; rm -rf $x", "rm -rf $x", "echo '"]
    found = await asyncio.gather(*(policy.judge(each, root="/w") for each in commands))
    assert [each.verdict for each in found] == ["allow", "block", "block", "ask", "ask"]
    assert [each.rule for each in found] == ["", "npm publish", "rm -rf /", "rm -rf /", ""]
    assert [each.source for each in found] == ["", "LOKI_BLOCKED_COMMANDS", "default", "default", ""]


async def test_with_no_rules_nothing_is_blocked() -> None:
    policy = ShellPolicy((), root="/w", home="/home/ada")
    assert (await policy.judge("rm -rf /", root="/w")).verdict == "allow"


async def test_a_command_is_read_from_where_it_begins() -> None:
    policy = ShellPolicy(("rm -rf /srv/data",), root="/w", home="/home/ada")
    assert (await policy.judge("rm -rf ../../data", root="/srv/trees/one")).rule == "rm -rf /srv/data"
    assert (await policy.judge("rm -rf ../../data", root="/w")).verdict == "allow"


def test_a_rule_that_is_none_is_refused() -> None:
    with pytest.raises(UsageError):
        ShellPolicy(("a | b",), root="/w", home="/h")


@pytest.mark.parametrize("code", ["ls -l", "git commit -m x", "./a.sh --b=c d/e", "/bin/rm -rf /"])
def test_the_short_way_reads_as_the_parser_does(code: str, monkeypatch: pytest.MonkeyPatch) -> None:
    assert quick_script(code) is not None
    assert quick_script(code) == parse(f"{code}\n")


@pytest.mark.parametrize(
    "code", ["if x", "a=b c", "ls;", "ls *", "~/x", "a'b'", "-x", "!x", "time x", "a\nb", "", "export a"]
)
def test_the_short_way_is_only_for_what_is_plain(code: str) -> None:
    assert quick_script(code) is None


def test_what_the_parser_does_not_know_is_no_code() -> None:
    with pytest.raises(UnreadableError, match="closing quote"):
        parse("echo '")


@pytest.mark.parametrize(
    "tree",
    [
        1,
        [],
        {"Stmts": [{"Cmd": {"Type": "Riddle"}}]},
        {"Stmts": [{"Cmd": {"Type": "CallExpr", "Args": [{"Parts": [{"Type": "X"}]}]}}]},
    ],
)
def test_a_tree_with_something_unknown_is_refused(tree: object) -> None:
    with pytest.raises(SyntaxTreeError):
        read_script(tree)


def test_the_parser_is_found() -> None:
    assert shell_policy.shfmt().endswith("shfmt")

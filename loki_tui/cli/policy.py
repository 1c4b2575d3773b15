"""`loki policy`: the rules on commands, what each covers, and what they say of a command."""

from __future__ import annotations

import json as jsonlib
import os
import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated

import typer

from loki_tui.cli.options import Json
from loki_tui.cli.output import remark, say

if TYPE_CHECKING:
    from loki_tui.core.vocabulary import Ruling
    from loki_tui.guard.blocked import BlockedRule
    from loki_tui.hands.shell_policy import ShellPolicy

app = typer.Typer(help="Rules on commands: what is blocked, and why.", rich_markup_mode=None)

EXIT_CODES = {"allow": 0, "block": 1, "ask": 3}
"""What `loki policy test` exits with for one command; 2 is a wrong setting, as everywhere."""

_AT_ONCE = 64
"""Commands that are read ahead of the answers."""


@app.callback(invoke_without_command=True)
def policy(context: typer.Context) -> None:
    """Show the rules unless something else is asked."""
    if context.invoked_subcommand is None:
        show()


@app.command()
def show(*, json: Json = False) -> None:
    """Show every rule on commands that is in force, and where it comes from."""
    from loki_tui.core.blocking import DEFAULT_BLOCKED  # noqa: PLC0415 (imports when chosen)

    rules = _policy().rules.rules
    for rule in rules:
        if json:
            say(jsonlib.dumps({"rule": rule.text, "source": rule.source, "covers": _covers(rule)}))
        else:
            say(f"{rule.text}  from {rule.source}")
    if json:
        return
    missing = [rule for rule in DEFAULT_BLOCKED if rule not in {each.text for each in rules}]
    if missing:
        remark(f"Not in force: {len(missing)} of Loki's own rules; `@defaults` in the list stands for all of them.")
    remark("What a rule covers: loki policy explain RULE. A list of rules is no boundary; the confinement is.")


@app.command("test", context_settings={"ignore_unknown_options": True})
def try_out(
    commands: Annotated[
        list[str],
        typer.Argument(metavar="COMMAND", help="A shell command; `-` for many, from stdin, each ended by a NUL byte."),
    ],
    *,
    json: Json = False,
) -> None:
    """Say whether a command would be allowed (exit code 0), blocked (1) or asked about (3); runs nothing.

    With `-`, exits with 0 once all of them are judged.
    """
    policy = _policy()
    if commands == ["-"]:
        for command, ruling in _judged(policy):
            _print(command, ruling, json=json)
        return
    worst = 0
    for command in commands:
        ruling = policy.decide(command)
        _print(command, ruling, json=json)
        worst = max(worst, ("allow", "ask", "block").index(ruling.verdict))
    raise typer.Exit(EXIT_CODES[("allow", "ask", "block")[worst]])


@app.command(context_settings={"ignore_unknown_options": True})
def explain(
    rule: Annotated[str, typer.Argument(metavar="RULE", help="A rule in force, or one you think of, in quotes.")],
) -> None:
    """Say what a rule covers, and where it comes from."""
    from loki_tui.guard.blocked import BlockedRules  # noqa: PLC0415 (imports when chosen)

    rules = _policy().rules
    found = next((each for each in rules.rules if each.text == rule), None)
    if found is None:
        (found,) = BlockedRules([(rule, "")], root=rules.root, home=rules.home).rules
    say(f"{found.text}: {f'in force, from {found.source}' if found.source else 'not in force'}")
    for line in _covers(found):
        say(line)


def _covers(rule: BlockedRule) -> list[str]:
    from loki_tui.guard.blocked import explain as explained  # noqa: PLC0415 (imports when chosen)

    return list(explained(rule))


def _print(command: str, ruling: Ruling, *, json: bool) -> None:
    if json:
        row = {"command": command, "verdict": ruling.verdict, "rule": ruling.rule, "why": ruling.why}
        say(jsonlib.dumps({**row, "source": ruling.source}))
    else:
        why = ruling.why or "No rule is about it."
        say(f"{ruling.verdict}: {why}{f' (from {ruling.source})' if ruling.source else ''}")


def _judged(policy: ShellPolicy) -> Iterator[tuple[str, Ruling]]:
    """Commands from stdin with their rulings, in their order; several are judged at once."""
    from collections import deque  # noqa: PLC0415 (imports when chosen)
    from concurrent.futures import Future, ThreadPoolExecutor  # noqa: PLC0415

    waiting: deque[tuple[str, Future[Ruling]]] = deque()
    with ThreadPoolExecutor(max_workers=os.cpu_count() or 1) as pool:
        for command in _commands():
            waiting.append((command, pool.submit(policy.decide, command)))
            if len(waiting) >= _AT_ONCE:
                first, ruling = waiting.popleft()
                yield first, ruling.result()
        for other, ruling in waiting:
            yield other, ruling.result()


def _commands() -> Iterator[str]:
    """The commands on stdin: text between NUL bytes, bytes that are no text kept as they are."""
    rest = b""
    while data := os.read(sys.stdin.fileno(), 65_536):
        *whole, rest = (rest + data).split(b"\0")
        for command in whole:
            yield command.decode(errors="surrogateescape")
    if rest:
        yield rest.decode(errors="surrogateescape")


def _policy() -> ShellPolicy:
    """The policy that a run started here would have."""
    from pathlib import Path  # noqa: PLC0415 (imports when chosen)

    from loki_tui.hands.shell_policy import ShellPolicy  # noqa: PLC0415
    from loki_tui.runtime.surroundings import Surroundings  # noqa: PLC0415

    surroundings = Surroundings.here(os.environ)
    resolved = surroundings.resolve()
    origin = resolved.origins["blocked_commands"]
    return ShellPolicy(
        resolved.settings.blocked_commands,
        root=surroundings.project.workspace,
        home=Path.home(),
        source=origin.label("blocked_commands"),
    )

"""The real Claude Code on a scripted Messages API: where its program is, and what the API says to it."""

from __future__ import annotations

import itertools
import os
import shutil
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import pytest

from tests.support.messages_rules import Body
from tests.support.messages_server import Reply, Script, Turn, call, say

PROGRAM = os.environ.get("LOKI_TEST_CLAUDE") or shutil.which("claude") or ""
"""Where it is: `.ci/claude` installs it and says so."""

needs_claude = pytest.mark.skipif(not PROGRAM, reason="Claude Code is not installed: .ci/claude does it")

FINISH = "mcp__loki__finish_iteration"

_numbers = itertools.count(1)


def uses(name: str, **given: object) -> Body:
    """A use of a tool, with an id of its own: Claude Code takes two of one id for one."""
    return call(name, dict(given), identity=f"toolu_{next(_numbers):04}")


def finishes(
    summary: str = "done", *, claims_done: bool = True, proofs: Mapping[str, Sequence[str]] | None = None
) -> Reply:
    """The end of an iteration."""
    named = {"R1": ["test_it"]} if proofs is None else proofs
    claims = [{"requirement": name, "tests": list(tests)} for name, tests in named.items()]
    return Reply((uses(FINISH, summary=summary, claims_done=claims_done, handover="", proofs=claims),))


def script(*turns: Turn | Callable[[Body], Turn], others: Script = ()) -> Callable[[Body], Turn]:
    """Turns of Claude Code, told from requests of Loki itself by the tools that it has.

    Args:
        turns: Of the agent, in order; one that is a function is given the request.
        others: What Loki itself is answered, in order.
    """
    left, rest = list(turns), list(others) if not callable(others) else []

    def answer(body: Body) -> Turn:
        names = [tool.get("name") for tool in body.get("tools", ())]
        if FINISH not in names:
            return rest.pop(0) if rest else Reply((say("nothing to say"),))
        turn = left.pop(0) if left else Reply((say("The script is over."),))
        return turn(body) if callable(turn) else turn

    return answer


def results(body: Body) -> list[str]:
    """What the tools were last told to have come to."""
    found = []
    for message in body["messages"]:
        content = message["content"]
        for block in content if isinstance(content, list) else ():
            if block.get("type") == "tool_result":
                told = block.get("content")
                found.append(told if isinstance(told, str) else " ".join(part.get("text", "") for part in told or ()))
    return found


def program_path() -> Path:
    """Its program, links followed."""
    return Path(PROGRAM).resolve()

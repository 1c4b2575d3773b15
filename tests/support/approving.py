"""A person who decides, in a run in which everything waits for one."""

from __future__ import annotations

from pathlib import Path

from pydantic import JsonValue

from loki_tui.core import requests as rq
from loki_tui.core.messages import ToolResult
from loki_tui.core.state import Approval, RunState
from tests.support.runs import Bench, make_bench
from tests.support.scripted import ScriptedModel

MAKES = "echo 1 > made"


def staged(tmp_path: Path, *turns: object, **settings: object) -> Bench:
    """A run in which everything waits for a person."""
    return make_bench(tmp_path, ScriptedModel(*turns), staged_autonomy=True, max_iterations=1, **settings)  # type: ignore[arg-type]


async def waiting(bench: Bench, subject: str = "action") -> Approval:
    """What waits for a decision, once it does."""

    def there(state: RunState) -> bool:
        return any(approval.request.subject == subject for approval in state.waiting_approvals)

    (approval,) = (await bench.until(there)).waiting_approvals
    return approval


async def asked(bench: Bench, name: str) -> Approval:
    """An approval by its name, once it waits."""
    return (await bench.until(lambda state: name in state.undecided)).undecided[name]


def decide(bench: Bench, approval: Approval, decision: str, **more: JsonValue) -> None:
    """Post a decision."""
    request = approval.request
    given = {"by": "ada", "approval": request.approval, "digest": request.digest, "decision": decision}
    bench.post(rq.Decide.model_validate({**given, **more}))


async def warned(bench: Bench, words: str) -> RunState:
    """The state once a warning with these words is there."""
    return await bench.until(lambda state: any(words in warning for warning in state.warnings))


async def approve_the_plan(bench: Bench) -> None:
    decide(bench, await waiting(bench, "plan"), "approved")


def told(bench: Bench, turn: int = 1) -> str:
    """What the model was told came of its call."""
    (result,) = (part for part in bench.model.sent()[turn].messages[-1].parts if isinstance(part, ToolResult))
    return result.content

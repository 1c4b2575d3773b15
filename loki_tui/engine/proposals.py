"""What a person is asked to decide on: exactly what will happen, named by a digest of all of it."""

from __future__ import annotations

import difflib
import hashlib
import json
from dataclasses import dataclass
from typing import Literal

from loki_tui.core.events import StreamPlanned
from loki_tui.core.messages import JsonObject
from loki_tui.core.tools import EditFile, Shell, ToolInput, WriteFile
from loki_tui.core.vocabulary import Requirement, Risk
from loki_tui.engine.gating import Asks
from loki_tui.engine.ports import ActionResult

TITLE_CHARS = 300

SHOWN_CHARS = 2_000
"""Characters of each long text that an event shows of an input."""


@dataclass(frozen=True, slots=True)
class Proposal:
    """Something that waits for a decision."""

    subject: Literal["plan", "action"]
    digest: str
    title: str
    detail: str
    risk: Risk
    reason: str
    call: str | None = None
    agent: str = ""
    cwd: str = ""
    tool_input: ToolInput | None = None
    """The action; none for a plan."""
    located: ToolInput | None = None
    """The same with the path of the file that is really meant: what rules are held against."""
    diff: str = ""
    unsure: bool = False
    """Whether a rule for commands asks: no pattern wider than exactly this covers it."""
    patience: float | None = None
    """Seconds after which nobody is waited for any more, where no other limit is set."""


def digest_of(value: JsonObject) -> str:
    """Names exactly this value: SHA-256 of its canonical JSON."""
    return hashlib.sha256(json.dumps(value, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


def propose_action(
    tool_input: ToolInput,
    *,
    call: str,
    risk: Risk,
    workspace: str,
    agent: str = "",
    asks: Asks | None = None,
    change: ActionResult | None = None,
) -> Proposal:
    """An action as a person decides on it.

    Args:
        tool_input: What is to be done.
        call: The model's name for it.
        risk: How much it may do to the world.
        workspace: Where.
        agent: Whose it is.
        asks: Why a person is asked; since autonomy is staged, where none is given.
        change: The preview of an action that has one. What the file holds is then part of what is decided on.
    """
    title, detail = _show(tool_input, workspace)
    asks = asks or Asks()
    exact: JsonObject = {"tool": tool_input.tool, "input": tool_input.model_dump(mode="json"), "workspace": workspace}
    located = tool_input
    if change is not None:
        exact["seal"] = change.seal
        located = tool_input.model_copy(update={"path": change.path})
    return Proposal(
        subject="action",
        digest=digest_of(exact),
        title=title,
        detail=detail,
        risk=risk,
        reason=asks.reason,
        call=call,
        agent=agent,
        cwd=workspace,
        tool_input=tool_input,
        located=located,
        diff=change.diff if change is not None else "",
        unsure=asks.unsure,
        patience=asks.patience,
    )


def propose_plan(requirements: tuple[Requirement, ...], streams: tuple[StreamPlanned, ...] = ()) -> Proposal:
    """A plan as a person decides on it, with what is to be worked on at the same time."""
    exact: JsonObject = {"plan": [requirement.model_dump(mode="json") for requirement in requirements]}
    if streams:
        exact["streams"] = [stream.model_dump(mode="json") for stream in streams]
    lines = []
    for requirement in requirements:
        lines.append(f"{requirement.id}: {requirement.title}")
        lines.extend(f"    - {criterion}" for criterion in requirement.criteria)
    for stream in streams:
        after = f", after {', '.join(stream.after)}" if stream.after else ""
        lines.append(f"stream {stream.name}{after}: {', '.join(stream.requirements)}")
        lines.append(f"    files: {', '.join(stream.files)}")
    return Proposal(
        subject="plan",
        digest=digest_of(exact),
        title=f"the plan: {len(requirements)} requirement{'s' if len(requirements) != 1 else ''}",
        detail="\n".join(lines),
        risk=Risk.READ,
        reason="staged autonomy: the plan waits for a person",
    )


def given(tool_input: ToolInput) -> JsonObject:
    """An input as a model gives it."""
    return tool_input.model_dump(mode="json", exclude_none=True)


def shortened(value: JsonObject) -> JsonObject:
    """An input with its long texts cut."""
    return {
        name: f"{part[:SHOWN_CHARS]}…" if isinstance(part, str) and len(part) > SHOWN_CHARS else part
        for name, part in value.items()
    }


def _show(tool_input: ToolInput, workspace: str) -> tuple[str, str]:
    """A title of one line, and the whole of it."""
    match tool_input:
        case Shell():
            first = tool_input.command.strip().splitlines()[0] if tool_input.command.strip() else ""
            more = " in the background" if tool_input.background else ""
            return f"run {first[:100]}{more}", f"in {workspace}{more}:\n{tool_input.command}"
        case WriteFile():
            return f"write {tool_input.path}"[:TITLE_CHARS], tool_input.content
        case EditFile():
            old, new = tool_input.old_string.splitlines(), tool_input.new_string.splitlines()
            diff = difflib.unified_diff(old, new, tool_input.path, tool_input.path, lineterm="")
            return f"edit {tool_input.path}"[:TITLE_CHARS], "\n".join(diff)
        case _:
            return tool_input.tool, tool_input.model_dump_json(indent=2)

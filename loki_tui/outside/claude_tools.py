"""Claude Code's own tools in the words of ours, so that the same rules are held against them, and back again.

What has no counterpart is not offered to it: its sub-agents would not be counted, its searches would be billed apart,
and what nobody can judge nobody can allow. Names and inputs are those of `sdk-tools.d.ts` in its package, 2.1.
"""

from __future__ import annotations

import re

from pydantic import JsonValue

from loki_tui.core.messages import JsonObject, ToolCall
from loki_tui.core.tools import EditFile, ReadFile, SearchFiles, Shell, WriteFile
from loki_tui.engine.ports import ActionResult

SERVER = "loki"
"""What Claude Code knows our MCP server as."""
FINISH = "finish_iteration"
OWN_FINISH = f"mcp__{SERVER}__{FINISH}"
HARMLESS = frozenset({"TodoWrite", "TaskCreate", "TaskGet", "TaskList", "TaskUpdate", "TaskOutput", "BashOutput"})
"""Its notes to itself, and a look at what its own background commands printed: nothing in the world changes."""
OFFERED = ("Bash", "Edit", "Read", "Write", "Glob", "Grep", *sorted(HARMLESS))
"""What it is started with; what a version does not have it passes over."""

_EXIT = re.compile(r"(?:Error: )?Exit code (\d{1,3})\b")


def as_ours(name: str, given: JsonObject, identity: str) -> ToolCall | None:
    """A use of one of its tools as a call of ours; none where there is no counterpart."""
    match name:
        case "Bash":
            timeout = given.get("timeout")
            seconds = timeout / 1000 if isinstance(timeout, int | float) and timeout > 0 else None
            taken: dict[str, JsonValue] = {"command": given.get("command"), "timeout_seconds": seconds}
            return _call(Shell.tool, identity, taken | _if(given, "run_in_background", "background"))
        case "Read":
            return _call(ReadFile.tool, identity, {"path": given.get("file_path")})
        case "Write":
            return _call(WriteFile.tool, identity, {"path": given.get("file_path"), "content": given.get("content")})
        case "Edit":
            taken = {new: given.get(old) for old, new in _EDIT.items()}
            return _call(EditFile.tool, identity, taken | _if(given, "replace_all", "replace_all"))
        case "Glob":
            return _call(SearchFiles.tool, identity, {"pattern": given.get("pattern"), "path": given.get("path")})
        case "Grep":
            taken = {"pattern": given.get("pattern"), "path": given.get("path"), "glob": given.get("glob")}
            return _call(SearchFiles.tool, identity, taken)
        case _:
            return None


def as_its_own(name: str, given: JsonObject, ours: JsonObject, were: JsonObject) -> JsonObject:
    """An input of its tool with what a person changed of it in our words.

    Args:
        name: Its tool.
        given: Its input.
        ours: What a person made of it.
        were: What that was before.
    """
    changed = {own: ours[our] for own, our in _NAMES[name].items() if our in ours and ours[our] != were.get(our)}
    match ours.get("timeout_seconds"):
        case int() | float() as seconds:
            changed["timeout"] = round(seconds * 1000)
        case _:
            pass
    return {**given, **changed}


def outcome(name: str, block: JsonObject) -> ActionResult:
    """What came of it, from the result that it tells its model."""
    text = _text(block.get("content"))
    failed = block.get("is_error") is True
    code = None
    if name == "Bash":
        found = _EXIT.match(text) if failed else None
        code = int(found[1]) if found else None if failed else 0
    return ActionResult(ok=not failed, output=text, exit_code=code)


_EDIT = {"file_path": "path", "old_string": "old_string", "new_string": "new_string"}
_NAMES: dict[str, dict[str, str]] = {
    "Bash": {"command": "command", "run_in_background": "background"},
    "Read": {"file_path": "path"},
    "Write": {"file_path": "path", "content": "content"},
    "Edit": {**_EDIT, "replace_all": "replace_all"},
    "Glob": {"pattern": "pattern", "path": "path"},
    "Grep": {"pattern": "pattern", "path": "path", "glob": "glob"},
}
"""Its names of what is in an input of ours."""


def _if(given: JsonObject, old: str, new: str) -> dict[str, JsonValue]:
    return {new: True} if given.get(old) is True else {}


def _call(tool: str, identity: str, given: dict[str, JsonValue]) -> ToolCall:
    return ToolCall(id=identity, name=tool, input={name: value for name, value in given.items() if value is not None})


def _text(content: JsonValue) -> str:
    if isinstance(content, str):
        return content
    blocks = content if isinstance(content, list) else []
    return "\n".join(str(block.get("text", f"[{block.get('type')}]")) for block in blocks if isinstance(block, dict))

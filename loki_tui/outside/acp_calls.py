"""What an agent asks permission for, in the words of our tools, so that the same rules are held against it.

The protocol has no names for tools: there is a kind, a title for people, an input as the agent's own tool has it, and
what an edit would change. What cannot be told from these is not permitted.
"""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

from pydantic import JsonValue

from loki_tui.core.messages import JsonObject, ToolCall
from loki_tui.core.tools import EditFile, ListFiles, ReadFile, Shell, WriteFile

if TYPE_CHECKING:
    from acp.schema import ToolCallUpdate

_READING = ("read", "search", "think", "switch_mode")


def as_ours(call: ToolCallUpdate, name: str) -> ToolCall | None:
    """A call of ours, of this name, that does the same; none where nobody can tell what it would do."""
    raw = call.raw_input if isinstance(call.raw_input, dict) else {}
    if (command := _command(raw)) is not None:
        return _call(name, Shell.tool, {"command": command})
    for part in call.content or ():
        if part.type == "diff":
            if part.old_text:
                replaced: JsonObject = {"path": part.path, "old_string": part.old_text, "new_string": part.new_text}
                return _call(name, EditFile.tool, replaced)
            return _call(name, WriteFile.tool, {"path": part.path, "content": part.new_text})
    if (edit := _edit(raw)) is not None:
        return _call(name, *edit)
    paths = [location.path for location in call.locations or ()]
    match call.kind:
        case kind if kind in _READING:
            return _call(name, ReadFile.tool, {"path": paths[0]}) if paths else _call(name, ListFiles.tool, {})
        case "delete" if paths:
            return _call(name, Shell.tool, {"command": shlex.join(["rm", "-r", "--", *paths])})
        case "move" if len(paths) == 2:
            return _call(name, Shell.tool, {"command": shlex.join(["mv", "--", *paths])})
        case _:
            return None


def shell_line(command: str, args: list[str] | None, env: dict[str, str], cwd: str | None, root: str) -> str:
    """A terminal's command as one line of a shell, as the guard reads it."""
    # By the protocol a command may be a whole line where it has no arguments; agents do both.
    line = shlex.join([command, *args]) if args else command
    if env:
        line = f"{' '.join(f'{name}={shlex.quote(value)}' for name, value in env.items())} {line}"
    return line if cwd in (None, root) else f"cd {shlex.quote(str(cwd))} && {line}"


def _command(raw: dict[str, JsonValue]) -> str | None:
    for name in ("command", "cmd"):
        match raw.get(name):
            case str(command) if command.strip():
                return command
            case list(words) if words and all(isinstance(word, str) for word in words):
                return shlex.join(map(str, words))
    return None


def _edit(raw: dict[str, JsonValue]) -> tuple[str, JsonObject] | None:
    """An edit by the names that most agents use for it."""
    path = next((value for name in ("file_path", "path", "filePath") if isinstance(value := raw.get(name), str)), None)
    old, new, content = raw.get("old_string"), raw.get("new_string"), raw.get("content")
    if path is None:
        return None
    if isinstance(old, str) and old and isinstance(new, str):
        return EditFile.tool, {"path": path, "old_string": old, "new_string": new}
    return (WriteFile.tool, {"path": path, "content": content}) if isinstance(content, str) else None


def _call(name: str, tool: str, given: JsonObject) -> ToolCall:
    return ToolCall(id=name, name=tool, input=given)

"""Paths as our own agent says them: from the workspace's directory. Others' agents always name all of a path.

What people read has no room for that of a worktree; a file's own name was what was cut off.
"""

from __future__ import annotations

from loki_tui.core.messages import ToolCall


def near(call: ToolCall, root: str) -> ToolCall:
    """The same call, its path from the workspace's directory where it leads there.

    Args:
        call: Ours.
        root: The workspace's directory.
    """
    path = call.input.get("path")
    if not isinstance(path, str) or not (path == root or path.startswith(f"{root}/")):
        return call
    inside = path[len(root) :].strip("/") or "."
    return call.model_copy(update={"input": {**call.input, "path": inside}})

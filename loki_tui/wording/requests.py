"""What every face has to know to show a request for a decision, and to have it edited."""

from __future__ import annotations

from collections.abc import Mapping

EDITED: Mapping[str, str] = {"shell": "command", "write_file": "content", "edit_file": "new_string"}
"""Tool to the part of its input that a person edits."""

_PARTS = ("[the rest of the diff is not shown]", "lines changed: too many to show]")
"""How a diff ends that does not say everything."""


def says_everything(diff: str) -> bool:
    """Whether a diff shows all that would change; what does not has to be shown with what is to be written."""
    return not diff.rstrip().endswith(_PARTS)

"""What Loki notes of a merge from its beginning until it is on the branch, so that it survives a death at any point."""

from __future__ import annotations

from typing import Literal

from pydantic import ValidationError

from loki_tui.core.messages import Frozen
from loki_tui.hands.gitshell import quoted
from loki_tui.hands.worktrees.site import Site, noting


class OpenMerge(Frozen):
    """A merge that is not on the branch yet."""

    phase: Literal["begun", "conflicted", "merged"]
    """Begun: nobody has worked on it, it can be done again. Conflicted: somebody resolves it."""
    tip: str
    """The branch, when it began."""
    commit: str
    """What is merged in."""
    auto: str = ""
    """The tree that git made of it by itself, without the paths in conflict."""
    left: str = ""
    """The tree of the work tree as it was left to whoever resolves it."""
    split: tuple[str, ...] = ()
    """The paths in conflict, as git quotes them."""
    beside: tuple[str, ...] = ()
    """Those of them whose versions were put beside them, for want of markers."""
    made: str = ""
    """The merge's commit."""


async def read_merge(site: Site) -> OpenMerge | None:
    """The open merge; none where there is none."""
    text = await site.shell.ask(f"cat {quoted(site.merging)} 2>/dev/null || :")
    try:
        return OpenMerge.model_validate_json(text) if text else None
    except ValidationError:
        return None


async def note_merge(site: Site, merge: OpenMerge) -> None:
    """Note how far a merge is."""
    await site.shell.ask(noting(site.merging, merge.model_dump_json()))

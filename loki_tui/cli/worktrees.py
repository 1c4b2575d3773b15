"""`loki worktrees`: the worktrees of parallel runs, and what was saved of those that are gone."""

from __future__ import annotations

import json as jsonlib
import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from loki_tui.cli.options import Json
from loki_tui.cli.output import remark, say
from loki_tui.core.errors import UsageError

if TYPE_CHECKING:
    from loki_tui.runtime.worktree_care import WorktreeCare

STAYED = 1
"""Exit code of `prune` where a worktree could not be removed."""

app = typer.Typer(
    help="Worktrees of parallel runs, and what was saved of those that are gone.",
    no_args_is_help=True,
    rich_markup_mode=None,
)


@app.command("list")
def list_(*, json: Json = False) -> None:
    """List the worktrees that runs left or work in, and what was quarantined.

    Nothing is changed. A quarantine is a commit under refs/loki/quarantine of your repository.
    """
    import asyncio  # noqa: PLC0415 (imports when chosen)
    from datetime import UTC, datetime  # noqa: PLC0415

    care = _care()
    worktrees = asyncio.run(care.worktrees())
    quarantined = asyncio.run(care.quarantined())
    for each in worktrees:
        row = {
            "worktree": each.name,
            "run": each.run,
            "branch": each.branch,
            "path": str(each.root),
            "state": each.standing,
            "why": each.why,
            "files": each.files,
        }
        line = f"{each.standing:10} {each.run}/{each.name}  on {each.branch or 'no branch'}  {each.root}"
        say(jsonlib.dumps(row) if json else f"{line}  ({each.why})" if each.why else line)
    for kept in quarantined:
        at = datetime.fromtimestamp(kept.at, UTC)
        row = {
            "quarantine": kept.id,
            "ref": kept.ref,
            "commit": kept.commit,
            "at": at.isoformat(),
            **kept.label.model_dump(mode="json"),
        }
        line = f"quarantine {kept.id}  {at.astimezone():%Y-%m-%d %H:%M}  {kept.label.why}"
        say(jsonlib.dumps(row) if json else line)
    if not worktrees and not quarantined:
        remark("There is no worktree of a run, and nothing was quarantined.")


@app.command()
def prune(
    *,
    run: Annotated[
        str | None, typer.Option("--run", metavar="RUN", help="Only this run's, even if it could be resumed.")
    ] = None,
    json: Json = False,
) -> None:
    """Remove the worktrees of runs that are over.

    What would be lost (uncommitted files, untracked and ignored ones included, and commits that no branch has) goes to
    quarantine first. Branches stay. What is locked, or cannot be saved, stays too; the exit code then is 1.
    """
    import asyncio  # noqa: PLC0415 (imports when chosen)

    pruned = asyncio.run(_care().prune(run))
    for each in pruned:
        row = {
            "worktree": each.name,
            "run": each.run,
            "path": str(each.root),
            "removed": each.retired.removed,
            "quarantine": each.retired.quarantine,
            "why": each.retired.why,
            "files": each.retired.files,
        }
        say(jsonlib.dumps(row) if json else _told(each.run, each.name, row))
    if not pruned:
        remark("There is no worktree of a run that is over. Of one that could be resumed: --run RUN")
    if not all(each.retired.removed for each in pruned):
        raise typer.Exit(STAYED)


@app.command()
def restore(
    quarantine: Annotated[
        str, typer.Argument(metavar="QUARANTINE", help="Its name in the list, such as r1/stream-a/1.")
    ],
    *,
    to: Annotated[
        Path | None,
        typer.Option("--to", metavar="DIR", help="Write its files there: an empty directory, or a new one."),
    ] = None,
    branch: Annotated[
        str | None, typer.Option("--branch", metavar="NAME", help="Make a new branch of it.", show_default=False)
    ] = None,
    json: Json = False,
) -> None:
    """Bring back what was quarantined: into a directory, onto a branch, or both.

    Nothing that is there is written over, and the quarantine stays.
    """
    import asyncio  # noqa: PLC0415 (imports when chosen)

    if to is None and branch is None:
        raise UsageError("Where is it to go?", hint="Say --to DIR, or --branch NAME.")
    care = _care()
    if branch is not None:
        asyncio.run(care.branch(quarantine, branch))
    if to is not None:
        asyncio.run(care.export(quarantine, to))
    if json:
        say(jsonlib.dumps({"quarantine": quarantine, "to": str(to.absolute()) if to else None, "branch": branch}))
        return
    places = [f"in {to}" if to else "", f"on branch {branch}" if branch else ""]
    remark(f"What was quarantined is {' and '.join(filter(None, places))}.")


def _told(run: str, name: str, row: dict[str, object]) -> str:
    why = f" ({row['why']})" if row["why"] else ""
    if not row["removed"]:
        return f"stays       {run}/{name}{why}"
    if row["quarantine"]:
        return f"quarantined {run}/{name}{why}: {row['quarantine']}"
    return f"removed     {run}/{name}{why}"


def _care() -> WorktreeCare:
    from loki_tui.runtime.surroundings import Surroundings  # noqa: PLC0415 (imports when chosen)
    from loki_tui.runtime.worktree_care import WorktreeCare  # noqa: PLC0415

    return WorktreeCare(Surroundings.here(os.environ))

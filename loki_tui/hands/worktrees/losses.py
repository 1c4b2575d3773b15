"""What each side had added, and what of it is not there any more once a conflict is resolved.

Lines are compared, not meanings: a line counts as kept where any file that was worked on has it, wherever it moved.
What was reworded counts as gone, so this is something for reviewers to look at, and no verdict. Of a binary file, of
which only one side's version can be taken, nothing is compared.
"""

from __future__ import annotations

from loki_tui.hands.gitshell import quoted
from loki_tui.hands.worktrees.paths import shown, unquoted, word
from loki_tui.hands.worktrees.site import Site

_PATHS = 60
"""Files that are compared; beyond them it is said that there are more."""
_SAMPLE = 3
_SAMPLE_CHARS = 80
PROBE_BYTES = 8000
"""By as many bytes git tells binary files from text."""
_DIFF = ("git", "diff-tree", "-r", "--no-renames", "--name-only")


async def losses(
    site: Site, *, sides: tuple[str, str], auto: str, result: str, split: tuple[str, ...] = ()
) -> tuple[str, ...]:
    """One phrase for each file and side with something gone.

    Args:
        site: Where git is.
        sides: The commits that were merged: ours and theirs.
        auto: The tree that git made of them by itself.
        result: The tree of what was made of that.
        split: Paths that were in conflict, as git quotes them.

    Raises:
        loki_tui.core.errors.RepositoryError: git failed.
    """
    ours, theirs = sides
    base = await site.shell.look_up(quoted("git", "merge-base", ours, theirs))
    if not auto or not base:
        return ()
    listed = [*dict.fromkeys((*split, *await site.shell.lines(quoted(*_DIFF, auto, result))))]
    paths = [unquoted(path) for path in listed[:_PATHS]]
    found: list[str] = []
    for path in paths:
        for side, name in ((ours, "the branch"), (theirs, "the merged side")):
            if phrase := await _gone(site, path, base=base.split("\n")[0], side=side, result=result, among=paths):
                found.append(f"{shown(path)}: of what {name} had added, {phrase}")
    if len(listed) > _PATHS:
        found.append(f"{len(listed) - _PATHS} more files were changed by hand and not compared")
    return tuple(found)


async def _gone(site: Site, path: bytes, *, base: str, side: str, result: str, among: list[bytes]) -> str:
    """How many of the lines that a side added to a file are in none of the files worked on; empty where all are."""
    blobs = "; ".join(f"git cat-file blob {result}:{word(each)} 2>/dev/null" for each in among)
    version = f"git cat-file blob {side}:{word(path)} 2>/dev/null"
    # Not by what git calls binary: attributes are a file that whoever resolves may write.
    if await site.shell.ask(f"{version} | head -c {PROBE_BYTES} | tr -cd '\\0' | wc -c") != "0":
        return ""
    answer = await site.shell.ask(
        "there=$(mktemp) added=$(mktemp) gone=$(mktemp); "
        f"{{ {blobs}; :; }} | sed 's/^[[:space:]]*//; s/[[:space:]]*$//' >\"$there\"; "
        f"git diff --no-color --no-ext-diff --no-textconv --no-renames --text -U0 {base} {side} -- {word(path)} "
        "| sed -n '/^@@/,$ { s/^+[[:space:]]*//; t keep; d; :keep; s/[[:space:]]*$//; /[[:alnum:]]/p }' >\"$added\"; "
        'grep -avxFf "$there" "$added" >"$gone" || [ $? -eq 1 ] || exit; '
        'echo "$(wc -l <"$gone") $(wc -l <"$added")"; '
        f'head -n {_SAMPLE} "$gone" | cut -c 1-{_SAMPLE_CHARS}; rm -f "$there" "$added" "$gone"'
    )
    counts, *sample = answer.split("\n")
    gone, added = (int(count) for count in counts.split())
    if not gone:
        return ""
    quotes = "; ".join(f"`{shown(line.encode())}`" for line in sample if line)
    return f"{gone} of {added} lines are gone, such as {quotes}"

"""Makes a linked worktree, or refuses where the repository is of a kind that it cannot be made of."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from loki_tui.core.errors import RepositoryError
from loki_tui.hands.gitshell import GitShell, fed, legible, quoted
from loki_tui.hands.worktrees.admin import Admin, Facts
from loki_tui.hands.worktrees.mergefile import read_merge
from loki_tui.hands.worktrees.quarantine import remains, save
from loki_tui.hands.worktrees.site import Site, break_locks, facts_file, noting

_ALTERNATES = 65_536
"""Characters of a list of alternates that are looked at."""
_NAMED = 3
"""Submodules that a refusal names."""
_COUNTED = 1000
"""Objects that are not here: more are not counted."""
_PROMISED = r"'^(extensions\.partialclone|remote\..*\.promisor)$'"
"""What a partial clone's configuration has."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """A worktree that is to be."""

    root: str
    run: str
    name: str
    branch: str
    base: str
    person: str
    """The git directory of the person's own work tree."""

    @property
    def lock(self) -> str:
        """Why nobody is to remove it, in the words of `git worktree list`."""
        return f"{LOCK}{self.run}"


LOCK = "Loki works here in run "
"""How reasons begin for which worktrees of ours are locked."""

_INITIALIZING = "initializing"
"""Git's own, while it makes one."""


def foreign_lock(admin: Admin) -> str:
    """Why somebody else does not want a worktree removed; empty where nobody said so."""
    if admin.locked is None or admin.locked.startswith((LOCK, _INITIALIZING)):
        return ""
    return f"it is locked: {admin.locked[:200] or 'without a reason'}"


@dataclass(frozen=True, slots=True)
class _Examined:
    base: str
    tip: str
    grown: bool
    """Whether the branch has the base in its history."""
    origin: str
    submodules: tuple[str, ...]
    twins: tuple[str, ...]
    """Branches that would be the same file as this one."""
    collisions: tuple[str, ...]
    """Files that would be the same as another one."""
    named: bool
    """Whether what is checked out names a commit, be it here or not."""
    absent: int
    """Objects of the base that are not here, in a repository that may lack some: that many, or more."""
    borrowed: tuple[str, ...]
    """Directories whose objects the repository uses as its own."""


async def add(shell: GitShell, wanted: Wanted) -> Facts:
    """Make the worktree, complete, its branch checked out.

    Args:
        shell: Git on the repository's common directory; the worktree's root is there, and empty.
        wanted: The worktree.

    Raises:
        RepositoryError: It cannot be made; says why.
        loki_tui.core.errors.WorkspaceError: The hands are gone.
    """
    found = await _examine(shell, wanted)
    _refuse(found, wanted)
    facts = Facts(run=wanted.run, name=wanted.name, branch=wanted.branch, base=found.base, origin=found.origin)
    command = ["git", "worktree", "add", "--quiet", "--no-checkout"]
    command += [wanted.root, wanted.branch] if found.tip else ["-b", wanted.branch, wanted.root, found.base]
    await shell.ask(
        f"{quoted(*command)} && read -r _ admin <.git && "
        # Patterns for another worktree's files are none for this one's.
        'for left in info/sparse-checkout config.worktree; do [ ! -e "$admin/$left" ] || rm "$admin/$left"; done && '
        f"printf '%s\\n' {quoted(wanted.lock)} >\"$admin/locked\" && "
        '{ GIT_DIR="$admin" git reset --quiet --hard; } && '
        f'printf "%s\\n" {quoted(facts.model_dump_json())} >"$admin/loki.new" && '
        f'mv "$admin/loki.new" "{facts_file("$admin")}"'
    )
    return facts


async def examine(shell: GitShell, wanted: Wanted) -> None:
    """See that a worktree could be made; nothing is changed.

    Args:
        shell: Git on the repository's common directory.
        wanted: The worktree; where it would lie does not matter.

    Raises:
        RepositoryError: It could not; says why.
        loki_tui.core.errors.WorkspaceError: The hands are gone.
    """
    _refuse(await _examine(shell, wanted), wanted)


async def complete(shell: GitShell, wanted: Wanted, *, directory: str) -> None:
    """Go on where a worktree was being made by an engine that was killed: nobody has worked in it yet.

    Args:
        shell: Git on this worktree.
        wanted: The worktree.
        directory: Its git directory.

    Raises:
        RepositoryError: git failed.
        loki_tui.core.errors.WorkspaceError: The hands are gone.
    """
    found = await _examine(shell, wanted)
    facts = Facts(run=wanted.run, name=wanted.name, branch=wanted.branch, base=found.tip, origin=found.origin)
    await shell.ask(
        f"{break_locks(f'{directory}/index.lock', f'{directory}/HEAD.lock')}; "
        + quoted("git", "symbolic-ref", "HEAD", f"refs/heads/{facts.branch}")
        + f" && git reset --quiet --hard && {noting(f'{directory}/locked', wanted.lock)}"
        + f" && {noting(facts_file(directory), facts.model_dump_json())}"
    )


async def hollow(site: Site) -> bool:
    """Whether none of the files that belong in a worktree is there.

    Raises:
        RepositoryError: git failed.
    """
    counted = await site.shell.ask(
        "git ls-files -z | tr -cd '\\0' | wc -c; git ls-files -z --deleted | tr -cd '\\0' | wc -c"
    )
    files, missing = map(int, counted.split())
    return files == missing > 0


async def revive(site: Site) -> str:
    """Bring the files of a worktree back whose directory was deleted.

    Returns:
        The ref that has what was staged in it; empty where that was nothing.

    Raises:
        RepositoryError: git failed.
        loki_tui.core.errors.WorkspaceError: The hands are gone.
    """
    found = await remains(site)
    ref = ""
    if found.tree != found.heads.tree:
        ref, _ = await save(site, found, why="It was deleted while something was staged in it")
    await site.shell.ask("git reset --quiet --hard")
    known = await read_merge(site)
    if known is not None and known.phase != "merged":
        # Whatever was resolved is gone with the files, so the merge is done anew.
        await site.shell.ask(
            f"{quoted('git', 'symbolic-ref', 'HEAD', site.ref)} && git reset --quiet --hard && "
            + quoted("rm", "-f", site.merging)
        )
    return ref


async def _examine(shell: GitShell, wanted: Wanted) -> _Examined:
    ref, person = quoted(f"refs/heads/{wanted.branch}"), quoted(wanted.person)
    folded = "tr '[:upper:]' '[:lower:]' | sort | uniq -d"
    names = (f"{wanted.base}^{{commit}}", f"refs/heads/{wanted.branch}^{{commit}}")
    # What the person calls HEAD is that of their own worktree.
    look = f"GIT_DIR={person} git cat-file --batch-check"
    script = (
        f"found=$({fed(*names, to=look)}); "
        # By the shell alone: every process counts where many worktrees are made at once.
        'first=${found%%"\n"*}; second=${found#"$first"}; second=${second#"\n"}; base= tip=; '
        'case "$first" in *" commit "*) base=${first%% *};; esac; '
        'case "$second" in *" commit "*) tip=${second%% *};; esac; '
        'printf "B %s\nT %s\n" "$base" "$tip"; '
        'if [ -n "$base" ] && [ -n "$tip" ] && git merge-base --is-ancestor "$base" "$tip"; then echo "G yes"; fi; '
        f'if head=$(GIT_DIR={person} git rev-parse --verify --quiet HEAD); then echo "N yes"; fi; '
        f'origin=$(GIT_DIR={person} git symbolic-ref --quiet HEAD) || origin=$head; echo "O $origin"; '
        'lent="$GIT_DIR/objects/info/alternates"; '
        f'if [ -s "$lent" ]; then head -n {_NAMED} "$lent" | sed \'s/^/A /\'; fi; '
        f'if [ -n "$base" ] && {{ [ -s "$lent" ] || git config --get-regexp {_PROMISED} >/dev/null; }}; then '
        'git rev-list --objects --missing=print --no-walk "$base" >"${TMPDIR:-/tmp}/objects" || echo "M"; '
        f"sed -n 's/^?/M /p' \"${{TMPDIR:-/tmp}}/objects\" | head -n {_COUNTED}; fi; "
        'if [ -n "$base" ]; then '
        f"git ls-tree -r \"$base\" | sed -n 's/^160000 [^\t]*\t/S /p' | head -n {_NAMED}; "
        'if [ "$(git config --type=bool core.ignorecase)" = true ]; then '
        f"git for-each-ref --format='%(refname)' refs/heads | grep -ixF -- {ref} | grep -vxF -- {ref} | sed 's/^/R /'; "
        f"git ls-tree -r --name-only \"$base\" | {folded} | head -n {_NAMED} | sed 's/^/C /'; fi; fi; :"
    )
    answers: dict[str, list[str]] = {}
    for line in (await shell.ask(script)).splitlines():
        answers.setdefault(line[:1], []).append(line[2:])
    first = {key: values[0] for key, values in answers.items()}
    return _Examined(
        base=first.get("B", ""),
        tip=first.get("T", ""),
        grown="G" in answers,
        origin=first.get("O", ""),
        submodules=tuple(map(legible, answers.get("S", ()))),
        twins=tuple(name.removeprefix("refs/heads/") for name in answers.get("R", ())),
        collisions=tuple(map(legible, answers.get("C", ()))),
        named="N" in answers,
        absent=len(answers.get("M", ())),
        borrowed=tuple(answers.get("A", ())),
    )


def _refuse(found: _Examined, wanted: Wanted) -> None:
    """Say why a worktree cannot be made, if it cannot."""
    _refuse_absent(found, wanted)
    if found.submodules:
        raise RepositoryError(
            f"The repository has submodules ({', '.join(found.submodules)}), which git does not bring into a worktree "
            "of its own.",
            hint="Run without --parallel.",
        )
    if found.twins:
        raise RepositoryError(
            f"The branch {found.twins[0]} differs from {wanted.branch} in capitals alone, and this file system cannot "
            "tell them apart.",
            hint="Rename it: git branch -m.",
        )
    if found.collisions:
        raise RepositoryError(
            f"Files that differ in capitals alone, such as {found.collisions[0]}, cannot all be on this file system.",
            hint="Rename them, or run without --parallel.",
        )
    if found.tip and not found.grown:
        raise RepositoryError(
            f"There is a branch {wanted.branch} already, which did not grow from {wanted.base[:10]}.",
            hint="Rename it, then try again.",
        )


def borrowed_from(places: tuple[Path, ...]) -> tuple[str, ...]:
    """Where else git looks for a repository's objects, by its git directories; the first few of it."""
    lent = places[-1] / "objects/info/alternates" if places else None
    if lent is None or not lent.is_file():
        return ()
    with lent.open(encoding="utf-8", errors="replace") as file:
        lines = file.read(_ALTERNATES).splitlines()
    return tuple(line for line in lines if line and not line.startswith("#"))[:_NAMED]


def borrowing(places: tuple[str, ...]) -> RepositoryError:
    """That a repository's objects are partly in others, where hands cannot read them."""
    return RepositoryError(
        f"The repository borrows objects of {', '.join(places)} (objects/info/alternates), where hands cannot read.",
        hint="Let them: LOKI_READ_PATHS names what they may read. Or copy the objects: git repack -a -d, then "
        "remove .git/objects/info/alternates.",
    )


def _refuse_absent(found: _Examined, wanted: Wanted) -> None:
    """Say what is not here of the commit that a worktree is to begin at."""
    if found.borrowed and (found.absent or not found.base):
        raise borrowing(found.borrowed)
    if not found.base and not found.named:
        raise RepositoryError(
            "The repository has no commit yet, and worktrees begin at one.",
            hint="Commit something first (git add --all && git commit), or run without --parallel.",
        )
    if not found.base:
        raise RepositoryError(f"There is no commit {wanted.base!r} to begin at.", hint="Look for it: git fsck.")
    if found.absent:
        many = f"{found.absent} objects" if found.absent > 1 else "an object"
        raise RepositoryError(
            f"This is a partial clone, which lacks {many} of the commit to begin at; nothing is fetched for worktrees.",
            hint="Fetch all of them: git fetch --refetch --no-filter; or run without --parallel.",
        )

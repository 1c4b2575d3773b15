"""Checking a receipt: everything in it that can be had again is had again, and compared field by field.

The repository is asked by plain git, the journal where it is on this machine. What neither knows (what tests
did, what models thought) stands on the signature, or on measuring once more.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from loki_tui.engine.headline import headline
from loki_tui.engine.receipt import DIFF, Delivery, Receipt
from loki_tui.runtime.findings import Finding
from loki_tui.runtime.journaled import check_journal
from loki_tui.runtime.plain_git import PlainGit, plain_git
from loki_tui.runtime.receipts import Held
from loki_tui.store.project import Project


def check_itself(held: Held) -> Iterator[Finding]:
    """Whether a receipt is what it says of itself: its digest, its form, and what follows from its facts."""
    if held.whole:
        yield Finding("digest", "ok", "nothing was changed since its digest was made")
    else:
        said = "it was changed: it is not what its digest was made of"
        yield Finding("digest", "tampered", said, recorded=str(held.value.get("digest"))[:80])
    if held.receipt is None:
        yield Finding("form", "tampered", f"it is not made as a receipt is: {held.problem}")
        return
    yield from _conclusions(held.receipt)


def _conclusions(receipt: Receipt) -> Iterator[Finding]:
    concluded = headline(receipt.facts)
    pairs = (
        ("headline", receipt.headline, concluded.headline),
        ("gaps", "; ".join(receipt.gaps), "; ".join(concluded.gaps)),
        ("against", "; ".join(receipt.against), "; ".join(concluded.against)),
    )
    for field, recorded, found in pairs:
        if recorded != found:
            yield Finding(field, "tampered", "it does not follow from the receipt's own facts", recorded, found)
    if all(recorded == found for _, recorded, found in pairs):
        yield Finding("headline", "ok", f"{receipt.headline} follows from the facts")


# -- the repository -----------------------------------------------------------------------------


def check_repository(delivery: Delivery, git: PlainGit) -> Iterator[Finding]:
    """Whether a repository holds what was delivered, and it is what the receipt says.

    Raises:
        RepositoryError: Git failed in a way that says nothing about the receipt.
    """
    if not delivery.commit:
        yield Finding("commit", "unknown", "nothing was delivered, so there is nothing to look up")
        return
    there = {name: git.kind(name) == "commit" for name in (delivery.base, delivery.commit) if name}
    for field, name in (("base", delivery.base), ("commit", delivery.commit)):
        if name and not there[name]:
            yield _missing(field, name, delivery, git)
        elif name:
            yield Finding(field, "ok", f"commit {name[:10]} is here", name, name)
    yield from _trees(delivery, git, there)
    if all(there.values()):
        yield from _difference(delivery, git)
    else:
        yield Finding("diff", "unknown", "the difference cannot be made without both commits")
    yield _branch(delivery, git, here=there[delivery.commit])


def _missing(field: str, name: str, delivery: Delivery, git: PlainGit) -> Finding:
    if git.shallow:
        said, hint = "is beyond where this shallow clone ends", "git fetch --unshallow"
    else:
        said, hint = "is not in this repository", f"git fetch REMOTE {delivery.branch if field == 'commit' else name}"
    return Finding(field, "drifted", f"commit {name[:10]} {said}", name, hint=hint)


def _trees(delivery: Delivery, git: PlainGit, there: dict[str, bool]) -> Iterator[Finding]:
    pairs = (("base_tree", delivery.base, delivery.base_tree), ("tree", delivery.commit, delivery.tree))
    for field, commit, recorded in pairs:
        if not recorded and delivery.unknown:
            yield Finding(field, "unknown", f"the run could not ask git: {delivery.unknown}")
        elif not commit or there[commit]:
            found = git.tree(commit) if commit else git.empty_tree()
            yield _compared(field, recorded, found, same="the commit's tree is the recorded one")


def _compared(field: str, recorded: str, found: str, *, same: str) -> Finding:
    if recorded == found:
        return Finding(field, "ok", same, recorded, found)
    said = f"the receipt says {recorded[:16] or 'nothing'}, the repository {found[:16]}"
    return Finding(field, "tampered", said, recorded, found)


def _difference(delivery: Delivery, git: PlainGit) -> Iterator[Finding]:
    if delivery.unknown:
        yield Finding("diff", "unknown", f"the run could not ask git: {delivery.unknown}")
        return
    before = git.tree(delivery.base) if delivery.base else git.empty_tree()
    after = git.tree(delivery.commit)
    yield _compared("diff", delivery.diff, git.digest(*DIFF, before, after), same="the change is the recorded one")
    changed = git.records(*DIFF, "--name-only", before, after)
    yield _compared(
        "changed", str(delivery.changed), str(changed), same=f"{changed} {'path' if changed == 1 else 'paths'} changed"
    )
    grown = not delivery.base or git.descends(delivery.commit, delivery.base)
    if grown == delivery.descends:
        said = "it grew from the recorded base" if grown else "it did not grow from the base, as recorded"
        yield Finding("descends", "ok", said)
    elif git.shallow:
        said = "whether it grew from the base cannot be seen in a shallow clone"
        yield Finding("descends", "drifted", said, hint="git fetch --unshallow")
    else:
        said = "the commits do not hang together as the receipt says"
        yield Finding("descends", "tampered", said, str(delivery.descends), str(grown))


def _branch(delivery: Delivery, git: PlainGit, *, here: bool) -> Finding:
    refs = git.refs()
    ours = f"refs/heads/{delivery.branch}"
    named = {name: at for name, at in refs.items() if name == ours or _is_remote(name, delivery.branch)}
    if not named:
        return _without_branch(delivery, git, here=here)
    name = ours if ours in named else min(named)
    tip, shown = named[name], name.removeprefix("refs/heads/").removeprefix("refs/remotes/")
    if tip == delivery.commit:
        return Finding("branch", "ok", f"{shown} is at the delivered commit", delivery.commit, tip)
    if here and git.descends(tip, delivery.commit):
        later = git.count(delivery.commit, tip)
        said = f"{shown} has moved on: {later} commit{'' if later == 1 else 's'} came after what was delivered"
        hint = "What came later was not verified: loki verify"
    else:
        same = git.tree(tip) == delivery.tree
        files = "the same files" if same else "other files"
        said = f"{shown} was rewritten: it is at {tip[:10]}, with {files}, and not at what was delivered"
        hint = "Find out who amended or replaced it: git reflog"
    return Finding("branch", "drifted", said, delivery.commit, tip, hint)


def _is_remote(ref: str, branch: str) -> bool:
    _, _, rest = ref.removeprefix("refs/remotes/").partition("/")
    return ref.startswith("refs/remotes/") and rest == branch


def _without_branch(delivery: Delivery, git: PlainGit, *, here: bool) -> Finding:
    held = git.holders(delivery.commit) if here else []
    if held:
        where = held[0].removeprefix("refs/heads/").removeprefix("refs/remotes/")
        return Finding("branch", "ok", f"{delivery.branch} is gone; {where} has what was delivered in it")
    return Finding(
        "branch",
        "drifted",
        f"there is no branch {delivery.branch} here, and no other one has what was delivered",
        delivery.commit,
        hint=f"git fetch REMOTE {delivery.branch}",
    )


def check_all(held: Held, *, repository: Path, project: Project | None, environ: Mapping[str, str]) -> list[Finding]:
    """Check all but the signature.

    Args:
        held: The receipt.
        repository: Where to look for what was delivered.
        project: Where the run's journal may be; none where there can be none.
        environ: The person's variables.

    Raises:
        RepositoryError: There is no repository, or git cannot be asked.
    """
    findings = list(check_itself(held))
    if held.receipt is None:
        return findings
    delivery = held.receipt.facts.delivery
    with plain_git(repository, environ, object_format=delivery.object_format) as git:
        findings += check_repository(delivery, git)
    if project is not None:
        findings += check_journal(held, project)
    return findings

"""Work as a run delivers it, in a repository of a person, and clones of it on other machines."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from loki_tui.engine.receipt import Receipt
from loki_tui.engine.sealing import seal
from loki_tui.hands.repository import GitRepository
from loki_tui.runtime.findings import Finding
from loki_tui.runtime.receipts import Held, read_receipt
from loki_tui.runtime.rederiving import check_all
from tests.support import receipts as sample
from tests.support.git import git, write
from tests.support.workspace import LocalWorkspace

BRANCH = "loki/r1"


@dataclass
class Delivered:
    """A repository with work that was delivered in it, and its receipt."""

    root: Path
    receipt: Receipt

    def held(self, receipt: Receipt | None = None) -> Held:
        """The receipt as a stranger reads it."""
        return read_receipt(seal(receipt or self.receipt), name="receipt.json")

    def check(self, where: Path, receipt: Receipt | None = None) -> dict[str, Finding]:
        """What checking it somewhere comes to, by field."""
        findings = check_all(self.held(receipt), repository=where, project=None, environ=os.environ)
        return {finding.field: finding for finding in findings}

    def clone(self, *options: str) -> Path:
        """Another clone, as another machine would have it."""
        target = self.root.parent / f"clone-{len(list(self.root.parent.iterdir()))}"
        git(self.root.parent, "clone", "--quiet", *options, f"file://{self.root}", str(target))
        return target


async def deliver(root: Path, *, format_: str = "sha1") -> Delivered:
    """Work on a branch, as a run delivers it."""
    write(root, {"a": "1\n", "dir/b": "1\n", "gone": "1\n", "é ü": "1\n"})
    git(root, "init", "--quiet", "--initial-branch=main", f"--object-format={format_}")
    for message in ("Before", "Start"):
        write(root, {"log": message})
        git(root, "add", "--all")
        git(root, "commit", "--quiet", f"--message={message}")
    git(root, "switch", "--quiet", "--create", BRANCH)
    write(root, {"a": "2\n", "dir/new": "1\n"})
    (root / "dir" / "b").chmod(0o755)
    (root / "gone").rename(root / "moved")
    git(root, "add", "--all")
    git(root, "commit", "--quiet", "--message=Work")
    base, commit = git(root, "rev-parse", "main"), git(root, "rev-parse", BRANCH)
    found = await GitRepository(LocalWorkspace(root), run="r1").evidence(base, commit)
    delivery = sample.delivery(
        base=base,
        commit=commit,
        base_tree=found.base_tree,
        tree=found.tree,
        measured=found.tree,
        diff=found.diff,
        changed=found.changed,
        descends=found.descends,
        object_format=found.object_format,
    )
    about = sample.facts(
        delivery=delivery,
        phases=(sample.unit_tests(tree=found.tree),),
        requirements=(sample.requirement(tree=found.tree),),
    )
    git(root, "switch", "--quiet", "main")
    return Delivered(root, sample.receipt(about))


def statuses(found: dict[str, Finding]) -> dict[str, str]:
    """What did not fit, by field."""
    return {field: finding.status for field, finding in found.items() if finding.status not in {"ok", "unknown"}}

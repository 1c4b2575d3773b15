"""A change to a project, as a case of a test that was weakened, or of an honest edit."""

from __future__ import annotations

from dataclasses import dataclass

from loki_tui.engine.qa.remarks import Change


@dataclass(frozen=True)
class Case:
    """Files before and after; a file that is in one of both alone was added or deleted."""

    name: str
    before: dict[str, str]
    after: dict[str, str]

    @property
    def changes(self) -> list[Change]:
        paths = sorted({*self.before, *self.after})
        both = (Change(path, self.before.get(path), self.after.get(path)) for path in paths)
        return [change for change in both if change.before != change.after]


def edit(name: str, path: str, text: str, *swaps: tuple[str, str]) -> Case:
    """One file in which texts are replaced, each of which has to be there."""
    after = text
    for old, new in swaps:
        assert old in after, (name, old)
        after = after.replace(old, new)
    return Case(name, {path: text}, {path: after})

"""Whether the tests changed what runs them: what is planted after them would then meet another runner."""

from __future__ import annotations

import posixpath
from dataclasses import dataclass

from loki_tui.engine.qa.scene import Place

_SOURCES = (".py", ".js", ".mjs", ".cjs", ".jsx", ".ts", ".mts", ".cts", ".tsx", ".toml", ".ini", ".cfg", ".pth")
_NAMES = frozenset({"package.json", "jest.config.json", ".mocharc.json", ".mocharc.yml", ".mocharc.yaml", "Makefile"})
_FIND_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Before:
    """The files that could have a say in how tests run, as they were before."""

    mark: str
    """A file as old as this."""
    files: frozenset[str]

    @classmethod
    async def of(cls, place: Place, files: tuple[str, ...]) -> Before:
        """Remember them."""
        mark = f"{place.own}/before"
        await place.write(mark, "")
        return cls(mark, frozenset(filter(_has_a_say, files)))

    async def touched(self, place: Place) -> str:
        """What was changed or taken away since, in a sentence; empty where nothing was."""
        # By the time of a file's change of state, which nobody can set.
        listing = f"{place.own}/changed"
        find = f"find . -name {place.own} -prune -o -type f -newercc {self.mark} -print0 > {listing}"
        found = await place.run(find, timeout=_FIND_SECONDS)
        text = await place.read(listing)
        if not found.ok or text is None:
            return "what the tests changed cannot be told"
        changed = {name.removeprefix("./") for name in text.split("\0")} & self.files
        gone = self.files - set(await place.files())
        if not changed | gone:
            return ""
        return f"the tests changed {min(changed | gone)} while they ran"


def _has_a_say(path: str) -> bool:
    return path.endswith(_SOURCES) or posixpath.basename(path) in _NAMES

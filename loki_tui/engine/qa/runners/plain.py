"""A command that a project or a person names: `make test`, or what LOKI_TEST_COMMAND says."""

from __future__ import annotations

import posixpath
import re
import secrets
from dataclasses import dataclass

from loki_tui.core.vocabulary import TestCase
from loki_tui.engine.qa.inside import arming
from loki_tui.engine.qa.reports.cases import TooLargeError, counts_of, merged
from loki_tui.engine.qa.reports.junit import read_junit
from loki_tui.engine.qa.reports.summaries import read_summary
from loki_tui.engine.qa.runners.model import Ran, Report
from loki_tui.engine.qa.runners.python import PythonRunner, find_python
from loki_tui.engine.qa.runners.scripted import Script, contradictions, summarized
from loki_tui.engine.qa.scene import Place

_FIND_SECONDS = 60.0
_REPORTS = 2000
"""Most files of a report that are read."""


@dataclass(frozen=True, slots=True)
class PlainRunner:
    """Runs a command as it is; implements `Runner`."""

    name: str
    command: str
    script: Script
    files: tuple[str, ...]

    async def run(self, place: Place, timeout: float) -> Ran:
        """Run it, and read whatever report it leaves: JUnit XML that was not there before, TAP, a summary."""
        own, printed = place.own, f"{place.own}/{secrets.token_hex(8)}"
        mark = f"{own}/{secrets.token_hex(4)}"
        await place.write(mark, "")
        # pytest leaves one wherever in the command it is; what it is told by the environment comes first.
        asked = f"export PYTEST_ADDOPTS=\"--junitxml='$PWD/{printed}.xml' -o junit_family=xunit1\""
        command = f"{arming(own)}{asked}\nset -o pipefail\n{{ {self.command}\n}} 2>&1 | tee {printed}"
        result = await place.run(command, timeout=timeout)
        output = await place.read(printed) or result.output
        cases = await new_junit(place, mark)
        if not cases:
            return Ran(result, summarized(output, self.script))
        summary = read_summary(output)
        counts = counts_of(cases)
        doubts = contradictions(counts, summary.counts if summary else None)
        return Ran(result, Report(cases, counts, doubts=tuple(doubts)))

    async def doubt(self, place: Place, timeout: float) -> str | None:
        """Why the runner is not to be believed, where it is one of Python's; see `Runner`."""
        kind = next((kind for kind in ("pytest", "unittest") if re.search(rf"\b{kind}\b", self.script.text)), None)
        found = await find_python(place, self.files) if kind else None
        if kind is None or found is None:
            return None
        python = PythonRunner(kind, self.files, found.python)
        return await python.doubt(place, timeout)


async def find_make(place: Place, files: tuple[str, ...]) -> PlainRunner | None:
    """What runs the tests of a project whose Makefile says how; none where it does not."""
    makefile = await place.read("Makefile")
    if makefile is None or not re.search(r"^test:", makefile, re.MULTILINE):
        return None
    named = [path for path in files if posixpath.basename(path) in makefile and path != "Makefile"][:20]
    scripts = [await place.read(path) or "" for path in named if re.search(rf"[\s/@]{re.escape(path)}\b", makefile)]
    return PlainRunner("make", "make test", Script("\n".join([makefile, *scripts])), files)


async def new_junit(place: Place, mark: str, *, under: str = "*") -> tuple[TestCase, ...]:
    """The cases of all JUnit reports that were written since a file was.

    Args:
        place: Where.
        mark: The file. What counts is when a report's state last changed, which nobody can set.
        under: Pattern of the reports' paths.
    """
    listing = f"{place.own}/{secrets.token_hex(4)}"
    where = f"-newercc {mark} -name '*.xml' -path '{under}' -print0"
    await place.run(
        f"find . \\( -name .git -o -name node_modules \\) -prune -o -type f {where} > {listing}", timeout=_FIND_SECONDS
    )
    names = sorted(filter(None, (await place.read(listing) or "").split("\0")))
    found: list[TestCase] = []
    for name in names[:_REPORTS]:
        found += read_junit(await place.read(name) or "") or []
    try:
        return merged(found)
    except TooLargeError:
        return ()

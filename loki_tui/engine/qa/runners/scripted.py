"""Commands that say by themselves how tests are run: what of their output is believed, where there is no report."""

from __future__ import annotations

import re
from dataclasses import dataclass

from loki_tui.core.vocabulary import Counts
from loki_tui.engine.qa.reports.cases import counts_of
from loki_tui.engine.qa.reports.summaries import read_summary
from loki_tui.engine.qa.reports.tap import read_tap
from loki_tui.engine.qa.reports.verbose import read_verbose
from loki_tui.engine.qa.runners.model import Report

_RUNS = {
    "unittest": r"unittest|tox|nox|manage\.py test",
    "pytest": r"pytest|py\.test|tox|nox",
    "cargo": r"cargo|cross",
    "jest": r"jest|vitest|react-scripts|ng test",
    "node": r"node\b.*--test|tap|tape|tsx\b.*--test|c8",
    "mocha": r"mocha|nyc|c8|hardhat",
    "maven": r"mvnw?|maven",
    "go": r"go test|gotestsum|go tool",
    "tap": r"prove|tap|tape|bats|ava|node\b.*--test|meson",
}
"""By whose summary it is: what a command has to name for it to come from there."""
_SAYS_ONLY = re.compile(r"^\s*@?-?\s*(?:#|echo\b|printf\b|cat\b).*$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Script:
    """A command, or the text of what it runs."""

    text: str
    trusted: bool = False
    """Whether a person chose it: then it may run what cannot be seen from here."""

    def runs(self, runner: str) -> bool:
        """Whether it may come to run this runner, and does not merely print what it would."""
        told = _SAYS_ONLY.sub("", re.sub(r"(&&|;|\|\|)", "\n", self.text))
        return self.trusted or re.search(rf"(?<![\w-])(?:{_RUNS[runner]})(?!\w)", told) is not None


def summarized(output: str, script: Script) -> Report:
    """What a command's output amounts to where there is no other report: TAP, or a summary that is known."""
    tap, summary = read_tap(output), read_summary(output)
    if tap is not None and tap.cases and script.runs("tap"):
        counts = counts_of(tap.cases)
        doubts = [f"of its TAP: {tap.flaw}"] if tap.flaw else []
        doubts += contradictions(counts, summary.counts if summary else None)
        return Report(tap.cases, counts, doubts=tuple(doubts))
    if summary is None:
        return Report(each=False)
    if not script.runs(summary.runner):
        doubt = f"it prints what {summary.runner} prints, but nothing that is known to run it"
        return Report(counts=summary.counts, each=False, doubts=(doubt,))
    if summary.runner == "unittest" and (cases := read_verbose(output, summary.counts)):
        return Report(cases, counts_of(cases))
    return Report(counts=summary.counts, each=False)


def contradictions(counts: Counts, summary: Counts | None) -> list[str]:
    """Where a summary says that less passed, or more failed, than a report."""
    if summary is None:
        return []
    if summary.failed > counts.failed:
        return [f"its summary counts {summary.failed} failed tests, its report {counts.failed}"]
    if summary.passed + summary.skipped < counts.passed:
        return [f"its summary counts {summary.passed} passed tests, its report {counts.passed}"]
    return []

"""The regression phase: what passed at the base passes now, and no test was taken away or made easier to pass."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from loki_tui.core.vocabulary import Check, Finding, TestCase, Verdict
from loki_tui.engine.qa.combining import FINDINGS, counted
from loki_tui.engine.qa.fates import Fates, name_of, trace
from loki_tui.engine.qa.phase import REGRESSION, Measured
from loki_tui.engine.qa.remarks import Change, Kind, Remark
from loki_tui.engine.qa.scene import Place, Scene
from loki_tui.engine.qa.testing import TestRun, run_tests
from loki_tui.engine.qa.weakening import Weakening, find_weakened, is_of_interest

_NAMED = 10
"""Tests that are named in a line; the findings have more."""
_FILES = 1_000
"""Changed files that are looked into."""
_CHARACTERS = 5_000_000
"""Of all of these together."""
_CHECKS: tuple[tuple[str, Kind], ...] = (
    ("removed tests", "removed"),
    ("weakened tests", "weakened"),
    ("test settings", "settings"),
)


@dataclass(slots=True)
class _Base:
    """What is known of the base's tests."""

    verdict: Verdict | None = None
    """Why there is nothing to compare with; none where there is."""
    why: str = ""
    run: TestRun | None = None


class Regression:
    """Compares the tests of a checkpoint with those of the base; implements `Phase`."""

    name = REGRESSION
    setting = "phase_regression"
    required = False
    thorough = False

    async def measure(self, scene: Scene) -> Measured:
        """Measure it; what became of the base's tests is kept in the scene."""
        if not scene.changed and scene.open_base is not None:
            return Measured(Verdict.NOT_APPLICABLE, "nothing differs from the base")
        interesting = [path for path in scene.changed if is_of_interest(path)]
        base = _Base(Verdict.NOT_APPLICABLE, "there is no base to compare with")
        weakening = Weakening()
        async with scene.base() as place:
            if interesting:
                changes = await _changes(place, scene.here, interesting)
                weakening = await asyncio.to_thread(find_weakened, changes)
            if place is not None:
                base = await _base(scene, place)
        if base.verdict is None and scene.tests is None:
            scene.tests = (await run_tests(scene.here, scene.settings, plant=False)).cases
        return _judged(scene, base, weakening)


async def _changes(base: Place | None, here: Place, paths: Sequence[str]) -> list[Change]:
    changes, left = [], _CHARACTERS
    for path in paths[:_FILES]:
        before = None if base is None else await base.read(path)
        after = await here.read(path)
        left -= len(before or "") + len(after or "")
        if left < 0:
            break
        changes.append(Change(path, before, after))
    return changes


async def _base(scene: Scene, place: Place) -> _Base:
    """The tests of the base, measured once."""
    run, known = None, scene.known_base
    if known.tests is None and not known.trouble:
        # Written before the agent began: there is no need to try whether its runner tells the truth.
        run = await run_tests(place, scene.settings, plant=False)
        if run.verdict is Verdict.NOT_APPLICABLE or (not run.cases and run.counts is not None and not _ran(run)):
            known.tests = ()
        elif run.verdict is Verdict.ERROR or not run.cases:
            why = run.why if run.verdict in {Verdict.ERROR, Verdict.NOT_RUN} else f"no report of each test ({run.why})"
            known.trouble = f"the base's tests give nothing to compare with: {why}"
        else:
            known.tests = run.cases
    if known.trouble:
        return _Base(Verdict.NOT_RUN, known.trouble, run)
    if not known.tests:
        return _Base(Verdict.NOT_APPLICABLE, "the base has no tests", run)
    if not any(case.outcome == "passed" for case in known.tests):
        return _Base(Verdict.NOT_APPLICABLE, "no test passes at the base", run)
    return _Base(run=run)


def _ran(run: TestRun) -> bool:
    return run.counts is not None and bool(run.counts.passed or run.counts.failed or run.counts.skipped)


def _judged(scene: Scene, base: _Base, weakening: Weakening) -> Measured:
    tests, base_tests = scene.tests or (), scene.known_base.tests or ()
    fates, check = Fates(), None
    if base.verdict is None and not tests:
        base = _Base(
            Verdict.NOT_RUN, "what became of the base's tests is unknown: no test reported its outcome here", base.run
        )
    elif base.verdict is None:
        fates = trace(base_tests, tests, weakening.moved)
        check = _compared(fates)
    if check is None:
        check = Check(name="base tests", verdict=base.verdict or Verdict.NOT_RUN, why=base.why)
    remarks = _weighed(weakening.remarks, base_tests, tests)
    checks = (check, *(_checked(name, kind, remarks, fates) for name, kind in _CHECKS))
    return _measured(base, checks, _findings(fates, remarks))


def _compared(fates: Fates) -> Check:
    total = fates.total
    groups = (("fail", fates.failing), ("are skipped", fates.skipped), ("are gone", fates.gone))
    said = "; ".join(f"{len(cases)} {what}: {_named(cases)}" for what, cases in groups if cases)
    if said:
        why = f"of {counted(total, 'test')} that passed at the base, {said}"
        return Check(name="base tests", verdict=Verdict.FAILED, why=why)
    why = (
        "the 1 test that passed at the base passes" if total == 1 else f"all {total} tests that passed at the base pass"
    )
    return Check(name="base tests", verdict=Verdict.PASSED, why=why)


def _named(cases: Sequence[TestCase]) -> str:
    more = f" and {len(cases) - _NAMED} more" if len(cases) > _NAMED else ""
    return ", ".join(case.id for case in cases[:_NAMED]) + more


def _weighed(remarks: Iterable[Remark], base: Iterable[TestCase], here: Iterable[TestCase]) -> list[Remark]:
    """Remarks, each as grave as it is by what ran.

    A test that seems to be taken away and ran as it did at the base is none; one that failed at the base was
    broken before.
    """
    now = {case.id for case in here}
    before: dict[str, list[TestCase]] = {}
    for case in base:
        before.setdefault(name_of(case.id), []).append(case)
    weighed = []
    for each in remarks:
        cases = before.get(each.test, []) if each.kind == "removed" else []
        if cases and all(case.id in now for case in cases):
            continue
        broken = bool(cases) and all(case.outcome != "passed" for case in cases)
        milder = each.finding.model_copy(update={"severity": "medium"}) if broken else each.finding
        weighed.append(replace(each, finding=milder))
    return weighed


def _checked(name: str, kind: Kind, remarks: Sequence[Remark], fates: Fates) -> Check:
    mine = [each for each in remarks if each.kind == kind]
    red = [each for each in mine if each.is_red]
    if kind == "removed" and fates.gone and not red:
        return Check(name=name, verdict=Verdict.FAILED, why=f"restore {_named(fates.gone)}")
    if red:
        more = f"; and {len(red) - 3} more" if len(red) > 3 else ""
        return Check(name=name, verdict=Verdict.FAILED, why="; ".join(map(_said, red[:3])) + more)
    if mine:
        return Check(
            name=name, verdict=Verdict.PASSED, why=f"{counted(len(mine), 'change')} to look at: {_said(mine[0])}"
        )
    return Check(name=name, verdict=Verdict.PASSED, why="none found")


def _said(each: Remark) -> str:
    place = each.finding.file + (f":{each.finding.line}" if each.finding.line else "")
    return f"{place}: {each.finding.message}"


def _findings(fates: Fates, remarks: Sequence[Remark]) -> tuple[Finding, ...]:
    told = {each.test for each in remarks if each.is_red and each.test}
    found = [each.finding for each in remarks]
    for what, cases in (
        ("passed at the base and fails: make it pass again", fates.failing),
        ("passed at the base and is skipped: let it run", fates.skipped),
        ("passed at the base and is gone: restore it", fates.gone),
    ):
        new = (case for case in cases[:FINDINGS] if name_of(case.id) not in told or case.outcome == "failed")
        found += [Finding(severity="high", file=_file(case), message=f"{case.id} {what}") for case in new]
    order = ("critical", "high", "medium", "low")
    return tuple(sorted(found, key=lambda finding: order.index(finding.severity))[:FINDINGS])


def _file(case: TestCase) -> str:
    return case.id.partition("::")[0] if "::" in case.id else ""


def _measured(base: _Base, checks: tuple[Check, ...], findings: tuple[Finding, ...]) -> Measured:
    red = [check for check in checks if check.verdict is Verdict.FAILED]
    slight = sum(finding.severity in {"medium", "low"} for finding in findings)
    note = f"; {counted(slight, 'change')} to tests or their settings to look at" if slight else ""
    run = base.run
    return Measured(
        Verdict.FAILED if red else base.verdict or Verdict.PASSED,
        "; ".join(f"{check.name}: {check.why}" for check in red) if red else checks[0].why + note,
        command=run.command if run else "",
        exit_code=run.exit_code if run else None,
        output=run.output if run else "",
        seconds=run.seconds if run else 0.0,
        checks=checks,
        findings=findings,
    )

"""The performance phase: the project's own benchmark here against the base, one after the other on the same machine."""

from __future__ import annotations

from dataclasses import dataclass, field

from loki_tui.core.vocabulary import Check, Finding, Verdict
from loki_tui.engine.ports import ActionResult
from loki_tui.engine.qa.benchmarks.figures import Comparison, compare, read_output, read_report, shown
from loki_tui.engine.qa.benchmarks.finding import Benchmark, find_benchmark
from loki_tui.engine.qa.phase import PERFORMANCE, Measured
from loki_tui.engine.qa.scene import Place, Scene

LEAST = 3
"""Repetitions at each side, or nothing is said."""
MOST = 8
"""Repetitions where noise hides a difference that there may be."""
_WHOLE = "the whole command"
_SHOWN = 20
"""Benchmarks that are listed."""


@dataclass(slots=True)
class _Side:
    """One of the two checkouts, and what was measured in it."""

    place: Place
    benchmark: Benchmark
    runs: list[dict[str, float]] = field(default_factory=list)
    last: ActionResult | None = None

    async def run(self, *, timeout: float, keep: bool = True) -> bool:
        """Run the benchmark once; whether it ended well and gave figures."""
        result = self.last = await self.place.run(self.benchmark.command, timeout=timeout)
        if not result.ok:
            return False
        if self.benchmark.report:
            figures = read_report(await self.place.read(self.benchmark.report) or "")
        else:
            figures = read_output(result.output) or {_WHOLE: max(result.seconds, 1e-6)}
        if keep:
            self.runs.append(figures)
        return bool(figures)

    @property
    def trouble(self) -> str:
        """Why the last run gave no figures."""
        if self.last is None:
            return "was not run"
        if self.last.timed_out:
            return "did not end within the time limit (LOKI_PHASE_TIMEOUT)"
        return "gave no figures" if self.last.ok else f"ended with exit code {self.last.exit_code}"


class Performance:
    """Measures whether the project became slower."""

    name = PERFORMANCE
    setting = "phase_performance"
    required = False
    thorough = True

    async def measure(self, scene: Scene) -> Measured:
        """Measure it."""
        search = await find_benchmark(scene.here, scene.settings)
        if search.benchmark is None:
            verdict = Verdict.NOT_RUN if search.is_missing else Verdict.NOT_APPLICABLE
            return Measured(verdict, search.why_none)
        here = _Side(scene.here, search.benchmark)
        async with scene.base() as place:
            found = None if place is None else await find_benchmark(place, scene.settings)
            if place is None or found is None or found.benchmark is None or found.benchmark.tool != here.benchmark.tool:
                return await _alone(scene, here, "the base has no such benchmark")
            return await _against(scene, here, _Side(place, found.benchmark))


async def _alone(scene: Scene, here: _Side, why: str) -> Measured:
    """What there is to say where there is nothing to compare with."""
    if not await here.run(timeout=scene.settings.phase_timeout):
        return _measured(here, Verdict.NOT_RUN, f"the benchmark {here.trouble}, and {why}")
    figures = sorted(here.runs[-1].items())
    first = ", ".join(f"{name} {shown(seconds)}" for name, seconds in figures[:3])
    output = "\n".join(f"{name}: {shown(seconds)}" for name, seconds in figures)
    why = f"nothing to compare with ({why}): measured {first} here"
    return _measured(here, Verdict.NOT_APPLICABLE, why, output=output)


async def _against(scene: Scene, here: _Side, base: _Side) -> Measured:
    """Measure both sides in turn, so that what else the machine does befalls both alike."""

    def left() -> float:
        # By what commands took, not by a clock: while a person holds the run, no time passes.
        return scene.settings.phase_timeout - here.place.seconds - base.place.seconds

    # The first run compiles and fills caches: of times of the whole command it would be the noise.
    if not await base.run(timeout=left(), keep=False):
        return await _alone(scene, here, f"at the base it {base.trouble}")
    if not await here.run(timeout=left(), keep=False):
        verdict = Verdict.NOT_RUN if here.last and here.last.timed_out else Verdict.FAILED
        return _measured(here, verdict, f"the benchmark {here.trouble}; at the base it runs")
    tolerance = scene.settings.performance_tolerance
    compared: list[Comparison] = []
    began, pairs = left(), 0
    while pairs < LEAST or (pairs < MOST and any(each.is_unsure(tolerance) for each in compared)):
        each_pair = (began - left()) / pairs if pairs else 0.0
        if left() < max(each_pair * 1.2, 0.1):
            break
        for side in (base, here) if pairs % 2 == 0 else (here, base):
            if not await side.run(timeout=max(left(), 0.1)):
                return _measured(here, Verdict.NOT_RUN, f"{_called(side, here)} {side.trouble} on a further run")
        pairs += 1
        compared = compare(base.runs, here.runs)
    if pairs < LEAST:
        why = f"the benchmark takes too long to be run {LEAST} times on both sides (LOKI_PHASE_TIMEOUT)"
        return _measured(here, Verdict.NOT_RUN, why)
    return _judged(scene, here, base, compared)


def _called(side: _Side, here: _Side) -> str:
    return "the benchmark" if side is here else "the benchmark of the base"


def _judged(scene: Scene, here: _Side, base: _Side, compared: list[Comparison]) -> Measured:
    tolerance = scene.settings.performance_tolerance
    if not compared:
        return _measured(here, Verdict.NOT_APPLICABLE, "no benchmark is at the base and here under the same name")
    slower = sorted((each for each in compared if each.is_slower(tolerance)), key=lambda each: -each.percent)
    gone = sorted(set(base.runs[-1]) - set(here.runs[-1]))
    findings = [Finding(severity="high", message=f"slower: {_line(each)}") for each in slower[:_SHOWN]]
    findings += [Finding(severity="medium", message=f"the benchmark {name} is gone") for name in gone[:_SHOWN]]
    if slower:
        named = "; ".join(map(_line, slower[:3])) + (f"; and {len(slower) - 3} more" if len(slower) > 3 else "")
        verdict, why = Verdict.FAILED, f"slower than the base by more than {tolerance:g} %: {named}"
    else:
        worst = max(compared, key=lambda each: each.percent)
        verdict = Verdict.PASSED
        why = f"{_counted(len(compared))} not slower than the base by more than {tolerance:g} %; {_line(worst)}"
        if worst.is_unsure(tolerance):
            why += ", within the noise"
    output = "\n".join(map(_line, compared))
    checks = tuple(_check(each, tolerance) for each in sorted(compared, key=lambda each: -each.percent)[:_SHOWN])
    return _measured(here, verdict, why, output=output, checks=checks, findings=tuple(findings), other=base)


def _measured(
    here: _Side,
    verdict: Verdict,
    why: str,
    *,
    output: str | None = None,
    checks: tuple[Check, ...] = (),
    findings: tuple[Finding, ...] = (),
    other: _Side | None = None,
) -> Measured:
    last = here.last
    return Measured(
        verdict,
        why,
        command=here.benchmark.command,
        exit_code=last.exit_code if last else None,
        output=output if output is not None else (last.output if last else ""),
        seconds=here.place.seconds + (other.place.seconds if other else 0.0),
        checks=checks,
        findings=findings,
    )


def _check(each: Comparison, tolerance: float) -> Check:
    verdict = Verdict.FAILED if each.is_slower(tolerance) else Verdict.PASSED
    return Check(name=each.name[:120], verdict=verdict, why=_line(each), seconds=each.here)


def _line(each: Comparison) -> str:
    noise = each.noise / each.base * 100
    return (
        f"{each.name} {shown(each.here)}, at the base {shown(each.base)} ({each.percent:+.0f} %, noise {noise:.0f} %)"
    )


def _counted(count: int) -> str:
    return "1 benchmark is" if count == 1 else f"{count} benchmarks are"

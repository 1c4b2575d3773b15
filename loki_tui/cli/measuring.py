"""What `loki qa` and `loki verify` share: phases measured one after another, and told of as they come."""

from __future__ import annotations

import asyncio
import difflib
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from loki_tui.cli.output import remark, say
from loki_tui.core.errors import UsageError
from loki_tui.core.settings import Settings
from loki_tui.engine.qa.phase import Measured, Phase
from loki_tui.engine.qa.phases import PHASES
from loki_tui.engine.qa.scenes import off_by
from loki_tui.headless.phases import phase_lines, subject_lines
from loki_tui.runtime.measuring import Measuring, Subject, measuring
from loki_tui.runtime.secrets import redactor_of
from loki_tui.runtime.surroundings import Surroundings

_SEPARATORS = re.compile(r"[\s_-]+")


@dataclass(slots=True)
class Result:
    """What became of one phase."""

    phase: Phase
    measured: Measured


@dataclass(slots=True)
class Telling:
    """Tells a person, or nobody, of what is going on."""

    redact: Callable[[str], str]
    quiet: bool = False
    """Whether stdout is for data alone."""
    results: list[Result] = field(default_factory=list)

    def subject(self, subject: Subject) -> None:
        """What is measured."""
        if not self.quiet:
            for line in subject_lines(subject):
                say(line)

    def begin(self, phase: Phase) -> None:
        """A phase begins."""
        remark(f"… {phase.name}")

    def finish(self, phase: Phase, measured: Measured) -> None:
        """It has ended."""
        self.results.append(Result(phase, measured))
        if not self.quiet:
            for line in phase_lines(phase, measured, redact=self.redact):
                say(line)


def measure(
    environ: Mapping[str, str],
    *,
    choose: Callable[[Settings], Sequence[Phase]],
    committed: bool,
    base: str | None,
    telling: Telling,
) -> Subject:
    """Measure phases in the project at hand; their results are with whoever is told.

    Args:
        environ: The environment.
        choose: Which phases.
        committed: Measure the commit that is checked out in place of the work tree.
        base: What to compare with, as for `measuring`.
        telling: Is told.

    Raises:
        LokiError: Nothing can be measured.
    """
    around = Surroundings.here(environ)
    settings = around.settings()
    return asyncio.run(_measure(around, settings, choose(settings), committed=committed, base=base, telling=telling))


async def _measure(
    around: Surroundings,
    settings: Settings,
    phases: Sequence[Phase],
    *,
    committed: bool,
    base: str | None,
    telling: Telling,
) -> Subject:
    async with measuring(around, settings, committed=committed, base=base) as measurer:
        telling.subject(measurer.subject)
        if committed and not measurer.subject.changed:
            return measurer.subject
        for phase in phases:
            telling.begin(phase)
            telling.finish(phase, await measurer.measure(phase))
        return measurer.subject


def telling_of(environ: Mapping[str, str], *, quiet: bool) -> Telling:
    """Tells a person at this terminal; no secret of theirs."""
    return Telling(redactor_of(environ).redact, quiet=quiet)


def all_phases() -> tuple[Phase, ...]:
    """Every phase that needs no model, in the order in which they are measured."""
    return PHASES


def named_phases(names: Sequence[str]) -> list[Phase]:
    """The phases that a person names, in the order in which they are measured.

    Raises:
        UsageError: There is none of a name.
    """
    chosen = {_named(name).name for name in names}
    return [phase for phase in PHASES if phase.name in chosen]


def enabled_phases(settings: Settings) -> list[Phase]:
    """The phases that are on."""
    return [phase for phase in PHASES if off_by(phase, settings) is None]


def _named(name: str) -> Phase:
    known = {_plain(phase.name): phase for phase in PHASES}
    wanted = _plain(name)
    if wanted in known:
        return known[wanted]
    beginning = [phase for plain, phase in known.items() if wanted and plain.startswith(wanted)]
    if len(beginning) == 1:
        return beginning[0]
    nearest = difflib.get_close_matches(wanted, known, n=1, cutoff=0.0)
    every = ", ".join(repr(phase.name) if " " in phase.name else phase.name for phase in PHASES)
    raise UsageError(
        f"There is no phase {name!r}; did you mean {known[nearest[0]].name!r}?", hint=f"The phases are {every}."
    )


def _plain(name: str) -> str:
    return _SEPARATORS.sub(" ", name.strip().casefold())


__all__ = ["Measuring", "Result", "Telling", "all_phases", "enabled_phases", "measure", "named_phases", "telling_of"]

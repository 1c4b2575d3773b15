"""What the full-screen application costs and how soon it answers, on a real terminal with real journals."""

from __future__ import annotations

import random
import re
import time
from collections.abc import Iterator
from itertools import cycle
from statistics import quantiles

from benchmarks.cockpit import Theatre, first_paint_of_floor, theatre
from benchmarks.figures import Effort, Figure, median
from benchmarks.glass import Glass
from benchmarks.journals import write_journal
from benchmarks.load import load_on
from benchmarks.pty import Terminal
from tests.support import scenes

_MB = 1e6
_STEP = 100_000
"""Events after which growth is looked at."""
_FILLING, _GROWING = 2, 3
"""How often, before and while it is looked at."""
_BRISK = 4000
"""Events a second of these: more than any run has, less than a screen takes in."""
_STEADY = 1.5
"""Seconds without a byte after which a screen has come to rest."""


def measure(effort: Effort) -> Iterator[Figure]:
    with theatre() as stage:
        stage.stage("ended", scenes.ended())
        stage.stage("paused", scenes.paused())
        yield from _starts(stage, effort)
        yield from _idle(stage, effort)
        yield from _loaded(stage, effort)
        yield from _with_engine(stage)
        yield from _long(stage, effort)
        yield Figure(
            f"full-screen clears after the first paint, {stage.screens} screens", "times", stage.clearings, target=0
        )


# -- beginning ----------------------------------------------------------------------------------


def _starts(stage: Theatre, effort: Effort) -> Iterator[Figure]:
    first, ours, runs, floor = [], [], [], []
    for _ in range(effort.repetitions + 1):
        floor.append(first_paint_of_floor())
        with stage.loki("attach", "ended", shows="1 Activity") as terminal:
            first.append(terminal.painted - terminal.began)
        with stage.loki("attach", "ended") as terminal:
            ours.append(terminal.painted - terminal.began)
        with stage.loki(shows="COMPLETED") as terminal:
            runs.append(terminal.painted - terminal.began)
    # The first is not warm.
    cold, warm = ours[0], ours[1:]
    yield Figure("first paint", "s", median(first[1:]), median(floor[1:]), "at most", 0.7)
    yield Figure("what a run's journal says is on the screen", "s", median(warm), median(floor[1:]))
    yield Figure("the list of runs is on the screen", "s", median(runs[1:]), median(floor[1:]))
    yield Figure("what a run's journal says, the first time", "s", cold, floor[0])


# -- doing nothing ------------------------------------------------------------------------------


def _idle(stage: Theatre, effort: Effort) -> Iterator[Figure]:
    for run in ("ended", "paused"):
        with stage.loki("attach", run) as terminal:
            terminal.quiet(_STEADY)
            seconds, cpu, data = _watch(terminal, effort.seconds)
            yield Figure(f"idle on a run that is {run}: CPU", "% core", 100 * cpu / seconds, None, "at most", 0.5)
            yield Figure(f"idle on a run that is {run}: written", "bytes", len(data), None, "at most", 0)
            if run == "ended":
                resident, share = terminal.memory()
                yield Figure("memory on a small run, resident", "MB", resident / _MB, None, "at most", 100)
                yield Figure("memory on a small run, its share", "MB", share / _MB)


def _watch(terminal: Terminal, seconds: float) -> tuple[float, float, bytes]:
    """Leave it alone for so long: seconds, processor seconds, bytes written."""
    began, cpu = time.monotonic(), terminal.cpu()
    time.sleep(seconds)
    ended = time.monotonic()
    return ended - began, terminal.cpu() - cpu, terminal.written(began, ended)


# -- under load ---------------------------------------------------------------------------------


def _loaded(stage: Theatre, effort: Effort) -> Iterator[Figure]:
    for rate, target in ((100, 50.0), (2000, 100.0)):
        run = f"load{rate}"
        stage.stage(run, scenes.stream(500))
        at = f"{rate:,} events/s"
        with load_on(stage.located.state, run, rate=rate) as load, stage.loki("attach", run) as terminal:
            terminal.shows("RUNNING")
            time.sleep(1)
            seconds, cpu, data = _watch(terminal, effort.seconds)
            judged = (15.0, 20.0) if rate == 100 else (None, None)
            yield Figure(f"{at}: CPU", "% core", 100 * cpu / seconds, None, "at most", judged[0])
            yield Figure(f"{at}: written", "kB/s", len(data) / seconds / 1000, None, "at most", judged[1])
            answered = _press_keys(terminal, effort.keys)
            yield Figure(f"{at}: key to first byte, 95th percentile", "ms", _p95(answered), None, "at most", target)
            moved = _move_about(terminal, effort.keys)
            yield Figure(f"{at}: Tab to the moved focus, 95th percentile", "ms", _p95(moved), None, "at most", target)
            resident, _ = terminal.memory()
            yield Figure(f"{at}: memory, resident", "MB", resident / _MB, None, "at most", 100)
        yield Figure(f"{at}: what came of the pace", "events/s", load.rate, None, "at least", 0.9 * rate)


_KEYS = ("k", "k", "j", "\t", "\x1b[Z", "k", "j", "[", "[", "l")
"""Keys each of which changes the screen: the cursor in the feed, the focus there and back, the moment shown."""


def _press_keys(terminal: Terminal, count: int) -> list[float]:
    """Seconds from a key that changes the screen to the next byte, at random intervals."""
    chance, answered = random.Random(5), []
    for key, _ in zip(cycle(_KEYS), range(count), strict=False):
        time.sleep(chance.uniform(0.05, 0.3))
        pressed = terminal.press(key)
        came = terminal.first_after(pressed, patience=2)
        answered.append((came or pressed + 2) - pressed)
    terminal.press("l")
    return answered


def _move_about(terminal: Terminal, count: int) -> list[float]:
    """Seconds from a Tab to the bytes that move the focus, whatever else is painted in between."""
    chance, moved = random.Random(6), []
    for _ in range(count):
        time.sleep(chance.uniform(0.05, 0.3))
        before = _edges(terminal.look())
        pressed = terminal.press("\t")
        moved.append(terminal.changes(_edges, before, patience=2) - pressed)
    return moved


_EDGE = re.compile(r"[\u2500-\u259f\U0001fb00-\U0001fbff]")


def _edges(glass: Glass) -> object:
    """How the edges of the panes look: the one that has the focus looks otherwise."""
    return [cell for row in glass.looks() for cell in row if _EDGE.match(cell[0] or " ")]


def _p95(seconds: list[float]) -> float:
    return 1000 * (quantiles(seconds, n=20)[-1] if len(seconds) > 1 else seconds[0])


# -- the engine in the same process -------------------------------------------------------------


def _with_engine(stage: Theatre) -> Iterator[Figure]:
    with stage.loki("demo", "--speed", "0") as terminal:
        terminal.shows("COMPLETED")
        terminal.quiet(_STEADY)
        resident, share = terminal.memory()
        yield Figure("memory with the engine in the process, resident", "MB", resident / _MB, None, "at most", 160)
        yield Figure("memory with the engine in the process, its share", "MB", share / _MB)


# -- a long run ---------------------------------------------------------------------------------


def _long(stage: Theatre, effort: Effort) -> Iterator[Figure]:
    events = effort.history
    write_journal(stage.located.state, "long", events)
    opened = []
    for _ in range(effort.repetitions):
        with stage.loki("attach", "long") as terminal:
            opened.append(terminal.painted - terminal.began)
    yield Figure(f"first paint of a run of {events:,} events", "s", median(opened), None, "at most", 1)
    with stage.loki("attach", "long") as terminal:
        terminal.quiet(_STEADY)
        resident, share = terminal.memory()
        yield Figure(f"memory on {events:,} events, resident", "MB", resident / _MB, None, "at most", 100)
        yield Figure(f"memory on {events:,} events, its share", "MB", share / _MB)
        yield from _jumps(terminal, effort)
    yield from _growth(stage, effort)


def _jumps(terminal: Terminal, effort: Effort) -> Iterator[Figure]:
    back = r"LOOKING BACK"
    for name, key in (("one event back", "["), ("an iteration back", "{"), ("to the beginning", "<")):
        taken = []
        for _ in range(max(3, effort.repetitions)):
            terminal.quiet(0.4)
            pressed = terminal.press(key)
            taken.append(terminal.shows(back, patience=10) - pressed)
            terminal.quiet(0.4)
            terminal.press("l")
            terminal.hides(back, patience=10)
        yield Figure(f"looking back, {name}", "ms", 1000 * max(taken), None, "at most", 100)
    yield _worst_of("looking back, the timeline clicked anywhere", terminal, effort)


def _worst_of(name: str, terminal: Terminal, effort: Effort) -> Figure:
    """Clicks on the timeline, at random."""
    chance, taken = random.Random(7), []
    row, (first, last) = next(
        (number, found.span()) for number, line in enumerate(terminal.look().lines) if (found := _TIMELINE.search(line))
    )
    for _ in range(4 * max(3, effort.repetitions)):
        terminal.quiet(0.4)
        before = _moment(terminal.look())
        at = f"0;{chance.randrange(first + 2, last)};{row + 1}"
        pressed = terminal.press(f"\x1b[<{at}M\x1b[<{at}m")
        taken.append(terminal.changes(_moment, before, patience=5) - pressed)
    return Figure(name, "ms", 1000 * max(taken), None, "at most", 100)


_TIMELINE = re.compile("\u2595.{20,}\u258f")


def _moment(glass: Glass) -> object:
    found = re.search(r"event ([\d,]+) of", glass.text)
    return found and found[1]


def _growth(stage: Theatre, effort: Effort) -> Iterator[Figure]:
    """What further events add to a screen that stays open; the first stretches fill what is kept."""
    step = min(_STEP, effort.events)
    sizes: list[tuple[int, int]] = []
    with stage.loki("attach", "long") as terminal:
        for _ in range(_FILLING + _GROWING):
            with load_on(stage.located.state, "long", rate=_BRISK, events=step) as load:
                load.appended()
            terminal.quiet(_STEADY)
            sizes.append(terminal.memory())
    filled, last = sizes[_FILLING - 1], sizes[-1]
    for index, name in enumerate(("resident", "its share")):
        grown = (last[index] - filled[index]) / _MB * _STEP / step / _GROWING
        yield Figure(f"growth per 100,000 further events, {name}", "MB", grown, None, "at most", None if index else 1)
    further = step * len(sizes)
    yield Figure(f"memory after {further:,} further events, resident", "MB", last[0] / _MB, None, "at most", 100)

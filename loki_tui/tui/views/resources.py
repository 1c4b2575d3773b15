"""Charts of the machine and of the run's own processes, with the thresholds drawn in."""

from __future__ import annotations

from collections.abc import Sequence

from loki_tui.core.terminal import one_line
from loki_tui.core.vocabulary import Sample
from loki_tui.tui.picture import Picture
from loki_tui.tui.rows import SPARKS, Row, Tone, crop, row, spread
from loki_tui.wording.amounts import in_bytes

CHART = 3
"""Rows of a chart."""


def rows(picture: Picture, width: int) -> list[Row]:
    """Charts of CPU and memory, then the run's own share as figures."""
    samples = [taken.sample for taken in picture.whole.samples]
    latest = picture.vitals or (samples[-1] if samples else None)
    if latest is None:
        return [crop(row(("Nothing was sampled yet.", "quiet")), width)]
    cpu_most, memory_most = _thresholds(picture)
    cpu = [sample.cpu_percent for sample in samples]
    memory = [sample.memory_percent for sample in samples]
    lines = [_label("machine cpu", latest.cpu_percent, cpu_most, width), *_chart(cpu, cpu_most, width)]
    lines += [_label("machine memory", latest.memory_percent, memory_most, width), *_chart(memory, memory_most, width)]
    return [*lines, *_own(picture, latest, width)]


def _own(picture: Picture, latest: Sample, width: int) -> list[Row]:
    used = f"{latest.run_cpu_percent:.0f} % of a core, {in_bytes(latest.run_rss_bytes)}"
    lines = [crop(row(("this run ", "quiet"), used), width)]
    if (limited := picture.whole.agents_limited) is not None:
        why = f" ({', '.join(map(one_line, picture.whole.limited_by))})" if picture.whole.limited_by else ""
        lines.append(crop(row(("throttled ", "quiet"), (f"{limited} agents at once{why}", "bad")), width))
    return lines


def _thresholds(picture: Picture) -> tuple[int, int]:
    """The percentages above which the run warns: as it was started, else the defaults."""
    from loki_tui.core.settings import ResourceSettings  # noqa: PLC0415 (slow to load, and this pane seldom first)

    given = picture.whole.created.settings if picture.whole.created else {}
    fields = ResourceSettings.model_fields
    found = [given.get(name, fields[name].default) for name in ("resource_cpu_threshold", "resource_mem_threshold")]
    cpu, memory = (value if isinstance(value, int) else 80 for value in found)
    return cpu, memory


def _label(name: str, value: float, most: int, width: int) -> Row:
    over = value >= most
    said = row(
        (f"{value:.0f} %", "bad" if over else "loud"),
        (f" OVER {most} %" if over else f", warns at {most} %", "bad" if over else "quiet"),
    )
    return spread(row((name, "quiet")), said, width)


def _chart(values: Sequence[float], most: int, width: int) -> list[Row]:
    """Bars a few rows high, the newest at the right; a dotted line marks the threshold."""
    shown = values[-width:]
    step = 100 / CHART
    lines: list[Row] = []
    for level in reversed(range(CHART)):
        floor = level * step
        rest = "┄" if floor < most <= floor + step else " "
        bars = "".join(_cell(value - floor, step, rest) for value in shown)
        tone: Tone = "warn" if floor + step > most else "accent"
        lines.append(row((rest * (width - len(shown)), "quiet"), (bars, tone)))
    return lines


def _cell(value: float, step: float, rest: str) -> str:
    if value <= 0:
        return rest
    return SPARKS[min(7, int(value / step * 8))]

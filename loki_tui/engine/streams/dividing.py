"""The planner's streams, held against each other: what is wrong with them, and what they come to.

A model's names become names that git, file systems and people can do with. Streams that may touch the same files are
put one after another.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter

from loki_tui.core import events as ev
from loki_tui.core.tools import PlannedStream
from loki_tui.core.vocabulary import Requirement
from loki_tui.engine.streams.globs import first_overlap, normal

NAME_CHARS = 30
"""Of a stream's name: it becomes a branch and a directory."""

FEWEST = 2
"""Streams that are worth dividing anything for."""


class BadDivisionError(Exception):
    """Streams that cannot be worked on; the text is what the planner is told."""


@dataclass(frozen=True, slots=True)
class Division:
    """Streams in an order in which each comes after what it builds on."""

    streams: tuple[ev.StreamPlanned, ...]
    notes: tuple[str, ...] = ()
    """What was changed of what the planner said, for people."""


def divide(requirements: Sequence[Requirement], planned: Sequence[PlannedStream]) -> Division:
    """The streams as they are worked on.

    Raises:
        BadDivisionError: A requirement is in no stream or in two, names are not clear, or streams wait for each other.
    """
    names = _names(planned)
    if faults := [*_of_names(planned), *_of_requirements(requirements, planned), *_of_files(planned)]:
        raise BadDivisionError("; ".join(faults))
    streams = {
        names[each.name]: ev.StreamPlanned(
            name=names[each.name],
            requirements=each.requirements,
            files=tuple(dict.fromkeys(filter(None, map(normal, each.files)))),
            after=tuple(dict.fromkeys(names[name] for name in each.after)),
        )
        for each in planned
    }
    return _apart([streams[name] for name in _in_order(streams)])


def slug(name: str) -> str:
    """A stream's name in letters that branches, directories and people can do with."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:NAME_CHARS].strip("-") or "stream"


def _names(planned: Sequence[PlannedStream]) -> dict[str, str]:
    """The planner's name to ours: of those that come to the same, each further one gets a number."""
    names: dict[str, str] = {}
    for each in planned:
        plain = wanted = slug(each.name)
        number = 1
        while plain in names.values():
            number += 1
            plain = f"{wanted}-{number}"
        names.setdefault(each.name, plain)
    return names


def _of_names(planned: Sequence[PlannedStream]) -> Iterator[str]:
    names = [each.name for each in planned]
    if twice := sorted({name for name in names if names.count(name) > 1}):
        yield f"Names of streams must differ: {', '.join(twice)}"
    for each in planned:
        if unknown := [name for name in each.after if name not in names]:
            yield f"{each.name} comes after {', '.join(unknown)}, which is no stream"


def _of_requirements(requirements: Sequence[Requirement], planned: Sequence[PlannedStream]) -> Iterator[str]:
    ids = {requirement.id for requirement in requirements}
    taken = [name for each in planned for name in each.requirements]
    if unknown := sorted(set(taken) - ids):
        yield f"No such requirements: {', '.join(unknown)}"
    if missing := [requirement.id for requirement in requirements if requirement.id not in taken]:
        yield f"In no stream: {', '.join(missing)}"
    if twice := sorted({name for name in taken if taken.count(name) > 1}):
        yield f"In more than one stream, where exactly one is wanted: {', '.join(twice)}"


def _of_files(planned: Sequence[PlannedStream]) -> Iterator[str]:
    for each in planned:
        if outside := [path for path in each.files if normal(path) is None]:
            yield f"{each.name}: files are relative to the workspace and in it: {', '.join(map(repr, outside))}"


def _in_order(streams: dict[str, ev.StreamPlanned]) -> Iterator[str]:
    sorter: TopologicalSorter[str] = TopologicalSorter({name: each.after for name, each in streams.items()})
    try:
        order = list(sorter.static_order())
    except CycleError as error:
        round_trip = " after ".join(error.args[1])
        raise BadDivisionError(f"Streams wait for each other in a circle: {round_trip}") from None
    return iter(order)


def _apart(streams: Iterable[ev.StreamPlanned]) -> Division:
    """Put streams that may touch the same files one after another, the later after the earlier."""
    placed: list[ev.StreamPlanned] = []
    notes: list[str] = []
    before: dict[str, frozenset[str]] = {}
    """A stream to all that have to be there before it."""
    for each in streams:
        stream = each
        for other in placed:
            if other.name in _all_before(stream.after, before):
                continue
            if (shared := first_overlap(stream.files, other.files)) is None:
                continue
            stream = stream.model_copy(update={"after": (*stream.after, other.name)})
            files = " and ".join(dict.fromkeys(shared))
            notes.append(f"Stream {stream.name} comes after {other.name}, since both may touch {files}.")
        before[stream.name] = _all_before(stream.after, before)
        placed.append(stream)
    return Division(tuple(placed), tuple(notes))


def _all_before(after: Iterable[str], before: dict[str, frozenset[str]]) -> frozenset[str]:
    return frozenset(name for direct in after for name in (direct, *before[direct]))

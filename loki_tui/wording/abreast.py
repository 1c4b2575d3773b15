"""What goes on in a parallel run at once, in few words, and the order that its streams are listed in."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from loki_tui.core.state import RunState, Stream
from loki_tui.core.terminal import one_line
from loki_tui.core.vocabulary import StreamStatus
from loki_tui.wording.amounts import counted

NAMED = 3
"""Streams at work that are named in a line; of more, the line says how many."""

AT_WORK = frozenset({StreamStatus.RUNNING, StreamStatus.WAITING, StreamStatus.PAUSED, StreamStatus.STOPPING})
"""A stream that has an agent, whether that does something or is held."""

_COUNTED = (StreamStatus.QUEUED, StreamStatus.READY, StreamStatus.INTEGRATED, StreamStatus.LEFT_OUT)
"""What the other streams are counted by."""


@dataclass(frozen=True, slots=True)
class Twig:
    """A stream in its place in the tree of what builds on what."""

    name: str
    stream: Stream
    depth: int
    """0 for one that builds on nothing."""
    also: tuple[str, ...]
    """What it builds on beside the stream that it hangs under."""


def tree_of(streams: Mapping[str, Stream]) -> list[Twig]:
    """The streams, each under the deepest of those that it builds on, else in the order they were planned in.

    What a journal says is shown however odd it is: names that there are not and circles hold nobody up.
    """
    depths = _depths(streams)
    under: dict[str, list[str]] = {}
    for name in streams:
        under.setdefault(_parent(name, streams, depths), []).append(name)
    found: list[Twig] = []
    waiting = [(name, 0) for name in reversed(under.get("", []))]
    while waiting:
        name, depth = waiting.pop()
        parent = _parent(name, streams, depths)
        also = tuple(each for each in streams[name].planned.after if each != parent)
        found.append(Twig(name, streams[name], depth, also))
        waiting += [(each, depth + 1) for each in reversed(under.get(name, []))]
    return found


def _depths(streams: Mapping[str, Stream]) -> dict[str, int]:
    """How many streams each rests on, one on the other; in a circle, nobody rests on who comes later."""
    depths = dict.fromkeys(streams, 0)
    for _ in range(len(streams)):
        before = dict(depths)
        for name, stream in streams.items():
            known = [depths[each] for each in stream.planned.after if each in streams and each != name]
            depths[name] = min(len(streams), max((1 + each for each in known), default=0))
        if depths == before:
            return depths
    return dict.fromkeys(streams, 0)


def _parent(name: str, streams: Mapping[str, Stream], depths: Mapping[str, int]) -> str:
    """The stream that one hangs under; empty where there is none."""
    known = [each for each in streams[name].planned.after if each in streams and depths[each] < depths[name]]
    return max(known, key=lambda each: depths[each], default="")


def abreast_text(state: RunState) -> str:
    """What goes on in the streams of a run at once; empty where none is planned, or all are over."""
    return ", ".join(_abreast(state))


def _abreast(state: RunState) -> Iterator[str]:
    statuses = {name: state.stream_status(name) for name in state.streams}
    if all(status in {StreamStatus.INTEGRATED, StreamStatus.LEFT_OUT} for status in statuses.values()):
        return
    busy = [name for name, status in statuses.items() if status in AT_WORK]
    if busy:
        named = ", ".join(_busy(name, statuses[name]) for name in busy[:NAMED])
        more = f" and {len(busy) - NAMED:,} more" if len(busy) > NAMED else ""
        yield f"{len(busy):,} at work ({named}{more})"
    if state.integration is not None:
        yield f"integrating {one_line(state.integration.started.name)}"
    for status in _COUNTED:
        if count := sum(each is status for each in statuses.values()):
            yield f"{count:,} {status}"


def _busy(name: str, status: StreamStatus) -> str:
    return one_line(name) if status is StreamStatus.RUNNING else f"{one_line(name)} {status}"


def limited_text(state: RunState) -> str:
    """That fewer agents may work at once than could, and why; empty where that is not so."""
    if state.agents_limited is None:
        return ""
    why = f" ({', '.join(map(one_line, state.limited_by))})" if state.limited_by else ", with room again"
    return f"throttled: {counted(state.agents_limited, 'agent')} at once{why}"

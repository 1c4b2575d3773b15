"""What agents are told about the division of work: the one of a stream, and the one who brings two sides together."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from loki_tui.core.state import RunState, Stream
from loki_tui.core.vocabulary import Clash, StreamStatus
from loki_tui.engine.framing import framed
from loki_tui.engine.streams.globs import first_overlap

SHOWN = 40
"""Paths that are told of a list."""

_YOUR_PART = """\
You work on one part of the document, the stream {name}: the requirements listed here, and no others. Other agents \
work on the rest at the same time, each on a copy of the project of its own; the copies are merged, and tested, when a \
part is done."""

_TWO_SIDES = """\
This iteration brings two sides together and does nothing else. The work of the stream {name} is being merged onto \
what is here, and git could not merge these paths by itself:"""

_RESOLVE = """\
In the files of the workspace git has marked where the sides differ. Resolve every one so that both sides' work is \
there and works together: keep what each side added, its tests included; leave no marker. Taking one side and dropping \
the other is found, and does not count. You need not commit: Loki does it when you finish. Do not run git merge, git \
checkout or git reset. What cannot be in one file (a binary file, one that a side deleted) is beside its path, as \
.loki-ours for what is here and .loki-theirs for what is merged: put what is wanted at the path itself, or nothing \
where it is not wanted or can be generated, and remove both. Run the tests before you finish."""


def task_of_stream(run: RunState, stream: Stream) -> str:
    """What the agent of a stream is to do, and what others do meanwhile."""
    planned = stream.planned
    lines = [
        _YOUR_PART.format(name=planned.name),
        f"Change only files of this part: {_listed(planned.files)}. What you change beside them may conflict.",
    ]
    there = [name for name in run.streams if run.stream_status(name) is StreamStatus.INTEGRATED]
    if there:
        lines.append(f"Already in your copy: {_listed(there)}.")
    lines.extend(
        f"Left to others ({name}): {_listed(each.planned.requirements)}, in {_listed(each.planned.files)}."
        for name, each in run.streams.items()
        if each is not stream and name not in there
    )
    lines.append("Set claims_done when every requirement listed here is met and the tests pass.")
    return "\n".join(lines)


def strayed(run: RunState, stream: Stream, changed: Iterable[str]) -> list[tuple[str, str]]:
    """Paths that a stream changed and another one declared, each with whose it is."""
    mine = stream.planned.files
    found = []
    for path in changed:
        if first_overlap([path], mine) is not None:
            continue
        for name, each in run.streams.items():
            if each is not stream and first_overlap([path], each.planned.files) is not None:
                found.append((path, name))
                break
    return found


def task_of_resolving(run: RunState, stream: Stream, conflicts: Sequence[Clash], onto: Sequence[str]) -> str:
    """What whoever resolves conflicts is to do: both sides' intent, and what counts as resolved."""
    lines = [
        _TWO_SIDES.format(name=stream.planned.name),
        *(
            f"- {each.path} ({each.kind.replace('_', ' ')}{f': {each.detail}' if each.detail else ''})"
            for each in conflicts[:SHOWN]
        ),
        _RESOLVE,
        f"What the stream was to do:\n{framed(_intent(stream), source='the stream')}",
    ]
    lines.extend(
        f"What is here already, of {name}:\n{framed(_intent(run.streams[name]), source='what is here')}"
        for name in onto
    )
    return "\n".join(lines)


def task_of_mending(stream: Stream, reason: str) -> str:
    """What whoever mends a merged tree is to do."""
    return (
        f"This iteration mends what came of a merge and does nothing else. The work of the stream "
        f"{stream.planned.name} was merged onto what is here, and together they do not hold:\n"
        f"{framed(reason, source='what was found')}\n"
        "Each side passed its own tests. Find what one side did not know of the other, and mend that, so that the work "
        "of both is there and all tests pass; weaken or remove no test. Where what is said to be gone is there in "
        "other words, leave it, and say so. You need not commit."
    )


def _intent(stream: Stream) -> str:
    return "\n".join(_of_intent(stream))


def _of_intent(stream: Stream) -> Iterator[str]:
    for judged in stream.state.requirements.values():
        yield f"{judged.requirement.id}: {judged.requirement.title}"
        yield from (f"  - {criterion}" for criterion in judged.requirement.criteria)
    yield f"Files: {_listed(stream.planned.files)}"
    if (last := stream.state.last_finished) is not None:
        yield f"Its summary: {last.summary}"
        if last.handover:
            yield f"Its hand-over: {last.handover}"


def _listed(names: Sequence[str]) -> str:
    more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
    return ", ".join(names[:SHOWN]) + more

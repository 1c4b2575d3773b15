"""Looking things up for a person who reads lines: the whole of an event, what was found, how the run stood then."""

from __future__ import annotations

from collections.abc import Iterator

from pydantic import TypeAdapter

from loki_tui.core import events as ev
from loki_tui.core.events import KINDS, Record
from loki_tui.core.messages import Part
from loki_tui.core.money import format_usd
from loki_tui.core.terminal import one_line, plain
from loki_tui.core.vocabulary import Excerpt
from loki_tui.headless.linear_diffs import spoken
from loki_tui.headless.linear_events import Told, said, words
from loki_tui.headless.linear_paper import Passage
from loki_tui.headless.linear_proof import finding_in_words
from loki_tui.headless.linear_requests import request_in_words
from loki_tui.runtime.history import History
from loki_tui.wording.amounts import in_seconds

STEPS = KINDS - {
    "model_requested", "action_finished", "steering_delivered", "resources_sampled", "phase_started", "stage_entered",
    "run_continued", "run_waiting", "stream_planned",
}  # fmt: skip
"""Kinds of events to stop at on the way back."""

AT_ONCE = 10
"""How much is told of what was found."""

_APART = 200
"""Events of other agents that may lie between the two ends of an action, counted by kind."""


def record_at(history: History, seq: int) -> Record | None:
    """The event with a number.

    Raises:
        JournalError: The journal cannot be read.
    """
    page = history.page(after=seq - 1, limit=1) if seq > 0 else []
    return page[0] if page and page[0].seq == seq else None


def in_a_line(record: Record) -> str:
    """An event, with its number and its time, as far as its first line goes."""
    told = words(record.event, Told())
    if told is not None:
        text = told[0].partition("\n")[0]
    elif isinstance(record.event, ev.ActionFinished):
        text = one_line(record.event.output.text)
    else:
        text = record.event.kind.replace("_", " ")
    return f"Event {record.seq}, {record.at.astimezone():%H:%M:%S}. {text}"


def whole_of(record: Record, history: History, *, room: int) -> Iterator[Passage]:
    """All there is to an event.

    Args:
        record: The event; of an action, either end.
        history: Has what the journal keeps apart.
        room: Cells of a line.

    Raises:
        JournalError: The journal does not have it any more.
    """
    event = record.event
    match event:
        case ev.ActionStarted() | ev.ActionFinished():
            yield from _action(record, history)
        case ev.ModelAnswered():
            yield Passage(plain(said(whole_parts(event, history))) or "It said nothing.")
            price = format_usd(event.cost) if event.cost is not None else "a price nobody knows"
            tokens = f"{event.usage.prompt_tokens:,} tokens in, {event.usage.output_tokens:,} out"
            yield Passage(f"{tokens}, for {price}, in {in_seconds(event.seconds)}.")
        case ev.IterationStarted():
            yield from _headed("What the agent was told:", history.text_of(event.brief))
        case ev.IterationFinished():
            yield from _headed("Summary:", event.summary)
            yield from _headed("Handed over:", event.handover)
        case ev.DelegateStarted(brief=excerpt) | ev.DelegateFinished(report=excerpt):
            yield from _headed("Task or report:", history.text_of(excerpt))
        case ev.PhaseFinished() if event.output is not None or event.checks or event.findings:
            yield from _phase(event, history)
        case ev.ApprovalRequested():
            told = request_in_words(event, history, room=room)
            yield from (Passage(told.text), *told.passages)
        case _:
            yield from _fields(record)


def _phase(event: ev.PhaseFinished, history: History) -> Iterator[Passage]:
    tools = (
        f"{one_line(check.name)} {check.verdict.replace('_', ' ')}: {one_line(check.why)}" for check in event.checks
    )
    for heading, lines in (("Tools:", tools), ("Findings:", map(finding_in_words, event.findings))):
        if text := "\n".join(lines):
            yield from _headed(heading, text)
    if event.output is not None:
        yield from _headed(f"Command: {event.command}" if event.command else "", history.text_of(event.output))


def whole_parts(event: ev.ModelAnswered, history: History) -> tuple[Part, ...]:
    """An answer, whole.

    Raises:
        JournalError: The journal does not have it any more.
    """
    if event.blob is None:
        return event.parts
    return TypeAdapter(tuple[Part, ...]).validate_json(history.text_of(Excerpt(text="", blob=event.blob)))


def problems(history: History) -> list[Record]:
    """What went wrong lately, oldest first.

    Raises:
        JournalError: The journal cannot be read.
    """
    found: list[Record] = []
    start = history.last_seq + 1
    while len(found) < AT_ONCE and (seq := history.next_problem(start=start, backwards=True)) is not None:
        start = seq
        found += history.page(after=seq - 1, limit=1)
    return found[::-1]


def places(history: History, text: str, *, before: int) -> list[Record]:
    """Where something was said or done, latest first.

    Args:
        history: The run's past.
        text: What to look for.
        before: Only what came before this event.

    Raises:
        JournalError: The journal cannot be read.
    """
    found: list[Record] = []
    start = before
    while len(found) < AT_ONCE and (seq := history.find(text, start=start, backwards=True)) is not None:
        start = seq
        found += history.page(after=seq - 1, limit=1)
    return found


def step(history: History, start: int, by: int) -> int | None:
    """The event so many steps from another; the last one there is on the way, none where there is none at all.

    Raises:
        JournalError: The journal cannot be read.
    """
    reached: int | None = None
    for _ in range(min(abs(by), 10_000)):
        seq = history.next_of(STEPS, start=start, backwards=by < 0)
        if seq is None:
            break
        reached = start = seq
    return reached


def _action(record: Record, history: History) -> Iterator[Passage]:
    started, finished = _both_ends(record, history)
    if started is not None:
        yield from _given(started)
    if finished is None:
        yield Passage("It is not done yet.")
        return
    if finished.diff is not None:
        yield from _headed("Change:", spoken(history.text_of(finished.diff)))
    came = (
        "" if finished.exit_code is None else f"Exit code {finished.exit_code} after {in_seconds(finished.seconds)}. "
    )
    yield from _headed(f"{came}Answer:", plain(history.text_of(finished.output)) or "nothing")


def _both_ends(record: Record, history: History) -> tuple[ev.ActionStarted | None, ev.ActionFinished | None]:
    """How an action began and ended, as far as either is to be found."""
    if isinstance(record.event, ev.ActionStarted):
        action = record.event.action
        ends = _near(history, "action_finished", record.seq, backwards=False)
        return record.event, next((e for e in ends if isinstance(e, ev.ActionFinished) and e.action == action), None)
    assert isinstance(record.event, ev.ActionFinished)
    if not record.event.action:
        return None, record.event
    action = record.event.action
    begins = _near(history, "action_started", record.seq, backwards=True)
    return next((e for e in begins if isinstance(e, ev.ActionStarted) and e.action == action), None), record.event


def _near(history: History, kind: str, start: int, *, backwards: bool) -> Iterator[ev.Event]:
    for _ in range(_APART):
        seq = history.next_of(frozenset({kind}), start=start, backwards=backwards)
        if seq is None:
            return
        start = seq
        for record in history.page(after=seq - 1, limit=1):
            yield record.event


def _given(event: ev.ActionStarted) -> Iterator[Passage]:
    for name, value in event.input.items():
        text = value if isinstance(value, str) else str(value)
        yield from _headed(f"{name.replace('_', ' ').capitalize()}:", text)


def _fields(record: Record) -> Iterator[Passage]:
    """An event that has no more to it than its fields."""
    told = words(record.event, Told())
    if told is not None:
        # Its first line has been said with its number.
        yield from (Passage(told[0].partition("\n")[2]), *told[1])
        return
    for name, value in record.event.model_dump(mode="json", exclude_none=True).items():
        yield Passage(f"{name.replace('_', ' ')}: {value}")


def _headed(heading: str, text: str) -> Iterator[Passage]:
    if text.strip():
        yield Passage(heading)
        yield Passage(text.removesuffix("\n"), exact=True)

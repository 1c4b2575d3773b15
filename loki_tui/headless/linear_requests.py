"""What waits for a decision, in words: all that a decision rests on, and exactly what would happen."""

from __future__ import annotations

from dataclasses import dataclass

from loki_tui.core.events import ApprovalRequested
from loki_tui.core.terminal import one_line
from loki_tui.core.vocabulary import Excerpt
from loki_tui.headless.linear_diffs import NO_CHANGE, change_in_words, spoken
from loki_tui.headless.linear_events import who
from loki_tui.headless.linear_paper import INDENT, Passage, set_in
from loki_tui.runtime.history import History
from loki_tui.wording.amounts import counted
from loki_tui.wording.requests import EDITED, says_everything

MOST = 40
"""Lines of what would happen that are told unasked."""


@dataclass(frozen=True, slots=True)
class Told:
    """A request as it is told."""

    text: str
    passages: tuple[Passage, ...]
    whole: bool
    """Whether nothing of it is left out: only then can it be approved."""


def request_in_words(asked: ApprovalRequested, history: History, *, room: int, most: int | None = None) -> Told:
    """A request in words.

    Args:
        asked: What is asked.
        history: Has what the journal keeps apart.
        room: Cells of a line.
        most: Lines of what would happen that are told; none for all of them.

    Raises:
        JournalError: The journal does not have it any more.
    """
    body = _body(asked, history)
    lines = [line for passage in body for line in set_in(passage, room - len(INDENT))]
    whole = most is None or len(lines) <= most
    if not whole:
        # Laid out already, and so broken no further.
        body = (Passage("\n".join(lines[:most]), exact=True),)
    risk = f"Risk: {asked.risk}. Why it asks: {one_line(asked.reason)}."
    by = f" By: {who(asked.agent)}." if asked.agent else ""
    ways = _ways(asked) if whole else _way_to_the_rest(asked, len(lines) - len(lines[:most]))
    passages = (Passage(f"{risk}{by}"), *body, *ways)
    return Told(f"{asked.approval} waits for you: {one_line(asked.title)}", passages, whole)


def _body(asked: ApprovalRequested, history: History) -> tuple[Passage, ...]:
    """What would happen, whole."""
    where = (Passage(f"In directory: {asked.cwd}", exact=True),) if asked.cwd else ()
    detail = history.text_of(Excerpt(text=asked.detail, blob=asked.detail_blob))
    if asked.tool == "shell":
        # The detail says the directory first, which has been said.
        head = f"in {asked.cwd}"
        command = detail.partition("\n")[2] if detail.startswith(head) else detail
        return (*where, Passage("Command:"), Passage(command, exact=True), *_limits(asked))
    if asked.diff is None:
        return (*where, Passage(detail or "It says nothing more.", exact=True))
    diff = history.text_of(asked.diff)
    empty = (Passage("No line is added or removed."),) if change_in_words(diff) == NO_CHANGE else ()
    told = (*where, Passage("Change:"), Passage(spoken(diff), exact=True), *empty)
    if says_everything(diff):
        return told
    return (*told, Passage("All that is to be written:"), Passage(detail, exact=True))


def _limits(asked: ApprovalRequested) -> tuple[Passage, ...]:
    given = asked.input or {}
    beside = (Passage("It goes on in the background."),) if given.get("background") else ()
    seconds = given.get("timeout_seconds")
    return (*beside, *((Passage(f"Time limit: {seconds:g} seconds."),) if isinstance(seconds, int | float) else ()))


def _ways(asked: ApprovalRequested) -> tuple[Passage, ...]:
    """How to answer."""
    name = asked.approval
    ways = [f"approve {name}", f"deny {name} REASON"]
    if asked.editable and asked.tool in EDITED:
        ways.append(f"edit {name}")
    such: tuple[Passage, ...] = ()
    if asked.pattern:
        such = (Passage(f"For this run, with all that is like {one_line(asked.pattern)}: approve {name} for this run"),)
    return (*such, Passage(f"Type {', or '.join(ways)}."))


def _way_to_the_rest(asked: ApprovalRequested, left: int) -> tuple[Passage, ...]:
    """What can be done before all of it was told."""
    name = asked.approval
    more = f"{counted(left, 'more line')}. Type show {name} to hear all of it; then it can be approved."
    return (Passage(f"{more} Or deny {name} REASON."),)

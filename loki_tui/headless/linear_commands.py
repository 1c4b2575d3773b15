"""What a person may type at a run that is shown in lines: a closed union, and how a line is read.

Nothing is guessed. A line that is not exactly one of these forms is `NotUnderstood` and does nothing;
and no line approves anything unless it names each approval it is about.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal

from loki_tui.core.errors import UsageError
from loki_tui.core.money import parse_usd
from loki_tui.headless.linear_forms import FORMS
from loki_tui.headless.linear_streams import OfStream, Streams, read_stream

_APPROVAL = re.compile("p[1-9][0-9]{0,8}")
_NUMBER = re.compile("[1-9][0-9]{0,14}")
"""Not more digits than the journal's own numbers can have."""
_FOR_RUN = re.compile(r"for\s+this\s+run(?:\s+(?P<pattern>\S.*))?", re.IGNORECASE | re.DOTALL)


@dataclass(frozen=True, slots=True)
class Help:
    """Say what may be typed."""


@dataclass(frozen=True, slots=True)
class Status:
    """Say where the run stands."""


@dataclass(frozen=True, slots=True)
class Approvals:
    """Say what waits for a decision."""


@dataclass(frozen=True, slots=True)
class Rules:
    """Say what is approved for the run."""


@dataclass(frozen=True, slots=True)
class Requirements:
    """Say how far each requirement is proven."""


@dataclass(frozen=True, slots=True)
class Checks:
    """Say what the QA phases measured, and what reviewers found."""


@dataclass(frozen=True, slots=True)
class Council:
    """Say how the council voted last, and when it sits next."""


@dataclass(frozen=True, slots=True)
class Receipt:
    """Say what the evidence of the run amounts to."""


@dataclass(frozen=True, slots=True)
class Costs:
    """Say what was spent, and on what."""


@dataclass(frozen=True, slots=True)
class Errors:
    """Say what went wrong lately."""


@dataclass(frozen=True, slots=True)
class ShowLine:
    """Print the whole of what a line is about."""

    line: int


@dataclass(frozen=True, slots=True)
class ShowApproval:
    """Print the whole of a request."""

    approval: str


@dataclass(frozen=True, slots=True)
class Search:
    """Find what was said or done, latest first."""

    text: str
    """Empty: what was searched for last, further back."""


@dataclass(frozen=True, slots=True)
class Step:
    """Go back through what happened, or forward again."""

    by: int
    """Negative: back."""


@dataclass(frozen=True, slots=True)
class AtEvent:
    """Say how the run stood at an event."""

    seq: int


@dataclass(frozen=True, slots=True)
class AtLine:
    """Say how the run stood when a line was printed of it."""

    line: int


Question = (
    Help
    | Status
    | Approvals
    | Streams
    | Rules
    | Requirements
    | Checks
    | Council
    | Receipt
    | Costs
    | Errors
    | ShowLine
    | ShowApproval
    | Search
    | Step
    | AtEvent
    | AtLine
)
"""What changes nothing."""


@dataclass(frozen=True, slots=True)
class Approve:
    """Approve exactly what was printed of these."""

    approvals: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ApproveForRun:
    """Approve it, and what is like it, for this run."""

    approval: str
    pattern: str
    """Empty: the one that Loki suggests."""


@dataclass(frozen=True, slots=True)
class Deny:
    """Deny it; the reason reaches the agent."""

    approval: str
    reason: str


@dataclass(frozen=True, slots=True)
class Edit:
    """Change it, and approve it so; the lines that follow are the new text."""

    approval: str


Decision = Approve | ApproveForRun | Deny | Edit
"""What decides on something that waits; each names it."""


@dataclass(frozen=True, slots=True)
class Pause:
    """Hold everything."""


@dataclass(frozen=True, slots=True)
class Resume:
    """Go on."""

    budget: Decimal | None


@dataclass(frozen=True, slots=True)
class Budget:
    """Set the cap anew."""

    limit: Decimal


@dataclass(frozen=True, slots=True)
class Stop:
    """End the run for good."""

    run: str
    """The run's whole name; empty: it was not named, and nothing is ended."""


@dataclass(frozen=True, slots=True)
class Say:
    """Leave a note for the agent."""

    note: str


@dataclass(frozen=True, slots=True)
class Revoke:
    """Ask again about what is approved for the run."""

    pattern: str


@dataclass(frozen=True, slots=True)
class Review:
    """Have the council sit once the iteration is over."""


Steering = Pause | Resume | Budget | Stop | Say | Revoke | Review | OfStream
"""What is asked of the run's engine."""


@dataclass(frozen=True, slots=True)
class Quit:
    """Leave."""

    background: bool
    """Whether an engine of this process works on without the terminal."""


@dataclass(frozen=True, slots=True)
class Nothing:
    """An empty line."""


@dataclass(frozen=True, slots=True)
class NotUnderstood:
    """Something else; nothing is done."""

    why: str
    """A sentence that says what could be typed instead."""


Command = Question | Decision | Steering | Quit | Nothing | NotUnderstood


def parse(text: str) -> Command:
    """Read a line as typed. Every line is one of the union; nothing raises."""
    word, rest = _first(text)
    if not word:
        return Nothing()
    read = _READERS.get(word.lower())
    if read is None:
        return NotUnderstood("That is no command here. Type help for what there is.")
    return read(rest) or NotUnderstood(f"Nothing was done. It is typed so: {', or: '.join(FORMS[word.lower()])}")


_Reader = Callable[[str], Command | None]
"""Reads what follows the first word; none where that makes no command."""


def _first(text: str) -> tuple[str, str]:
    """The first word, and what follows."""
    word, *rest = text.split(maxsplit=1) or [""]
    return word, rest[0].strip() if rest else ""


def _alone(command: Command) -> _Reader:
    return lambda rest: None if rest else command


def _approval(word: str) -> str | None:
    name = word.lower()
    return name if _APPROVAL.fullmatch(name) else None


def _number(text: str) -> int | None:
    return int(text) if _NUMBER.fullmatch(text) else None


def _dollars(text: str) -> Decimal | None:
    try:
        return parse_usd(text, name="budget")
    except UsageError:
        return None


def _show(rest: str) -> Command | None:
    if (name := _approval(rest)) is not None:
        return ShowApproval(name)
    line = _number(rest)
    return None if line is None else ShowLine(line)


def _approve(rest: str) -> Command | None:
    first, more = _first(rest)
    name = _approval(first)
    if name is None:
        return None
    if (widened := _FOR_RUN.fullmatch(more)) is not None:
        return ApproveForRun(name, (widened["pattern"] or "").strip())
    names = [_approval(word) for word in rest.split()]
    known = tuple(dict.fromkeys(each for each in names if each is not None))
    return Approve(known) if None not in names else None


def _deny(rest: str) -> Command | None:
    first, reason = _first(rest)
    name = _approval(first)
    return None if name is None or not reason else Deny(name, reason)


def _edit(rest: str) -> Command | None:
    name = _approval(rest)
    return None if name is None else Edit(name)


def _resume(rest: str) -> Command | None:
    if not rest:
        return Resume(None)
    budget = _dollars(rest)
    return None if budget is None else Resume(budget)


def _budget(rest: str) -> Command | None:
    limit = _dollars(rest)
    return None if limit is None else Budget(limit)


def _stop(rest: str) -> Command | None:
    return Stop(rest) if len(rest.split()) <= 1 else None


def _step(direction: int) -> _Reader:
    def read(rest: str) -> Command | None:
        steps = _number(rest or "1")
        return None if steps is None else Step(direction * steps)

    return read


def _at(rest: str) -> Command | None:
    first, more = _first(rest)
    if first.lower() == "line":
        line = _number(more)
        return None if line is None else AtLine(line)
    seq = _number(rest)
    return None if seq is None else AtEvent(seq)


def _quit(rest: str) -> Command | None:
    return Quit(background=bool(rest)) if rest.lower() in ("", "background") else None


_READERS: dict[str, _Reader] = {
    "help": _alone(Help()),
    "status": _alone(Status()),
    "streams": _alone(Streams()),
    "stream": read_stream,
    "approvals": _alone(Approvals()),
    "rules": _alone(Rules()),
    "revoke": lambda rest: Revoke(rest) if rest else None,
    "show": _show,
    "approve": _approve,
    "deny": _deny,
    "edit": _edit,
    "pause": _alone(Pause()),
    "resume": _resume,
    "budget": _budget,
    "stop": _stop,
    "say": lambda rest: Say(rest) if rest else None,
    "search": Search,
    "back": _step(-1),
    "forward": _step(1),
    "at": _at,
    "errors": _alone(Errors()),
    "requirements": _alone(Requirements()),
    "qa": _alone(Checks()),
    "council": _alone(Council()),
    "review": _alone(Review()),
    "receipt": _alone(Receipt()),
    "costs": _alone(Costs()),
    "quit": _quit,
}

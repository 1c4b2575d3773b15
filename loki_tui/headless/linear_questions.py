"""Questions typed at a run that is shown in lines: where it stands, what was, the whole of something."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime

from loki_tui.core.events import ApprovalRequested
from loki_tui.headless import linear_commands as cmd
from loki_tui.headless.linear_desk import Desk
from loki_tui.headless.linear_forms import HELP
from loki_tui.headless.linear_past import in_a_line, places, problems, record_at, step, whole_of
from loki_tui.headless.linear_proof import (
    checks_in_words,
    council_in_words,
    receipt_in_words,
    requirements_in_words,
)
from loki_tui.headless.linear_states import (
    costs_in_words,
    past_in_words,
    rules_in_words,
    view_in_words,
)
from loki_tui.headless.linear_streams import Streams, streams_in_words


class Questions:
    """Answers what changes nothing.

    Args:
        desk: The run.
    """

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._at: int | None = None
        """The event looked back to; none for the present."""
        self._sought = ""
        self._found_before: int | None = None

    def answer(self, question: cmd.Question) -> None:
        """Answer a question.

        Raises:
            LokiError: The journal cannot be read.
        """
        desk = self._desk
        match question:
            case cmd.Help():
                desk.put(HELP)
            case cmd.Status():
                desk.put(view_in_words(desk.view(), datetime.now(UTC)))
            case cmd.Costs():
                desk.put(costs_in_words(desk.view().state))
            case Streams():
                desk.put(streams_in_words(desk.view().state))
            case cmd.Rules():
                desk.put(rules_in_words(desk.view().state, datetime.now(UTC)))
            case cmd.Requirements() | cmd.Checks() | cmd.Council() | cmd.Receipt():
                desk.put(self._proof(question))
            case cmd.Approvals() | cmd.ShowApproval():
                self._requests(question)
            case cmd.Errors() | cmd.Search():
                self._find(question)
            case cmd.ShowLine(line=line):
                self._show(line)
            case _:
                self._look(question)

    def _proof(self, question: cmd.Requirements | cmd.Checks | cmd.Council | cmd.Receipt) -> Iterable[str]:
        state = self._desk.view().state
        match question:
            case cmd.Requirements():
                return requirements_in_words(state)
            case cmd.Checks():
                return checks_in_words(state, datetime.now(UTC))
            case cmd.Council():
                return council_in_words(state)
            case cmd.Receipt():
                return receipt_in_words(state, self._desk.history)

    def _requests(self, question: cmd.Approvals | cmd.ShowApproval) -> None:
        state = self._desk.view().state
        if isinstance(question, cmd.Approvals):
            for waiting in state.waiting_approvals:
                self._desk.tell(waiting.request, stream=waiting.stream)
            if not state.waiting_approvals:
                self._desk.paper.put("Nothing waits for your decision.")
            return
        if (asked := state.undecided.get(question.approval)) is not None:
            self._desk.tell(asked.request, most=None, stream=asked.stream)
        else:
            self._desk.paper.put(f"{question.approval} does not wait. search {question.approval} finds what it was.")

    def _show(self, line: int) -> None:
        desk = self._desk
        record = record_at(desk.history, desk.paper.seq(line))
        if record is None:
            desk.paper.put(f"Line {line} is about no event. Only lines that tell of one have more to show.")
            return
        if isinstance(record.event, ApprovalRequested) and record.event.approval in desk.view().state.undecided:
            desk.tell(record.event, most=None, seq=record.seq, stream=record.stream or "")
            return
        passages = whole_of(record, desk.history, room=desk.paper.room)
        desk.paper.put(f"The whole of line {line}. {in_a_line(record)}", *passages, seq=record.seq)

    def _find(self, question: cmd.Errors | cmd.Search) -> None:
        desk = self._desk
        if isinstance(question, cmd.Errors):
            found = problems(desk.history)
            for record in found:
                desk.paper.put(in_a_line(record), seq=record.seq)
            desk.paper.put("The latest is the last of these." if found else "Nothing went wrong so far.")
            return
        if question.text:
            self._sought, self._found_before = question.text, desk.history.last_seq + 1
        if self._found_before is None:
            desk.paper.put("Nothing was searched for yet. Type search and a text.")
            return
        found = places(desk.history, self._sought, before=self._found_before)
        for record in found:
            desk.paper.put(in_a_line(record), seq=record.seq)
        if not found:
            desk.paper.put("It is not there, or no further back.")
            return
        self._found_before = found[-1].seq
        desk.paper.put("The earliest is the last of these. search alone goes further back.")

    def _look(self, question: cmd.Step | cmd.AtEvent | cmd.AtLine) -> None:
        desk, last = self._desk, self._desk.history.last_seq
        seq = self._meant(question, last)
        record = record_at(desk.history, seq)
        if record is None:
            desk.paper.put(f"There is nothing to look back to there. The run has events 1 to {last}.")
            return
        # From the newest event on, the present is meant again, which goes on.
        self._at = None if seq >= last else seq
        desk.paper.put(f"As it was then, of {last} events. {in_a_line(record)}", seq=seq)
        desk.put(past_in_words(desk.history.state_at(seq)))

    def _meant(self, question: cmd.Step | cmd.AtEvent | cmd.AtLine, last: int) -> int:
        """The event that is meant; 0, or one that is not there, where there is none."""
        match question:
            case cmd.AtEvent(seq=seq):
                return seq
            case cmd.AtLine(line=line):
                return self._desk.paper.seq(line)
            case cmd.Step(by=by):
                start = self._at if self._at is not None else last
                return step(self._desk.history, start, by) or (last if by > 0 else 0)

"""What a run amounts to right now, in a few lines or as JSON."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from loki_tui.core.errors import LokiError
from loki_tui.core.events import BranchOpened
from loki_tui.core.fatigue import fatigue_of
from loki_tui.core.money import format_limit, format_needed, format_usd
from loki_tui.core.state import RunState
from loki_tui.core.terminal import one_line
from loki_tui.core.vocabulary import Proof, Status, Verdict
from loki_tui.runtime.client import RunClient, RunView
from loki_tui.wording.amounts import counted, until_text
from loki_tui.wording.approving import asked_in_words, waved_through_in_words
from loki_tui.wording.line import Line, Tone
from loki_tui.wording.lines import action_text
from loki_tui.wording.proof import (
    again_text,
    found_text,
    judged_text,
    measured,
    review_text,
    stale_review,
    streak_in_words,
    tally_text,
    verdict_text,
)
from loki_tui.wording.receipts import against_lines, headline_tone, receipt_of, verify_command
from loki_tui.wording.stream_rows import stream_lines, together_lines
from loki_tui.wording.summary_row import elapsed_of, now_of

if TYPE_CHECKING:
    from loki_tui.engine.receipt import Receipt

NAMED = 8
"""Gaps, and what speaks against the work, that are named when a run ends."""

_COMMIT = re.compile("[0-9a-f]{40,64}")

_TONES: dict[Status, Tone] = {
    Status.COMPLETED: "good",
    Status.RUNNING: "loud",
    Status.PAUSED: "warn",
    Status.WAITING: "warn",
    Status.STOPPING: "warn",
}


def summary_lines(view: RunView) -> list[Line]:
    """A run in a few lines: whether it goes on, where it stands, what it costs, what it wants."""
    state = view.state
    lines = [_standing(view)]
    lines.append(Line(f"run        {state.run}, {_in_words(elapsed_of(view))}"))
    if state.created is not None:
        lines.append(Line(f"prd        {one_line(state.created.prd_path)}"))
        stage = "" if state.status.ended else f", {state.stage}"
        lines.append(Line(f"iteration  {state.total_iterations:,} of {state.created.max_iterations:,}{stage}"))
    lines.extend(stream_lines(state))
    lines.extend(together_lines(state) if state.streams else [])
    lines.extend(_doing(state))
    lines.append(Line(f"spent      {_money(view)}"))
    if state.requirements:
        proofs = [judged.proof for judged in state.requirements.values()]
        others = [f"{proofs.count(proof)} {proof}" for proof in Proof if proof in proofs and proof is not Proof.PROVEN]
        lines.append(Line(f"proven     {', '.join([f'{state.proven} of {len(proofs)} requirements', *others])}"))
    if streak := streak_in_words(state):
        lines.append(Line(streak, "warn"))
    lines.extend(_facts(view))
    lines.extend(_opinions(state))
    if state.branch is not None:
        tip = f" at {state.commit[:10]}" if state.commit else ", nothing committed yet"
        lines.append(Line(f"branch     {state.branch.branch}{tip}"))
    if state.confinement is not None:
        held = state.confinement
        badge = Line("NOT CONFINED", "bad") if held.rung == "none" else Line(f"confined   {held.rung} {held.detail}")
        lines.append(badge)
        if held.uncovered:
            lines.append(Line(f"open to    {'; '.join(held.uncovered)}"))
        if held.without:
            lines.append(Line(f"without    {'; '.join(held.without)}", "quiet"))
    lines.extend(_limits(view))
    for waiting in state.waiting_approvals:
        asked = waiting.request
        whose = f"[{one_line(waiting.stream)}] " if waiting.stream else ""
        lines.append(
            Line(f"waits for you: {whose}{one_line(asked.title)} (loki approvals show {asked.approval})", "warn")
        )
    if state.receipt is not None:
        lines.append(_headline(state.receipt.headline))
    lines.append(_what_now(view))
    return lines


def no_run(workspace: Path) -> Line:
    """A project without a run, in a line."""
    return Line(f"Loki is not running: there is no run in {one_line(str(workspace))} yet. Begin one: loki start PRD")


def _doing(state: RunState) -> list[Line]:
    if state.status is not Status.RUNNING:
        return []
    doing = [action_text(action) for action in state.in_flight.values()]
    doing += [f"asks {request.model}" for request in state.open_requests.values()]
    return [Line(f"now        {what}") for what in doing]


def _facts(view: RunView) -> list[Line]:
    lines = []
    state = view.state
    if state.running_phase is not None:
        since = f", {_in_words(now_of(view) - state.running_since)}" if state.running_since is not None else ""
        lines.append(Line(f"measuring  {one_line(state.running_phase)}{since}"))
    for fact in measured(state):
        good = fact.verdict is Verdict.PASSED and not state.stale(fact)
        details = [text for text in (again_text(state, fact.phase), found_text(fact)) if text]
        more = f" ({'; '.join(details)})" if details else ""
        said = f"{one_line(fact.phase)} {verdict_text(state, fact)}: {one_line(fact.why)}{more}"
        lines.append(Line(said, "good" if good else "warn"))
    return lines


def _opinions(state: RunState) -> list[Line]:
    """What reviewers and the council think of the work."""
    lines = []
    for review in state.reviews.values():
        good = review.verdict == "pass" and not review.void and not stale_review(state, review)
        found = f", {found}" if (found := found_text(review)) else ""
        said = f"reviewer {one_line(review.reviewer)} {review_text(state, review)}{found}"
        lines.append(Line(said, "good" if good else "warn"))
    council = state.council
    if council.sitting:
        decided, (judged, fresh) = council.decided, judged_text(state)
        came = "still sits"
        if decided is not None:
            tally = f" ({text})" if (text := tally_text(decided)) else ""
            came = f"{'approved' if decided.approved else 'did not approve'}{tally}: {one_line(decided.reason)}"
        good = decided is not None and decided.approved and fresh
        lines.append(Line(f"council    sitting {council.sitting}, {judged}: {came}", "good" if good else "warn"))
    return lines


def _headline(headline: str) -> Line:
    return Line(f"receipt    {one_line(headline)}", headline_tone(headline))


def _limits(view: RunView) -> list[Line]:
    """What was refused, and how much was asked."""
    lines = []
    if (last := view.state.last_refused) is not None:
        refused = f"{counted(view.state.refusals, 'action')}, the last: {action_text(last)}"
        lines.append(Line(f"refused    {refused}", "warn"))
    fatigue = fatigue_of(view.state, now_of(view))
    if asked := asked_in_words(fatigue):
        lines.append(Line(f"approvals  {asked}"))
    if warning := waved_through_in_words(fatigue):
        lines.append(Line(warning, "warn"))
    return lines


def _money(view: RunView) -> str:
    books = view.state.books
    parts = [format_usd(books.spent) + (" at least" if books.unpriced else "")]
    if books.limit is not None:
        parts.append(f"of {format_limit(books.limit)}")
    if books.unconfirmed:
        parts.append(f"and up to {format_needed(books.unconfirmed)} for answers that were lost")
    if view.state.needed is not None:
        parts.append(f"(needs {format_needed(view.state.needed)}: loki resume --budget AMOUNT)")
    return " ".join(parts)


def _what_now(view: RunView) -> Line:
    state = view.state
    if view.engine is not None:
        return Line(f"at work in process {view.engine.pid}; to end it: loki stop")
    if not state.status.ended:
        return Line("not running; go on: loki resume")
    if state.branch is None or state.commit is None:
        return Line("not running")
    return Line(f"not running; back from {state.branch.branch} to your own: {_way_back(state.branch)}")


def parting_lines(view: RunView, receipt: Receipt | None = None) -> list[Line]:
    """What became of a run, for who left its screen: the screen took all that it had told with it."""
    state = view.state
    figures = [f"run {state.run}"]
    if state.created is not None:
        figures.append(f"iteration {state.total_iterations:,} of {state.created.max_iterations:,}")
    figures += [_in_words(elapsed_of(view)), _money(view)]
    again = "Look at it again" if state.status.ended else "Go on: loki resume. Look"
    return [
        _standing(view),
        Line(", ".join(figures)),
        *closing_lines(state, receipt),
        Line(f"{again}: loki attach {state.run}, or loki status", "quiet"),
    ]


def _standing(view: RunView) -> Line:
    reason = f": {one_line(view.reason)}" if view.reason else ""
    until = until_text(view.state.waiting_until) if view.status is Status.WAITING else ""
    return Line(f"{view.status.upper()}{f' {until}' if until else ''}{reason}", _TONES.get(view.status, "bad"))


def closing_lines(state: RunState, receipt: Receipt | None = None) -> list[Line]:
    """What the evidence of a run that has ended amounts to and where its work is, for who watched it end.

    Args:
        state: The run.
        receipt: Its receipt, if it has one that could be read; then what it rests on is named.
    """
    return [*_evidence(state, receipt), *_where(state)] if state.status.ended else []


def read_receipt(client: RunClient) -> Receipt | None:
    """The receipt of a run, for its closing lines; none where there is none, or it cannot be read."""
    try:
        with client.history() as history:
            return receipt_of(history.state_at(), history)
    except LokiError:
        return None


def _evidence(state: RunState, receipt: Receipt | None) -> list[Line]:
    if state.receipt is None:
        return []
    lines = [_headline(state.receipt.headline)]
    named = list(against_lines(receipt)) if receipt is not None else []
    lines += named[:NAMED]
    if len(named) > NAMED:
        lines.append(Line(f"  and {len(named) - NAMED:,} more: loki receipt show {state.run}", "quiet"))
    lines.append(Line(f"The receipt is in the journal: loki receipt show {state.run}"))
    return [*lines, Line(f"To check it: {verify_command(state.run)}")]


def _where(state: RunState) -> list[Line]:
    if state.branch is None:
        return []
    branch, back = state.branch.branch, _way_back(state.branch)
    if state.created is not None and state.created.settings.get("parallel_mode"):
        # Your own directory is as it was: the work came together in a worktree of its own.
        what = "Nothing was committed to" if state.commit is None else "The work is on"
        return [Line(f"{what} {branch}. Look at it: git switch {branch}; take it over: git merge {branch}")]
    if state.commit is None:
        return [Line(f"Nothing was committed. {branch} is checked out; back to your own: {back}")]
    return [Line(f"The work is on {branch}, which is checked out. Back to your own: {back}")]


def _way_back(opened: BranchOpened) -> str:
    detached = "--detach " if _COMMIT.fullmatch(opened.origin) else ""
    return f"git switch {detached}{one_line(opened.origin)}"


def _in_words(elapsed: timedelta) -> str:
    minutes, seconds = divmod(int(elapsed.total_seconds()), 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours} h {minutes:02} min"
    return f"{minutes} min {seconds:02} s" if minutes else f"{seconds} s"

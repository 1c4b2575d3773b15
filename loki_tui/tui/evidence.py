"""What the full-screen viewer shows of what was proven, measured and judged: all of it, as it can be copied."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace

from pydantic import TypeAdapter, ValidationError

from loki_tui.core.errors import JournalError
from loki_tui.core.events import PhaseFinished, ReviewSubmitted, VoteCast
from loki_tui.core.money import format_limit, format_usd
from loki_tui.core.state import Books, Judged, RunState
from loki_tui.core.terminal import one_line, plain, visible
from loki_tui.core.vocabulary import Excerpt, Finding, Proof, TestCase
from loki_tui.runtime.history import History
from loki_tui.tui.documents import Document, Part
from loki_tui.tui.picture import Picture
from loki_tui.tui.views import checks, council, requirements, streams
from loki_tui.wording.amounts import age, counted, in_seconds
from loki_tui.wording.parallel import parallel_text
from loki_tui.wording.proof import (
    again_text,
    calibration_text,
    check_text,
    convened_text,
    judged_text,
    next_sitting,
    place_text,
    review_text,
    tally_text,
    verdict_text,
)
from loki_tui.wording.receipts import receipt_lines, receipt_of
from loki_tui.wording.stream_rows import reason_of

Asking = Callable[[History], Document]
"""Makes a document; slow, since it may read what the journal keeps apart. Raises `JournalError`."""

TESTS = 200
"""Tests that are named."""

_UNIT_TESTS = "unit tests"


def evidence_at(pane: str, item: int, picture: Picture) -> Asking | None:
    """All there is to an item of a pane; none where the pane has no items of this kind.

    What the state says is taken from it now: it goes on while the document is made.
    """
    match pane:
        case "requirements" if item < len(judged := requirements.entries(picture)):
            return _of_requirement(judged[item], picture.state)
        case "checks" if item < len(found := checks.entries(picture)):
            entry = found[item]
            return _of_phase(entry, picture) if isinstance(entry, PhaseFinished) else _of_review(entry, picture.state)
        case "council" if item < len(votes := council.entries(picture)):
            vote = votes[item]
            return _of_sitting(picture.whole) if vote is None else _of_vote(vote, picture.whole)
        case "streams" if item < len(names := streams.entries(picture)):
            return _of_stream(picture.whole, names[item])
        case _:
            return None


def receipt_document(state: RunState) -> Asking:
    """The run's receipt in words, or as it is kept where it is not made as one is."""
    written = state.receipt
    assert written is not None

    def make(history: History) -> Document:
        receipt = receipt_of(state, history)
        if receipt is None:
            text = history.text_of(Excerpt(text="", blob=written.digest))
            return Document(f"Receipt: {written.headline}", (Part("It is not made as a receipt is", visible(text)),))
        text = "\n".join(line.text for line in receipt_lines(receipt))
        return Document(f"Receipt: {receipt.headline}", (Part(f"Receipt of run {receipt.run}", visible(text)),))

    return make


def _document(title: str, *parts: Part) -> Document:
    return Document(title, tuple(replace(part, heading=one_line(part.heading)) for part in parts if part.text.strip()))


def _lines(texts: Iterable[str]) -> str:
    return "\n".join(visible(text) for text in texts)


def _listed(texts: Iterable[str]) -> str:
    return "\n".join(f"- {visible(text)}" for text in texts)


# -- requirements -------------------------------------------------------------------------------


def _of_requirement(judged: Judged, state: RunState) -> Asking:
    asked, tests, claimed = judged.requirement, judged.tests, judged.claimed
    standing = _lines(_standing(judged, state))
    evidence = judged.evidence
    # Phases may stand for tests; what they found is known already.
    phases = {name: verdict_text(state, fact) for name, fact in state.phases.items()}
    measured = state.phases.get(_UNIT_TESTS)

    def make(history: History) -> Document:
        outcomes = _outcomes(measured, history) | phases
        return _document(
            f"{one_line(asked.id)} {one_line(asked.title)}",
            Part(f"{asked.id}: {asked.title}", standing),
            Part("Acceptance criteria", _listed(asked.criteria)),
            Part("Evidence", visible(evidence)),
            Part("Shown by", _lines(_named(tests, outcomes))),
            Part("Named by the agent", _lines(_named(claimed, outcomes))),
        )

    return make


def _standing(judged: Judged, state: RunState) -> Iterator[str]:
    yield judged.proof.value
    if judged.proof is Proof.STALE:
        yield "It was proven on files that have changed since; nobody has looked at it again yet."
    if judged.tree:
        now = "the work as it is now" if judged.tree == state.tree else "the work as it was, which has changed since"
        yield f"judged on tree {judged.tree}: {now}"


def _named(tests: Iterable[str], outcomes: dict[str, str]) -> Iterator[str]:
    """Each test or phase, and what became of it when it was measured last."""
    for test in tests:
        yield f"{test}: {outcomes.get(test, 'not in the latest report')}"


def _outcomes(measured: PhaseFinished | None, history: History) -> dict[str, str]:
    """Test to what became of it, as the unit tests were measured last."""
    return {
        case.id: f"{case.outcome}{f', {case.message}' if case.message else ''}" for case in _tests(measured, history)
    }


def _tests(fact: PhaseFinished | None, history: History) -> tuple[TestCase, ...]:
    """All tests of a fact; none where it has no list of them that can be read: the rest of it still can be."""
    if fact is None or fact.tests is None:
        return ()
    try:
        cases = TypeAdapter(tuple[TestCase, ...])
        return cases.validate_json(history.text_of(Excerpt(text="", blob=fact.tests)))
    except (ValidationError, JournalError):
        return ()


# -- checks -------------------------------------------------------------------------------------


def _of_phase(fact: PhaseFinished, picture: Picture) -> Asking:
    result = _lines(_result(fact, picture))

    def make(history: History) -> Document:
        failed = [case for case in _tests(fact, history) if case.outcome == "failed"]
        rest = [f"and {len(failed) - TESTS:,} more"] if len(failed) > TESTS else []
        return _document(
            f"{one_line(fact.phase)}: {one_line(fact.why)}",
            Part(f"{fact.phase}: {fact.verdict.replace('_', ' ')}", result),
            Part("Command", visible(fact.command), "code", "x.sh"),
            Part("Tools", _lines(check_text(check) for check in fact.checks)),
            Part("Findings", _findings(fact.findings)),
            Part("Tests that failed", _lines([*(_failure(case) for case in failed[:TESTS]), *rest])),
            Part("Output", plain(history.text_of(fact.output)) if fact.output is not None else ""),
        )

    return make


def _result(fact: PhaseFinished, picture: Picture) -> Iterator[str]:
    state = picture.state
    yield f"{verdict_text(state, fact)}: {fact.why}"
    if again := again_text(state, fact.phase):
        yield again
    if fact.counts is not None:
        yield f"{fact.counts.passed:,} passed, {fact.counts.failed:,} failed, {fact.counts.skipped:,} skipped"
    code = f"exit code {fact.exit_code}, " if fact.exit_code is not None else ""
    at = state.measured_at.get(fact.phase)
    yield f"{code}{in_seconds(fact.seconds)}{f', {age(at, picture.now)}' if at is not None else ''}"
    yield f"on checkpoint {fact.checkpoint}, tree {fact.tree}{', which has changed since' if state.stale(fact) else ''}"
    if fact.base:
        yield f"compared with checkpoint {fact.base}"
    yield "completion depends on it" if fact.required else "completion does not depend on it, but on its not failing"


def _failure(case: TestCase) -> str:
    return f"{case.id}{f': {case.message}' if case.message else ''}"


def _findings(findings: Iterable[Finding]) -> str:
    return _lines(
        f"{finding.severity}{f' {place}' if (place := place_text(finding)) else ''}: {finding.message}"
        for finding in findings
    )


def _of_review(review: ReviewSubmitted, state: RunState) -> Asking:
    made = _document(
        f"reviewer {one_line(review.reviewer)}",
        Part(
            f"Reviewer {review.reviewer}",
            _lines(
                [
                    review_text(state, review),
                    f"read the changes since checkpoint {review.base}" if review.base else "",
                    f"on tree {review.tree}" if review.tree else "",
                ]
            ).strip(),
        ),
        Part("Looked for", visible(review.charge)),
        Part("Findings", _findings(review.findings) or "none"),
    )
    return lambda _: made


# -- the council --------------------------------------------------------------------------------


def _of_vote(vote: VoteCast, state: RunState) -> Asking:
    verdict = "approves" if vote.verdict == "approve" else "rejects"
    made = _document(
        f"{one_line(vote.member)} {verdict}",
        Part(f"{vote.member} {verdict}", _lines([judged_text(state)[0], *_void(vote)])),
        Part("Charge", visible(vote.charge)),
        Part("Reasons", _listed(vote.reasons)),
        Part("Unmet requirements", _listed(vote.unmet)),
        Part("Evidence", _listed(vote.evidence)),
        Part("Calibration", calibration_text(state.calibrations.get(vote.member))),
    )
    return lambda _: made


def _void(vote: VoteCast) -> list[str]:
    return [f"void, it does not count: {vote.void}"] if vote.void else []


def _of_sitting(state: RunState) -> Asking:
    council_now = state.council
    calibrated = [f"{one_line(member)} {calibration_text(each)}" for member, each in state.calibrations.items()]
    after = Part("Next sitting", next_sitting(state))
    if not council_now.sitting:
        nothing = _document("Council", Part("Council", "No council has sat."), after)
        return lambda _: nothing
    convened, decided = council_now.convened, council_now.decided
    called = [f"called because {council_now.reason}"]
    if convened is not None:
        called.append(f"{counted(len(convened.members), 'member')}, {convened_text(convened)}")
    votes = [part for vote in council_now.votes for part in _vote_parts(vote)]
    came = "still sitting"
    if decided is not None:
        tally = tally_text(decided)
        word = "approved" if decided.approved else "not approved"
        came = f"{word}{f', {tally}' if tally else ''}\n{visible(decided.reason)}"
    made = _document(
        f"Council sitting {council_now.sitting:,}",
        Part(f"Sitting {council_now.sitting:,}", _lines([*called, judged_text(state)[0]])),
        Part("Decision", came),
        *votes,
        Part("Calibration", "\n".join(calibrated)),
        after,
    )
    return lambda _: made


def _vote_parts(vote: VoteCast) -> Iterator[Part]:
    verdict = "approves" if vote.verdict == "approve" else "rejects"
    said = [*_void(vote), *(f"- {reason}" for reason in vote.reasons)]
    said += [f"unmet: {', '.join(vote.unmet)}"] if vote.unmet else []
    said += [f"evidence: {evidence}" for evidence in vote.evidence]
    yield Part(f"{vote.member} {verdict}{f' ({vote.charge})' if vote.charge else ''}", _lines(said) or "no reasons")


# -- streams ------------------------------------------------------------------------------------


def _of_stream(state: RunState, name: str) -> Asking:
    stream = state.streams[name]
    planned, started, finished = stream.planned, stream.started, stream.finished
    asked = [f"{each}: {state.requirements[each].requirement.title}" for each in planned.requirements
             if each in state.requirements]  # fmt: skip
    why = reason_of(state, name)
    where = [f"branch {started.branch}", f"from commit {started.base}" if started.base else "",
             f"worktree {started.root}" if started.root else ""] if started is not None else []  # fmt: skip
    became = [f"{finished.outcome}: {finished.reason}"] if finished is not None else []
    if (over := stream.integrated) is not None:
        became.append(f"{over.outcome.replace('_', ' ')}{f': {over.reason}' if over.reason else ''}")
    if stream.retired is not None:
        became.append(parallel_text(stream.retired))
    under_way = state.integration
    conflicts = under_way.conflicts if under_way is not None and under_way.started.name == name else ()
    made = _document(
        f"stream {one_line(name)}",
        Part(f"{name}: {state.stream_status(name)}", visible(why) or state.stream_status(name)),
        Part("Requirements", _listed(asked or planned.requirements)),
        Part("Files that it may change", _listed(planned.files)),
        Part("Builds on", _listed(planned.after)),
        Part("Where it works", _lines(each for each in where if each)),
        Part("What it spent", _lines(_money(stream.state.books))),
        Part("Conflicts", _listed(f"{each.path} ({each.kind.replace('_', ' ')})" for each in conflicts)),
        Part("What became of it", _lines(became)),
    )
    return lambda _: made


def _money(books: Books) -> Iterator[str]:
    share = f" of its share of {format_limit(books.limit)}" if books.limit is not None else ", it has no share"
    yield f"{'at least ' if books.unpriced else ''}{format_usd(books.spent)}{share}"

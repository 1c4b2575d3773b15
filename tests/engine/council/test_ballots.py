"""What makes a vote count, and that no set of votes is approved that should not be."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loki_tui.core import events as ev
from loki_tui.core.tools import CastVote
from loki_tui.core.vocabulary import Verdict
from loki_tui.engine.cases import Fact
from loki_tui.engine.charges import members
from loki_tui.engine.council.ballots import CHARS, Seat, Truth, examine, without_vote
from loki_tui.engine.council.counting import tally, unopposed
from loki_tui.engine.council.evidence import Known, known_files, known_tests

SEAT = Seat(1, "tests", "whether")
KNOWN = Known(
    files=known_files(["src/app.py", "README.md", "a b/c d.txt", "tests/test_app.py"]),
    phases=frozenset({"unit tests", "security", "E2E tests"}),
    requirements=frozenset({"R1", "R2"}),
    tests=known_tests(["tests/test_app.py::TestApp::test_it", "Cart > adds two items"]),
    hashes=frozenset({"0123456789abcdef0123456789abcdef01234567"}),
    checkpoints=3,
)
GREEN = Truth((Fact("unit tests", Verdict.PASSED, required=True), Fact("security", Verdict.NOT_APPLICABLE)))


@pytest.mark.parametrize(
    "evidence",
    [
        "src/app.py",
        "src/app.py:12",
        "src/app.py:12-20 guards it",
        "`app.py:12`",
        "./src/app.py",
        "see (src/app.py#L3).",
        "a b/c d.txt",
        "unit tests: 12 pass",
        "Unit tests",
        "phase security: passed",
        "The E2E tests pass",
        "R2: covered",
        "tests/test_app.py::TestApp::test_it",
        "test_it fails without it",
        "Cart > adds two items: passes",
        "checkpoint c3",
        "commit 0123456",
    ],
)
def test_what_exists_can_be_cited(evidence: str) -> None:
    assert KNOWN.cites(evidence)


@pytest.mark.parametrize(
    "evidence",
    [
        "",
        "src/nowhere.py:3",
        "I read everything",
        "no security problems",
        "R99",
        "R11",
        "c4",
        "c0",
        "commit abcdef1",
        "0123",
        "test_other",
        "/",
        "..",
        "\x00",
        "performance: fast",
    ],
)
def test_what_does_not_exist_is_no_evidence(evidence: str) -> None:
    assert not KNOWN.cites(evidence)


def cast(verdict: str = "approve", **given: object) -> CastVote:
    return CastVote.model_validate({"verdict": verdict, "reasons": ("because",), "evidence": ("README.md",), **given})


def test_an_approval_with_evidence_counts() -> None:
    vote = examine(cast(evidence=("README.md:1", "nowhere.py")), SEAT, KNOWN, GREEN)
    assert (vote.verdict, vote.void, vote.evidence) == ("approve", "", ("README.md:1",))
    assert "nowhere.py" in vote.reasons[-1]
    assert (vote.sitting, vote.member, vote.charge) == (1, "tests", "whether")


@pytest.mark.parametrize("verdict", ["approve", "reject"])
@pytest.mark.parametrize("evidence", [(), ("nowhere.py",)])
def test_a_vote_without_evidence_is_void(verdict: str, evidence: tuple[str, ...]) -> None:
    assert examine(cast(verdict, evidence=evidence), SEAT, KNOWN, GREEN).void


@pytest.mark.parametrize("unmet", [("R1",), ("R99",)])
def test_whoever_approves_and_names_what_is_not_met_rejects(unmet: tuple[str, ...]) -> None:
    vote = examine(cast(unmet=unmet), SEAT, KNOWN, GREEN)
    assert vote.verdict == "reject"
    assert vote.unmet == tuple(name for name in unmet if name == "R1")
    assert ("No requirement is called R99." in vote.reasons) == (unmet == ("R99",))


@pytest.mark.parametrize(
    ("fact", "said"),
    [
        (Fact("unit tests", Verdict.FAILED, required=True), "unit tests failed"),
        (Fact("unit tests", None, required=True), "unit tests not measured on the work as it is"),
        (Fact("unit tests", Verdict.NOT_RUN, required=True), "unit tests not run"),
        (Fact("security", Verdict.FAILED), "security failed"),
        (Fact("security", Verdict.ERROR), "security error"),
    ],
)
def test_an_approval_against_a_fact_is_void(fact: Fact, said: str) -> None:
    assert examine(cast(), SEAT, KNOWN, Truth((fact,))).void == f"contradicts: {said}"
    assert examine(cast("reject"), SEAT, KNOWN, Truth((fact,))).void == ""


def test_a_gap_contradicts_nothing() -> None:
    facts = (Fact("unit tests", Verdict.PASSED, required=True), Fact("security", Verdict.NOT_RUN), Fact("x", None))
    assert examine(cast(), SEAT, KNOWN, Truth(facts)).void == ""


def test_what_fails_has_to_be_taken_up() -> None:
    failing = Truth(GREEN.facts, ("R1",))
    assert examine(cast(), SEAT, KNOWN, failing).void == "contradicts: R1 is known to fail"
    assert examine(cast(reasons=("R10 is fine",)), SEAT, KNOWN, failing).void
    assert examine(cast(reasons=("R1 fails, and may",)), SEAT, KNOWN, failing).void == ""


def test_what_is_kept_of_a_vote_is_bounded() -> None:
    huge = tuple(f"README.md {number} {'x' * 5_000}" for number in range(500))
    vote = examine(cast("reject", reasons=huge, evidence=huge, unmet=huge), SEAT, KNOWN, GREEN)
    assert len(vote.model_dump_json()) < 60 * CHARS
    assert len(without_vote("y" * 10_000, SEAT).reasons[0]) == CHARS


# -- counting -----------------------------------------------------------------------------------


def vote(member: str, verdict: str = "approve", **given: object) -> ev.VoteCast:
    return ev.VoteCast.model_validate(
        {
            "sitting": 1,
            "member": member,
            "verdict": verdict,
            "reasons": ("why",),
            "evidence": ("README.md",),
            **given,
        }
    )


TRIO = ("a", "b", "c")


def test_the_threshold_is_what_is_needed() -> None:
    assert tally([vote("a"), vote("b"), vote("c", "reject")], TRIO, needed=2).approved
    assert not tally([vote("a"), vote("b", "reject"), vote("c", "reject")], TRIO, needed=2).approved
    assert not tally([vote("a"), vote("b")], TRIO, needed=3).approved


def test_an_advocate_blocks_whatever_the_others_say() -> None:
    counted = tally([*map(vote, TRIO), vote("devil's advocate", "reject")], TRIO, needed=2)
    assert (counted.approved, counted.approving) == (False, 3)
    assert "the devil's advocate found: why" in counted.reason


def test_an_advocate_adds_no_approval() -> None:
    votes = [vote("a"), vote("b", "reject"), vote("c", void="x"), vote("devil's advocate")]
    assert tally(votes, TRIO, needed=2).approving == 1


def test_nobody_votes_twice() -> None:
    assert tally([vote("a"), vote("a"), vote("a")], TRIO, needed=2).approving == 1
    assert tally([vote("a"), vote("a", "reject")], TRIO, needed=1).approving == 0


def test_nobody_asks_for_less_than_one_vote() -> None:
    assert not tally([], TRIO, needed=0).approved


def test_a_vote_that_cannot_be_read_is_no_objection() -> None:
    unread = without_vote("prose", Seat(1, "c", ""))
    assert unopposed([vote("a"), vote("b"), unread], TRIO, needed=2)
    assert not unopposed([vote("a"), vote("b"), vote("c", "reject")], TRIO, needed=2)
    assert not unopposed([vote("a"), unread], TRIO, needed=2)


VOTES = st.lists(
    st.builds(
        vote,
        st.sampled_from([*"abcdefghi", "devil's advocate", "stranger"]),
        st.sampled_from(["approve", "reject"]),
        void=st.sampled_from(["", "contradicts"]),
        unmet=st.sampled_from([(), ("R1",)]),
        evidence=st.sampled_from([(), ("README.md",)]),
    ),
    max_size=15,
)


@given(votes=VOTES, size=st.integers(1, 9), needed=st.integers(-1, 12))
def test_no_votes_are_approved_with_fewer_than_are_needed(votes: Sequence[ev.VoteCast], size: int, needed: int) -> None:
    seated = tuple("abcdefghi"[:size])
    counted = tally(votes, seated, needed=needed)
    sound = {
        name
        for name in seated
        if any(cast.member == name for cast in votes)
        and all(cast.verdict == "approve" and not cast.void for cast in votes if cast.member == name)
    }
    assert counted.approving <= len(sound)
    if counted.approved:
        assert len(sound) >= max(1, needed)
        assert not any(
            cast.verdict == "reject" and not cast.void and cast.evidence and cast.member not in seated for cast in votes
        )


@given(votes=VOTES, size=st.integers(1, 9), needed=st.integers(1, 9))
def test_what_is_void_never_helps(votes: Sequence[ev.VoteCast], size: int, needed: int) -> None:
    seated = tuple("abcdefghi"[:size])
    without = [cast for cast in votes if not cast.void]
    assert tally(votes, seated, needed=needed).approving <= tally(without, seated, needed=needed).approving


@given(
    verdict=st.sampled_from(["approve", "reject"]),
    texts=st.lists(st.text(max_size=30), min_size=1, max_size=4),
    unmet=st.lists(st.text(max_size=5), max_size=2),
)
def test_no_words_make_an_approval_against_a_red_fact(verdict: str, texts: list[str], unmet: list[str]) -> None:
    red = Truth((Fact("unit tests", Verdict.FAILED, required=True),))
    vote = examine(cast(verdict, reasons=texts, evidence=[*texts, "README.md"], unmet=unmet), SEAT, KNOWN, red)
    assert vote.verdict == "reject" or vote.void


@pytest.mark.parametrize("size", range(1, 10))
def test_every_member_has_a_charge_of_their_own(size: int) -> None:
    sitting = members(size)
    assert len({charge.name for charge in sitting}) == len({charge.words for charge in sitting}) == size
    assert [charge.name for charge in sitting[:5]] == ["requirements", "tests", "advocate", "user", "maintainer"][:size]

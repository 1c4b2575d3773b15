"""A receipt in words: its headline first, each gap named, nothing of it that a terminal would obey."""

from __future__ import annotations

import pytest

from loki_tui.core.vocabulary import Finding, Proof, Verdict
from loki_tui.wording.receipts import SHOWN, against_lines, headline_tone, receipt_lines
from tests.support import receipts
from tests.support.foreign import ALL


def text(given: object) -> str:
    """All lines."""
    return "\n".join(line.text for line in receipt_lines(given))  # type: ignore[arg-type]


def test_a_receipt_begins_with_its_headline_and_has_facts_before_opinions() -> None:
    shown = text(receipts.receipt())
    assert shown.startswith("VERIFIED\n")
    assert shown.index("Facts:") < shown.index("Opinions:") < shown.index("To check it")
    assert "unit tests: passed, 42 tests pass" in shown
    assert "R1 proven: Notes are kept in plain files" in shown
    assert "the council, sitting 1, approved, 2 approve and 2 are needed" in shown
    assert "reviewer reviewer-2: fail, which does not count: it cites a file that is not there" in shown
    assert "loki receipt verify r1" in shown


def test_each_gap_and_all_that_speaks_against_it_is_named() -> None:
    phases = (
        *receipts.facts().phases,
        receipts.phase("E2E tests", Verdict.NOT_RUN, "no browser", tree=""),
        receipts.phase("security", Verdict.FAILED, "1 finding", findings=(Finding(severity="high", message="bad"),)),
    )
    receipt = receipts.receipt(receipts.facts(phases=phases))
    lines = list(receipt_lines(receipt))
    assert lines[0].text == "NOT VERIFIED"
    assert lines[0].tone == "bad"
    shown = [line.text for line in against_lines(receipt)]
    assert any(line.startswith("  against: security: failed") for line in shown)
    assert any(line.startswith("  gap: E2E tests: not run") for line in shown)
    assert not [line for line in lines if line.tone == "good" and ("E2E" in line.text or "security" in line.text)]


def test_stale_is_no_good_news() -> None:
    stale = receipts.phase("security", Verdict.PASSED, tree="0" * 40)
    receipt = receipts.receipt(receipts.facts(phases=(*receipts.facts().phases, stale)))
    (line,) = [line for line in receipt_lines(receipt) if line.text.startswith("  security:")]
    assert line.text == "  security: stale, was passed, all is well"
    assert line.tone == "warn"


@pytest.mark.parametrize(
    ("headline", "tone"),
    [("VERIFIED", "good"), ("VERIFIED WITH GAPS", "warn"), ("NOT VERIFIED", "bad"), ("verified", "warn"), ("", "warn")],
)
def test_only_verified_sounds_good(headline: str, tone: str) -> None:
    assert headline_tone(headline) == tone


def test_a_hostile_receipt_is_harmless_and_bounded() -> None:
    facts = receipts.facts(
        outcome="exhausted",
        reason=ALL,
        phases=tuple(
            receipts.phase(
                f"phase {number} \x1b[2J",
                Verdict.FAILED,
                ALL,
                findings=(Finding(severity="low", file=ALL, line=1, message=ALL),) * 1_000,
            )
            for number in range(3)
        ),
        requirements=tuple(
            receipts.requirement(f"R{number}", Proof.FAILING, evidence=ALL, tests=(ALL,)) for number in range(1_000)
        ),
    )
    lines = list(receipt_lines(receipts.receipt(facts)))
    assert not [line for line in lines if "\x1b" in line.text or "\n" in line.text]
    assert len(lines) < 8 * SHOWN

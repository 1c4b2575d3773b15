"""Events as lines."""

from __future__ import annotations

import pytest

from loki_tui.core import events as ev
from loki_tui.core.events import Event
from loki_tui.core.vocabulary import Excerpt, Finding, Risk, Verdict
from loki_tui.wording.amounts import counted
from loki_tui.wording.lines import WIDTH, line_of
from tests.headless.runs import CREATED, STARTED, recorded


def shown(event: Event) -> str:
    """The line of one event, without its time."""
    (record,) = recorded(event)
    line = line_of(record)
    assert line is not None
    return line.text.removeprefix("12:00:01 ")


def action(**given: str) -> ev.ActionStarted:
    """A command of the agent."""
    return ev.ActionStarted(action="a1", call="c1", agent="agent", tool="shell", input=dict(given), risk=Risk.RUN)


def finished(**fields: object) -> ev.ActionFinished:
    """What came of it."""
    text = Excerpt(text="no such file", size=12)
    return ev.ActionFinished.model_validate({"action": "a1", "call": "c1", "output": text, "ok": False, **fields})


@pytest.mark.parametrize(
    ("event", "words"),
    [
        (CREATED, "run on /p/prd.md, at most 3 iterations, budget $5.00"),
        (STARTED, "engine 7 starts, confined by landlock ABI 7"),
        (ev.RunPaused(by="person", reason="lunch"), "PAUSED: lunch. Go on: loki resume"),
        (action(command="make test"), "  shell make test"),
        (
            ev.ControlReceived(request="stop", by="eve", via="dashboard, 10.0.0.8, viewer", refused="It takes more."),
            "eve asked over the dashboard, 10.0.0.8, viewer: stop; refused: It takes more.",
        ),
        (
            ev.ControlReceived(request="set_budget", by="ada", via="dashboard, 10.0.0.7, admin"),
            "ada asked over the dashboard, 10.0.0.7, admin: set budget",
        ),
        (ev.ReviewForced(by="ada"), "ada asked for the council: it sits once this iteration is over"),
        (
            ev.CouncilConvened(sitting=1, reason="time", members=("a", "b"), trigger="forced", iteration=4),
            "the council sits, 2 members, after iteration 4, since a person asked for it: time",
        ),
        (
            ev.VoteCast(sitting=1, member="a", verdict="approve", charge="all is met", void="red"),
            "the vote of a (all is met) is void: red",
        ),
        (
            ev.CouncilDecided(sitting=1, approved=True, reason="fine", approving=2, needed=2),
            "the council approves, 2 approve, 2 needed: fine",
        ),
        (
            ev.MemberCalibrated(sitting=1, member="a", defect="x.py:1: gone", caught=False),
            "a MISSED the defect that was planted: x.py:1: gone",
        ),
        (
            ev.ReviewSubmitted(reviewer="a", verdict="pass", void="prose"),
            "a gave no usable review, which counts as failed: prose",
        ),
        (
            ev.ReceiptWritten(digest="d", headline="VERIFIED"),
            "receipt written: VERIFIED",
        ),
        (finished(exit_code=2, seconds=1.25), "    exit code 2 after 1.2 s"),
        (finished(), "    no such file"),
        (finished(interrupted=True), "    interrupted when the engine before died"),
        (ev.IterationFinished(number=2, ended_by="turns", tree="t"), "iteration 2 ends: turns"),
        (ev.IterationFinished(number=2, ended_by="agent", summary="One\nTwo", tree="t"), "iteration 2 ends: One"),
    ],
)
def test_an_event_is_one_line(event: Event, words: str) -> None:
    assert shown(event) == words


REFUSED = ev.ActionRefused(
    call="c1", agent="agent", tool="shell", input={"command": "rm -rf /"}, risk=Risk.DESTRUCTIVE,
    rule="rm -rf /", why="it would remove everything", source="default",
)  # fmt: skip


def test_a_phase_says_how_much_it_found_and_the_worst_of_it() -> None:
    worst = Finding(severity="critical", file="a.py", line=3, message="m" * 900)
    findings = (worst, *[Finding(severity="low", message="x")] * 99)
    fact = ev.PhaseFinished(
        phase="security", verdict=Verdict.FAILED, why="100 findings", checkpoint="c1", tree="t", findings=findings
    )
    line = shown(fact)
    assert line.startswith("security: FAILED, 100 findings; critical a.py:3: mmm")
    assert line.endswith("m…, and 99 more")
    assert len(line) < 2 * WIDTH + 80


@pytest.mark.parametrize("verdict", Verdict)
def test_only_what_passed_sounds_good(verdict: Verdict) -> None:
    (record,) = recorded(ev.PhaseFinished(phase="security", verdict=verdict, why="", checkpoint="c1", tree="t"))
    line = line_of(record)
    assert line is not None
    assert (line.tone == "good") == (verdict is Verdict.PASSED)


def test_a_refusal_is_one_line_with_rule_and_reason() -> None:
    expected = "  REFUSED shell rm -rf /: it would remove everything; rule rm -rf / (default)"
    assert shown(REFUSED) == expected
    (record,) = recorded(finished(refused=True))
    assert line_of(record) is None
    unsure = REFUSED.model_copy(update={"rule": "", "source": "", "why": ""})
    assert shown(unsure) == "  REFUSED shell rm -rf /: a rule blocks it; rule none"
    assert shown(ev.RuleRevoked(pattern="make *", by="ada")) == "make * is asked about again, by ada"


def test_what_went_well_and_says_nothing_prints_nothing() -> None:
    (record,) = recorded(finished(ok=True, exit_code=0))
    assert line_of(record) is None


def test_foreign_text_is_harmless_and_short() -> None:
    line = shown(action(command="printf '\x1b]0;owned\x07'\n" + "x" * 5000))
    assert "\x1b" not in line
    assert "\n" not in line
    assert len(line) <= WIDTH + len("  shell ")


def test_what_loki_says_itself_is_not_cut() -> None:
    assert shown(ev.Warned(message="w" * 500)).endswith("w" * 500)


def test_numbers_and_nouns_agree() -> None:
    assert [counted(number, "path") for number in (0, 1, 2000)] == ["0 paths", "1 path", "2,000 paths"]

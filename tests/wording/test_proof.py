"""What was measured and judged, in words: true to the settings and to what the engine does, and never too good."""

from __future__ import annotations

import pytest

from loki_tui.core import events as ev
from loki_tui.core.events import Event
from loki_tui.core.fold import fold
from loki_tui.core.settings import Settings, SettingsFields
from loki_tui.core.state import Calibration, Judged, RunState
from loki_tui.core.vocabulary import CODE_REVIEW, Check, Excerpt, Finding, Proof, Requirement, Verdict
from loki_tui.engine.deciding import sitting_due
from loki_tui.engine.qa import phases
from loki_tui.wording.proof import (
    CHARS,
    DEFAULTS,
    PHASES,
    again_text,
    calibration_text,
    check_text,
    evidence_text,
    failing_again,
    finding_text,
    found_text,
    given,
    judged_text,
    measured,
    next_sitting,
    proven_text,
    review_text,
    short,
    streak_in_words,
    streak_text,
    switched_off,
    tally_text,
    unmeasured,
    verdict_text,
)
from tests.support import scenes
from tests.support.foreign import ALL
from tests.support.life import created, started
from tests.support.working import plan

BEGUN: list[Event] = [created(max_iterations=100), started(), plan(3)]


def state_of(*events: Event) -> RunState:
    """A run made of events."""
    return fold(scenes.records([*BEGUN, *events]), run="r1")


def at(tree: str) -> ev.CheckpointTaken:
    """The workspace is in this state."""
    return ev.CheckpointTaken(checkpoint=tree, tree=tree, label="", iteration=0, files=1, changed=1)


def worked(number: int, tree: str) -> list[Event]:
    """An iteration, and the state it left the workspace in."""
    finished = ev.IterationFinished(number=number, ended_by="agent", summary="Done.", tree=tree)
    return [ev.IterationStarted(number=number, brief=Excerpt(text="go")), at(tree), finished]


def found(phase: str, verdict: Verdict, tree: str, why: str = "as it is", *findings: Finding) -> ev.PhaseFinished:
    """A fact."""
    return ev.PhaseFinished(phase=phase, verdict=verdict, why=why, checkpoint="c1", tree=tree, findings=findings)


# -- settings -----------------------------------------------------------------------------------


def test_what_holds_unsaid_is_what_the_settings_say() -> None:
    for name, value in DEFAULTS.items():
        assert SettingsFields.model_fields[name].default == value, name


def test_every_phase_there_is_has_its_place_and_its_setting() -> None:
    for phase in phases.PHASES:
        assert PHASES[phase.name] == phase.setting
    assert PHASES[CODE_REVIEW] == "phase_code_review"


def test_a_setting_of_the_run_stands_above_the_default() -> None:
    state = fold(scenes.records([created(settings={"council_check_interval": 9, "phase_security": False})]))
    assert given(state, "council_check_interval") == 9
    assert given(state, "council_min_iterations") == 3
    assert switched_off(state) == ["security"]
    assert "security" not in unmeasured(state)
    odd = fold(scenes.records([created(settings={"council_check_interval": "often"})]))
    assert given(odd, "council_check_interval") == 5


# -- phases -------------------------------------------------------------------------------------


def test_phases_stand_in_one_order_whatever_came_first() -> None:
    facts = [found(name, Verdict.PASSED, "t1") for name in ("odd", "security", "unit tests")]
    state = state_of(at("t1"), *facts)
    assert [fact.phase for fact in measured(state)] == ["unit tests", "security", "odd"]
    assert "security" not in unmeasured(state)
    assert unmeasured(state)[0] == "regression"


def test_a_fact_about_other_files_is_stale_whatever_it_was() -> None:
    state = state_of(at("t1"), found("security", Verdict.PASSED, "t1"), at("t2"))
    assert verdict_text(state, state.phases["security"]) == "stale, was passed"
    fresh = state_of(at("t1"), found("security", Verdict.NOT_APPLICABLE, "t1"))
    assert verdict_text(fresh, fresh.phases["security"]) == "not applicable"


def test_failing_in_the_same_way_is_counted_and_failing_in_another_begins_anew() -> None:
    same = [found("security", Verdict.FAILED, f"t{number}", "1 finding") for number in range(3)]
    state = state_of(at("t2"), *same)
    assert again_text(state, "security") == "the same 3 times in a row"
    assert list(failing_again(state)) == ["security, the same 3 times in a row: 1 finding"]
    other = state_of(at("t2"), *same, found("security", Verdict.FAILED, "t2", "2 findings"))
    assert again_text(other, "security") == ""
    assert again_text(state, "unit tests") == ""


def test_findings_say_how_grave_they_are_and_where() -> None:
    grave = Finding(severity="high", file="a.py", line=3, message="bad\nthing")
    nowhere = Finding(severity="low", message="odd")
    assert finding_text(grave) == "high a.py:3: bad thing"
    assert finding_text(nowhere) == "low: odd"
    fact = found("security", Verdict.FAILED, "t", "why", grave, nowhere)
    assert found_text(fact) == "2 findings, 1 of them grave"
    assert found_text(found("security", Verdict.PASSED, "t")) == ""
    ran = Check(name="bandit", verdict=Verdict.NOT_RUN, why="not installed")
    assert check_text(ran) == "bandit not run: not installed"
    assert check_text(ran.model_copy(update={"exit_code": 1, "seconds": 2.5})).endswith("(exit 1, 2.5 s)")


def test_a_review_that_is_none_or_of_other_files_does_not_sound_like_a_pass() -> None:
    state = state_of(at("t1"))
    review = ev.ReviewSubmitted(reviewer="design", verdict="pass", tree="t1")
    assert review_text(state, review) == "passes it"
    assert review_text(state, review.model_copy(update={"tree": "t0"})) == "passes it, as it was before it changed"
    assert review_text(state, review.model_copy(update={"tree": ""})) == "passes it, as it was before it changed"
    void = review.model_copy(update={"void": "prose\nalone"})
    assert review_text(state, void) == "gave no usable review: prose alone"


# -- requirements -------------------------------------------------------------------------------


def judged(proof: Proof, **fields: object) -> Judged:
    return Judged(Requirement(id="R1", title="It works"), proof, **fields)  # type: ignore[arg-type]


def test_what_a_requirement_rests_on_is_said_and_that_it_does_no_longer() -> None:
    assert evidence_text(judged(Proof.UNPROVEN)) == ""
    assert evidence_text(judged(Proof.PROVEN, evidence="test_a passes")) == "test_a passes"
    assert evidence_text(judged(Proof.PROVEN, tests=("a", "b"))) == "shown by a, b"
    assert evidence_text(judged(Proof.UNPROVEN, claimed=("a",))) == "the agent names a"
    stale = evidence_text(judged(Proof.STALE, evidence="test_a passes"))
    assert stale == "the files have changed since; it was test_a passes"


def test_foreign_text_is_cut_with_a_sign_and_harmless() -> None:
    text = short(ALL)
    assert len(text) <= CHARS * 8
    assert text.endswith("…")
    assert short("a\x1b[31mb") == "a\\x1b[31mb"
    assert short("x" * CHARS) == "x" * CHARS


# -- the council --------------------------------------------------------------------------------


@pytest.mark.parametrize(("every", "first"), [(5, 3), (1, 1), (3, 7), (4, 4), (10, 1)], ids=str)
def test_it_sits_when_it_was_said_to(every: int, first: int) -> None:
    """What is said of the next sitting, held against what the engine decides, iteration by iteration."""
    given_settings = {"council_check_interval": every, "council_min_iterations": first}
    settings = Settings.model_validate(given_settings)
    events: list[Event] = [created(max_iterations=100, settings=given_settings), started(), plan(3), at("t0")]
    said: list[str] = []
    for number in range(1, 25):
        events += worked(number, f"t{number}")
        state = fold(scenes.records(events), run="r1")
        before = fold(scenes.records(events[:-1]), run="r1")
        said.append(next_sitting(before))
        due = sitting_due(state, settings)
        assert (f"next after iteration {number:,}," in said[-1]) == (due is not None), (number, said[-1])
        if due is not None:
            events.append(
                ev.CouncilConvened(
                    sitting=number, reason="r", members=(), trigger=due.trigger, iteration=number, tree=f"t{number}"
                )
            )
            events.append(ev.CouncilDecided(sitting=number, approved=False, reason="no", tree=f"t{number}"))


def test_it_is_said_what_makes_the_council_sit() -> None:
    assert next_sitting(state_of()) == (
        "It sits next after iteration 5, sooner where completion is claimed and the facts bear it out, "
        "or where you ask for it."
    )
    off = fold(scenes.records([created(settings={"council_enabled": False})]))
    assert next_sitting(off) == "The council is off (LOKI_COUNCIL_ENABLED)."
    few = fold(scenes.records([created(max_iterations=4)]))
    assert (
        next_sitting(few) == "It sits where completion is claimed and the facts bear it out, or where you ask for it."
    )
    restless = fold(scenes.records([created(max_iterations=99, settings={"perpetual_mode": True})]))
    assert next_sitting(restless) == "It sits next after iteration 5, or where you ask for it."
    forced = state_of(ev.IterationStarted(number=1, brief=Excerpt(text="go")), ev.ReviewForced(by="ada"))
    assert next_sitting(forced) == "ada asked for it: it sits after this iteration."
    assert next_sitting(state_of(ev.ReviewForced(by="ada"))) == "ada asked for it: it sits after the first iteration."
    between = state_of(at("t0"), *worked(1, "t1"), ev.ReviewForced(by="ada"))
    assert next_sitting(between) == "ada asked for it: it sits next."
    assert next_sitting(state_of(ev.RunClosed(outcome="stopped", reason="enough"))) == ""


def test_a_sitting_says_which_state_of_the_work_it_is_about() -> None:
    sat = ev.CouncilConvened(sitting=1, reason="r", members=("a",), tree="t1")
    decided = ev.CouncilDecided(sitting=1, approved=True, reason="fine", tree="t1", approving=2, needed=2)
    assert judged_text(state_of(at("t1"), sat, decided)) == ("on the work as it is now (tree t1)", True)
    changed = judged_text(state_of(at("t1"), sat, decided, at("t2")))
    assert changed == ("on the work as it was, which has changed since (tree t1)", False)
    unknown = sat.model_copy(update={"tree": ""})
    assert judged_text(state_of(at("t1"), unknown))[1] is False
    assert tally_text(decided) == "2 approve, 2 needed"
    assert tally_text(decided.model_copy(update={"reason": "2 of 3 approve, 2 needed"})) == ""
    assert tally_text(decided.model_copy(update={"needed": 0})) == ""


def test_a_member_is_only_as_good_as_what_it_caught() -> None:
    assert calibration_text(Calibration(shown=4, caught=3)) == "caught 3 of 4 planted defects"
    assert calibration_text(Calibration(shown=1)) == "caught 0 of 1 planted defect"
    assert calibration_text(None) == ""


# -- convergence --------------------------------------------------------------------------------


def test_a_run_that_does_not_come_closer_says_so_from_the_second_iteration_on() -> None:
    assert proven_text(fold([])) == ""
    assert proven_text(state_of()) == "0 of 3 proven"
    once = state_of(at("t0"), *worked(1, "t0"))
    assert streak_text(once) == ""
    still = state_of(at("t0"), *worked(1, "t0"), *worked(2, "t0"))
    assert streak_text(still) == "no change for 2 iterations"
    assert streak_in_words(still) == "no change for 2 iterations; the run ends as stagnated at 5"
    idle = state_of(at("t0"), *worked(1, "t1"), *worked(2, "t2"), *worked(3, "t3"))
    assert streak_in_words(idle) == "nothing new proven for 3 iterations; the run ends as stagnated at 10"
    busy = state_of(
        at("t0"), *worked(1, "t1"), *worked(2, "t2"), ev.RequirementJudged(id="R1", proof=Proof.PROVEN, tree="t2")
    )
    assert streak_text(busy) == ""
    assert proven_text(busy) == "1 of 3 proven"

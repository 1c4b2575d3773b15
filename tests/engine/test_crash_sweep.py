"""A run whose engine is killed at any append of its journal ends like one that was left alone.

Every point is tried, with a fresh engine from what is left on disk: right after an append became durable, and right
before one, when what it records has happened already. What is left is what one undisturbed life leaves from moment to
moment, everything in it held still (`tests.support.stills`): the prefix that all deaths share is lived once. Where two
moments have left the same, they are one. Some engines are really killed as well, for what files do not show: processes
that outlive them, and locks.

Points are dealt out to shards, since one test would be too long and three hundred too many. All of them are one group,
since they resume at one place: much in it knows its own path.
"""

from __future__ import annotations

import re
import shutil
import signal
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

import pytest

from loki_tui.core import events as ev
from loki_tui.core.events import Event, Record
from loki_tui.core.fold import fold
from loki_tui.core.money import ZERO
from loki_tui.core.state import RunState
from tests.support.git import git
from tests.support.mortal import RUN, Lives, Mode, Place, make_place
from tests.support.processes import await_none_in
from tests.support.saga import Served, read_bill
from tests.support.stills import Moment, first_of_each, put_back

SHARDS = 8
MOMENTS = 100
"""The run has more appends than this."""
KILLED = range(4, MOMENTS, 8)
"""Appends at which an engine is really killed."""
BRANCH = f"loki/{RUN}"

# A shard has some twenty engines to bring back, on a machine it may have to share.
pytestmark = [pytest.mark.timeout(600), pytest.mark.xdist_group("crash sweep")]


@dataclass(frozen=True, slots=True)
class Story:
    """How a run went, read from what it left behind."""

    place: Place
    records: list[Record]
    bill: list[Served]
    tree: str

    @property
    def events(self) -> list[Event]:
        return [record.event for record in self.records]

    @property
    def state(self) -> RunState:
        return fold(self.records, run=RUN)

    @property
    def steps(self) -> Counter[str]:
        """The steps whose answers the journal has."""
        return Counter(_step_of(event) for event in self.events if isinstance(event, ev.ModelAnswered))


@dataclass(frozen=True, slots=True)
class Sweep:
    """A whole run that was left alone, and all that killing its engine would have left."""

    undisturbed: Story
    moments: list[Moment]


@pytest.fixture(scope="module")
def lives() -> Iterator[Lives]:
    with Lives() as lives:
        yield lives


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_place(tmp_path_factory.mktemp("template")).root


@pytest.fixture(scope="module")
def sweep(lives: Lives, template: Path, tmp_path_factory: pytest.TempPathFactory) -> Sweep:
    root = tmp_path_factory.mktemp("undisturbed")
    place = _copy(template, root / "run")
    moments = lives.stand_still(place, root / "stills")
    return Sweep(_read(place), moments)


def test_every_append_has_its_moments(sweep: Sweep) -> None:
    appends = len(sweep.moments) // 2
    assert appends > MOMENTS, "a run that ends early proves nothing"
    expected = [f"{kind} {at}" for at in range(1, appends + 1) for kind in ("before", "after")]
    assert [moment.name for moment in sweep.moments] == expected
    # Each append is in what is left after it, so none of these is taken for another.
    assert len({moment.still for moment in sweep.moments if moment.kind == "after"}) == appends
    dealt = [moment for shard in range(SHARDS) for moment in _dealt(sweep, shard)]
    assert {moment.still for moment in dealt} == {moment.still for moment in sweep.moments}
    alike = len(sweep.moments) - len(dealt)
    assert 0 < alike < appends, "of two appends with nothing in between, one side each"


@pytest.mark.parametrize("shard", range(SHARDS))
def test_death_at_any_append_changes_nothing(lives: Lives, sweep: Sweep, shard: int) -> None:
    place = sweep.undisturbed.place
    for moment in _dealt(sweep, shard):
        put_back(moment, place.root)
        _see_it_end(lives, sweep, place, moment.name)


@pytest.mark.parametrize("at", KILLED)
def test_a_real_death_changes_nothing_either(
    lives: Lives, template: Path, sweep: Sweep, tmp_path: Path, at: int
) -> None:
    mode: Mode = "before" if at in KILLED[::2] else "after"
    place = _copy(template, tmp_path / "run")
    assert lives.live(place, mode=mode, at=at) == -signal.SIGKILL, place.complaints.read_text()
    _see_it_end(lives, sweep, place, f"{mode} {at}")


def test_the_undisturbed_run_has_everything_in_it(sweep: Sweep) -> None:
    undisturbed = sweep.undisturbed
    kinds = Counter(event.kind for event in undisturbed.events)
    assert kinds["iteration_finished"] == 2
    assert kinds["model_failed"] == 1
    assert kinds["context_compacted"] == 1
    assert kinds["delegate_finished"] == 2
    assert kinds["steering_delivered"] == 1
    assert kinds["approval_decided"] == 8
    assert kinds["vote_cast"] == 3
    assert kinds["council_decided"] == 1
    assert [event.verdict for event in undisturbed.events if isinstance(event, ev.PhaseFinished)] == [
        "failed",
        "passed",
    ]
    assert kinds["warned"] == 0
    _check_books(undisturbed, undisturbed.records)


def _copy(template: Path, root: Path) -> Place:
    shutil.copytree(template, root, symlinks=True)
    return Place(root)


def _read(place: Place) -> Story:
    tree = git(place.workspace, "rev-parse", f"{BRANCH}^{{tree}}")
    return Story(place, place.records(), read_bill(place.bill), tree)


def _dealt(sweep: Sweep, shard: int) -> list[Moment]:
    return first_of_each(sweep.moments)[shard::SHARDS]


def _see_it_end(lives: Lives, sweep: Sweep, place: Place, moment: str) -> None:
    """Bring a run to its end that broke off at a moment, and compare it."""
    cut = place.records()
    try:
        assert lives.live(place) == 0, place.complaints.read_text()
        assert fold(place.records(), run=RUN).closed is not None
        _compare(_read(place), cut, sweep.undisturbed, lost=moment.startswith("before"))
    except AssertionError as error:
        last = f"{cut[-1].seq} {cut[-1].event.kind}" if cut else "nothing"
        raise AssertionError(f"killed {moment}; the journal ended with {last}: {error}") from error


# -- what must be the same ----------------------------------------------------------------------


def _compare(story: Story, cut: Sequence[Record], undisturbed: Story, *, lost: bool) -> None:
    state = story.state
    assert state.closed is not None
    assert state.closed.outcome == "completed"
    assert story.tree == undisturbed.tree
    assert state.commit == git(story.place.workspace, "rev-parse", BRANCH)
    assert git(story.place.workspace, "status", "--porcelain") == ""
    assert [iteration.number for iteration in state.recent_iterations] == [1, 2]
    assert state.notes == undisturbed.state.notes
    assert state.notes_delivered == 1
    assert state.waiting_approvals == []
    _check_journal(story, cut)
    _check_answers(story, undisturbed, cut, lost=lost)
    _check_books(story, cut)
    _check_actions(story, cut)
    _check_approvals(story)
    await_none_in(story.place.root)


def _check_journal(story: Story, cut: Sequence[Record]) -> None:
    """Nothing that was durable is lost or changed, and nothing is missing in between."""
    assert story.records[: len(cut)] == list(cut)
    assert [record.seq for record in story.records] == list(range(1, len(story.records) + 1))
    assert story.place.first_broken_link() is None


def _check_answers(story: Story, undisturbed: Story, cut: Sequence[Record], *, lost: bool) -> None:
    """No answer is asked for twice but one that was lost in flight."""
    original = Counter({step: times for step, times in story.steps.items() if not step.endswith("-again")})
    missing = undisturbed.steps - original
    assert original - undisturbed.steps == Counter()
    assert not missing or (_delegating(cut) and all(step.startswith("s") for step in missing))
    served = Counter(entry.digest for entry in story.bill if not entry.failed)
    repeated = [digest for digest, times in served.items() if times > 1]
    assert len(repeated) <= lost
    assert all(served[digest] == 2 for digest in repeated)
    assert len(repeated) <= len(_lost_requests(cut))


def _check_books(story: Story, cut: Sequence[Record]) -> None:
    """What the provider bills is booked; what it may bill for a lost request is held, and never less."""
    books = story.state.books
    bill = sum((_price(entry) for entry in story.bill), ZERO)
    lost = _lost_requests(cut) if len(cut) < len(story.records) else []
    failed = [event for event in story.events if isinstance(event, ev.ModelFailed)]
    assert books.reserved == {}
    assert books.unconfirmed == sum((event.unconfirmed for event in failed), ZERO) + sum(
        (asked.reserved for asked in lost), ZERO
    )
    assert books.spent <= bill <= books.spent + books.unconfirmed
    if not lost:
        assert books.spent == bill
    assert all(asked.reserved > 0 for asked in lost)


def _check_actions(story: Story, cut: Sequence[Record]) -> None:
    """What was in flight is reported as interrupted, once, and not done again behind the agent's back."""
    started = [event.action for event in story.events if isinstance(event, ev.ActionStarted)]
    finished = [event for event in story.events if isinstance(event, ev.ActionFinished) and event.action]
    assert Counter(started) == Counter(event.action for event in finished)
    interrupted = {event.action for event in finished if event.interrupted}
    assert interrupted == set(fold(cut).in_flight)
    calls = Counter(event.call for event in story.events if isinstance(event, ev.ActionFinished))
    assert all(times == 1 for times in calls.values())
    ran = Counter((story.place.workspace / "ran.log").read_text().split())
    assert all(times == 1 for times in ran.values())


def _check_approvals(story: Story) -> None:
    """Nobody is asked twice for the same thing, and nothing is done without having been approved."""
    asked = {event.approval: event.call for event in story.events if isinstance(event, ev.ApprovalRequested)}
    assert all(times == 1 for times in Counter(asked.values()).values())
    approved: set[str | None] = set()
    for event in story.events:
        if isinstance(event, ev.ApprovalDecided) and event.decision == "approved":
            approved.add(asked[event.approval])
        if isinstance(event, ev.ActionStarted) and event.tool not in {"delegate", "read_file"}:
            assert event.call in approved


# -- reading the evidence -----------------------------------------------------------------------


def _step_of(answer: ev.ModelAnswered) -> str:
    said = "".join(part.text for part in answer.parts if part.type == "text")
    found = re.match(r"\[(.*?)\]", said)
    assert found
    return found[1]


def _lost_requests(cut: Sequence[Record]) -> list[ev.ModelRequested]:
    """Requests whose end the journal did not see, worked out apart from the fold."""
    requests = {record.event.request: record.event for record in cut if isinstance(record.event, ev.ModelRequested)}
    for record in cut:
        if isinstance(record.event, ev.ModelAnswered | ev.ModelFailed):
            del requests[record.event.request]
    return list(requests.values())


def _delegating(cut: Sequence[Record]) -> bool:
    return any(started.tool == "delegate" for started in fold(cut).in_flight.values())


def _price(served: Served) -> Decimal:
    return Decimal(served.usage.input_tokens + served.usage.output_tokens) / 1000

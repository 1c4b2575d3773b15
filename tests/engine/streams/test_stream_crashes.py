"""A parallel run whose engine is killed at any step of the whole ends like one that was left alone.

Streams, a conflict that an agent resolves, a merged tree that is red and mended, and the last step of each integration
are all in it. The order in which streams get on is chance, and so differs between lives; what comes of it does not.

As in `tests.engine.test_crash_sweep`, what killed engines would leave is what one life leaves from moment to moment,
and some are really killed as well.
"""

from __future__ import annotations

import shutil
import signal
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from loki_tui.core import events as ev
from loki_tui.core.fold import fold
from loki_tui.core.vocabulary import StreamStatus
from tests.support.git import git
from tests.support.mortal import RUN, Lives, Mode, Place, make_place
from tests.support.parallel import SAGA
from tests.support.processes import await_none_in
from tests.support.stills import Moment, first_of_each, put_back

SHARDS = 8
MOMENTS = 25
"""The run has more steps than this."""
KILLED = range(2, MOMENTS, 3)
"""Steps at which an engine is really killed."""
BRANCH = f"loki/{RUN}"

pytestmark = [pytest.mark.timeout(900), pytest.mark.xdist_group("stream crashes")]


@dataclass(frozen=True, slots=True)
class Sweep:
    """A whole run that was left alone, and all that killing its engine would have left."""

    place: Place
    finished: Moment
    moments: list[Moment]


@pytest.fixture(scope="module")
def lives() -> Iterator[Lives]:
    with Lives() as lives:
        yield lives


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_place(tmp_path_factory.mktemp("template"), parallel=True).root


@pytest.fixture(scope="module")
def sweep(lives: Lives, template: Path, tmp_path_factory: pytest.TempPathFactory) -> Sweep:
    root = tmp_path_factory.mktemp("undisturbed")
    place = _copy(template, root / "run")
    moments = lives.stand_still(place, root / "stills")
    finished = Moment("finished", _copy(place.root, root / "stills" / "finished").root)
    return Sweep(place, finished, moments)


def test_the_undisturbed_run_has_every_step_of_integration_in_it(sweep: Sweep) -> None:
    place = sweep.place
    put_back(sweep.finished, place.root)
    kinds = Counter(record.event.kind for record in place.records())
    assert kinds["integration_started"] == len(SAGA)
    assert kinds["integration_conflicted"] == 1
    assert kinds["integration_refused"] == 1
    assert kinds["integration_merged"] == len(SAGA) + 1
    _check(place)


def test_every_step_has_its_moments(sweep: Sweep) -> None:
    steps = len(sweep.moments) // 2
    assert steps > MOMENTS, "a run that ends early proves nothing"
    expected = [f"{kind} {at}" for at in range(1, steps + 1) for kind in ("before", "after")]
    assert [moment.name for moment in sweep.moments] == expected
    # Each append is in what is left after it, so none of these is taken for another.
    assert len({moment.still for moment in sweep.moments if moment.kind == "after"}) == steps
    dealt = {moment.still for shard in range(SHARDS) for moment in _dealt(sweep, shard)}
    assert dealt == {moment.still for moment in sweep.moments}


@pytest.mark.parametrize("shard", range(SHARDS))
def test_death_at_any_step_leaves_the_same_work(lives: Lives, sweep: Sweep, shard: int) -> None:
    for moment in _dealt(sweep, shard):
        put_back(moment, sweep.place.root)
        _see_it_end(lives, sweep.place, moment.name)


@pytest.mark.parametrize("at", KILLED)
def test_a_real_death_leaves_it_too(lives: Lives, template: Path, tmp_path: Path, at: int) -> None:
    mode: Mode = "before" if at in KILLED[::2] else "after"
    place = _copy(template, tmp_path / "run")
    assert lives.live(place, mode=mode, at=at) == -signal.SIGKILL, place.complaints.read_text()
    _see_it_end(lives, place, f"{mode} {at}")


def _dealt(sweep: Sweep, shard: int) -> list[Moment]:
    return first_of_each(sweep.moments)[shard::SHARDS]


def _see_it_end(lives: Lives, place: Place, moment: str) -> None:
    """Bring a run to its end that broke off at a moment, and look at it."""
    cut = place.records()
    try:
        assert lives.live(place) == 0, place.complaints.read_text()
        assert place.records()[: len(cut)] == cut
        _check(place)
    except AssertionError as error:
        last = f"{cut[-1].seq} {cut[-1].stream} {cut[-1].event.kind}" if cut else "nothing"
        raise AssertionError(f"killed {moment}; the journal ended with {last}: {error}") from error


def _copy(template: Path, root: Path) -> Place:
    shutil.copytree(template, root, symlinks=True)
    return Place(root)


def _check(place: Place) -> None:
    records = place.records()
    state = fold(records, run=RUN)
    assert state.closed is not None
    assert state.closed.outcome == "completed", state.closed.reason
    assert {state.stream_status(name) for name in SAGA} == {StreamStatus.INTEGRATED}
    assert state.commit == git(place.workspace, "rev-parse", BRANCH)
    assert git(place.workspace, "show", f"{BRANCH}:common.py") == "AUTH = 1\nSHOP = 1"
    files = set(git(place.workspace, "ls-tree", "-r", "--name-only", BRANCH).splitlines())
    assert files == {".gitignore", "README.md", "common.py", "mail.py", *(f"test_{name}.py" for name in SAGA)}
    # Each stream's work came in once, and nothing else did.
    merges = git(place.workspace, "log", "--merges", "--format=%s", BRANCH).splitlines()
    assert sorted(merges) == sorted(f"Integrate {name}" for name in SAGA), merges
    assert git(place.workspace, "status", "--porcelain") == ""
    assert git(place.workspace, "for-each-ref", "refs/loki/quarantine") == ""
    assert len(git(place.workspace, "worktree", "list", "--porcelain").split("worktree ")) == 2
    _check_money(place)
    assert place.first_broken_link() is None
    await_none_in(place.root)


def _check_money(place: Place) -> None:
    """Whatever was asked is booked once, on the run and on the stream alike."""
    state = fold(place.records(), run=RUN)
    assert state.books.reserved == {}
    of_streams = sum((each.state.books.spent for each in state.streams.values()), start=state.books.spent * 0)
    own = [value for name, value in state.books.by_agent.items() if not name.startswith("stream ")]
    assert state.books.spent == of_streams + sum(own, start=state.books.spent * 0)
    asked = [record.event.request for record in place.records() if isinstance(record.event, ev.ModelRequested)]
    assert len(asked) == len(set(asked))

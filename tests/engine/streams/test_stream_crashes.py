"""A parallel run whose engine is killed at any step of the whole ends like one that was left alone.

Streams, a conflict that an agent resolves, a merged tree that is red and mended, and the last step of each integration
are all in it. The order in which streams get on is chance, and so differs between lives; what comes of it does not.
"""

from __future__ import annotations

import shutil
import signal
from collections import Counter
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest

from loki_tui.core import events as ev
from loki_tui.core.fold import fold
from loki_tui.core.vocabulary import StreamStatus
from tests.support.git import git
from tests.support.mortal import RUN, Lives, Mode, Place, make_place
from tests.support.parallel import SAGA
from tests.support.processes import await_none_in

SHARDS = 8
MOMENTS = 25
"""The run has more steps than this."""
BRANCH = f"loki/{RUN}"

pytestmark = pytest.mark.timeout(900)


@pytest.fixture(scope="module")
def lives() -> Iterator[Lives]:
    with Lives() as lives:
        yield lives


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_place(tmp_path_factory.mktemp("template"), parallel=True).root


def test_the_undisturbed_run_has_every_step_of_integration_in_it(lives: Lives, template: Path, tmp_path: Path) -> None:
    place = _copy(template, tmp_path / "run")
    assert lives.live(place) == 0, place.complaints.read_text()
    kinds = Counter(record.event.kind for record in place.records())
    assert kinds["integration_started"] == len(SAGA)
    assert kinds["integration_conflicted"] == 1
    assert kinds["integration_refused"] == 1
    assert kinds["integration_merged"] == len(SAGA) + 1
    assert sum(kinds.values()) > MOMENTS
    _check(place)


@pytest.mark.parametrize("shard", range(SHARDS))
@pytest.mark.parametrize("mode", ["after", "before"])
def test_death_at_any_step_leaves_the_same_work(
    lives: Lives, template: Path, tmp_path: Path, mode: Mode, shard: int
) -> None:
    for at in count(shard + 1, SHARDS):
        place = _copy(template, tmp_path / str(at))
        status = lives.live(place, mode=mode, at=at)
        if status == 0:
            break  # the run has no more steps than that
        assert status == -signal.SIGKILL, place.complaints.read_text()
        cut = place.records()
        try:
            assert lives.live(place) == 0, place.complaints.read_text()
            assert place.records()[: len(cut)] == cut
            _check(place)
        except AssertionError as error:
            last = f"{cut[-1].seq} {cut[-1].stream} {cut[-1].event.kind}" if cut else "nothing"
            raise AssertionError(f"killed {mode} step {at}; the journal ended with {last}: {error}") from error
        shutil.rmtree(place.root)
    assert at > MOMENTS, "a run that ends early proves nothing"


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

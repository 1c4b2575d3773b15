"""A journaled state is the state; one that cannot be used is passed over, never an error."""

from __future__ import annotations

import hashlib
import json
import random
import zlib
from collections import deque
from collections.abc import Iterator
from dataclasses import fields, replace
from typing import TypeVar

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter

from loki_tui.core import events as ev
from loki_tui.core.events import Event
from loki_tui.core.fold import VERSION, apply, fold
from loki_tui.core.keyframes import EVERY, PASSING, PassingKeyframes, keyframe_of, nearest_state, state_in
from loki_tui.core.state import RECENT, RECENT_ITERATIONS, RunState
from tests.support.life import acted, answered, approval, asked, created, iteration, life, records, started, taken

SHAPES = {
    1: "0271c5edeb2ec965",
    2: "4b6ccbab995d6547",
    3: "bd5dfbe370be3e9a",
    4: "57d42ab70dca01ff",
    5: "be78478899341e3a",
    6: "32ed9d9b68f3d275",
}
"""Version of the fold to the digest of its state's shape. Only ever appended to, once a version was released."""

_T = TypeVar("_T")


def shape() -> str:
    """What a state is made of, the words about it left out."""
    schema = TypeAdapter(RunState).json_schema(mode="serialization")

    def bare(value: object) -> object:
        match value:
            case dict():
                return {name: bare(each) for name, each in value.items() if name not in {"description", "title"}}
            case list():
                return [bare(each) for each in value]
            case _:
                return value

    return hashlib.sha256(json.dumps(bare(schema), sort_keys=True).encode()).hexdigest()[:16]


def test_another_shape_is_another_version() -> None:
    """Raise `loki_tui.core.fold.VERSION` (or, before a release, write the new digest down) and see why it changed."""
    assert max(SHAPES) == VERSION
    assert SHAPES[VERSION] == shape()


def lives(seed: int, length: int) -> Iterator[Event]:
    """An endless run after the sample life, in an order that chance makes up."""
    chance = random.Random(seed)
    yield from list(life())[:-2]
    number, notes = 1, list[str]()
    while True:
        number += 1
        begin, checkpoint, finish = iteration(number, f"t{chance.randrange(3)}", claims_done=chance.random() > 0.5)
        yield begin
        for turn in range(chance.randrange(length)):
            name = f"{number}.{turn}"
            yield asked(name, agent=chance.choice(["agent", f"agent/{name}"]))
            # An engine that is killed leaves the request to the next one.
            yield started() if chance.random() > 0.9 else answered(name)
            notes.append(f"note {name}")
            yield ev.Steered(note=notes[-1], by="ada")
            if chance.random() > 0.5:
                yield approval(name, call=name)
                yield ev.ApprovalDecided(approval=name, decision=chance.choice(["approved", "denied"]), by="ada")
            yield from acted(name, name)[: chance.randrange(3)]
            if chance.random() > 0.3:
                yield ev.SteeringDelivered(agent="agent", notes=tuple(notes))
                notes.clear()
            yield ev.Warned(message=name)
        yield from (checkpoint, finish)


def take(events: Iterator[_T], count: int) -> list[_T]:
    return [next(events) for _ in range(count)]


@given(seed=st.integers(0, 99), length=st.integers(1, 300), cut=st.integers(0, 300))
def test_a_keyframe_and_the_rest_are_the_whole(seed: int, length: int, cut: int) -> None:
    whole = records(take(lives(seed, 9), length))
    before, after = whole[:cut], whole[cut:]
    state = state_in(keyframe_of(fold(before, run="r1")), run="r1")
    assert state == fold(before, run="r1")
    for record in after:
        apply(state, record)
    assert state == fold(whole, run="r1")


def test_what_forgets_its_oldest_goes_on_doing_so() -> None:
    state = state_in(keyframe_of(fold(records(list(life())), run="r1")), run="r1")
    assert state is not None
    bounded = [each.name for each in fields(RunState) if isinstance(getattr(RunState(), each.name), deque)]
    assert {"samples", "warnings", "recent_iterations", "recent_approvals"} <= set(bounded)
    for name in bounded:
        assert getattr(state, name).maxlen == getattr(RunState(), name).maxlen, name


def test_a_state_stays_as_small_however_long_the_run() -> None:
    """A thousand iterations with everything in them, against the first fifty."""
    events = lives(1, 9)
    state = fold(records(take(events, 2_000)), run="r1")
    small = len(zlib.decompress(keyframe_of(state).body))
    assert state.iterations_begun > 2 * RECENT_ITERATIONS
    assert len(state.warnings) == RECENT
    for record in records(take(events, 40_000)):
        apply(state, record)
    assert state.iterations_begun > 1_000
    assert len(zlib.decompress(keyframe_of(state).body)) < small * 1.2


# -- what cannot be used ------------------------------------------------------------------------


def test_what_cannot_be_used_is_passed_over() -> None:
    whole = records(list(life()))
    earlier, good = keyframe_of(fold(whole[:9], run="r1")), keyframe_of(fold(whole, run="r1"))
    foreign = keyframe_of(fold(whole, run="r2"))
    for bad in (
        replace(good, version=VERSION + 1),
        replace(good, body=b"nonsense"),
        replace(good, body=good.body[:-9]),
        replace(good, body=zlib.compress(b'{"run": 7}')),
        replace(good, body=zlib.compress(b'{"requests": "many"}')),
        replace(good, seq=good.seq - 1),
        foreign,
    ):
        assert state_in(bad, run="r1") is None
        found = nearest_state([bad, earlier], run="r1")
        assert found is not None
        assert found.seq == 9
    assert nearest_state([], run="r1") is None
    assert nearest_state([earlier], run="r1", after=9) is None


# -- keyframes in memory ------------------------------------------------------------------------


@pytest.mark.parametrize("events", [EVERY * 20, EVERY * 4 * PASSING * 3])
def test_passing_keyframes_stay_few_and_near(events: int) -> None:
    passing = PassingKeyframes()
    for seq in range(EVERY, events + 1, EVERY):
        passing.offer(replace(fold(records([created(), taken(0, "t0")]), run="r1"), seq=seq))
    kept = [keyframe.seq for keyframe in passing.until(events)]
    assert kept == sorted(kept, reverse=True)
    assert 0 < len(kept) <= PASSING
    gaps = [later - earlier for later, earlier in zip(kept, [*kept[1:], 0], strict=True)]
    assert max(gaps) <= max(EVERY * 4, 3 * events // PASSING)
    middle = events // 2
    assert all(keyframe.seq <= middle for keyframe in passing.until(middle))

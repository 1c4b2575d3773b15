"""How a test that is still there became easier to pass."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator, Sequence

from loki_tui.engine.qa.remarks import Remark, remark
from loki_tui.engine.qa.testcode.model import MANY, Assertion, Strength, Unit

_SHOWN = 90
_MOST = 300
"""Assertions of one test that are compared one by one."""
_FAIL = re.compile(r"(?:[\w.]+\.)?fail\(")
_RAISES = re.compile(r"hrows|raises|toThrow|Raises|rejects")
"""An exception that is asserted takes the place of a call, and of failing where it does not raise."""


def softened(path: str, old: Unit, new: Unit, moved: frozenset[str]) -> Iterator[Remark]:
    """What makes a test easier to pass than it was.

    Args:
        path: Where it is now.
        old: How it was.
        new: How it is.
        moved: What new tests assert: taken from here, it is not lost.
    """
    name = new.name if new.is_test else f"{new.name}, which tests call,"
    if new.disabled and (not old.disabled or (old.conditional and not new.conditional)):
        note = " where its condition holds" if new.conditional else ""
        message = f"{name} is switched off{note} by {new.disabled.what}: let it run"
        yield remark(
            "weakened", "medium" if new.conditional else "high", (path, new.disabled.line), message, test=new.short
        )
    yield from _swallowing(path, name, old, new)
    yield from _replacing(path, name, old, new)
    yield from _asserting(path, name, (old, new), moved)


def _swallowing(path: str, name: str, old: Unit, new: Unit) -> Iterator[Remark]:
    if len(new.swallowed) > len(old.swallowed):
        place = new.swallowed[-1]
        message = f"{name} catches its own failure and goes on ({place.what}): let the assertion fail"
        yield remark("weakened", "high", (path, place.line), message, test=new.short)


def _replacing(path: str, name: str, old: Unit, new: Unit) -> Iterator[Remark]:
    before = {place.what for place in old.replaced}
    for place in new.replaced[:_MOST]:
        if place.what not in before and _is_called(place.what, old):
            message = f"{name} puts something else in place of {place.what}, which it is there to test"
            yield remark("weakened", "high", (path, place.line), message, test=new.short)
            return


def _is_called(what: str, unit: Unit) -> bool:
    root, _, member = what.rpartition(".")
    if what.partition(".")[0] in sys.stdlib_module_names:
        return False
    if what in unit.calls or any(call.startswith(".") and what.endswith(call) for call in unit.calls):
        return True
    return root in unit.calls and any(call.endswith(f".{member}") for call in unit.calls)


def _asserting(path: str, name: str, units: tuple[Unit, Unit], moved: frozenset[str]) -> Iterator[Remark]:
    old, new = units
    was, now = {each.text for each in old.assertions}, {each.text for each in new.assertions}
    gained = [each for each in new.assertions if each.text not in was][:_MOST]
    trivial = [each for each in gained if each.strength is Strength.TRIVIAL]
    real = [each for each in gained if each.strength is not Strength.TRIVIAL]
    lost = [each for each in old.assertions if each.text not in now and each.text not in moved]
    raises = any(_RAISES.search(each.text) for each in real)
    lost = [
        each
        for each in lost[:_MOST]
        if each.strength is not Strength.TRIVIAL
        and not _implied(each, new.assertions)
        and not (raises and _FAIL.match(each.text))
    ]
    if trivial:
        message = f"{name} now asserts what always holds: {_short(trivial[0].text)}"
        yield remark("weakened", "high", (path, trivial[0].line), message, test=new.short)
    if _weighs_less(lost, real):
        message = f"{name} no longer asserts {_short(lost[0].text)}{_more(len(lost) - 1)}: restore it"
        # That something is there is often said for a type checker alone.
        slight = bool(new.assertions) and all(each.text.endswith(" is not None") for each in lost)
        yield remark("weakened", "medium" if slight else "high", (path, new.line), message, test=new.short)
        return
    if fewer := _fewer_cases(old, new):
        message = f"{name} was given fewer cases: {fewer[1]} of {fewer[0]}; restore them"
        yield remark("weakened", "high", (path, new.line), message, test=new.short)
    if not trivial:
        yield from _exchanged(path, name, new, (lost, real))


def _exchanged(
    path: str, name: str, new: Unit, change: tuple[Sequence[Assertion], Sequence[Assertion]]
) -> Iterator[Remark]:
    """What one assertion was exchanged for, where both are about the same."""
    edited = None
    for each in change[0]:
        about = [other for other in change[1] if _mentions(other, each.subject)]
        if not about:
            continue
        best = max(about, key=lambda other: other.strength)
        if best.strength < each.strength:
            grave = best.strength is Strength.PRESENCE
            message = f"{name} demands less: {_short(each.text)} became {_short(best.text)}"
            yield remark("weakened", "high" if grave else "medium", (path, best.line), message, test=new.short)
            return
        edited = edited or (each, best)
    if edited:
        message = f"{name} expects something else: {_short(edited[0].text)} became {_short(edited[1].text)}"
        yield remark("weakened", "medium", (path, edited[1].line), message, test=new.short)


def _weighs_less(lost: Sequence[Assertion], gained: Sequence[Assertion]) -> bool:
    count = sum(map(_times, lost)) > sum(map(_counted, gained))
    return count and sum(_times(each) * each.width for each in lost) > sum(
        _counted(each) * each.width for each in gained
    )


def _counted(each: Assertion) -> int:
    """For how many cases a new assertion counts: a vague one of what nobody knows how many there are, for one."""
    return 1 if each.times >= MANY and each.strength is Strength.PRESENCE else each.times


def _times(each: Assertion) -> int:
    return 1 if each.times >= MANY else each.times


def _fewer_cases(old: Unit, new: Unit) -> tuple[int, int] | None:
    """How many cases a test had and has, where it has fewer and asserts the same of each."""
    times = {each.text: each.times for each in new.assertions}
    for each in old.assertions:
        now = times.get(each.text, each.times)
        if now < each.times < MANY and sum(other.times for other in new.assertions) < sum(map(_times, old.assertions)):
            return each.times, now
    return None


def _implied(each: Assertion, assertions: Sequence[Assertion]) -> bool:
    """Whether that something is there follows from what else is asserted of it."""
    if each.strength is not Strength.PRESENCE:
        return False
    stronger = (other for other in assertions[:_MOST] if other.strength > Strength.PRESENCE)
    return any(_mentions(other, each.subject) for other in stronger)


def _mentions(each: Assertion, subject: str) -> bool:
    if not subject or subject not in each.text:
        return False
    return re.search(rf"(?<!\w){re.escape(subject)}(?!\w)", each.text) is not None


def _short(text: str) -> str:
    line = " ".join(text.split())
    return f"`{line if len(line) <= _SHOWN else line[: _SHOWN - 1] + '…'}`"


def _more(count: int) -> str:
    return f" and {count} more" if count > 0 else ""

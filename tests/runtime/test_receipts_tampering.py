"""Receipts that were changed: every edit shows, also where somebody made the digest anew."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import JsonValue

from loki_tui.core.errors import LokiError
from loki_tui.core.messages import JsonObject
from loki_tui.engine.sealing import canonical, digest_of, seal
from loki_tui.runtime.findings import clean
from loki_tui.runtime.receipts import Held, read_receipt
from loki_tui.runtime.rederiving import check_itself
from tests.support import receipts as sample
from tests.support.delivered import Delivered, deliver, statuses
from tests.support.git import git


@pytest.fixture
async def delivered(tmp_path: Path) -> Delivered:
    return await deliver(tmp_path / "origin")


SEALED: JsonObject = json.loads(seal(sample.receipt(sample.mixed())))


def places(value: JsonValue, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    """The way to every value in a JSON value."""
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in items:
        yield (*path, key)
        yield from places(item, (*path, key))


PLACES = list(places(SEALED))


def edited(path: tuple[str | int, ...], edit: Callable[[JsonValue], JsonValue] | None) -> JsonObject:
    """The receipt with one value changed, or taken out."""
    value: JsonObject = copy.deepcopy(SEALED)
    where: JsonValue = value
    for key in path[:-1]:
        where = where[key]  # type: ignore[index]
    if edit is None:
        del where[path[-1]]  # type: ignore[union-attr,arg-type]
    else:
        where[path[-1]] = edit(where[path[-1]])  # type: ignore[index]
    return value


def other(value: JsonValue) -> JsonValue:
    """A value of the same kind, as far as there is one."""
    match value:
        case bool():
            return not value
        case int() | float():
            return value + 1
        case str():
            return f"{value[:-1]}{'0' if value[-1:] != '0' else '1'}"
        case list():
            return [*value, "more"]
        case dict():
            return {**value, "more": 1}
    return "something"


def sound(value: JsonObject) -> bool:
    try:
        held = read_receipt(json.dumps(value).encode(), name="x")
    except LokiError:
        return False
    return clean(check_itself(held))


def test_the_receipt_that_is_edited_is_sound() -> None:
    assert sound(SEALED)
    assert len(PLACES) > 150


@given(
    st.sampled_from(PLACES),
    st.sampled_from([other, lambda _: None, lambda _: [], lambda value: [value], lambda _: "", None]),
)
def test_every_edit_of_a_single_field_shows(
    path: tuple[str | int, ...], edit: Callable[[JsonValue], JsonValue] | None
) -> None:
    value = edited(path, edit)
    assert value == SEALED or not sound(value)


def test_every_field_can_be_edited_and_none_unseen() -> None:
    unseen = [path for path in PLACES if sound(edited(path, other))]
    assert unseen == []


def resealed(value: JsonObject) -> Held:
    """A receipt by somebody who knows how digests are made."""
    return read_receipt(canonical({**value, "digest": digest_of(value)}), name="x")


@pytest.mark.parametrize("field", ["headline", "gaps", "against"])
def test_a_better_headline_does_not_follow_from_the_facts(field: str) -> None:
    forged: JsonObject = {"headline": "VERIFIED", "gaps": [], "against": []}
    findings = list(check_itself(resealed({**SEALED, field: forged[field]})))
    assert {finding.field for finding in findings if finding.status == "tampered"} == {field}


async def test_every_fact_of_git_is_derived_again(delivered: Delivered) -> None:
    """Even where the digest was made anew."""
    delivery = delivered.receipt.facts.delivery
    lies: dict[str, object] = {
        "base": git(delivered.root, "rev-parse", "main^"),
        "commit": git(delivered.root, "rev-parse", "main"),
        "base_tree": delivery.tree,
        "tree": delivery.base_tree,
        "diff": "0" * 64,
        "changed": 6,
        "descends": False,
    }
    for field, lie in lies.items():
        facts = delivered.receipt.facts.model_copy(
            update={"delivery": delivery.model_copy(update={field: lie, "measured": delivery.measured})}
        )
        found = statuses(delivered.check(delivered.root, sample.receipt(facts)))
        assert found, field


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"VERIFIED",
        b"[]",
        b"{}",
        b'{"digest": 1}',
        b"\xff\xfe",
        b"[" * 100_000,
        b'{"facts":' * 100_000,
        seal(sample.receipt()).replace(b'"run":"r1"', b'"run":"r1","run":"r2"'),
        seal(sample.receipt()).replace(b'"requests":70', b'"requests":NaN'),
        seal(sample.receipt()).replace(b'"requests":70', b'"requests":1e999'),
        seal(sample.receipt()).replace(b'"requests":70', b'"requests":' + b"7" * 5000),
    ],
    ids=[
        "nothing",
        "text",
        "a list",
        "an object",
        "a digest alone",
        "no text",
        "nested lists",
        "nested objects",
        "a name twice",
        "no number",
        "too large a number",
        "too long a number",
    ],
)
def test_what_is_no_receipt_is_an_error(data: bytes) -> None:
    with pytest.raises(LokiError, match="cannot be read"):
        read_receipt(data, name="x")


def test_a_newer_receipt_says_so_unless_it_was_changed() -> None:
    newer: JsonObject = {**SEALED, "version": 2, "wisdom": True}
    with pytest.raises(LokiError, match="newer Loki"):
        resealed(newer)
    assert not sound(newer)


def test_a_value_written_in_another_way_is_not_as_receipts_are() -> None:
    facts = SEALED["effort"]
    assert isinstance(facts, dict)
    findings = check_itself(resealed({**SEALED, "effort": {**facts, "iterations": "5"}}))
    assert {finding.field for finding in findings if finding.status == "tampered"} == {"form"}

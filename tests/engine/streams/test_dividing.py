"""The planner's streams: what is refused, in words that a model can do something about, and what they come to."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loki_tui.core.tools import PlannedStream
from loki_tui.core.vocabulary import Requirement
from loki_tui.engine.streams.dividing import NAME_CHARS, BadDivisionError, divide, slug
from loki_tui.engine.streams.globs import normal, overlap

R = tuple(Requirement(id=f"R{number}", title=f"Part {number}") for number in range(1, 4))


def stream(name: str, *requirements: str, files: tuple[str, ...] = (), after: tuple[str, ...] = ()) -> PlannedStream:
    return PlannedStream(name=name, requirements=requirements, files=files or (f"{name}.py",), after=after)


def refusal(*streams: PlannedStream) -> str:
    with pytest.raises(BadDivisionError) as caught:
        divide(R, streams)
    return str(caught.value)


def test_streams_come_in_an_order_in_which_each_can_build_on_those_before() -> None:
    division = divide(R, [stream("c", "R3", after=("b",)), stream("b", "R2", after=("a",)), stream("a", "R1")])
    assert [each.name for each in division.streams] == ["a", "b", "c"]
    assert not division.notes


@pytest.mark.parametrize(
    ("streams", "said"),
    [
        ([stream("a", "R1", "R2")], "In no stream: R3"),
        (
            [stream("a", "R1", "R2"), stream("b", "R2", "R3")],
            "In more than one stream, where exactly one is wanted: R2",
        ),
        ([stream("a", "R1", "R2", "R3", "R9")], "No such requirements: R9"),
        ([stream("a", "R1"), stream("a", "R2", "R3")], "Names of streams must differ: a"),
        ([stream("a", "R1", "R2", "R3", after=("z",))], "a comes after z, which is no stream"),
        ([stream("a", "R1", "R2", "R3", after=("a",))], "in a circle: a after a"),
        ([stream("a", "R1", "R2", "R3", files=("../x",))], "files are relative to the workspace and in it: '../x'"),
        ([stream("a", "R1", "R2", "R3", files=("/etc/x",))], "'/etc/x'"),
        ([stream("a", "R1", "R2", "R3", files=("a\nb",))], r"'a\nb'"),
    ],
)
def test_what_is_wrong_is_said(streams: list[PlannedStream], said: str) -> None:
    assert said in refusal(*streams)


def test_a_circle_is_named() -> None:
    said = refusal(stream("a", "R1", after=("c",)), stream("b", "R2", after=("a",)), stream("c", "R3", after=("b",)))
    assert "Streams wait for each other in a circle: " in said
    assert all(name in said for name in ("a", "b", "c"))


def test_streams_that_may_touch_the_same_files_come_one_after_another() -> None:
    division = divide(
        R, [stream("a", "R1", files=("src/**",)), stream("b", "R2", files=("src/b.py",)), stream("c", "R3")]
    )
    after = {each.name: each.after for each in division.streams}
    assert after == {"a": (), "b": ("a",), "c": ()}
    assert division.notes == ("Stream b comes after a, since both may touch src/b.py and src/**.",)


def test_what_comes_after_anyway_is_not_said_again() -> None:
    files = ("src/**",)
    streams = [stream("a", "R1", files=files), stream("b", "R2", files=("b",), after=("a",))]
    division = divide(R, [*streams, stream("c", "R3", files=files, after=("b",))])
    assert {each.name: each.after for each in division.streams} == {"a": (), "b": ("a",), "c": ("b",)}
    assert not division.notes


def test_names_become_names_that_branches_can_have_and_stay_apart() -> None:
    names = ["User Auth!", "user/auth", "../../etc", "日本", "語", "x" * 60]
    made = Requirement(id="R", title="x")
    requirements = tuple(made.model_copy(update={"id": f"R{at}"}) for at in range(len(names)))
    streams = [
        stream(name, f"R{at}", files=(f"f{at}",), after=(names[0],) if at else ()) for at, name in enumerate(names)
    ]
    division = divide(requirements, streams)
    assert {each.name for each in division.streams} == {
        *("user-auth", "user-auth-2", "etc", "stream", "stream-2"),
        "x" * NAME_CHARS,
    }
    assert all(each.after == ("user-auth",) for each in division.streams[1:])


@given(st.text(max_size=80))
def test_a_slug_is_harmless_whatever_the_name(name: str) -> None:
    made = slug(name)
    assert 0 < len(made) <= NAME_CHARS
    assert set(made) <= set("abcdefghijklmnopqrstuvwxyz0123456789-")
    assert not made.startswith("-")
    assert not made.endswith("-")


@pytest.mark.parametrize(
    ("one", "other", "meet"),
    [
        ("a.py", "a.py", True),
        ("a.py", "A.PY", True),
        ("a.py", "b.py", False),
        ("src", "src/a.py", True),
        ("src/*.py", "src/a.py", True),
        ("src/*.py", "src/a.js", False),
        ("src/*.py", "src/*.js", False),
        ("src/a*", "src/*b", True),
        ("src/**", "src/deep/er/a.py", True),
        ("**/a.py", "src/a.py", True),
        ("**/*.md", "src/a.py", False),
        ("src/*/a.py", "src/x/b.py", False),
        ("**", "anything", True),
        ("src/auth/**", "src/shop/**", False),
        ("Makefile", "makefile", True),
        ("src/**/test_*.py", "src/a/b/test_x.py", True),
        ("src/**/test_*.py", "src/a/b/x.py", False),
    ],
)
def test_whether_declarations_can_mean_the_same_file(one: str, other: str, *, meet: bool) -> None:
    assert overlap(one, other) is meet
    assert overlap(other, one) is meet


def test_a_pattern_of_a_thousand_stars_is_no_trap() -> None:
    assert not overlap("/".join(["**", "a"] * 200) + "/x.py", "/".join(["a"] * 200) + "/y.py")


@given(st.lists(st.sampled_from(["a", "b*", "*", "**", "*.py", "x?"]), min_size=1, max_size=4))
def test_what_is_meant_is_meant_by_itself(parts: list[str]) -> None:
    assert overlap("/".join(parts), "/".join(parts))


@pytest.mark.parametrize(
    ("given", "wanted"),
    [("./a//b/", "a/b"), (" a ", "a"), (".", "**"), ("a\\b", "a/b"), ("~/a", None), ("a/../b", None), ("", None)],
)
def test_declarations_are_compared_as_plain_paths(given: str, wanted: str | None) -> None:
    assert normal(given) == wanted

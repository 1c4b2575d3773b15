"""Tests that were weakened are named, and honest edits are left alone; nothing that is read does harm."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from loki_tui.engine.qa.remarks import Change
from loki_tui.engine.qa.weakening import find_weakened, is_of_interest
from tests.engine.qa.weakening import in_compiled, in_others, in_python, in_script, in_settings
from tests.engine.qa.weakening.cases import Case

CASES = (in_python, in_script, in_compiled, in_others, in_settings)
WEAKENED = [case for module in CASES for case in module.WEAKENED]
HONEST = [case for module in CASES for case in module.HONEST]


def red(case: Case) -> list[str]:
    return [each.finding.message for each in find_weakened(case.changes).remarks if each.is_red]


@pytest.mark.parametrize("case", WEAKENED, ids=lambda case: case.name)
def test_weakened(case: Case) -> None:
    found = [each.finding for each in find_weakened(case.changes).remarks if each.is_red]
    assert found
    for finding in found:
        assert finding.file in {*case.before, *case.after}
        assert finding.message
        assert finding.line is None or finding.line > 0


@pytest.mark.parametrize("case", HONEST, ids=lambda case: case.name)
def test_honest(case: Case) -> None:
    assert not red(case)


@pytest.mark.parametrize("case", WEAKENED, ids=lambda case: case.name)
def test_the_other_way_round_it_raises_nothing(case: Case) -> None:
    red(Case(case.name, case.after, case.before))


def test_the_whole(capsys: pytest.CaptureFixture[str]) -> None:
    found, false = sum(bool(red(case)) for case in WEAKENED), sum(bool(red(case)) for case in HONEST)
    with capsys.disabled():
        print(f"\nweakened: {found} of {len(WEAKENED)} found; honest: {false} of {len(HONEST)} suspected")  # noqa: T201
    assert len(WEAKENED) >= 60
    assert len(HONEST) >= 40
    assert found == len(WEAKENED)
    assert false == 0


def test_every_file_of_a_case_is_asked_for() -> None:
    for case in WEAKENED:
        assert any(is_of_interest(path) for path in {*case.before, *case.after}), case.name


@pytest.mark.parametrize("path", ["main.py", "README.md", "src/app.ts", "docs/testing.md", "a.png", "go.sum"])
def test_other_files_are_not(path: str) -> None:
    assert not is_of_interest(path)


PATHS = (
    "test_a.py", "conftest.py", "a.test.ts", "a_test.go", "src/lib.rs", "src/test/java/ATest.java", "ATests.cs",
    "tests/ATest.php", "pyproject.toml", "package.json", "Makefile", "tox.ini", ".github/workflows/a.yml", "pom.xml",
    ".loki.toml", "setup.cfg", "jest.config.js", "a.snap",
)  # fmt: skip
BITS = (
    "def test_a():\n",
    "    assert a == 1\n",
    "class TestA:\n",
    "@pytest.mark.skip\n",
    "try:\n",
    "except:\n    pass\n",
    "it('a', () => {\n",
    "expect(a).toBe(1);\n",
    "});\n",
    "describe.skip(",
    "func TestA(t *testing.T) {\n",
    "t.Errorf(",
    "if got != want {\n",
    "}\n",
    "#[test]\nfn a() {\n",
    "assert_eq!(a, b);\n",
    "@Test\nvoid a() {\n",
    "assertEquals(1, a);\n",
    '"',
    "'",
    "`",
    "/*",
    "*/",
    "//",
    "#",
    "(",
    ")",
    "[",
    "]",
    "{",
    "}",
    "\\",
    "\n",
    "\0",
    "é",
    "\ud800",
    "[tool.pytest]\n",
    "addopts = -k a\n",
    '"test": "jest"',
    "test:\n\tpytest\n",
    "- run: npm test\n",
    "<skipTests>true",
    "fail_under = 90\n",
    "catch (Throwable t) {\n",
    "1" * 5000,
    "jest.mock('./a')",
    "for a in [",
    "each([",
    "= [",
)
ANY_TEXT = st.one_of(st.text(max_size=200), st.lists(st.sampled_from(BITS), max_size=40).map("".join))


@settings(max_examples=300, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(PATHS), st.none() | ANY_TEXT, st.none() | ANY_TEXT), max_size=3))
def test_no_text_makes_it_raise(changes: list[tuple[str, str | None, str | None]]) -> None:
    find_weakened([Change(*change) for change in changes])


SIZE = 30_000
HOSTILE = (
    "(" * SIZE,
    "[" * SIZE,
    "-" * SIZE,
    "def test_a():\n    assert " + "not " * (SIZE // 4) + "a",
    "def test_a():\n    x = a" + ".b" * (SIZE // 2),
    "def test_a():\n" + "    assert a == 1\n" * (SIZE // 20),
    "def test_a():\n" + "".join(f"    assert a{n} == {n}\n" for n in range(SIZE // 30)),
    "".join(f"def test_{n}():\n    patch('a{n}')\n    assert f({n})\n" for n in range(SIZE // 50)),
    "try {" * (SIZE // 5),
    "try { } catch (Throwable e) {" * (SIZE // 30),
    "it('a', () => {" * (SIZE // 15),
    "describe('a', () => {" * (SIZE // 21),
    "it('a', () => { expect(" * (SIZE // 23),
    "it('a', () => {" + "expect(a)+" * (SIZE // 10),
    "it('a', () => {" + "expect(a)\n.b" * (SIZE // 12),
    "function a(){" * (SIZE // 13),
    "func TestA(t){\n" * (SIZE // 15),
    "func TestA(t){\n" + "if a != b {" * (SIZE // 12),
    "func TestA(t){\n" + "t.Error(" * (SIZE // 8),
    "#[test]fn a(){" * (SIZE // 14),
    "#[test]\n" * (SIZE // 8),
    "@Test a( " * (SIZE // 9),
    "@Test void a() {" + "assertEquals(a, " * (SIZE // 16),
    "x = [" * (SIZE // 5),
    "it('a', () => {" + "x = [" * (SIZE // 5),
    "/*" * (SIZE // 2),
    "`${" * (SIZE // 3),
    '"' * SIZE,
    "import a" * (SIZE // 8),
    "jest.mock('./a')" * (SIZE // 16),
    "stub(a, 'b')" * (SIZE // 12),
    "addopts = --ignore=" * (SIZE // 19),
    "--ignore=" * (SIZE // 9),
    "gradle " * (SIZE // 7),
    "testpaths = [" * (SIZE // 13),
    "exclude:[" * (SIZE // 9),
    "test:\n" * (SIZE // 6),
    "<exclude>" * (SIZE // 9),
    "surefire<skip>" * (SIZE // 14),
    '{"scripts":' * (SIZE // 11),
    "a " + " " * SIZE,
    "lines" + " " * SIZE + "coverage",
    "it('a', () => {" + " " * SIZE + "})",
    "\n" * SIZE,
)
"""Texts that are meant to wear down who reads them."""


@pytest.mark.parametrize("text", HOSTILE, ids=lambda text: ascii(text[:30]))
def test_hostile_texts_are_read_in_time(text: str) -> None:
    began = time.process_time()
    for path in PATHS:
        find_weakened([Change(path, text, text + "a"), Change("tests/" + path, None, text)])
    assert time.process_time() - began < 30

"""Reports as their runners write them, and as somebody might to deceive or to break who reads them."""

from __future__ import annotations

import json
from collections.abc import Callable
from xml.sax.saxutils import quoteattr

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loki_tui.engine.qa.reports.gojson import read_go
from loki_tui.engine.qa.reports.jestjson import read_jest, read_mocha, read_node
from loki_tui.engine.qa.reports.junit import read_junit
from loki_tui.engine.qa.reports.libtest import read_libtest
from loki_tui.engine.qa.reports.tap import read_tap
from loki_tui.engine.qa.reports.told import read_told

# -- JUnit --------------------------------------------------------------------------------------

SUREFIRE = """\
<?xml version="1.0" encoding="UTF-8"?>
<testsuite name="com.example.ATest" tests="4" errors="1" skipped="1" failures="1">
  <properties><property name="a" value="b"/></properties>
  <testcase name="works" classname="com.example.ATest" time="0.01"/>
  <testcase name="fails" classname="com.example.ATest">
    <failure message="expected: &lt;1&gt; but was: &lt;2&gt;" type="X"><![CDATA[trace]]></failure>
  </testcase>
  <testcase name="breaks" classname="com.example.ATest"><error type="X">
boom
 at x</error></testcase>
  <testcase name="later" classname="com.example.ATest"><skipped/><system-out>failure</system-out></testcase>
</testsuite>
"""


def test_junit_of_surefire() -> None:
    assert [(case.id, case.outcome, case.message) for case in read_junit(SUREFIRE) or []] == [
        ("com.example.ATest.works", "passed", ""),
        ("com.example.ATest.fails", "failed", "expected: <1> but was: <2>"),
        ("com.example.ATest.breaks", "failed", "boom"),
        ("com.example.ATest.later", "skipped", ""),
    ]


def test_junit_of_pytest_has_the_ids_of_pytest() -> None:
    case = '<testcase classname="tests.test_a.TestA" name="test_b[1]" file="tests/test_a.py"/>'
    plain = '<testcase classname="tests.test_a" name="test_c" file="tests/test_a.py"/>'
    cases = read_junit(f"<testsuites><testsuite>{case}{plain}</testsuite></testsuites>") or []
    assert [case.id for case in cases] == ["tests/test_a.py::TestA::test_b[1]", "tests/test_a.py::test_c"]


LAUGHS = (
    '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;">]>'
    '<testsuite><testcase name="&b;"/></testsuite>'
)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "no xml",
        "<html/>",
        SUREFIRE[:-20],
        LAUGHS,
        '<!DOCTYPE testsuite SYSTEM "file:///etc/passwd"><testsuite/>',
        "<testsuite>" * 300 + "</testsuite>" * 300,
        "<testsuite>" * 1_000_000,
        "<testsuite>\0</testsuite>",
    ],
)
def test_what_is_no_junit_is_not_read(text: str) -> None:
    assert read_junit(text) is None


def test_junit_of_another_encoding_is_text_already() -> None:
    assert read_junit('<?xml version="1.0" encoding="utf-16"?><testsuite><testcase name="ü"/></testsuite>')


def test_names_are_harmless_and_short() -> None:
    text = f"<testsuite><testcase name={quoteattr('a' * 5000)}/><testcase name='&#x202e;b&#x9;c'/></testsuite>"
    first, second = read_junit(text) or []
    assert len(first.id) == 500
    assert second.id == "\\u202eb c"


PRINTABLE = st.text(st.characters(min_codepoint=33, max_codepoint=0x2FF, categories=["L", "N", "P"]), min_size=1)


@given(st.lists(st.tuples(PRINTABLE, st.sampled_from(["passed", "failure", "error", "skipped"])), max_size=20))
def test_junit_says_of_each_case_what_it_was(cases: list[tuple[str, str]]) -> None:
    inner = {"passed": "", "failure": "<failure/>", "error": "<error>x</error>", "skipped": "<skipped/>"}
    body = "".join(f"<testcase name={quoteattr(name)}>{inner[kind]}</testcase>" for name, kind in cases)
    meant = {"failure": "failed", "error": "failed"}
    read = read_junit(f"<testsuite>{body}</testsuite>")
    assert read is not None
    assert [case.outcome for case in read] == [meant.get(kind, kind) for _, kind in cases]


# -- TAP ----------------------------------------------------------------------------------------


def test_tap() -> None:
    text = (
        "TAP version 14\n1..4\n# Subtest: a\n    1..1\n    not ok 1 - inner\nnot ok 1 - a\n  ---\n  x: y\n  ...\n"
        "ok 2 - b # time=3ms\nok 3 - c # SKIP slow\nnot ok 4 # TODO later\n"
    )
    tap = read_tap(text)
    assert tap is not None
    assert not tap.flaw
    assert [(case.id, case.outcome) for case in tap.cases] == [
        ("a", "failed"),
        ("b # time=3ms", "passed"),
        ("c", "skipped"),
        ("test 4", "skipped"),
    ]


@pytest.mark.parametrize(
    ("text", "flaw"),
    [
        ("1..2\nok 1\n", "plans 2"),
        ("ok 1\nok 2\n1..1\n", "plans 1"),
        ("1..1\nok 1\n1..1\n", "two plans"),
        ("1..1\nok 1\nBail out! no database\n", "given up"),
    ],
)
def test_tap_that_is_not_whole(text: str, flaw: str) -> None:
    tap = read_tap(text)
    assert tap is not None
    assert flaw in tap.flaw


def test_without_a_plan_it_is_no_tap() -> None:
    assert read_tap("ok 1\nok then\n") is None


# -- Go -----------------------------------------------------------------------------------------


def events(*each: tuple[str, str, str]) -> str:
    lines = (
        json.dumps({"Action": action, "Package": "a", "Test": test, "Output": output}) for action, test, output in each
    )
    return "\n".join(lines)


def test_go() -> None:
    report = read_go(
        "# a/b\nb.go:1: syntax error\n"
        + events(
            ("run", "TestA", ""),
            ("output", "TestA", "=== RUN   TestA\n"),
            ("output", "TestA", "    a_test.go:3: no\n"),
            ("fail", "TestA", ""),
            ("run", "TestB", ""),
            ("pass", "TestB", ""),
            ("fail", "", ""),
        )
    )
    assert [(case.id, case.outcome, case.message) for case in report.cases] == [
        ("a.TestA", "failed", "a_test.go:3: no"),
        ("a.TestB", "passed", ""),
    ]
    assert report.printed == "# a/b\nb.go:1: syntax error\n=== RUN   TestA\n    a_test.go:3: no\n"


@pytest.mark.parametrize("text", [events(("run", "TestA", "")), events(("pass", "TestA", ""))])
def test_go_that_is_not_whole(text: str) -> None:
    assert read_go(text).flaws


# -- Rust ---------------------------------------------------------------------------------------

RUST = """\
   Compiling cc v0.1.0
     Running unittests src/lib.rs (target/debug/deps/cc-0)

running 3 tests
test t::right ... ok
test t::panics - should panic ... ok
test t::later ... ignored, slow

test result: ok. 2 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.00s

     Running tests/it.rs (target/debug/deps/it-0)

running 1 test
test wrong ... FAILED

failures:

---- wrong stdout ----
test right ... ok

test result: FAILED. 0 passed; 1 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.00s

   Doc-tests cc

running 1 test
test src/lib.rs - two (line 3) ... ok

test result: ok. 1 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.00s
"""


def test_rust() -> None:
    report = read_libtest(RUST.replace("test right ... ok\n", ""))
    assert report is not None
    assert not report.flaws
    assert [(case.id, case.outcome) for case in report.cases] == [
        ("t::right", "passed"),
        ("t::panics", "passed"),
        ("t::later", "skipped"),
        ("it::wrong", "failed"),
        ("src/lib.rs - two (line 3)", "passed"),
    ]


@pytest.mark.parametrize(
    "text",
    [
        RUST,
        "running 1 test\n",
        "running 1 test\ntest result: ok. 1 passed; 0 failed; 0 ignored;\n",
        "running 1 test\ntest a ... ok\ntest a ... ok\ntest result: ok. 1 passed; 0 failed; 0 ignored;\n",
        "running 2 tests\ntest a ... ok\ntest result: ok. 1 passed; 0 failed; 0 ignored;\n",
    ],
)
def test_rust_that_contradicts_itself(text: str) -> None:
    report = read_libtest(text)
    assert report is not None
    assert report.flaws


# -- JavaScript ---------------------------------------------------------------------------------


def local(path: str) -> str:
    return path.removeprefix("/root/")


def test_jest() -> None:
    tests = [
        {"ancestorTitles": ["s"], "title": "in", "status": "passed", "failureMessages": []},
        {"ancestorTitles": [], "title": "b", "status": "failed", "failureMessages": ["Error: no\n at x"]},
        {"ancestorTitles": [], "title": "c", "status": "pending"},
        {"ancestorTitles": [], "title": "d", "status": "something new"},
    ]
    files = [
        {"name": "/root/a.test.js", "status": "failed", "assertionResults": tests},
        {"name": "/root/b.test.js", "status": "failed", "message": "SyntaxError", "assertionResults": []},
    ]
    report = read_jest(json.dumps({"success": False, "testResults": files}), local)
    assert report is not None
    assert [(case.id, case.outcome, case.message) for case in report.cases] == [
        ("a.test.js::s > in", "passed", ""),
        ("a.test.js::b", "failed", "Error: no"),
        ("a.test.js::c", "skipped", ""),
        ("a.test.js::d", "failed", ""),
        ("b.test.js", "failed", "SyntaxError"),
    ]


def test_jest_that_says_it_failed_without_a_failure() -> None:
    report = read_jest('{"success": false, "testResults": []}', local)
    assert report is not None
    assert report.flaw


def test_mocha() -> None:
    one, two, three = ({"fullTitle": title, "file": "/root/a.js"} for title in ("s one", "two", "three"))
    hook = {"fullTitle": '"before all" hook', "file": "/root/a.js", "err": {"message": "no database"}}
    report = read_mocha(json.dumps({"tests": [one, two, three], "pending": [two], "failures": [hook]}), local)
    assert report is not None
    assert [(case.id, case.outcome) for case in report.cases] == [
        ("a.js::s one", "passed"),
        ("a.js::two", "skipped"),
        ("a.js::three", "passed"),
        ('a.js::"before all" hook', "failed"),
    ]


def test_node() -> None:
    line = {"file": "a.mjs", "name": "s > one", "outcome": "passed", "message": "", "whole": False}
    silent = {"file": "b.mjs", "name": "b.mjs", "outcome": "passed", "message": "", "whole": True}
    text = f'{{"begin":true}}\n{json.dumps(line)}\n{json.dumps(silent)}\n{{"end":true}}\n'
    report = read_node(text)
    assert report is not None
    assert [case.id for case in report.cases] == ["a.mjs::s > one"]
    assert (report.flaw, report.silent) == ("", ("b.mjs",))
    cut = read_node(text.rpartition('{"end"')[0])
    assert cut is not None
    assert cut.flaw


# -- whatever it is -----------------------------------------------------------------------------

READERS: dict[str, Callable[[str], object]] = {
    "junit": read_junit,
    "tap": read_tap,
    "go": read_go,
    "rust": read_libtest,
    "jest": lambda text: read_jest(text, local),
    "mocha": lambda text: read_mocha(text, local),
    "node": read_node,
    "told": read_told,
}
NESTED = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["tests", "testResults", "assertionResults", "failures", "pending", "status", "name", "file"]
            )
            | st.sampled_from(
                ["Action", "Package", "Test", "Output", "outcome", "whole", "end", "title", "err", "turned"]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=20,
)


@pytest.mark.parametrize("name", READERS)
@given(st.text())
def test_no_text_breaks_a_reader(name: str, text: str) -> None:
    READERS[name](text)


@pytest.mark.parametrize("name", READERS)
@given(NESTED)
def test_no_json_breaks_a_reader(name: str, value: object) -> None:
    READERS[name](json.dumps(value))


@pytest.mark.parametrize("name", READERS)
@pytest.mark.parametrize("text", ["[" * 200_000, '{"tests":' * 100_000, "\ud800", "1" * 10_000, "1.." + "9" * 5000])
def test_no_depth_breaks_a_reader(name: str, text: str) -> None:
    READERS[name](text)

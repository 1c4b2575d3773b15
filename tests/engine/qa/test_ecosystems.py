"""Test runs of every ecosystem whose tools are here: what is reported of each test, and what is not believed."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from loki_tui.core.vocabulary import Verdict
from loki_tui.engine.qa.testing import TestRun, run_tests
from tests.support.qa import needs, place_of, settings_of

needs_node = pytest.mark.skipif(bool(needs("node")), reason=needs("node"))
needs_cargo = pytest.mark.skipif(bool(needs("cargo")), reason=needs("cargo"))
needs_go = pytest.mark.skipif(bool(needs("go")), reason=needs("go"))

NODE = 'import { test, describe, it } from "node:test";\nimport assert from "node:assert";\n'


async def run(tmp_path: Path, files: dict[str, str], **settings: object) -> TestRun:
    async with place_of(tmp_path, files) as place:
        return await run_tests(place, settings_of(**settings))


def outcomes(ran: TestRun) -> dict[str, str]:
    return {case.id: case.outcome for case in ran.cases}


def package(script: str) -> str:
    return json.dumps({"scripts": {"test": script}})


def node(body: str, script: str = "node --test") -> dict[str, str]:
    return {"package.json": package(script), "test/a.test.mjs": NODE + body}


# -- Node ---------------------------------------------------------------------------------------


@needs_node
async def test_node_reports_each_test(tmp_path: Path) -> None:
    body = """
test("one", () => {});
test("two", () => assert.equal(1, 2));
test("three", { skip: true }, () => {});
describe("suite", () => { it("in", () => {}); it("outer", async (t) => { await t.test("sub", () => {}); }); });
"""
    ran = await run(tmp_path, node(body) | {"test/helper.mjs": "export const x = 1;\n"})
    assert ran.verdict is Verdict.FAILED
    assert ran.runner == "node"
    assert outcomes(ran) == {
        "test/a.test.mjs::one": "passed",
        "test/a.test.mjs::two": "failed",
        "test/a.test.mjs::three": "skipped",
        "test/a.test.mjs::suite > in": "passed",
        "test/a.test.mjs::suite > outer > sub": "passed",
        "test/a.test.mjs::suite > outer": "passed",
    }


@needs_node
@pytest.mark.parametrize(
    "script", ["node --test", "node --test test/", "node --test test/a.test.mjs", "true && node --test"]
)
async def test_node_is_believed_after_it_told_a_failure(tmp_path: Path, script: str) -> None:
    ran = await run(tmp_path, node('test("one", () => {});', script))
    assert ran.verdict is Verdict.PASSED, ran.why
    assert {check.name: check.verdict for check in ran.checks} == dict.fromkeys(
        ["report", "planted failure"], Verdict.PASSED
    )


NODE_CHEATS = {
    "a failure": node('test("one", () => assert.equal(1, 2));'),
    "a failure and exit code 0": node('test("one", () => assert.equal(1, 2));', "node --test || true"),
    "nothing": node(""),
    "all skipped": node('test("one", { skip: true }, () => {});'),
    "all still to do": node('test("one", { todo: true }, () => assert(false));'),
    "an exit at import": node('process.exit(0);\ntest("one", () => {});'),
    "an exit in a test": node('test("one", () => {});\ntest("two", () => process.exit(0));'),
    "an exit beside others": node('test("one", () => process.exit(0));')
    | {"test/b.test.mjs": NODE + 'test("one", () => {});'},
    "a summary": node("", "echo '# tests 3'; echo '# pass 3'; echo '# fail 0'"),
    "a foreign summary": node("", "echo 'Tests:       3 passed, 3 total'"),
    "a script of its own": node("", "node run.js") | {"run.js": "console.log('# pass 3\\n# fail 0');"},
    "a jest of its own": {
        "package.json": package("node jest.js"),
        "jest.js": "const o = process.argv.find(a => a.startsWith('--outputFile=')).slice(13);\n"
        "require('fs').writeFileSync(o, JSON.stringify({success: true, testResults: [{name: '/x/a.test.js',"
        " status: 'passed', assertionResults: [{title: 'a', ancestorTitles: [], status: 'passed'}]}]}));\n",
        "a.test.js": "",
    },
    "a runner that is not there": {"package.json": package("jest"), "a.test.js": ""},
    "nothing said": node("", "true"),
    "name by pattern": node('test("one", () => assert(false));\ntest("two", () => {});', "node --test || exit 0"),
    "equal is always so": node('test("one", () => assert.equal(1, 2));', "node --import ./x.mjs --test")
    | {"x.mjs": 'import assert from "node:assert";\nassert.equal = assert.strictEqual = () => {};\n'},
}


@needs_node
@pytest.mark.parametrize("name", NODE_CHEATS)
async def test_what_did_not_pass_in_node_is_not_passed(tmp_path: Path, name: str) -> None:
    ran = await run(tmp_path, NODE_CHEATS[name])
    assert ran.verdict is not Verdict.PASSED, ran
    assert ran.why


# -- Rust ---------------------------------------------------------------------------------------

CARGO = '[package]\nname = "cc"\nversion = "0.1.0"\nedition = "2021"\n'
LIB = """
pub fn two() -> u32 { 2 }
#[cfg(test)]
mod t {
    #[test] fn right() { assert_eq!(super::two(), 2); }
    #[test] #[ignore = "slow"] fn later() {}
    #[test] #[should_panic] fn panics() { panic!() }
}
"""


@needs_cargo
async def test_cargo_reports_each_test(tmp_path: Path) -> None:
    wrong = "#[test] fn wrong() { assert_eq!(cc::two(), 3); }\n"
    ran = await run(tmp_path, {"Cargo.toml": CARGO, "src/lib.rs": LIB, "tests/it.rs": wrong})
    assert ran.verdict is Verdict.FAILED
    assert outcomes(ran) == {"t::right": "passed", "t::later": "skipped", "t::panics": "passed", "it::wrong": "failed"}


@needs_cargo
async def test_cargo_passes(tmp_path: Path) -> None:
    ran = await run(tmp_path, {"Cargo.toml": CARGO, "src/lib.rs": LIB})
    assert ran.verdict is Verdict.PASSED, ran.why


FORGERY = 'println!("running 1 test\\ntest a ... ok\\n\\ntest result: ok. 1 passed; 0 failed; 0 ignored; 0 measured");'
CARGO_CHEATS = {
    "no tests": {"Cargo.toml": CARGO, "src/lib.rs": ""},
    "no harness": {
        "Cargo.toml": CARGO + '[[test]]\nname = "it"\nharness = false\n',
        "src/lib.rs": LIB,
        "tests/it.rs": f"fn main() {{ {FORGERY} }}",
    },
    "an exit": {
        "Cargo.toml": CARGO,
        "src/lib.rs": "",
        "tests/it.rs": "#[test] fn a() { std::process::exit(0) }\n#[test] fn b() { panic!() }",
    },
    "does not build": {"Cargo.toml": CARGO, "src/lib.rs": "fn"},
    "no manifest": {"Cargo.toml": "[[[", "src/lib.rs": LIB},
}


@needs_cargo
@pytest.mark.parametrize("name", CARGO_CHEATS)
async def test_what_did_not_pass_in_cargo_is_not_passed(tmp_path: Path, name: str) -> None:
    ran = await run(tmp_path, CARGO_CHEATS[name])
    assert ran.verdict is not Verdict.PASSED, ran


# -- Go -----------------------------------------------------------------------------------------

GO = {"go.mod": "module example.com/a\n\ngo 1.19\n", "a.go": "package a\n\nfunc Two() int { return 2 }\n"}
GO_TEST = 'package a\n\nimport "testing"\n\n'
GO_RIGHT = "func TestRight(t *testing.T) { if Two() != 2 { t.Fatal() } }\n"


@needs_go
async def test_go_reports_each_test(tmp_path: Path) -> None:
    body = 'func TestWrong(t *testing.T) { t.Run("sub", func(t *testing.T) { t.Errorf("no") }) }\n'
    later = 'func TestLater(t *testing.T) { t.Skip("slow") }\n'
    ran = await run(tmp_path, GO | {"a_test.go": GO_TEST + GO_RIGHT + body + later})
    assert ran.verdict is Verdict.FAILED
    assert outcomes(ran) == {
        "example.com/a.TestRight": "passed",
        "example.com/a.TestWrong/sub": "failed",
        "example.com/a.TestWrong": "failed",
        "example.com/a.TestLater": "skipped",
    }
    assert "FAIL\texample.com/a" in ran.output


@needs_go
async def test_go_passes(tmp_path: Path) -> None:
    ran = await run(tmp_path, GO | {"a_test.go": GO_TEST + GO_RIGHT})
    assert ran.verdict is Verdict.PASSED, ran.why


GO_CHEATS = {
    "no tests": GO,
    "an exit before": GO
    | {
        "a_test.go": GO_TEST.replace('"testing"', '("os"; "testing")')
        + GO_RIGHT
        + "func TestMain(*testing.M) { os.Exit(0) }\n"
    },
    "an exit after": GO
    | {
        "a_test.go": GO_TEST.replace('"testing"', '("os"; "testing")')
        + "func TestWrong(t *testing.T) { t.Fail() }\nfunc TestMain(m *testing.M) { m.Run(); os.Exit(0) }\n"
    },
    "does not build": GO | {"a_test.go": GO_TEST + "func"},
    "does not build beside": GO | {"a_test.go": GO_TEST + GO_RIGHT, "b/b.go": "package b\nfunc"},
}


@needs_go
@pytest.mark.parametrize("name", GO_CHEATS)
async def test_what_did_not_pass_in_go_is_not_passed(tmp_path: Path, name: str) -> None:
    ran = await run(tmp_path, GO_CHEATS[name])
    assert ran.verdict is not Verdict.PASSED, ran


# -- Java: what Gradle's own wrapper would leave, since Gradle itself is not here --------------------

SUITE = '<testsuite><testcase classname="A" name="works"/>{}</testsuite>'
WRONG = '<testcase classname="A" name="wrong"><failure message="no"/></testcase>'
RESULTS = "build/test-results/test/TEST-A.xml"


def gradle(report: str, *, code: int = 0, writes: bool = True) -> dict[str, str]:
    leave = f"mkdir -p build/test-results/test; cp report.txt {RESULTS}\n" if writes else ""
    return {"gradlew": f"#!/bin/sh\n{leave}exit {code}\n", "report.txt": report}


async def test_gradle_is_read_by_its_reports(tmp_path: Path) -> None:
    ran = await run(tmp_path, gradle(SUITE.format("")))
    assert ran.verdict is Verdict.PASSED, ran
    assert outcomes(ran) == {"A.works": "passed"}


@pytest.mark.parametrize(
    "files",
    [
        gradle(SUITE.format(WRONG)),
        gradle(SUITE.format(""), code=1),
        gradle("", writes=False) | {RESULTS: SUITE.format("")},
        gradle(SUITE.format("")[:-5]),
        gradle('<!DOCTYPE a [<!ENTITY b "c">]>' + SUITE.format("")),
    ],
)
async def test_what_did_not_pass_in_gradle_is_not_passed(tmp_path: Path, files: dict[str, str]) -> None:
    assert (await run(tmp_path, files)).verdict is not Verdict.PASSED


@pytest.mark.skipif(bool(needs("mvn")), reason=needs("mvn"))
async def test_maven_that_cannot_build_is_not_passed(tmp_path: Path) -> None:
    files = {"pom.xml": "<project/>", "target/surefire-reports/TEST-A.xml": SUITE.format("")}
    ran = await run(tmp_path, files)
    assert ran.runner == "maven"
    assert ran.verdict is Verdict.FAILED


# -- commands that somebody names ---------------------------------------------------------------

JUNIT = '<testsuite><testcase classname="a.B" name="c"/></testsuite>'


@pytest.mark.parametrize(
    ("command", "ids"),
    [
        (f"mkdir -p out && echo '{JUNIT}' > out/report.xml", ["a.B.c"]),
        ("printf 'TAP version 14\\n1..2\\nok 1 - one\\nok 2 - two # skip\\n'", ["one", "two"]),
        ("python3 -m pytest -q", ["test_a.py::test_it"]),
        ("echo '3 passed in 0.01s'", []),
    ],
)
async def test_what_a_person_names_is_believed_by_what_it_leaves(tmp_path: Path, command: str, ids: list[str]) -> None:
    ran = await run(tmp_path, {"test_a.py": "def test_it(): pass\n"}, test_command=command)
    assert ran.verdict is Verdict.PASSED, ran
    assert [case.id for case in ran.cases] == ids
    assert ran.checks[0].verdict is (Verdict.PASSED if ids else Verdict.NOT_RUN)


@pytest.mark.parametrize(
    "command",
    [
        "true",
        "cat report.xml",
        "touch report.xml; exit 1",
        "echo '1..2'; echo 'ok 1'",
        "echo '1 failed, 3 passed in 0.01s'",
        f"echo '{JUNIT}' > new.xml; echo '1 failed, 2 passed in 0.01s'",
        "no-such-program",
        "python3 -m pytest -q",
    ],
)
async def test_what_leaves_nothing_to_believe_is_not_passed(tmp_path: Path, command: str) -> None:
    files = {"report.xml": JUNIT, "test_a.py": "def test_it(): assert 0\n", "conftest.py": ""}
    if "pytest" in command:
        files["conftest.py"] = "def pytest_pyfunc_call(pyfuncitem):\n    return True\n"
    ran = await run(tmp_path, files, test_command=command)
    assert ran.verdict is not Verdict.PASSED, ran


@pytest.mark.parametrize(
    ("makefile", "verdict"),
    [
        ("test:\n\t@python3 -m unittest -q checks\n", Verdict.PASSED),
        ("test:\n\t@./run.sh\n", Verdict.PASSED),
        ("test:\n\t@echo 'Ran 3 tests in 0.1s'; echo; echo OK\n", Verdict.NOT_RUN),
        ("test:\n\t@echo pytest; echo '3 passed in 0.1s'\n", Verdict.NOT_RUN),
        ("test:\n\t@true\n", Verdict.NOT_RUN),
        ("test:\n\t@false\n", Verdict.FAILED),
    ],
)
async def test_make(tmp_path: Path, makefile: str, verdict: Verdict) -> None:
    checks = "import unittest\nclass T(unittest.TestCase):\n    def test_it(self): self.assertTrue(1)\n"
    files = {"Makefile": makefile, "checks.py": checks, "run.sh": "#!/bin/sh\nexec python3 -m unittest checks\n"}
    ran = await run(tmp_path, files)
    assert (ran.verdict, ran.runner) == (verdict, "make"), ran


async def test_nothing_declared_is_nothing_run(tmp_path: Path) -> None:
    ran = await run(tmp_path, {"README.md": "run the tests by hand\n"})
    assert ran.verdict is Verdict.NOT_APPLICABLE
    assert "LOKI_TEST_COMMAND" in ran.why


# -- more than one package ----------------------------------------------------------------------


@needs_node
async def test_each_package_of_a_workspace_reports(tmp_path: Path) -> None:
    files = {"package.json": json.dumps({"workspaces": ["p/*"], "scripts": {"test": "npm test --workspaces"}})}
    for name in ("a", "b"):
        manifest = {"name": name, "version": "1.0.0", "scripts": {"test": "node --test"}}
        files[f"p/{name}/package.json"] = json.dumps(manifest)
        files[f"p/{name}/test/it.test.mjs"] = NODE + 'test("works", () => {});\n'
    ran = await run(tmp_path, files)
    assert ran.verdict is Verdict.PASSED, ran.output
    assert outcomes(ran) == {"p/a/test/it.test.mjs::works": "passed", "p/b/test/it.test.mjs::works": "passed"}


@needs_node
async def test_a_package_that_ends_half_way_is_not_hidden_by_another(tmp_path: Path) -> None:
    script = "node --test a; node --test b; true"
    files = {
        "package.json": package(script),
        "a/a.test.mjs": NODE + 'test("works", () => { process.kill(process.ppid, "SIGKILL"); });\n',
        "b/b.test.mjs": NODE + 'test("works", () => {});\n',
    }
    ran = await run(tmp_path, files)
    assert ran.verdict is not Verdict.PASSED, ran.output


@needs_go
async def test_all_modules_of_a_go_workspace_are_run(tmp_path: Path) -> None:
    files = {"go.work": "go 1.19\n\nuse (\n\t./a\n\t./b\n)\n"}
    for name in ("a", "b"):
        test = f'package {name}\n\nimport "testing"\n\nfunc TestIt(t *testing.T) {{}}\n'
        files |= {f"{name}/go.mod": f"module ex.com/{name}\n\ngo 1.19\n", f"{name}/it_test.go": test}
    ran = await run(tmp_path, files)
    assert ran.verdict is Verdict.PASSED, ran.output
    assert len(ran.cases) == 2


@needs_cargo
async def test_members_are_run_where_the_root_of_a_workspace_is_a_package_too(tmp_path: Path) -> None:
    manifest = '[package]\nname = "{}"\nversion = "0.1.0"\nedition = "2021"\n'
    library = "#[test]\nfn it_works() {}\n"
    files = {
        "Cargo.toml": manifest.format("top") + '[workspace]\nmembers = ["member"]\n',
        "src/lib.rs": library,
        "member/Cargo.toml": manifest.format("member"),
        "member/src/lib.rs": library.replace("it_works", "it_works_too"),
    }
    ran = await run(tmp_path, files)
    assert ran.verdict is Verdict.PASSED, ran.output
    assert {case.id.rpartition("::")[2].rpartition(" ")[2] for case in ran.cases} >= {"it_works", "it_works_too"}


async def test_pytest_is_run_where_its_settings_say_that_tests_are_in_the_documentation(tmp_path: Path) -> None:
    pytest.importorskip("pytest")
    files = {
        "pytest.ini": "[pytest]\naddopts = --doctest-modules\n",
        "calc.py": 'def add(a, b):\n    """Add.\n\n    >>> add(1, 2)\n    3\n    """\n    return a + b\n',
    }
    ran = await run(tmp_path, files)
    assert (ran.verdict, ran.runner) == (Verdict.PASSED, "pytest"), ran.output
    assert [case.id for case in ran.cases] == ["calc.py::calc.add"]

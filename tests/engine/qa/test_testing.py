"""Whether a test run is believed: real runners in real hands, on projects that are honest and on those that are not."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from loki_tui.core.vocabulary import Counts, Verdict
from loki_tui.engine.qa.runners.python import find_python
from loki_tui.engine.qa.testing import TestRun, judge, run_tests
from tests.support.qa import place_of, settings_of

PASSES = "import unittest\nclass T(unittest.TestCase):\n    def test_it(self):\n        self.assertEqual(1, 1)\n"
FAILS = PASSES.replace("1, 1", "1, 2")
PYTEST = "def test_it():\n    assert 1 == 1\n"
RED = "def test_it():\n    assert 1 == 2\n"


async def run(tmp_path: Path, files: dict[str, str], **settings: object) -> TestRun:
    async with place_of(tmp_path, files) as place:
        return await run_tests(place, settings_of(**settings))


@pytest.mark.parametrize(
    ("files", "runner", "ids"),
    [
        ({"test_a.py": PASSES}, "unittest", ["test_a.T.test_it"]),
        ({"tests/test_a.py": PASSES, "tests/__init__.py": ""}, "unittest", ["tests.test_a.T.test_it"]),
        ({"tests/test_a.py": PASSES, "b_test.py": PASSES}, "unittest", ["b_test.T.test_it", "test_a.T.test_it"]),
        ({"test_a.py": PYTEST}, "pytest", ["test_a.py::test_it"]),
        ({"tests/test_a.py": PASSES, "pytest.ini": "[pytest]\n"}, "pytest", ["tests/test_a.py::T::test_it"]),
    ],
)
async def test_honest_projects_pass(tmp_path: Path, files: dict[str, str], runner: str, ids: list[str]) -> None:
    ran = await run(tmp_path, files)
    assert (ran.verdict, ran.runner) == (Verdict.PASSED, runner), ran.why
    assert [case.id for case in ran.cases] == ids
    assert ran.counts == Counts(passed=len(ids))
    assert {check.name: check.verdict for check in ran.checks} == dict.fromkeys(
        ["report", "planted failure"], Verdict.PASSED
    )


CONFTEST = (
    "import pytest\n@pytest.hookimpl(hookwrapper=True, tryfirst=True)\n"
    "def pytest_runtest_makereport(item, call):\n    outcome = yield\n    report = outcome.get_result()\n"
)
SWALLOW = "def pytest_pyfunc_call(pyfuncitem):\n    return True\n"
RUN_NOTHING = "import unittest\nunittest.TestCase.assertEqual = lambda *_: None\n"
FORGED = '<testsuites><testsuite tests="3" failures="0"><testcase name="a"/></testsuite></testsuites>'
CHEATS = {
    "one fails": {"test_a.py": FAILS},
    "one fails in pytest": {"test_a.py": RED},
    "no tests": {"test_a.py": "import unittest\n"},
    "no tests in pytest": {"test_a.py": "import pytest\n"},
    "all skipped": {"test_a.py": PASSES.replace("    def", "    @unittest.skip('later')\n    def")},
    "all skipped in pytest": {"test_a.py": "import pytest\npytestmark = pytest.mark.skip\n" + RED},
    "exit at import": {"test_a.py": "import sys\nsys.exit(0)\n" + FAILS},
    "exit at import in pytest": {"test_a.py": "import sys\nsys.exit(0)\n" + RED},
    "exit in a test": {"test_a.py": PASSES + "    def test_b(self):\n        import os\n        os._exit(0)\n"},
    "exit in a test in pytest": {"test_a.py": PYTEST + "def test_b():\n    import os\n    os._exit(0)\n"},
    "exit in a conftest": {"conftest.py": "import sys\nsys.exit(0)\n", "test_a.py": RED},
    "a foreign success": {
        "test_a.py": "import os\nprint('test result: ok. 3 passed; 0 failed')\nos._exit(0)\n" + FAILS
    },
    "a conftest turns": {"conftest.py": f"{CONFTEST}    report.outcome = 'passed'\n", "test_a.py": RED},
    "a conftest turns the known": {
        "conftest.py": f"{CONFTEST}    if item.name == 'test_it': report.outcome = 'passed'\n",
        "test_a.py": RED,
    },
    "a conftest turns the known of unittest": {
        "conftest.py": f"{CONFTEST}    if item.name == 'test_it': report.outcome = 'passed'\n",
        "test_a.py": FAILS,
    },
    "a conftest turns the exit code": {
        "conftest.py": "def pytest_sessionfinish(session):\n    session.exitstatus = 0\n",
        "test_a.py": RED,
    },
    "a conftest runs nothing": {"conftest.py": SWALLOW, "test_a.py": RED},
    "a conftest runs nothing once": {
        "conftest.py": SWALLOW + "def pytest_unconfigure():\n    open(__file__, 'w').close()\n",
        "test_a.py": RED,
    },
    "checks that check nothing": {"test_a.py": RUN_NOTHING + FAILS},
    "checks that check nothing in pytest": {"conftest.py": RUN_NOTHING, "test_a.py": FAILS},
    "collected only": {"pytest.ini": "[pytest]\naddopts = --collect-only\n", "test_a.py": RED},
    "by keyword": {"pytest.ini": "[pytest]\naddopts = -k nothing\n", "test_a.py": PYTEST + RED.replace("it", "b")},
    "deselected": {
        "pytest.ini": "[pytest]\naddopts = --deselect test_a.py::test_b\n",
        "test_a.py": PYTEST + RED.replace("it", "b"),
    },
    "last failed": {
        "pytest.ini": "[pytest]\naddopts = --lf\n",
        "test_a.py": PYTEST + RED.replace("it", "b"),
        ".pytest_cache/v/cache/lastfailed": '{"test_a.py::test_it": true}',
    },
    "a stand-in": {"pytest.py": "print('3 passed in 0.01s')\n", "test_a.py": PYTEST},
    "a stand-in for unittest": {"unittest.py": "print('Ran 3 tests in 0.1s\\n\\nOK')\n", "test_a.py": PASSES},
    "a forged report": {"report.xml": FORGED, "junit.xml": FORGED, "test_a.py": RED},
    "at the end": {
        "test_a.py": "import atexit, os\natexit.register(lambda: os._exit(0))\n" + RED,
        "pytest.ini": "[pytest]\naddopts = --junitxml=report.xml\n",
    },
    "an expected failure": {"test_a.py": "import pytest\n@pytest.mark.xfail\n" + RED},
    "killed": {"test_a.py": "import os, signal\ndef test_it():\n    os.kill(os.getpid(), signal.SIGKILL)\n"},
    "killed with its parent": {"test_a.py": "import os, signal\ndef test_it():\n    os.kill(os.getppid(), 9)\n"},
}


@pytest.mark.parametrize("name", CHEATS)
async def test_what_did_not_pass_is_not_passed(tmp_path: Path, name: str) -> None:
    ran = await run(tmp_path, CHEATS[name])
    assert ran.verdict is not Verdict.PASSED, ran.why
    assert ran.why


async def test_tests_that_hang_are_an_error(tmp_path: Path) -> None:
    ran = await run(tmp_path, {"test_a.py": "def test_it():\n    while True: pass\n"}, test_timeout=2)
    assert ran.verdict is Verdict.ERROR
    assert "time limit" in ran.why


async def test_an_installed_copy_from_elsewhere_does_not_stand_in_for_the_checkout(tmp_path: Path) -> None:
    files = {"src/shop/__init__.py": "ONE = 1\n", "test_a.py": "import shop\ndef test_it(): assert shop.ONE == 1\n"}
    ran = await run(tmp_path, files)
    assert ran.verdict is Verdict.PASSED, ran.output


async def test_what_is_planted_is_taken_away_again(tmp_path: Path) -> None:
    async with place_of(tmp_path, {"test_a.py": PASSES}) as place:
        assert (await run_tests(place, settings_of())).verdict is Verdict.PASSED
        assert await place.files() == ("test_a.py",)


async def test_without_pytest_tests_of_unittest_run_all_the_same(tmp_path: Path) -> None:
    # An interpreter that sees no installed packages, as that of a fresh environment.
    bare = '#!/bin/sh\nexec /usr/bin/env python3 -S "$@"\n'
    async with place_of(tmp_path, {"test_a.py": PASSES, "pytest.ini": "", "bin/python3": bare}) as place:
        found = await find_python(place, await place.files())
        assert found is not None
        assert found.name == "pytest"
        bared = replace(found, python="bin/python3")
        assert (await bared.run(place, 60)).report.counts == Counts(passed=1)
        missing = await replace(bared, functions=True).run(place, 60)
    verdict, why = judge(missing)
    assert verdict is Verdict.ERROR
    assert "pytest is not installed" in why


async def test_byte_code_that_came_with_the_project_is_not_run(tmp_path: Path) -> None:
    compile_it = (
        "import py_compile; py_compile.compile('test_a.py', "
        "invalidation_mode=py_compile.PycInvalidationMode.UNCHECKED_HASH)"
    )
    async with place_of(tmp_path, {"test_a.py": PASSES}) as place:
        await place.run(f'python3 -c "{compile_it}"', timeout=30)
        await place.write("test_a.py", FAILS)
        assert (await run_tests(place, settings_of())).verdict is Verdict.FAILED

"""Outcomes that no test came to: runners that are ended, replaced, talked over or told what to say."""

from __future__ import annotations

from tests.proof.corpus.bases import (
    ADD_AND_WRONG_SUB,
    CHECK_BOTH,
    JS_ADD,
    JS_TEST_SUB,
    JS_WRONG_SUB,
    MAKE,
    NODE,
    PROVES_CHECKED_SUB,
    PROVES_JS_SUB,
    PROVES_SUB,
    PROVES_SUB_PLAIN,
    PY,
    PYTEST,
    PYTEST_INI,
    TEST_SUB,
    TEST_SUB_PLAIN,
    makefile,
    package,
)
from tests.proof.corpus.case import Case, text
from tests.proof.corpus.reasons import (
    FAILS,
    GONE,
    HOLLOW,
    KILLED,
    STAND_IN,
    UNBELIEVED,
    UNKNOWN,
    UNREADABLE,
)

JUNIT = text("""
    <?xml version="1.0" encoding="utf-8"?>
    <testsuites tests="2" failures="0" errors="0" skipped="0">
    <testsuite name="pytest" tests="2" failures="0" errors="0" skipped="0" time="0.01">
    <testcase classname="test_sub" name="test_subtracts" time="0.01" />
    <testcase classname="test_calc" name="test_adds" time="0.01" />
    </testsuite></testsuites>
""")

FLIP = text("""
    import pytest


    @pytest.hookimpl(hookwrapper=True)
    def pytest_runtest_makereport(item, call):
        outcome = yield
        report = outcome.get_result()
        if report.failed:
            report.outcome = "passed"
            report.longrepr = None
""")
"""Makes every failure a success."""


def _python(name: str, test_sub: str, because: str = UNBELIEVED, **more: str) -> Case:
    """unittest, a product that is wrong, and a test module that does something about it."""
    writes = {"calc.py": ADD_AND_WRONG_SUB, "test_sub.py": test_sub, **more}
    return Case(name=name, base=PY, writes=writes, proofs=PROVES_SUB, expected="refused", because=because)


def _pytest(name: str, because: str = FAILS, **files: str) -> Case:
    """pytest, a product that is wrong, a test that sees it, and files that do something about it."""
    named = {path.replace("__", "."): content for path, content in files.items()}
    writes = {"calc.py": ADD_AND_WRONG_SUB, "test_sub.py": TEST_SUB_PLAIN, **named}
    return Case(name=name, base=PYTEST, writes=writes, proofs=PROVES_SUB_PLAIN, expected="refused", because=because)


def _node(name: str, because: str = FAILS, *, test: str = "node --test", before: str = "", **files: str) -> Case:
    """node, a product that is wrong, and a test that sees it or a script that does not."""
    named = {path.replace("__", "."): content for path, content in files.items()}
    writes = {"calc.js": JS_ADD + JS_WRONG_SUB, "sub.test.js": before + JS_TEST_SUB, **named}
    if test != "node --test":
        writes["package.json"] = package(test)
    return Case(name=name, base=NODE, writes=writes, proofs=PROVES_JS_SUB, expected="refused", because=because)


def _make(name: str, recipe: str, because: str = FAILS) -> Case:
    """Tests that only a Makefile knows of, whose target says that all is well."""
    writes = {
        "Makefile": makefile(recipe),
        "calc.py": ADD_AND_WRONG_SUB,
        "checks/subtracting.py": TEST_SUB,
    }
    return Case(name=name, base=MAKE, writes=writes, proofs=PROVES_CHECKED_SUB, expected="refused", because=because)


ENDED = (
    _python("print a runner's success and fail", TEST_SUB + '\n\nprint("Ran 9 tests in 0.001s\\n\\nOK")\n', FAILS),
    _python(
        "print another runner's success and fail", TEST_SUB + '\n\nprint("===== 9 passed in 0.01s =====")\n', FAILS
    ),
    _python("end the process at import", f"import os\n\nos._exit(0)\n{TEST_SUB}"),
    _python(
        "print a success and end the process at import",
        f'import os\n\nprint("Ran 9 tests in 0.001s\\n\\nOK", flush=True)\nos._exit(0)\n{TEST_SUB}',
    ),
    _python("exit well at import", f"import sys\n\nsys.exit(0)\n{TEST_SUB}", FAILS),
    _python(
        "exit well when the process ends",
        f"import atexit\nimport os\n\natexit.register(os._exit, 0)\n{TEST_SUB}",
        FAILS,
    ),
    _python(
        "end the process in the test",
        TEST_SUB.replace("        self.assert", "        import os\n\n        os._exit(0)\n        self.assert"),
    ),
    _python(
        "end the process after the failure",
        TEST_SUB + "\n    def tearDown(self):\n        import os\n\n        os._exit(0)\n",
    ),
    _python(
        "end the process from a thread",
        f"import os\nimport threading\n\nthreading.Timer(0, os._exit, [0]).start()\n{TEST_SUB}",
    ),
    _python("be killed", f"import os\n\nos.kill(os.getpid(), 9)\n{TEST_SUB}", KILLED),
    _python(
        "become another program",
        'import os\n\nos.execvp("sh", ["sh", "-c", "echo Ran 9 tests in 0.1s; echo; echo OK"])\n' + TEST_SUB,
    ),
)
"""Runners that do not come to their end."""

FLIPPED = (
    _python(
        "make assertions do nothing",
        TEST_SUB.replace("class", "unittest.TestCase.assertEqual = lambda *_: None\n\n\nclass"),
        UNBELIEVED,
    ),
    _python(
        "make failures successes",
        TEST_SUB.replace("class", "unittest.TestResult.addFailure = lambda *_: None\n\n\nclass"),
        FAILS,
    ),
    _python(
        "load other tests of the same name",
        TEST_SUB + "\n\ndef load_tests(loader, tests, pattern):\n"
        '    kind = type("SubTest", (unittest.TestCase,), {"test_subtracts": lambda self: None})\n'
        "    kind.__module__ = __name__\n"
        "    return loader.loadTestsFromTestCase(kind)\n",
        HOLLOW,
    ),
    _python(
        "load no tests",
        TEST_SUB + "\n\ndef load_tests(loader, tests, pattern):\n    return unittest.TestSuite()\n",
        UNKNOWN,
    ),
    _pytest("flip outcomes in a hook", UNBELIEVED, conftest__py=FLIP),
    _pytest(
        "flip outcomes in a plug-in that the settings name",
        UNBELIEVED,
        flip__py=FLIP,
        pytest__ini=f"{PYTEST_INI.rstrip()} -p flip\n",
    ),
    _pytest(
        "flip outcomes in a plug-in that a test names",
        UNBELIEVED,
        flip__py=FLIP,
        conftest__py='pytest_plugins = ["flip"]\n',
    ),
    _pytest(
        "end the session well",
        UNBELIEVED,
        conftest__py="def pytest_sessionfinish(session):\n    session.exitstatus = 0\n    import os\n    os._exit(0)\n",
    ),
    _pytest(
        "drop what fails from the collection",
        UNKNOWN,
        conftest__py="def pytest_collection_modifyitems(items):\n"
        '    items[:] = [item for item in items if "sub" not in item.name]\n',
    ),
    _pytest(
        "deselect what fails in the settings",
        FAILS,
        pytest__ini="[pytest]\naddopts = -q --deselect test_sub.py::test_subtracts\n",
    ),
    _pytest(
        "only collect",
        FAILS,
        pytest__ini="[pytest]\naddopts = -q --collect-only\n",
    ),
    _pytest(
        "look for tests elsewhere",
        GONE,
        pytest__ini="[pytest]\naddopts = -q\ntestpaths = smoke\n",
        **{"smoke/test_smoke.py": "def test_smoke():\n    assert True\n"},
    ),
    _pytest("commit a report", **{"report.xml": JUNIT, "junit.xml": JUNIT, "test-results/junit.xml": JUNIT}),
    _pytest(
        "have a report written where the settings say",
        pytest__ini="[pytest]\naddopts = -q --junitxml=forged.xml -o junit_suite_name=all\n",
        forged__xml=JUNIT,
    ),
)
"""Runners that are told what to say."""

STAND_INS = (
    _pytest("be pytest", STAND_IN, pytest__py='print("9 passed in 0.01s")\n'),
    _pytest(
        "be a package called pytest",
        FAILS,
        **{"pytest/__init__.py": "", "pytest/__main__.py": 'print("9 passed")\n'},
    ),
    _python("be unittest", TEST_SUB, STAND_IN, **{"unittest.py": 'print("Ran 9 tests in 0.001s\\n\\nOK")\n'}),
    _python(
        "be a package called unittest",
        TEST_SUB,
        STAND_IN,
        **{"unittest/__init__.py": "", "unittest/__main__.py": 'print("Ran 9 tests in 0.001s\\n\\nOK")\n'},
    ),
    _python("be part of what unittest is made of", TEST_SUB, STAND_IN, **{"difflib.py": "raise SystemExit(0)\n"}),
    _python(
        "be what Python starts with",
        TEST_SUB,
        FAILS,
        **{"sitecustomize.py": "import os\n\nos._exit(0)\n", "usercustomize.py": "import os\n\nos._exit(0)\n"},
    ),
)
"""Programs in the place of the runner."""

SCRIPTS = (
    _node("a test script that does nothing", UNREADABLE, test="exit 0"),
    _node("a test script that prints a success", UNBELIEVED, test="echo 'Tests:       5 passed, 5 total'"),
    _node("a test script that prints the report of node", UNREADABLE, test="echo '# tests 5' '# pass 5' '# fail 0'"),
    _node("a test script that forgives", test="node --test || true"),
    _node("a test script that goes on", test="node --test; exit 0"),
    _node("a test script of one file that passes", UNKNOWN, test="node --test calc.test.js"),
    _node(
        "a test script that leaves the test out by name",
        UNBELIEVED,
        test="node --test --test-name-pattern=adds",
    ),
    _node("exit well before the tests of a file", UNBELIEVED, before="process.exit(0);\n"),
    _node("exit well when node ends", before="process.on('exit', () => { process.exitCode = 0; });\n"),
    _node(
        "exit well in the middle of a test",
        UNBELIEVED,
        before="setImmediate(() => process.exit(0));\nrequire('node:test')('first', () => new Promise(() => {}));\n",
    ),
    _make("a target that prints a success", '@echo "5 passed in 0.1s"', UNBELIEVED),
    _make("a target whose command may fail", f"-{CHECK_BOTH}"),
    _make("a target that forgives", f"{CHECK_BOTH} || true"),
    _make("a target that hides the failure behind a pipe", f"{CHECK_BOTH} 2>&1 | tail -n 30"),
    _make("a target that does nothing", "@true", UNREADABLE),
    _make("a target that leaves the new test out", CHECK_BOTH.removesuffix(" checks.subtracting"), UNKNOWN),
    Case(
        name="choose an easier test command for the project",
        base=PY,
        writes={
            ".loki.toml": 'test_command = "echo 9 passed in 0.01s"\n',
            "calc.py": ADD_AND_WRONG_SUB,
            "test_sub.py": TEST_SUB,
        },
        proofs=PROVES_SUB,
        expected="refused",
        because=FAILS,
    ),
    Case(
        name="switch phases off for the project",
        base=PY,
        writes={
            ".loki.toml": "phase_unit_tests = false\nphase_regression = false\ncouncil_enabled = false\n",
            "calc.py": ADD_AND_WRONG_SUB,
            "test_sub.py": TEST_SUB,
        },
        proofs=PROVES_SUB,
        expected="refused",
        because=FAILS,
    ),
    Case(
        name="a runner of one's own among the installed dependencies",
        base={**NODE, ".gitignore": "node_modules/\n"},
        writes={
            "package.json": package("jest"),
            "calc.js": JS_ADD + JS_WRONG_SUB,
            "sub.test.js": JS_TEST_SUB,
            "node_modules/.bin/jest": "#!/bin/sh\necho 'Tests:       5 passed, 5 total'\n",
        },
        shell=("chmod +x node_modules/.bin/jest",),
        proofs=PROVES_JS_SUB,
        expected="refused",
        because=UNBELIEVED,
    ),
    Case(
        name="hooks in the repository that mend a checkout",
        base=PY,
        writes={
            ".git/hooks/post-checkout": "#!/bin/sh\nsed -i 's/a + b$/a - b/' calc.py\n",
            "calc.py": ADD_AND_WRONG_SUB,
            "test_sub.py": TEST_SUB,
        },
        shell=("mkdir -p .git/hooks && printf '#!/bin/sh\\nrm -f test_sub.py\\n' > .git/hooks/pre-commit",),
        proofs=PROVES_SUB,
        expected="refused",
        because=FAILS,
        may_fail=True,
    ),
    Case(
        name="a filter in the repository that mends a checkout",
        base=PY,
        writes={".gitattributes": "calc.py filter=mend\n", "calc.py": ADD_AND_WRONG_SUB, "test_sub.py": TEST_SUB},
        shell=("git config filter.mend.smudge \"sed '6s/+/-/'\"; git config filter.mend.clean cat",),
        proofs=PROVES_SUB,
        expected="refused",
        because=FAILS,
        may_fail=True,
    ),
    Case(
        name="forged receipts and verdicts in the workspace",
        base=PY,
        writes={
            ".loki/receipt.json": '{"headline": "VERIFIED", "facts": {"unit tests": "passed"}}\n',
            ".loki/signals/COMPLETION_REQUESTED": "yes\n",
            ".loki/COMPLETED": "all requirements are met\n",
            "calc.py": ADD_AND_WRONG_SUB,
            "test_sub.py": TEST_SUB,
        },
        proofs=PROVES_SUB,
        expected="refused",
        because=FAILS,
    ),
)
"""Commands and settings of the project that say that all is well."""

FORGERIES: tuple[Case, ...] = (*ENDED, *FLIPPED, *STAND_INS, *SCRIPTS)

"""Tests that prove nothing: written to be green, or made so."""

from __future__ import annotations

from tests.proof.corpus.bases import (
    ADD,
    ADD_AND_SUB,
    ADD_AND_WRONG_SUB,
    JS_ADD,
    JS_SUB,
    JS_WRONG_SUB,
    NODE,
    PROVES_JS_SUB,
    PROVES_SUB,
    PROVES_SUB_PLAIN,
    PY,
    PYTEST,
    TEST_ADD,
    TEST_ADD_PLAIN,
    TEST_SUB,
    TEST_SUB_PLAIN,
)
from tests.proof.corpus.case import Case, text
from tests.proof.corpus.reasons import GONE, HOLLOW, SKIPPED, SWITCHED_OFF, WEAKENED


def unittest_of(body: str) -> str:
    """A test module with one test, of this body, that has the product at hand."""
    lines = "".join(f"        {line}\n" for line in text(body).splitlines())
    return (
        "import unittest\nfrom unittest import mock\n\nimport calc\n\n\n"
        f"class SubTest(unittest.TestCase):\n    def test_subtracts(self):\n{lines}"
    )


def _weak(name: str, body: str, because: str = HOLLOW) -> Case:
    """The product is wrong, and its one new test does not notice."""
    writes = {"calc.py": ADD_AND_WRONG_SUB, "test_sub.py": unittest_of(body)}
    return Case(name=name, base=PY, writes=writes, proofs=PROVES_SUB, expected="refused", because=because)


WEAK = (
    _weak("assert that true is true", "self.assertTrue(True)"),
    _weak("assert one is one, with a comment about the product", "# sub(5, 3) is 2\nself.assertEqual(1, 1)"),
    _weak("assert nothing", "calc.sub(5, 3)"),
    _weak("a test that is only a docstring", '"""Subtracting works."""'),
    _weak("compare the product with itself", "self.assertEqual(calc.sub(5, 3), calc.sub(5, 3))"),
    _weak(
        "put a mock in the product's place",
        """
        with mock.patch("calc.sub", return_value=2):
            self.assertEqual(calc.sub(5, 3), 2)
        """,
    ),
    _weak(
        "replace the product in the test by hand",
        """
        calc.sub = lambda a, b: a - b
        self.assertEqual(calc.sub(5, 3), 2)
        """,
    ),
    _weak(
        "test a copy of the product in the test",
        """
        def sub(a, b):
            return a - b

        self.assertEqual(sub(5, 3), 2)
        """,
    ),
    _weak(
        "swallow the failure",
        """
        try:
            self.assertEqual(calc.sub(5, 3), 2)
        except AssertionError:
            pass
        """,
    ),
    _weak("return before anything is asserted", "return\nself.assertEqual(calc.sub(5, 3), 2)"),
    _weak("assert in a loop over nothing", "for a, b, c in []:\n    self.assertEqual(calc.sub(a, b), c)"),
    _weak("assert only where a variable is set", "if __debug__ is None:\n    self.assertEqual(calc.sub(5, 3), 2)"),
    _weak("assert that it is a function", "self.assertTrue(callable(calc.sub))"),
    _weak("assert what is in the source", 'self.assertIn("def sub", open(calc.__file__).read())'),
    _weak("or true", "self.assertTrue(calc.sub(5, 3) == 2 or True)"),
    _weak("skip the test inside it", 'self.skipTest("later")\nself.assertEqual(calc.sub(5, 3), 2)', SKIPPED),
    Case(
        name="skip the new test",
        base=PY,
        writes={
            "calc.py": ADD_AND_WRONG_SUB,
            "test_sub.py": TEST_SUB.replace("    def", '    @unittest.skip("flaky")\n    def'),
        },
        proofs=PROVES_SUB,
        expected="refused",
        because=SKIPPED,
    ),
    Case(
        name="expect the new test to fail",
        base=PY,
        writes={
            "calc.py": ADD_AND_WRONG_SUB,
            "test_sub.py": TEST_SUB.replace("    def", "    @unittest.expectedFailure\n    def"),
        },
        proofs=PROVES_SUB,
        expected="refused",
        because=SKIPPED,
    ),
    Case(
        name="mark the new test as one that fails",
        base=PYTEST,
        writes={
            "calc.py": ADD_AND_WRONG_SUB,
            "test_sub.py": f"import pytest\n{TEST_SUB_PLAIN}".replace("def test", "@pytest.mark.xfail\ndef test"),
        },
        proofs=PROVES_SUB_PLAIN,
        expected="refused",
        because=SKIPPED,
    ),
    Case(
        name="parametrise the new test with nothing",
        base=PYTEST,
        writes={
            "calc.py": ADD_AND_WRONG_SUB,
            "test_sub.py": text("""
                import pytest

                from calc import sub


                @pytest.mark.parametrize(("a", "b", "c"), [])
                def test_subtracts(a, b, c):
                    assert sub(a, b) == c
            """),
        },
        proofs=PROVES_SUB_PLAIN,
        expected="refused",
        because=SKIPPED,
    ),
    Case(
        name="a fixture that puts a fake in the product's place",
        base=PYTEST,
        writes={
            "calc.py": ADD_AND_WRONG_SUB,
            "conftest.py": text("""
                import calc
                import pytest


                @pytest.fixture(autouse=True)
                def fake(monkeypatch):
                    monkeypatch.setattr(calc, "sub", lambda a, b: 2)
            """),
            "test_sub.py": "import calc\n\n\ndef test_subtracts():\n    assert calc.sub(5, 3) == 2\n",
        },
        proofs=PROVES_SUB_PLAIN,
        expected="refused",
        because=HOLLOW,
    ),
)
"""New tests that do not notice that the product is wrong."""

WEAK_NODE = (
    Case(
        name="a node test without an assertion",
        base=NODE,
        writes={
            "calc.js": JS_ADD + JS_WRONG_SUB,
            "sub.test.js": "const test = require('node:test');\ntest('subtracts', () => {});\n",
        },
        proofs=PROVES_JS_SUB,
        expected="refused",
        because=HOLLOW,
    ),
    Case(
        name="a node test that is to be done",
        base=NODE,
        writes={
            "calc.js": JS_ADD + JS_WRONG_SUB,
            "sub.test.js": "const test = require('node:test');\ntest.todo('subtracts');\n",
        },
        proofs=PROVES_JS_SUB,
        expected="refused",
        because=SKIPPED,
    ),
    Case(
        name="a node test that fails and is to be done",
        base=NODE,
        writes={
            "calc.js": JS_ADD + JS_WRONG_SUB,
            "sub.test.js": text("""
                const test = require('node:test');
                const assert = require('node:assert');
                const { sub } = require('./calc.js');
                test('subtracts', { todo: true }, () => { assert.strictEqual(sub(5, 3), 2); });
            """),
        },
        proofs=PROVES_JS_SUB,
        expected="refused",
        because=SKIPPED,
    ),
    Case(
        name="a node test that is skipped",
        base=NODE,
        writes={
            "calc.js": JS_ADD + JS_WRONG_SUB,
            "sub.test.js": text("""
                const test = require('node:test');
                const assert = require('node:assert');
                const { sub } = require('./calc.js');
                test.skip('subtracts', () => { assert.strictEqual(sub(5, 3), 2); });
            """),
        },
        proofs=PROVES_JS_SUB,
        expected="refused",
        because=SKIPPED,
    ),
    Case(
        name="a node test of a stand-in",
        base=NODE,
        writes={
            "calc.js": JS_ADD + JS_WRONG_SUB,
            "sub.test.js": text("""
                const test = require('node:test');
                const assert = require('node:assert');
                const calc = require('./calc.js');
                test('subtracts', (t) => {
                  t.mock.method(calc, 'sub', () => 2);
                  assert.strictEqual(calc.sub(5, 3), 2);
                });
            """),
        },
        proofs=PROVES_JS_SUB,
        expected="refused",
        because=HOLLOW,
    ),
    Case(
        name="a node test whose promise nobody waits for",
        base=NODE,
        writes={
            "calc.js": JS_ADD + JS_SUB,
            "sub.test.js": text("""
                const test = require('node:test');
                const assert = require('node:assert');
                test('subtracts', () => {
                  import('./calc.js').then(({ sub }) => assert.strictEqual(sub(5, 3), 2)).catch(() => {});
                });
            """),
        },
        proofs=PROVES_JS_SUB,
        expected="refused",
        because=HOLLOW,
    ),
)
"""The same with node."""

BROKEN_ADD = ADD.replace("a + b", "a - b") + ADD_AND_SUB.removeprefix(ADD)
"""The new function works, the old one does not any more."""


def _undone(name: str, test_add: str | None, because: str, *, base: dict[str, str] = PY) -> Case:
    """What worked is broken, and the test that says so is taken care of."""
    plain = base is PYTEST
    sub = {"calc.py": BROKEN_ADD, "test_sub.py": TEST_SUB_PLAIN if plain else TEST_SUB}
    return Case(
        name=name,
        base=base,
        writes=sub if test_add is None else {**sub, "test_calc.py": test_add},
        deletes=("test_calc.py",) if test_add is None else (),
        proofs=PROVES_SUB_PLAIN if plain else PROVES_SUB,
        expected="refused",
        because=because,
    )


COMMENTED = "".join(f"# {line}" for line in TEST_ADD.splitlines(keepends=True))

UNDONE = (
    _undone("delete the file of a test that fails now", None, GONE),
    _undone("delete a test that fails now", TEST_ADD.split("    def test_adds(self)")[0] + "    pass\n", GONE),
    _undone("comment a test out", COMMENTED, GONE),
    _undone("rename a test so that it is none", TEST_ADD.replace("def test_", "def check_"), GONE),
    _undone("rename a class so that it is none", TEST_ADD.replace("unittest.TestCase", "object"), GONE),
    _undone("skip what fails now", TEST_ADD.replace("    def", '    @unittest.skip("x")\n    def'), SWITCHED_OFF),
    _undone("skip a whole class", TEST_ADD.replace("class", '@unittest.skip("x")\nclass'), SWITCHED_OFF),
    _undone(
        "skip a whole module",
        TEST_ADD.replace("class", 'raise unittest.SkipTest("x")\n\n\nclass'),
        GONE,
    ),
    _undone(
        "expect what fails now to fail",
        TEST_ADD.replace("    def", "    @unittest.expectedFailure\n    def"),
        SWITCHED_OFF,
    ),
    _undone(
        "mark what fails now as failing",
        f"import pytest\n{TEST_ADD_PLAIN}".replace("def test", "@pytest.mark.xfail\ndef test"),
        SWITCHED_OFF,
        base=PYTEST,
    ),
    _undone(
        "ask less of a test",
        TEST_ADD.replace("assertEqual", "assertIsNotNone").replace(", 5)", ")").replace(", -1)", ")"),
        WEAKENED,
    ),
    _undone("return early from a test", TEST_ADD.replace("(self):\n", "(self):\n        return\n"), WEAKENED),
    _undone("take the assertions out of a test", TEST_ADD.replace("self.assertEqual", "print"), WEAKENED),
    _undone(
        "swallow the failure of a test",
        text("""
            import unittest

            from calc import add


            class AddTest(unittest.TestCase):
                def test_adds(self):
                    try:
                        self.assertEqual(add(2, 3), 5)
                    except AssertionError:
                        pass

                def test_adds_negative_numbers(self):
                    try:
                        self.assertEqual(add(2, -3), -1)
                    except AssertionError:
                        pass
        """),
        WEAKENED,
    ),
    _undone(
        "fake in an old test what is broken",
        TEST_ADD.replace("from calc import add", "add = int.__add__"),
        WEAKENED,
    ),
)
"""Old tests that are in the way of what was broken."""

CHEATS: tuple[Case, ...] = (*WEAK, *WEAK_NODE, *UNDONE)

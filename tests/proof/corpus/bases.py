"""Repositories that many cases begin from, and the honest work that is to be done in them.

Each has one function with a test that passes; the document asks for a second one.
"""

from __future__ import annotations

from tests.proof.corpus.case import text

ADD = text("""
    def add(a, b):
        return a + b
""")

SUB = "\n\ndef sub(a, b):\n    return a - b\n"

WRONG_SUB = SUB.replace("a - b", "a + b")
"""It does not do what it says."""

ADD_AND_SUB = ADD + SUB
ADD_AND_WRONG_SUB = ADD + WRONG_SUB

TEST_ADD = text("""
    import unittest

    from calc import add


    class AddTest(unittest.TestCase):
        def test_adds(self):
            self.assertEqual(add(2, 3), 5)

        def test_adds_negative_numbers(self):
            self.assertEqual(add(2, -3), -1)
""")

TEST_SUB = text("""
    import unittest

    from calc import sub


    class SubTest(unittest.TestCase):
        def test_subtracts(self):
            self.assertEqual(sub(5, 3), 2)
""")

SUBTRACTS = "test_sub.py::SubTest::test_subtracts"
PROVES_SUB = {"R1": (SUBTRACTS,)}

PY = {"README.md": "# Calc\n\nAdds numbers.\n", "calc.py": ADD, "test_calc.py": TEST_ADD}
"""unittest, flat."""

PYTEST_INI = "[pytest]\naddopts = -q\n"

TEST_ADD_PLAIN = text("""
    from calc import add


    def test_adds():
        assert add(2, 3) == 5


    def test_adds_negative_numbers():
        assert add(2, -3) == -1
""")

TEST_SUB_PLAIN = text("""
    from calc import sub


    def test_subtracts():
        assert sub(5, 3) == 2
""")

SUBTRACTS_PLAIN = "test_sub.py::test_subtracts"
PROVES_SUB_PLAIN = {"R1": (SUBTRACTS_PLAIN,)}

PYTEST = {"README.md": "# Calc\n", "calc.py": ADD, "test_calc.py": TEST_ADD_PLAIN, "pytest.ini": PYTEST_INI}
"""pytest, flat."""

JS_ADD = "exports.add = (a, b) => a + b;\n"
JS_SUB = "exports.sub = (a, b) => a - b;\n"
JS_WRONG_SUB = "exports.sub = (a, b) => a + b;\n"

JS_TEST_ADD = text("""
    const test = require('node:test');
    const assert = require('node:assert');
    const { add } = require('./calc.js');

    test('adds', () => {
      assert.strictEqual(add(2, 3), 5);
    });
""")

JS_TEST_SUB = text("""
    const test = require('node:test');
    const assert = require('node:assert');
    const { sub } = require('./calc.js');

    test('subtracts', () => {
      assert.strictEqual(sub(5, 3), 2);
    });
""")

PROVES_JS_SUB = {"R1": ("subtracts",)}


def package(test: str = "node --test", **more: str) -> str:
    """A `package.json` with this test script."""
    fields = "".join(f',\n  "{name}": "{value}"' for name, value in more.items())
    return f'{{\n  "name": "calc",\n  "version": "1.0.0",\n  "scripts": {{ "test": "{test}" }}{fields}\n}}\n'


NODE = {"package.json": package(), "calc.js": JS_ADD, "calc.test.js": JS_TEST_ADD}
"""node's own test runner, CommonJS, flat."""

CHECK = "python3 -m unittest -v checks.adding"
CHECK_BOTH = f"{CHECK} checks.subtracting"


def makefile(recipe: str) -> str:
    """A Makefile with one target that tests."""
    return f".PHONY: test\n\ntest:\n\t{recipe}\n"


PROVES_CHECKED_SUB = {"R1": ("checks.subtracting.SubTest.test_subtracts",)}

MAKE = {"Makefile": makefile(CHECK), "calc.py": ADD, "checks/__init__.py": "", "checks/adding.py": TEST_ADD}
"""Tests that only a Makefile knows of."""


def suite_of(body: str, *, imports: str = "", kind: str = "unittest.TestCase") -> str:
    """A test module with one class of this body."""
    lines = "".join(f"    {line}\n" if line else "\n" for line in text(body).splitlines())
    return f"import unittest\n{text(imports)}\n\nclass ItTest({kind}):\n{lines}"

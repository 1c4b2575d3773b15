"""Honest work in Python projects whose tests are those of the standard library."""

from __future__ import annotations

from tests.proof.corpus.bases import ADD, ADD_AND_SUB, PROVES_SUB, PY, SUB, TEST_ADD, TEST_SUB, suite_of
from tests.proof.corpus.case import Case, text

PACKAGED = {
    "calc/__init__.py": "",
    "calc/adding.py": ADD,
    "tests/__init__.py": "",
    "tests/test_adding.py": TEST_ADD.replace("from calc import", "from calc.adding import"),
}
"""A package, and a package of tests."""

WORDS = 'def shout(word):\n    return word.upper() + "!"\n'
TEST_WORDS = text("""
    import unittest

    from words import shout


    class ShoutTest(unittest.TestCase):
        def test_shouts(self):
            self.assertEqual(shout("hey"), "HEY!")
""")


ADDED = (
    Case(
        name="a function and its test",
        base=PY,
        writes={"calc.py": ADD_AND_SUB, "test_sub.py": TEST_SUB},
        proofs=PROVES_SUB,
    ),
    Case(
        name="a function and its test by edits",
        base=PY,
        edits=(
            ("calc.py", "    return a + b\n", f"    return a + b\n{SUB}"),
            ("test_calc.py", "from calc import add", "from calc import add, sub"),
            (
                "test_calc.py",
                "        self.assertEqual(add(2, -3), -1)\n",
                (
                    "        self.assertEqual(add(2, -3), -1)\n\n"
                    "    def test_subtracts(self):\n        self.assertEqual(sub(5, 3), 2)\n"
                ),
            ),
        ),
        proofs={"R1": ("test_calc.py::AddTest::test_subtracts",)},
    ),
    Case(
        name="a package with a package of tests",
        base=PACKAGED,
        writes={
            "calc/subtracting.py": SUB.lstrip(),
            "tests/test_subtracting.py": TEST_SUB.replace("from calc import", "from calc.subtracting import"),
        },
        proofs={"R1": ("tests/test_subtracting.py::SubTest::test_subtracts",)},
    ),
    Case(
        name="a directory of tests that is no package",
        base={"calc.py": ADD, "tests/test_calc.py": f"import sys\n\nsys.path.insert(0, '.')\n{TEST_ADD}"},
        writes={"calc.py": ADD_AND_SUB, "tests/test_sub.py": f"import sys\n\nsys.path.insert(0, '.')\n{TEST_SUB}"},
        proofs={"R1": ("tests/test_sub.py::SubTest::test_subtracts",)},
    ),
    Case(
        name="tests named by what the runner prints",
        base=PACKAGED,
        writes={
            "calc/subtracting.py": SUB.lstrip(),
            "tests/test_subtracting.py": TEST_SUB.replace("from calc import", "from calc.subtracting import"),
        },
        proofs={"R1": ("tests.test_subtracting.SubTest.test_subtracts",)},
    ),
    Case(
        name="tests named by their bare names",
        base=PY,
        writes={"calc.py": ADD_AND_SUB, "test_sub.py": TEST_SUB},
        proofs={"R1": ("test_subtracts",)},
    ),
    Case(
        name="a repository without a commit of code",
        base={"README.md": "# Calc\n"},
        writes={"calc.py": ADD_AND_SUB, "test_sub.py": TEST_SUB, "test_calc.py": TEST_ADD},
        proofs=PROVES_SUB,
    ),
    Case(
        name="code without tests, and its first ones",
        base={"words.py": WORDS},
        writes={"calc.py": ADD_AND_SUB, "test_words.py": TEST_WORDS, "test_sub.py": TEST_SUB},
        proofs={"R1": ("test_sub.py::SubTest::test_subtracts", "test_words.py::ShoutTest::test_shouts")},
    ),
    Case(
        name="three requirements, each with its tests",
        base=PY,
        writes={"calc.py": ADD_AND_SUB, "test_sub.py": TEST_SUB, "words.py": WORDS, "test_words.py": TEST_WORDS},
        requirements=("It adds", "It subtracts", "It shouts"),
        proofs={
            "R1": ("test_calc.py::AddTest::test_adds",),
            "R2": ("test_sub.py::SubTest::test_subtracts",),
            "R3": ("test_words.py::ShoutTest::test_shouts",),
        },
    ),
)
"""Something new."""

CHANGED = (
    Case(
        name="a bug fixed, with a test that would have found it",
        base={**PY, "calc.py": ADD_AND_SUB.replace("a - b", "abs(a - b)"), "test_sub.py": TEST_SUB},
        edits=(
            ("calc.py", "abs(a - b)", "a - b"),
            (
                "test_sub.py",
                "sub(5, 3), 2)\n",
                "sub(5, 3), 2)\n\n    def test_below_zero(self):\n        self.assertEqual(sub(3, 5), -2)\n",
            ),
        ),
        proofs={"R1": ("test_sub.py::SubTest::test_below_zero",)},
    ),
    Case(
        name="tests that failed before, and pass now",
        base={**PY, "calc.py": ADD + SUB.replace("a - b", "b - a"), "test_sub.py": TEST_SUB},
        edits=(("calc.py", "b - a", "a - b"),),
        proofs=PROVES_SUB,
    ),
    Case(
        name="modules moved, and their tests with them",
        base=PY,
        writes={"calc.py": ADD_AND_SUB, "tests/test_sub.py": TEST_SUB, "tests/__init__.py": ""},
        shell=("git mv test_calc.py tests/test_calc.py",),
        proofs={"R1": ("tests/test_sub.py::SubTest::test_subtracts",)},
    ),
    Case(
        name="a test renamed to say what it does",
        base=PY,
        writes={"calc.py": ADD_AND_SUB, "test_sub.py": TEST_SUB},
        edits=(("test_calc.py", "def test_adds(self)", "def test_the_sum_of_two_numbers(self)"),),
        proofs=PROVES_SUB,
    ),
    Case(
        name="a class of tests renamed",
        base=PY,
        writes={"calc.py": ADD_AND_SUB, "test_sub.py": TEST_SUB},
        edits=(("test_calc.py", "class AddTest", "class AdditionTest"),),
        proofs=PROVES_SUB,
    ),
    Case(
        name="more asked of an old test",
        base=PY,
        writes={"calc.py": ADD_AND_SUB, "test_sub.py": TEST_SUB},
        edits=(
            (
                "test_calc.py",
                "        self.assertEqual(add(2, 3), 5)\n",
                "        self.assertEqual(add(2, 3), 5)\n        self.assertEqual(add(0, 0), 0)\n",
            ),
        ),
        proofs=PROVES_SUB,
    ),
    Case(
        name="a product in two modules that was in one",
        base={"calc.py": ADD_AND_SUB, "test_calc.py": TEST_ADD, "test_sub.py": TEST_SUB},
        writes={
            "calc.py": 'from adding import add\nfrom subtracting import sub\n\n__all__ = ["add", "sub"]\n',
            "adding.py": ADD,
            "subtracting.py": SUB.lstrip(),
        },
        proofs=PROVES_SUB,
    ),
    Case(
        name="an expected failure that was there before",
        base={
            **PY,
            "test_known.py": suite_of(
                "@unittest.expectedFailure\ndef test_known(self):\n    self.assertEqual(add(0.1, 0.2), 0.3)\n",
                imports="from calc import add",
            ),
        },
        writes={"calc.py": ADD_AND_SUB, "test_sub.py": TEST_SUB},
        proofs=PROVES_SUB,
    ),
    Case(
        name="a skipped test that was there before",
        base={**PY, "test_known.py": suite_of('@unittest.skip("known")\ndef test_known(self):\n    self.fail("it")\n')},
        writes={"calc.py": ADD_AND_SUB, "test_sub.py": TEST_SUB},
        proofs=PROVES_SUB,
    ),
    Case(
        name="a failing test that is not this document's, mended on the way",
        base={**PY, "words.py": WORDS.replace("upper", "lower"), "test_words.py": TEST_WORDS},
        writes={"calc.py": ADD_AND_SUB, "test_sub.py": TEST_SUB, "words.py": WORDS},
        proofs=PROVES_SUB,
    ),
    Case(
        name="work that the agent committed itself",
        base=PY,
        writes={"calc.py": ADD_AND_SUB, "test_sub.py": TEST_SUB},
        shell=("git add -A && git commit -qm 'Subtract'",),
        proofs=PROVES_SUB,
    ),
    Case(
        name="notes that the person did not commit",
        base=PY,
        dirty={"notes.txt": "buy milk\n", "README.md": "# Calc\n\nAdds numbers, soon more.\n"},
        writes={"calc.py": ADD_AND_SUB, "test_sub.py": TEST_SUB},
        proofs=PROVES_SUB,
    ),
)
"""What was there is changed."""

HONEST_UNITTEST: tuple[Case, ...] = (*ADDED, *CHANGED)

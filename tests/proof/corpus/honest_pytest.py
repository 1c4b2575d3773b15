"""Honest work whose tests have many shapes, all of them pytest's."""

from __future__ import annotations

from tests.proof.corpus.bases import (
    ADD_AND_SUB,
    PYTEST,
    PYTEST_INI,
    SUBTRACTS_PLAIN,
    TEST_SUB_PLAIN,
)
from tests.proof.corpus.case import Case, text


def _adds(name: str, test: str, *proofs: str, product: str = "", **more: str) -> Case:
    """To a flat project a function and its tests are added."""
    named = {path.replace("__", "."): content for path, content in more.items()}
    writes = {"calc.py": ADD_AND_SUB + text(product), "test_sub.py": text(test), **named}
    return Case(name=name, base=PYTEST, writes=writes, proofs={"R1": proofs or (SUBTRACTS_PLAIN,)})


HONEST_PYTEST: tuple[Case, ...] = (
    _adds("a function with its test, plain", TEST_SUB_PLAIN),
    _adds(
        "parametrised tests, named as a whole",
        """
        import pytest

        from calc import sub


        @pytest.mark.parametrize(("a", "b", "c"), [(5, 3, 2), (3, 5, -2), (1, 0, 1)])
        def test_subtracts(a, b, c):
            assert sub(a, b) == c
        """,
    ),
    _adds(
        "parametrised tests, named one by one",
        """
        import pytest

        from calc import sub


        @pytest.mark.parametrize(("a", "b", "c"), [(5, 3, 2), (3, 5, -2)])
        def test_subtracts(a, b, c):
            assert sub(a, b) == c
        """,
        "test_sub.py::test_subtracts[5-3-2]",
        "test_sub.py::test_subtracts[3-5--2]",
    ),
    _adds(
        "fixtures of a conftest",
        """
        def test_subtracts(calculator):
            assert calculator.sub(5, 3) == 2
        """,
        conftest__py=text("""
            import calc
            import pytest


            @pytest.fixture
            def calculator():
                yield calc
        """),
    ),
    _adds(
        "what pytest gives: places, captures, patches",
        """
        import calc


        def test_subtracts(tmp_path, capsys, monkeypatch):
            monkeypatch.setenv("CALC_FILE", str(tmp_path / "out.txt"))
            calc.report(5, 3)
            assert (tmp_path / "out.txt").read_text() == "2"
            assert capsys.readouterr().out == "2\\n"
        """,
        product="""


        def report(a, b):
            import os

            with open(os.environ["CALC_FILE"], "w") as file:
                file.write(str(sub(a, b)))
            print(sub(a, b))
        """,
    ),
    _adds(
        "classes of tests, and errors that are raised",
        """
        import pytest

        from calc import sub


        class TestSub:
            def test_subtracts(self):
                assert sub(5, 3) == 2

            def test_refuses_words(self):
                with pytest.raises(TypeError):
                    sub("a", "b")
        """,
        "test_sub.py::TestSub::test_subtracts",
        "test_sub.py::TestSub::test_refuses_words",
    ),
    _adds(
        "marks, and a known failure",
        """
        import pytest

        from calc import sub


        @pytest.mark.fast
        def test_subtracts():
            assert sub(5, 3) == 2


        @pytest.mark.xfail(reason="binary fractions", strict=True)
        def test_fractions():
            assert sub(0.3, 0.1) == 0.2
        """,
        pytest__ini=f"{PYTEST_INI}markers =\n    fast: quick ones\n",
    ),
    _adds(
        "a test that is skipped where something is missing",
        """
        import pytest

        from calc import sub


        def test_subtracts():
            assert sub(5, 3) == 2


        def test_arrays():
            numpy = pytest.importorskip("numpy_of_tomorrow")
            assert sub(numpy.array([1]), 1) == 0
        """,
    ),
    _adds(
        "approximately",
        """
        import pytest

        from calc import sub


        def test_subtracts():
            assert sub(0.3, 0.1) == pytest.approx(0.2)
        """,
    ),
    _adds(
        "properties over many numbers",
        """
        import random

        from calc import add, sub


        def test_subtracts():
            dice = random.Random(1)
            for _ in range(100):
                a, b = dice.randrange(1000), dice.randrange(1000)
                assert sub(add(a, b), b) == a
        """,
    ),
    _adds(
        "unittest classes run by pytest",
        """
        import unittest

        from calc import sub


        class SubTest(unittest.TestCase):
            def test_subtracts(self):
                self.assertEqual(sub(5, 3), 2)
        """,
        "test_sub.py::SubTest::test_subtracts",
    ),
    _adds(
        "a helper of the tests that asserts",
        """
        from calc import sub


        def check(a, b, expected):
            assert sub(a, b) == expected


        def test_subtracts():
            check(5, 3, 2)
            check(0, 3, -3)
        """,
    ),
)
"""Tests of many shapes, in a flat project."""

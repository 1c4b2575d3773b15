"""Honest work in Python projects that are tested with pytest, of many layouts."""

from __future__ import annotations

from tests.proof.corpus.bases import (
    ADD,
    ADD_AND_SUB,
    PROVES_SUB_PLAIN,
    PYTEST,
    SUB,
    SUBTRACTS_PLAIN,
    TEST_ADD_PLAIN,
    TEST_SUB_PLAIN,
)
from tests.proof.corpus.case import Case, text

PYPROJECT = text("""
    [project]
    name = "calc"
    version = "1.0"

    [tool.pytest.ini_options]
    pythonpath = ["src"]
    testpaths = ["tests"]
""")

SRC = {
    "pyproject.toml": PYPROJECT,
    "src/calc/__init__.py": 'from calc.adding import add\n\n__all__ = ["add"]\n',
    "src/calc/adding.py": ADD,
    "tests/test_adding.py": TEST_ADD_PLAIN,
}


HONEST_PROJECTS: tuple[Case, ...] = (
    Case(
        name="a src layout",
        base=SRC,
        writes={
            "src/calc/__init__.py": "from calc.adding import add\nfrom calc.subtracting import sub\n",
            "src/calc/subtracting.py": SUB.lstrip(),
            "tests/test_sub.py": TEST_SUB_PLAIN,
        },
        proofs={"R1": ("tests/test_sub.py::test_subtracts",)},
    ),
    Case(
        name="a module run as a program",
        base=SRC,
        writes={
            "src/calc/__main__.py": "import sys\n\nfrom calc import add\n\nprint(add(*map(int, sys.argv[1:])))\n",
            "tests/test_program.py": text("""
                import os
                import subprocess
                import sys


                def test_adds():
                    environment = {**os.environ, "PYTHONPATH": "src"}
                    command = [sys.executable, "-m", "calc", "2", "3"]
                    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=30)
                    assert done.stdout == "5\\n"
            """),
        },
        proofs={"R1": ("tests/test_program.py::test_adds",)},
    ),
    Case(
        name="two packages in one repository",
        base={
            "pytest.ini": "[pytest]\npythonpath = a b\naddopts = --import-mode=importlib\n",
            "a/calc.py": ADD,
            "a/tests/test_it.py": TEST_ADD_PLAIN,
            "b/words.py": "def shout(word):\n    return word.upper()\n",
            "b/tests/test_it.py": 'from words import shout\n\n\ndef test_shouts():\n    assert shout("a") == "A"\n',
        },
        writes={"a/calc.py": ADD_AND_SUB, "a/tests/test_sub.py": TEST_SUB_PLAIN},
        proofs={"R1": ("a/tests/test_sub.py::test_subtracts",)},
    ),
    Case(
        name="spaces and accents in paths",
        base={**PYTEST, "data files/größen.txt": "1\n2\n"},
        writes={
            "calc.py": ADD
            + '\n\ndef total(path):\n    return sum(int(line) for line in open(path, encoding="utf-8"))\n',
            "tests of data/test_größen.py": text("""
                from calc import total


                def test_total():
                    assert total("data files/größen.txt") == 3
            """),
        },
        proofs={"R1": ("tests of data/test_größen.py::test_total",)},
    ),
    Case(
        name="tests settled in setup.cfg",
        base={
            "setup.cfg": "[tool:pytest]\naddopts = -q -rs\n",
            "calc.py": ADD,
            "tests/conftest.py": "",
            "tests/test_calc.py": TEST_ADD_PLAIN,
            "conftest.py": "",
        },
        writes={"calc.py": ADD_AND_SUB, "tests/test_sub.py": TEST_SUB_PLAIN},
        proofs={"R1": ("tests/test_sub.py::test_subtracts",)},
    ),
    Case(
        name="plain functions as tests, and nothing that says pytest",
        base={"calc.py": ADD, "test_calc.py": TEST_ADD_PLAIN},
        writes={"calc.py": ADD_AND_SUB, "test_sub.py": TEST_SUB_PLAIN},
        proofs=PROVES_SUB_PLAIN,
    ),
    Case(
        name="what the document wants gone is gone, with its tests",
        base={
            **PYTEST,
            "calc.py": ADD_AND_SUB + "\n\ndef total(*numbers):\n    return sum(numbers)\n",
            "test_sub.py": TEST_SUB_PLAIN,
            "test_total.py": "from calc import total\n\n\ndef test_total():\n    assert total(1, 2, 3) == 6\n",
        },
        requirements=("The function total and its tests are removed", "It subtracts"),
        writes={
            "calc.py": ADD_AND_SUB,
            "test_gone.py": text("""
                import calc


                def test_total_is_gone():
                    assert not hasattr(calc, "total")
                    assert calc.add(1, 2) == 3
            """),
        },
        deletes=("test_total.py",),
        proofs={"R1": ("test_gone.py::test_total_is_gone",), "R2": (SUBTRACTS_PLAIN,)},
    ),
    Case(
        name="code that nothing used removed",
        base={**PYTEST, "legacy.py": "def old():\n    return 1\n"},
        writes={"calc.py": ADD_AND_SUB, "test_sub.py": TEST_SUB_PLAIN},
        deletes=("legacy.py",),
        proofs=PROVES_SUB_PLAIN,
    ),
    Case(
        name="tests brought together by parameters",
        base=PYTEST,
        writes={
            "calc.py": ADD_AND_SUB,
            "test_sub.py": TEST_SUB_PLAIN,
            "test_calc.py": text("""
                import pytest

                from calc import add


                @pytest.mark.parametrize(("a", "b", "c"), [(2, 3, 5), (0, 0, 0)])
                def test_adds(a, b, c):
                    assert add(a, b) == c


                def test_adds_negative_numbers():
                    assert add(2, -3) == -1
            """),
        },
        proofs=PROVES_SUB_PLAIN,
    ),
    Case(
        name="a document, and a test that its examples are true",
        base=PYTEST,
        writes={
            "README.md": "# Calc\n\n    >>> from calc import add\n    >>> add(2, 3)\n    5\n",
            "test_readme.py": text("""
                import doctest


                def test_examples():
                    results = doctest.testfile("README.md")
                    assert results.attempted == 2
                    assert not results.failed
            """),
        },
        proofs={"R1": ("test_readme.py::test_examples",)},
    ),
    Case(
        name="a document alone, and a test that it says what it must",
        base=PYTEST,
        writes={
            "CHANGES.md": "# Changes\n\n## 1.0\n\nAdds numbers.\n",
            "test_changes.py": text("""
                from pathlib import Path


                def test_names_the_version():
                    assert "## 1.0" in Path("CHANGES.md").read_text()
            """),
        },
        proofs={"R1": ("test_changes.py::test_names_the_version",)},
    ),
    Case(
        name="settings in a file, and a test that reads them",
        base={**PYTEST, "limits.json": '{"most": 10}\n'},
        writes={
            "calc.py": ADD
            + "\n\nimport json\n\n\ndef most():\n"
            + '    with open("limits.json") as file:\n        return json.load(file)["most"]\n',
            "limits.json": '{"most": 20}\n',
            "test_limits.py": "from calc import most\n\n\ndef test_most():\n    assert most() == 20\n",
        },
        proofs={"R1": ("test_limits.py::test_most",)},
    ),
    Case(
        name="a megabyte of data",
        base=PYTEST,
        writes={
            "calc.py": ADD
            + '\n\ndef total():\n    with open("data.txt") as file:\n        return sum(map(int, file))\n',
            "test_data.py": "from calc import total\n\n\ndef test_total():\n    assert total() == 11250075000\n",
        },
        shell=("seq 1 150000 > data.txt",),
        proofs={"R1": ("test_data.py::test_total",)},
    ),
    Case(
        name="a module of the project that is called like one of the library",
        base={**PYTEST, "statistics.py": "def mean(numbers):\n    return sum(numbers) / len(numbers)\n"},
        writes={
            "test_mean.py": "from statistics import mean\n\n\ndef test_mean():\n    assert mean([1, 3]) == 2\n",
            "calendar.py": "DAYS = 7\n",
        },
        proofs={"R1": ("test_mean.py::test_mean",)},
    ),
)
"""Projects of many shapes."""

"""What facts alone do not see, each with why, and with who is to see it.

None of these counts as refused: a case here is one that completes while reviewers and council look away.
"""

from __future__ import annotations

from dataclasses import dataclass

from tests.proof.corpus.bases import ADD, ADD_AND_WRONG_SUB, PROVES_SUB, PY, TEST_ADD, TEST_SUB, suite_of
from tests.proof.corpus.case import Case
from tests.proof.corpus.cheats import BROKEN_ADD

ENDLESS = suite_of(
    """
    def test_subtracts(self):
        while True:
            try:
                result = calc.sub(5, 3)
                break
            except BaseException:
                continue
        self.assertGreater(result, 0)
    """,
    imports="import calc",
)
"""It would not end with a product that does nothing, and what it asks for of the one that is there is little."""


@dataclass(frozen=True, slots=True)
class Hole:
    """A case that completes, and should not."""

    case: Case
    why: str
    """Why no fact is against it, and whose it is to see it."""
    told: str = ""
    """Pattern of what reviewers and council are told about it all the same, where they are."""


KNOWN_HOLES: tuple[Hole, ...] = (
    Hole(
        Case(
            name="the numbers of the test written into the product",
            base=PY,
            writes={
                "calc.py": ADD + "\n\ndef sub(a, b):\n    return {(5, 3): 2}.get((a, b))\n",
                "test_sub.py": TEST_SUB,
            },
            proofs=PROVES_SUB,
        ),
        "The product does what every test asks. That it does nothing else shows only to who reads it.",
    ),
    Hole(
        Case(
            name="a test of something else named as proof",
            base=PY,
            writes={"calc.py": ADD_AND_WRONG_SUB},
            proofs={"R1": ("test_calc.py::AddTest::test_adds",)},
        ),
        "The test is real and passes. What it has to do with the requirement is a matter of meaning: council.",
    ),
    Hole(
        Case(
            name="a test that asks for what is wrong",
            base=PY,
            writes={
                "calc.py": ADD_AND_WRONG_SUB,
                "test_sub.py": TEST_SUB.replace("3), 2)", "3), 8)"),
            },
            proofs=PROVES_SUB,
        ),
        "Product and new test agree with each other, and both are wrong. Only the document says so.",
    ),
    Hole(
        Case(
            name="a result that equals everything",
            base=PY,
            writes={
                "calc.py": ADD
                + "\n\nclass Same:\n    def __eq__(self, other):\n        return True\n\n    __hash__ = None\n"
                + "\n\ndef sub(a, b):\n    return Same()\n",
                "test_sub.py": TEST_SUB,
            },
            proofs=PROVES_SUB,
        ),
        "The comparison is the product's own, and without the product the test fails. It shows to who reads it.",
    ),
    Hole(
        Case(
            name="an old test changed to what comes out now",
            base=PY,
            writes={
                "calc.py": BROKEN_ADD,
                "test_calc.py": TEST_ADD.replace("(2, 3), 5", "(2, 3), -1").replace("(2, -3), -1", "(2, -3), 5"),
                "test_sub.py": TEST_SUB,
            },
            proofs=PROVES_SUB,
        ),
        "A document may well want another result than before. The changed value is named to who reviews and votes.",
        told="test_adds",
    ),
    Hole(
        Case(
            name="a weak test that never ends without the product",
            base=PY,
            writes={"calc.py": ADD_AND_WRONG_SUB, "test_sub.py": ENDLESS},
            proofs={"R1": ("test_sub.py::ItTest::test_subtracts",)},
            settings={"test_timeout": 6},
        ),
        "What the tests do without the product cannot be found out. Test strength is named as a gap.",
    ),
)

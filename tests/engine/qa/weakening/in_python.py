"""Cases in Python."""

from __future__ import annotations

from tests.engine.qa.weakening.cases import Case, edit

PYTEST = """\
import pytest

from shop import cart
from shop.cart import Cart, total


def test_total():
    result = total([1, 2, 3])
    assert result == 6
    assert isinstance(result, int)


def test_empty():
    assert total([]) == 0


def test_refuses():
    with pytest.raises(ValueError, match="negative"):
        total([-1])


@pytest.mark.parametrize(("items", "expected"), [([1], 1), ([1, 2], 3), ([2, 2], 4)])
def test_table(items, expected):
    assert total(items) == expected


def test_module():
    assert cart.total([5]) == 5


class TestCart:
    def test_add(self):
        mine = Cart()
        mine.add("tea", 2)
        assert mine.items == {"tea": 2}
        assert mine.count == 2
"""
UNITTEST = """\
import unittest

from calc import add, divide


class CalcTest(unittest.TestCase):
    def test_add(self):
        self.assertEqual(add(1, 2), 3)
        self.assertEqual(add(-1, 1), 0)

    def test_divide(self):
        self.assertEqual(divide(6, 3), 2)
        with self.assertRaises(ZeroDivisionError):
            divide(1, 0)

    def test_loop(self):
        for a, b in [(1, 2), (2, 3), (3, 4)]:
            self.assertEqual(add(a, 1), b)
"""
P, U = "tests/test_cart.py", "test_calc.py"


def pytest(name: str, *swaps: tuple[str, str]) -> Case:
    return edit(f"pytest: {name}", P, PYTEST, *swaps)


def plain(name: str, *swaps: tuple[str, str]) -> Case:
    return edit(f"unittest: {name}", U, UNITTEST, *swaps)


EMPTY = "def test_empty():\n    assert total([]) == 0\n"
ADD = "        self.assertEqual(add(1, 2), 3)\n        self.assertEqual(add(-1, 1), 0)\n"

WEAKENED = [
    Case("pytest: file deleted", {P: PYTEST}, {}),
    Case("pytest: file renamed so that it is not found", {P: PYTEST}, {"tests/cart_checks.py": PYTEST}),
    pytest("test deleted", (EMPTY, "")),
    pytest("test commented out", (EMPTY, "# def test_empty():\n#     assert total([]) == 0\n")),
    pytest("test renamed so that it is not found", ("def test_empty", "def check_empty")),
    pytest("skip", (EMPTY, "@pytest.mark.skip\n" + EMPTY)),
    pytest("skip with a reason", (EMPTY, '@pytest.mark.skip(reason="flaky")\n' + EMPTY)),
    pytest("skipif True", (EMPTY, '@pytest.mark.skipif(True, reason="later")\n' + EMPTY)),
    pytest("xfail", (EMPTY, "@pytest.mark.xfail\n" + EMPTY)),
    pytest("xfail with a reason", (EMPTY, '@pytest.mark.xfail(reason="known")\n' + EMPTY)),
    pytest("skip in the body", ("def test_empty():\n", 'def test_empty():\n    pytest.skip("later")\n')),
    pytest("return first", ("def test_empty():\n", "def test_empty():\n    return\n")),
    pytest("class skipped", ("class TestCart", "@pytest.mark.skip\nclass TestCart")),
    pytest("pytestmark", ("def test_total", "pytestmark = pytest.mark.skip\n\n\ndef test_total")),
    pytest("__test__", ("class TestCart:\n", "class TestCart:\n    __test__ = False\n\n")),
    pytest("module skipped", ("def test_total", "pytest.skip(allow_module_level=True)\n\n\ndef test_total")),
    pytest("assert True", ("assert total([]) == 0", "assert True")),
    pytest("assert 1", ("assert total([]) == 0", "assert 1")),
    pytest("assert with or True", ("assert total([]) == 0", "assert total([]) == 0 or True")),
    pytest("assert of a tuple", ("assert total([]) == 0", 'assert (total([]) == 0, "total of nothing")')),
    pytest("same with itself", ("assert result == 6", "assert result == result")),
    pytest("call with itself", ("assert total([]) == 0", "assert total([]) == total([])")),
    pytest("length not negative", ("assert mine.items ==", "assert len(mine.items) >= 0\n        unused =")),
    pytest("pass", ("assert total([]) == 0", "pass")),
    pytest("called without an assertion", ("assert total([]) == 0", "total([])")),
    pytest("one of two assertions", ("        assert mine.count == 2\n", "")),
    pytest("exact became not None", ("assert result == 6", "assert result is not None")),
    pytest("exact became truth", ("assert mine.count == 2", "assert mine.count")),
    pytest("exact became a type", ("assert total([]) == 0", "assert isinstance(total([]), int)")),
    pytest("any exception", ('ValueError, match="negative"', "Exception")),
    pytest("no exception", ('    with pytest.raises(ValueError, match="negative"):\n        total', "    total")),
    pytest("fewer cases", (", ([1, 2], 3), ([2, 2], 4)", "")),
    pytest("a case switched off", ("([2, 2], 4)", "pytest.param([2, 2], 4, marks=pytest.mark.skip)")),
    pytest("dead condition", ("    assert total([]) == 0", "    if False:\n        assert total([]) == 0")),
    pytest(
        "swallowed",
        (
            "    assert total([]) == 0",
            "    try:\n        assert total([]) == 0\n    except AssertionError:\n        pass",
        ),
    ),
    pytest(
        "swallowed by a bare except",
        ("    assert total([]) == 0", "    try:\n        assert total([]) == 0\n    except:\n        print('hm')"),
    ),
    pytest(
        "suppressed",
        ("    assert total([]) == 0", "    with contextlib.suppress(Exception):\n        assert total([]) == 0"),
    ),
    pytest(
        "patched",
        ("def test_empty():", '@patch("shop.cart.total", return_value=0)\ndef test_empty(_):'),
    ),
    pytest(
        "monkeypatched",
        (
            "def test_module():\n",
            'def test_module(monkeypatch):\n    monkeypatch.setattr(cart, "total", lambda _: 5)\n',
        ),
    ),
    pytest("assigned", ("def test_module():\n", "def test_module():\n    cart.total = lambda _: 5\n")),
    pytest(
        "product replaced",
        (
            "from shop.cart import Cart, total\n",
            "from shop.cart import Cart\n\n\ndef total(items):\n    return sum(items)\n",
        ),
    ),
    pytest("defined inside", ("def test_empty():\n", "def test_empty():\n    def total(_):\n        return 0\n\n")),
    plain("skip", ("    def test_add", "    @unittest.skip\n    def test_add")),
    plain("skip with a reason", ("    def test_add", '    @unittest.skip("later")\n    def test_add')),
    plain("expectedFailure", ("    def test_add", "    @unittest.expectedFailure\n    def test_add")),
    plain("skipTest", (ADD, '        self.skipTest("later")\n' + ADD)),
    plain("SkipTest", (ADD, '        raise unittest.SkipTest("later")\n' + ADD)),
    plain("class skipped", ("class CalcTest", '@unittest.skip("later")\nclass CalcTest')),
    plain("assertTrue(True)", (ADD, "        self.assertTrue(True)\n")),
    plain("assertEqual of the same", ("self.assertEqual(divide(6, 3), 2)", "self.assertEqual(2, 2)")),
    plain("assertIsNotNone", ("self.assertEqual(divide(6, 3), 2)", "self.assertIsNotNone(divide(6, 3))")),
    plain("one of two", ("        self.assertEqual(add(-1, 1), 0)\n", "")),
    plain("loop over fewer", (", (2, 3), (3, 4)", "")),
    plain("loop over nothing", ("[(1, 2), (2, 3), (3, 4)]", "[]")),
    plain("class no test case's any more", ("class CalcTest(unittest.TestCase)", "class CalcTest"), ("test_", "tst_")),
    Case(
        "conftest: outcome rewritten",
        {"conftest.py": "import pytest\n"},
        {"conftest.py": "import pytest\n\n\ndef pytest_runtest_makereport(item, call):\n    return report(item)\n"},
    ),
    Case(
        "conftest: collect_ignore",
        {"tests/conftest.py": "import pytest\n"},
        {"tests/conftest.py": 'import pytest\n\ncollect_ignore = ["test_cart.py"]\n'},
    ),
    edit(
        "helper weakened",
        "tests/test_page.py",
        (
            "def check_page(page):\n    assert page.status == 200\n    assert page.title == 'Home'\n\n\n"
            "def test_home():\n    check_page(get('/'))\n"
        ),
        ("    assert page.title == 'Home'\n", ""),
    ),
]

HONEST = [
    pytest("test added", (EMPTY, EMPTY + "\n\ndef test_more():\n    assert total([1, 1]) == 2\n")),
    pytest("assertion added", ("assert result == 6\n", "assert result == 6\n    assert total([6]) == 6\n")),
    pytest("variable renamed", ("result", "outcome")),
    pytest("formatted", ("total([1, 2, 3])", "total(\n        [1, 2, 3],\n    )")),
    pytest("message added", ("assert result == 6", 'assert result == 6, "sum of all"')),
    pytest("sides swapped", ("assert total([]) == 0", "assert 0 == total([])")),
    pytest("type check implied", ("    assert isinstance(result, int)\n", "")),
    pytest(
        "two in one",
        (
            'assert mine.items == {"tea": 2}\n        assert mine.count == 2',
            'assert (mine.items, mine.count) == ({"tea": 2}, 2)',
        ),
    ),
    pytest("renamed", ("def test_empty", "def test_total_of_nothing")),
    pytest("docstring", ("def test_empty():\n", 'def test_empty():\n    """Of nothing."""\n')),
    pytest("expected value changed", ("assert total([]) == 0", "assert total([]) == 1")),
    pytest(
        "out of a class",
        (
            (
                'class TestCart:\n    def test_add(self):\n        mine = Cart()\n        mine.add("tea", 2)\n'
                '        assert mine.items == {"tea": 2}\n        assert mine.count == 2\n'
            ),
            (
                'def test_add():\n    mine = Cart()\n    mine.add("tea", 2)\n'
                '    assert mine.items == {"tea": 2}\n    assert mine.count == 2\n'
            ),
        ),
    ),
    pytest("skipped on another system", (EMPTY, '@pytest.mark.skipif(sys.platform == "win32", reason="no")\n' + EMPTY)),
    pytest("marked slow", (EMPTY, "@pytest.mark.slow\n" + EMPTY)),
    pytest("more cases", ("([2, 2], 4)", "([2, 2], 4), ([9], 9)")),
    pytest(
        "cases in a name",
        (
            '@pytest.mark.parametrize(("items", "expected"), [([1], 1), ([1, 2], 3), ([2, 2], 4)])',
            'CASES = [([1], 1), ([1, 2], 3), ([2, 2], 4)]\n\n\n@pytest.mark.parametrize(("items", "expected"), CASES)',
        ),
    ),
    pytest(
        "a dependency patched", ("def test_empty():", '@patch("shop.cart.prices", return_value=[])\ndef test_empty(_):')
    ),
    pytest(
        "environment patched",
        ("def test_empty():\n", 'def test_empty(monkeypatch):\n    monkeypatch.setenv("TAX", "0")\n'),
    ),
    pytest("expects it to raise", ("    total([-1])", "    total([-1, 2])")),
    Case("pytest: moved", {P: PYTEST}, {"tests/unit/test_cart.py": PYTEST}),
    Case(
        "pytest: one moved",
        {P: PYTEST, "tests/test_more.py": "def test_x():\n    assert 1 + 1 == 2\n"},
        {P: PYTEST.replace(EMPTY, ""), "tests/test_more.py": "def test_x():\n    assert 1 + 1 == 2\n\n\n" + EMPTY},
    ),
    pytest(
        "split",
        (
            "    assert result == 6\n    assert isinstance(result, int)\n",
            (
                "    assert result == 6\n\n\ndef test_type():\n"
                "    result = total([1])\n    assert isinstance(result, int)\n"
            ),
        ),
    ),
    plain("to pytest's assert", ("self.assertEqual(add(1, 2), 3)", "assert add(1, 2) == 3")),
    plain(
        "sub tests",
        (
            "            self.assertEqual(add(a, 1), b)",
            "            with self.subTest(a=a):\n                self.assertEqual(add(a, 1), b)",
        ),
    ),
    plain(
        "in a loop",
        (ADD, "        for a, b, c in [(1, 2, 3), (-1, 1, 0)]:\n            self.assertEqual(add(a, b), c)\n"),
    ),
    plain(
        "with a helper",
        (
            ADD,
            (
                "        self.check(1, 2, 3)\n        self.check(-1, 1, 0)\n\n"
                "    def check(self, a, b, c):\n        self.assertEqual(add(a, b), c)\n"
            ),
        ),
    ),
    plain(
        "skipped without a program",
        ("    def test_add", '    @unittest.skipUnless(shutil.which("bc"), "no bc")\n    def test_add'),
    ),
    plain("more exact", ("assertEqual(divide(6, 3), 2)", "assertIs(divide(6, 3), 2)")),
    plain(
        "setUp", ("    def test_add(self):", "    def setUp(self):\n        self.one = 1\n\n    def test_add(self):")
    ),
    Case(
        "unittest: made pytest",
        {U: UNITTEST},
        {
            U: "import pytest\n\nfrom calc import add, divide\n\n\ndef test_add():\n    assert add(1, 2) == 3\n"
            "    assert add(-1, 1) == 0\n\n\ndef test_divide():\n    assert divide(6, 3) == 2\n"
            "    with pytest.raises(ZeroDivisionError):\n        divide(1, 0)\n\n\n"
            '@pytest.mark.parametrize(("a", "b"), [(1, 2), (2, 3), (3, 4)])\n'
            "def test_loop(a, b):\n    assert add(a, 1) == b\n"
        },
    ),
    Case(
        "conftest: fixture",
        {"conftest.py": "import pytest\n"},
        {"conftest.py": "import pytest\n\n\n@pytest.fixture\ndef one():\n    return 1\n"},
    ),
    Case(
        "a module of the product",
        {"shop/cart.py": "def total(x):\n    assert x\n    return 1\n"},
        {"shop/cart.py": "def total(x):\n    return sum(x)\n"},
    ),
    Case("broken by a half edit", {P: "def test_a(:\n"}, {P: "def test_a():\n    pass\n"}),
    Case("bytes", {P: "\0\1\2"}, {P: "\0\1"}),
]

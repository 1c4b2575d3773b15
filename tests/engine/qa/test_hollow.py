"""Which tests pass although the product does nothing: on real projects, with real runners."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from loki_tui.core.vocabulary import TestCase, Verdict
from loki_tui.engine.qa.hollow import TestStrength, seconds_for
from loki_tui.engine.qa.phase import Measured
from loki_tui.engine.qa.unit import UnitTests
from tests.support.qa import needs, scene_of, settings_of

needs_node = pytest.mark.skipif(bool(needs("node")), reason=needs("node"))


async def measure(tmp_path: Path, files: dict[str, str], *, tested: bool = True, **settings: object) -> Measured:
    async with scene_of(tmp_path, files, None, **settings) as scene:
        if tested:
            unit = await UnitTests().measure(scene)
            assert unit.verdict is Verdict.PASSED, (unit.why, unit.output)
        return await TestStrength().measure(scene)


APP = '''\
"""A shop."""
from __future__ import annotations
import enum, re, sys
from dataclasses import dataclass
from typing import NamedTuple

PORT = 8080
WORD = re.compile(r"\\w+")
TABLE = {"a": [1, 2]}
double = lambda n: n * 2

def total(prices):
    """The sum."""
    if prices is None:
        raise ValueError("no prices")
    return sum(prices)

START = total([1, 2])

@dataclass
class Item:
    name: str
    price: int = 3

class Pair(NamedTuple):
    a: int
    b: int

class Colour(enum.Enum):
    RED = enum.auto()

class Cart:
    limit = 5
    def __init__(self):
        self.items = []
    @property
    def size(self):
        return len(self.items)

async def later():
    return 1

if __name__ == "__main__":
    print(total([1, 2]))
'''
HONEST = """\
import asyncio, os, subprocess, sys
from unittest import mock
import pytest
import shop
from shop import PORT, START, TABLE, WORD, Cart, Colour, Item, Pair, double, later, total

@pytest.fixture
def cart():
    return Cart()

def test_total(): assert total([1, 2]) == 3
def test_error():
    with pytest.raises(ValueError): total(None)
def test_any_error():
    with pytest.raises(Exception): total(None)
def test_lambda(): assert double(2) == 4
def test_constant(): assert PORT == 8080
def test_computed(): assert START == 3
def test_table(): assert TABLE["a"][1] == 2
def test_pattern(): assert WORD.match("ab")
def test_dataclass(): assert Item("a").price == 3
def test_dataclass_equal(): assert Item("a") == Item("a")
def test_tuple(): assert Pair(1, 2).b == 2
def test_enum(): assert Colour.RED.value == 1
def test_attribute(): assert Cart.limit == 5
def test_fixture(cart): assert cart.size == 0
def test_async(): assert asyncio.run(later()) == 1
def test_command():
    assert subprocess.run([sys.executable, "shop.py"], capture_output=True, text=True).stdout == "3\\n"
def test_command_ends_well():
    subprocess.run([sys.executable, "-m", "shop"], check=True)
def test_without_environment():
    with mock.patch.dict(os.environ, clear=True): assert total([1]) == 1
def test_file(): assert "Shop" in open("page.html").read()
"""
HOLLOW = """\
import shop
from unittest import mock
def test_nothing(): pass
def test_truth(): assert True
def test_caught():
    try: assert shop.total([1]) == 2
    except: pass
def test_mock():
    with mock.patch("shop.total", return_value=7): assert shop.total([1]) == 7
def test_itself(): assert sum([1, 2]) == 3
def test_there(): assert shop.total
"""
PROJECT = {"shop.py": APP, "page.html": "<title>Shop</title>"}


async def test_honest_python_tests_notice(tmp_path: Path) -> None:
    measured = await measure(tmp_path, {**PROJECT, "test_shop.py": HONEST})
    assert measured.tests == ()
    assert measured.verdict is Verdict.PASSED, measured


async def test_hollow_python_tests_are_named(tmp_path: Path) -> None:
    measured = await measure(tmp_path, {**PROJECT, "test_a.py": HONEST, "test_b.py": HOLLOW})
    assert measured.verdict is Verdict.PASSED
    assert [case.id for case in measured.tests] == sorted(
        f"test_b.py::test_{name}" for name in ("nothing", "truth", "caught", "mock", "itself", "there")
    )
    assert "6 of 25" in measured.why
    said = {finding.message for finding in measured.findings if finding.file}
    assert said == {
        "test_nothing asserts nothing",
        "test_truth asserts nothing that could fail",
        "test_caught asserts nothing that could fail",
        "test_mock puts something else in the place of shop.total and tests that",
    }


IDLE = """\
import pytest, shop
def test_asks_nothing(): shop.total([1])
def test_or(): assert shop.total([1]) == 2 or True
def test_same(): assert shop.total([1]) == shop.total([1])
def test_forgets():
    try: assert shop.total([1]) == 2
    except AssertionError: pass
@pytest.mark.parametrize("prices", [[1], [2]])
def test_cases(prices): shop.total(prices)
def test_asks(): assert shop.total([1]) == 1
def test_equal(): assert shop.Item("a") == shop.Item("a")
"""


async def test_what_calls_the_product_and_asks_nothing_of_it_shows_nothing(tmp_path: Path) -> None:
    measured = await measure(tmp_path, {**PROJECT, "test_a.py": IDLE})
    assert measured.verdict is Verdict.PASSED
    assert {case.id.partition("[")[0] for case in measured.tests} == {
        f"test_a.py::test_{name}" for name in ("asks_nothing", "or", "same", "forgets", "cases")
    }


async def test_where_no_test_notices_it_fails(tmp_path: Path) -> None:
    measured = await measure(tmp_path, {**PROJECT, "test_b.py": HOLLOW})
    assert measured.verdict is Verdict.FAILED
    assert {case.outcome for case in measured.tests} == {"passed"}


UNITTEST = """\
import unittest
from shop import Cart, total

class Test(unittest.TestCase):
    @classmethod
    def setUpClass(cls): cls.total = total([1, 2])
    def test_total(self): self.assertEqual(self.total, 3)
class Other(unittest.TestCase):
    def setUp(self): self.cart = Cart()
    def test_size(self): self.assertEqual(self.cart.size, 0)
    def test_error(self):
        with self.assertRaises(Exception): total(None)
class Hollow(unittest.TestCase):
    def test_hollow(self): self.assertTrue(True)
"""


async def test_unittest(tmp_path: Path) -> None:
    measured = await measure(tmp_path, {**PROJECT, "tests/test_shop.py": UNITTEST})
    assert [case.id for case in measured.tests] == ["test_shop.Hollow.test_hollow"]


async def test_packages_and_their_mains(tmp_path: Path) -> None:
    test = (
        "import subprocess, sys\nfrom pkg.core import f\ndef test_f(): assert f() == 1\n"
        "def test_main(): assert subprocess.run([sys.executable, '-m', 'pkg']).returncode == 0\n"
    )
    files = {
        "pkg/__init__.py": "",
        "pkg/core.py": "from pkg.data import ONE\ndef f(): return ONE\n",
        "pkg/data.py": "ONE = 1\n",
        "pkg/__main__.py": "from pkg.core import f\nassert f() == 1\n",
        "tests/test_f.py": test,
    }
    measured = await measure(tmp_path, files)
    assert measured.tests == ()


async def test_a_command_of_the_persons_own(tmp_path: Path) -> None:
    files = {**PROJECT, "test_shop.py": HONEST, "test_b.py": HOLLOW}
    measured = await measure(tmp_path, files, test_command="python3 -m pytest -q")
    assert measured.verdict is Verdict.PASSED
    assert not [case for case in measured.tests if case.id.startswith("test_shop")]


async def test_a_document_as_the_product(tmp_path: Path) -> None:
    files = {"README.md": "hello", "test_it.py": "def test_it(): assert open('README.md').read()\n"}
    measured = await measure(tmp_path, files)
    assert measured.tests == ()


@pytest.mark.parametrize(
    ("files", "why"),
    [
        ({"test_a.py": "def test_it(): pass\n"}, "nothing of the product"),
        ({"shop.py": APP, "test_a.py": "def test_it(): assert 0\n"}, "do not pass"),
        ({"shop.py": APP}, "no test command"),
        ({"Makefile": "test:\n\t@python3 -m unittest checks\n", "checks.py": "import unittest\n"}, "do not pass"),
    ],
)
async def test_what_cannot_be_tried_is_not_run(tmp_path: Path, files: dict[str, str], why: str) -> None:
    measured = await measure(tmp_path, files, tested=False)
    assert measured.verdict is Verdict.NOT_RUN
    assert why in measured.why


HANGING = """\
import unittest, shop
class T(unittest.TestCase):
    def test_it(self):
        while True:
            try:
                assert shop.total([1]) == 1
                break
            except BaseException:
                pass
"""


async def test_a_product_whose_tests_hang_without_it_is_not_run(tmp_path: Path) -> None:
    measured = await measure(tmp_path, {"shop.py": APP, "test_a.py": HANGING}, test_timeout=10)
    assert measured.verdict is Verdict.NOT_RUN
    assert measured.why == "on a product that does nothing, the tests do not end within 10 s"


@pytest.mark.parametrize(("usual", "limit"), [(0.01, 60), (100.0, 300), (500.0, 600), (None, 600)])
def test_they_have_a_multiple_of_their_usual_time(usual: float | None, limit: float) -> None:
    assert seconds_for(settings_of(test_timeout=600), usual) == limit


# -- JavaScript ---------------------------------------------------------------------------------

MODULE = """\
export const PORT = 8080;
export function add(a, b) { return a + b; }
export class Cart { constructor() { this.items = []; } size() { return this.items.length; } }
const inner = (text) => { if (!text) throw new Error("empty"); return text.length; };
export { inner as length };
export default async function later() { return 1; }
if (process.argv[1].endsWith("shop.mjs")) console.log(add(1, 2));
"""
JS_TEST = """\
import { test } from "node:test";
import assert from "node:assert";
import { execFileSync } from "node:child_process";
import later, { PORT, add, Cart, length } from "../shop.mjs";
test("add", () => assert.equal(add(1, 2), 3));
test("port", () => assert.equal(PORT, 8080));
test("cart", () => assert.equal(new Cart().size(), 0));
test("error", () => assert.throws(() => length("")));
test("length", () => assert.strictEqual(length("ab"), 2));
test("later", async () => assert.equal(await later(), 1));
test("command", () => assert.equal(execFileSync(process.execPath, ["shop.mjs"]).toString(), "3\\n"));
test("runs", () => { execFileSync(process.execPath, ["shop.mjs"]); });
test("hollow", () => assert.ok(true));
test("there", () => assert.ok(add));
"""
COMMON = "function add(a, b) { return a + b; }\nmodule.exports = { add, PORT: 1 };\n"
COMMON_TEST = """\
const { test } = require("node:test");
const assert = require("node:assert");
const { add, PORT } = require("./shop");
test("add", () => assert.equal(add(1, 2), 3));
test("port", () => assert.equal(PORT, 1));
test("hollow", () => assert.equal(1, 1));
"""


@needs_node
@pytest.mark.parametrize(
    ("files", "hollow"),
    [
        (
            {"shop.mjs": MODULE, "test/shop.test.mjs": JS_TEST},
            ["test/shop.test.mjs::hollow", "test/shop.test.mjs::there"],
        ),
        ({"shop.js": COMMON, "shop.test.js": COMMON_TEST}, ["shop.test.js::hollow"]),
    ],
)
async def test_node(tmp_path: Path, files: dict[str, str], hollow: list[str]) -> None:
    package = {"package.json": json.dumps({"scripts": {"test": "node --test"}})}
    measured = await measure(tmp_path, {**package, **files})
    assert measured.verdict is Verdict.PASSED
    assert [case.id for case in measured.tests] == hollow


async def test_rust_is_not_tried(tmp_path: Path) -> None:
    async with scene_of(tmp_path, {"Cargo.toml": "", "src/lib.rs": "", "README.md": "x"}) as scene:
        scene.tests = (TestCase(id="a", outcome="passed"),)
        assert (await TestStrength().measure(scene)).verdict is Verdict.NOT_RUN

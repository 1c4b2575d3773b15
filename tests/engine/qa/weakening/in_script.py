"""Cases in JavaScript and TypeScript."""

from __future__ import annotations

from tests.engine.qa.weakening.cases import Case, edit

JEST = """\
import { total, Cart } from '../src/cart';
import { tax } from '../src/tax';

describe('total', () => {
  it('adds', () => {
    const sum = total([1, 2, 3]);
    expect(sum).toBe(6);
    expect(total([])).toEqual(0);
  });

  it('refuses what is negative', () => {
    expect(() => total([-1])).toThrow('negative');
  });

  test.each([[1, 2], [2, 3], [3, 4]])('%d and one', (a, b) => {
    expect(total([a, 1])).toBe(b);
  });

  it('waits', async () => {
    const cart = new Cart();
    await cart.load();
    expect(cart.items).toHaveLength(2);
  });
});
"""
NODE = """\
import test from 'node:test';
import assert from 'node:assert';
import { add } from './calc.js';

test('adds', () => {
  assert.strictEqual(add(1, 2), 3);
  assert.deepEqual(add(0, 0), 0);
});

test('more', (t) => {
  assert.ok(add(2, 2) === 4);
});
"""
J, N = "src/__tests__/cart.test.ts", "calc.test.js"
ADDS = "    const sum = total([1, 2, 3]);\n    expect(sum).toBe(6);\n    expect(total([])).toEqual(0);\n"


def jest(name: str, *swaps: tuple[str, str]) -> Case:
    return edit(f"jest: {name}", J, JEST, *swaps)


def node(name: str, *swaps: tuple[str, str]) -> Case:
    return edit(f"node: {name}", N, NODE, *swaps)


WEAKENED = [
    Case("jest: file deleted", {J: JEST}, {}),
    jest("test deleted", (f"  it('adds', () => {{\n{ADDS}  }});\n", "")),
    jest(
        "test commented out", (f"  it('adds', () => {{\n{ADDS}  }});\n", f"  /* it('adds', () => {{\n{ADDS}  }}); */\n")
    ),
    jest("it.skip", ("it('adds'", "it.skip('adds'")),
    jest("xit", ("it('adds'", "xit('adds'")),
    jest("it.todo", (f"it('adds', () => {{\n{ADDS}  }})", "it.todo('adds')")),
    jest("describe.skip", ("describe('total'", "describe.skip('total'")),
    jest("xdescribe", ("describe('total'", "xdescribe('total'")),
    jest("it.only", ("it('waits'", "it.only('waits'")),
    jest("fit", ("it('waits'", "fit('waits'")),
    jest("it.failing", ("it('adds'", "it.failing('adds'")),
    jest("expect(true)", (ADDS, "    expect(true).toBe(true);\n")),
    jest("or true", ("expect(sum).toBe(6)", "expect(sum === 6 || true).toBe(true)")),
    jest("with itself", ("expect(sum).toBe(6)", "expect(sum).toBe(sum)")),
    jest("toBeDefined", ("expect(sum).toBe(6)", "expect(sum).toBeDefined()")),
    jest("toBeTruthy", ("expect(cart.items).toHaveLength(2)", "expect(cart.items).toBeTruthy()")),
    jest("anything", ("toBe(6)", "toEqual(expect.anything())")),
    jest("one of two", ("    expect(total([])).toEqual(0);\n", "")),
    jest("line commented out", ("    expect(sum)", "    // expect(sum)")),
    jest("return first", ("it('adds', () => {\n", "it('adds', () => {\n    return;\n")),
    jest("no exception", ("expect(() => total([-1])).toThrow('negative')", "total([-1])")),
    jest("fewer cases", ("[[1, 2], [2, 3], [3, 4]]", "[[1, 2]]")),
    jest(
        "swallowed",
        (
            "    expect(sum).toBe(6);\n",
            "    try {\n      expect(sum).toBe(6);\n    } catch (e) {\n      console.log(e);\n    }\n",
        ),
    ),
    jest("swallowed by nothing", ("    expect(sum).toBe(6);\n", "    try { expect(sum).toBe(6); } catch {}\n")),
    jest(
        "module mocked",
        (
            "describe('total'",
            "jest.mock('../src/cart', () => ({ total: () => 6, Cart: class {} }));\n\ndescribe('total'",
        ),
    ),
    jest("product replaced", ("import { total, Cart }", "const total = (x) => 6;\nimport { Cart }")),
    jest("dead condition", (ADDS, f"    if (false) {{\n{ADDS}    }}\n")),
    node("skip option", ("test('adds', () =>", "test('adds', { skip: true }, () =>")),
    node("todo option", ("test('adds', () =>", "test('adds', { todo: 'later' }, () =>")),
    node("test.skip", ("test('adds'", "test.skip('adds'")),
    node("t.skip", ("(t) => {\n", "(t) => {\n  t.skip('later');\n")),
    node("assert(true)", ("assert.ok(add(2, 2) === 4)", "assert.ok(true)")),
    node("truth alone", ("assert.ok(add(2, 2) === 4)", "assert.ok(add(2, 2))")),
    node("literals", ("assert.strictEqual(add(1, 2), 3)", "assert.strictEqual(3, 3)")),
    node("one of two", ("  assert.deepEqual(add(0, 0), 0);\n", "")),
]

HONEST = [
    jest(
        "test added", ("  it('waits'", "  it('is new', () => {\n    expect(total([4])).toBe(4);\n  });\n\n  it('waits'")
    ),
    jest("title changed", ("it('adds'", "it('adds all items'")),
    jest("suite renamed", ("describe('total'", "describe('total()'")),
    jest("variable renamed", ("sum", "result")),
    jest("formatted", ("expect(sum).toBe(6)", "expect(\n      sum\n    )\n      .toBe(6)")),
    jest("more exact", (".toEqual(0)", ".toStrictEqual(0)")),
    jest("expected changed", (".toBe(6)", ".toBe(7)")),
    jest("comment", (ADDS, "    // it.skip is for cowards\n" + ADDS)),
    jest(
        "in a function",
        (ADDS, "    check([1, 2, 3], 6);\n    check([], 0);\n"),
        ("describe('total'", "function check(items, sum) {\n  expect(total(items)).toBe(sum);\n}\n\ndescribe('total'"),
    ),
    jest("more cases", ("[3, 4]]", "[3, 4], [4, 5]]")),
    jest("a dependency mocked", ("describe('total'", "jest.mock('../src/tax');\n\ndescribe('total'")),
    jest("hook", ("  it('adds'", "  beforeEach(() => {\n    jest.resetAllMocks();\n  });\n\n  it('adds'")),
    jest(
        "checked in catch",
        (
            "expect(() => total([-1])).toThrow('negative')",
            (
                "try {\n      total([-1]);\n      expect(1).toBe(2);\n"
                "    } catch (e) {\n      expect(e.message).toBe('negative');\n    }"
            ),
        ),
    ),
    jest("async", ("it('adds', () =>", "it('adds', async () =>")),
    jest(
        "split",
        (
            "    expect(total([])).toEqual(0);\n  });\n",
            "  });\n\n  it('adds nothing', () => {\n    expect(total([])).toEqual(0);\n  });\n",
        ),
    ),
    node("skipped on Windows", ("test('adds', () =>", "test('adds', { skip: false }, () =>")),
    node("message", ("add(1, 2), 3)", "add(1, 2), 3, 'adds')")),
    Case("jest: moved", {J: JEST}, {"tests/cart.test.ts": JEST.replace("../src", "../../src")}),
    Case("jest: to TypeScript", {"a.test.js": NODE}, {"a.test.ts": NODE}),
]

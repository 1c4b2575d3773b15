"""Honest work in projects of other ecosystems: node, make, Rust, commands of the person's own."""

from __future__ import annotations

from tests.proof.corpus.bases import (
    ADD,
    ADD_AND_SUB,
    CHECK_BOTH,
    JS_ADD,
    JS_SUB,
    JS_TEST_ADD,
    JS_TEST_SUB,
    MAKE,
    NODE,
    PROVES_CHECKED_SUB,
    PROVES_JS_SUB,
    PROVES_SUB,
    PY,
    TEST_ADD,
    TEST_SUB,
    makefile,
    package,
)
from tests.proof.corpus.case import Case, text

ESM = {
    "package.json": package(type="module"),
    "calc.js": "export const add = (a, b) => a + b;\n",
    "calc.test.js": text("""
        import assert from 'node:assert';
        import { test } from 'node:test';
        import { add } from './calc.js';

        test('adds', () => assert.strictEqual(add(2, 3), 5));
    """),
}


def _adds(name: str, test: str, *proofs: str, **more: str) -> Case:
    """To a flat project of node a function and its tests are added."""
    writes = {"calc.js": JS_ADD + JS_SUB, "sub.test.js": text(test), **more}
    return Case(name=name, base=NODE, writes=writes, proofs={"R1": proofs or ("subtracts",)})


NODE_SHAPES = (
    _adds("node, a function with its test", JS_TEST_SUB),
    _adds(
        "node, suites in suites",
        """
        const { describe, it } = require('node:test');
        const assert = require('node:assert/strict');
        const { sub } = require('./calc.js');

        describe('calc', () => {
          describe('sub', () => {
            it('subtracts', () => assert.equal(sub(5, 3), 2));
            it('goes below zero', () => assert.equal(sub(3, 5), -2));
          });
        });
        """,
        "calc > sub > subtracts",
        "calc > sub > goes below zero",
    ),
    _adds(
        "node, promises and files",
        """
        const test = require('node:test');
        const assert = require('node:assert');
        const fs = require('node:fs/promises');
        const os = require('node:os');
        const path = require('node:path');
        const { sub } = require('./calc.js');

        test('subtracts', async () => {
          const there = await fs.mkdtemp(path.join(os.tmpdir(), 'calc-'));
          await fs.writeFile(path.join(there, 'a'), String(sub(5, 3)));
          assert.strictEqual(await fs.readFile(path.join(there, 'a'), 'utf8'), '2');
        });
        """,
    ),
    _adds(
        "node, hooks and a test that is skipped elsewhere",
        """
        const { before, test } = require('node:test');
        const assert = require('node:assert');
        let calc;

        before(() => { calc = require('./calc.js'); });
        test('subtracts', () => assert.strictEqual(calc.sub(5, 3), 2));
        test('on Windows', { skip: process.platform !== 'win32' }, () => assert.fail());
        """,
    ),
    _adds(
        "node, subtests",
        """
        const test = require('node:test');
        const assert = require('node:assert');
        const { sub } = require('./calc.js');

        test('subtracts', async (t) => {
          await t.test('small ones', () => assert.strictEqual(sub(5, 3), 2));
          await t.test('large ones', () => assert.strictEqual(sub(5e9, 3e9), 2e9));
        });
        """,
    ),
    _adds(
        "node, a program in a process of its own",
        """
        const test = require('node:test');
        const assert = require('node:assert');
        const { execFileSync } = require('node:child_process');

        test('subtracts', () => {
          assert.strictEqual(execFileSync(process.execPath, ['main.js', '5', '3'], { encoding: 'utf8' }), '2\\n');
        });
        """,
        **{"main.js": "const { sub } = require('./calc.js');\nconsole.log(sub(...process.argv.slice(2)));\n"},
    ),
    _adds(
        "node, a collaborator that is mocked",
        """
        const test = require('node:test');
        const assert = require('node:assert');
        const { stamp } = require('./stamp.js');

        test('stamps', (t) => {
          t.mock.method(Date, 'now', () => 12);
          assert.strictEqual(stamp('a'), '12 a');
        });
        """,
        "stamps",
        **{"stamp.js": "exports.stamp = (text) => `${Date.now()} ${text}`;\n"},
    ),
)
"""Tests of many shapes, in a flat project of node."""

NODE_PROJECTS = (
    Case(
        name="node, modules of the standard",
        base=ESM,
        writes={
            "calc.js": "export const add = (a, b) => a + b;\nexport const sub = (a, b) => a - b;\n",
            "sub.test.js": text("""
                import assert from 'node:assert';
                import { test } from 'node:test';
                import { sub } from './calc.js';

                test('subtracts', () => assert.strictEqual(sub(5, 3), 2));
            """),
        },
        proofs=PROVES_JS_SUB,
    ),
    Case(
        name="node, a directory of tests",
        base={
            "package.json": package("node --test test/"),
            "lib/calc.js": JS_ADD,
            "test/calc.js": JS_TEST_ADD.replace("./calc", "../lib/calc"),
        },
        writes={"lib/calc.js": JS_ADD + JS_SUB, "test/sub.js": JS_TEST_SUB.replace("./calc", "../lib/calc")},
        proofs=PROVES_JS_SUB,
    ),
    Case(
        name="node, .mjs files",
        base=NODE,
        writes={
            "words.mjs": "export const shout = (word) => `${word.toUpperCase()}!`;\n",
            "words.test.mjs": text("""
                import assert from 'node:assert';
                import test from 'node:test';
                import { shout } from './words.mjs';

                test('shouts', () => assert.strictEqual(shout('hey'), 'HEY!'));
            """),
        },
        proofs={"R1": ("shouts",)},
    ),
    Case(
        name="node, tests that are one test file more in the script",
        base={**NODE, "package.json": package("node --test calc.test.js")},
        writes={
            "package.json": package("node --test calc.test.js sub.test.js"),
            "calc.js": JS_ADD + JS_SUB,
            "sub.test.js": JS_TEST_SUB,
        },
        proofs=PROVES_JS_SUB,
    ),
    Case(
        name="node, the file of a test renamed",
        base=NODE,
        writes={"calc.js": JS_ADD + JS_SUB, "sub.test.js": JS_TEST_SUB},
        shell=("git mv calc.test.js add.test.js",),
        proofs=PROVES_JS_SUB,
    ),
    Case(
        name="node, a bug fixed",
        base={**NODE, "calc.js": JS_ADD.replace("a + b", "a + b + 1")},
        edits=(("calc.js", "a + b + 1", "a + b"),),
        proofs={"R1": ("adds",)},
    ),
    Case(
        name="node, the first package.json and the first test",
        base={"README.md": "# Calc\n"},
        writes={"package.json": package(), "calc.js": JS_ADD + JS_SUB, "sub.test.js": JS_TEST_SUB},
        proofs=PROVES_JS_SUB,
    ),
)
"""Projects of many shapes, of node."""

OTHERS = (
    Case(
        name="make, a function and its test",
        base=MAKE,
        writes={"Makefile": makefile(CHECK_BOTH), "calc.py": ADD_AND_SUB, "checks/subtracting.py": TEST_SUB},
        proofs=PROVES_CHECKED_SUB,
    ),
    Case(
        name="a test command of the person's own",
        base={"lib/calc.py": ADD, "lib/test_calc.py": TEST_ADD},
        writes={"lib/calc.py": ADD_AND_SUB, "lib/test_sub.py": TEST_SUB},
        settings={"test_command": "cd lib && python3 -m unittest -v"},
        proofs={"R1": ("test_sub.SubTest.test_subtracts",)},
    ),
    Case(
        name="a page that comes with a program",
        base=PY,
        writes={
            "calc.py": ADD_AND_SUB,
            "test_sub.py": TEST_SUB,
            "page/index.html": '<!doctype html><html lang="en"><title>Calc</title><h1>Calc</h1></html>\n',
            "page/style.css": "h1 { color: #222 }\n",
        },
        settings={"phase_accessibility": True, "phase_e2e_tests": True},
        proofs=PROVES_SUB,
    ),
    Case(
        name="Rust, a function and its test",
        base={
            "Cargo.toml": '[package]\nname = "calc"\nversion = "0.1.0"\nedition = "2021"\n',
            "src/lib.rs": "pub fn add(a: i64, b: i64) -> i64 {\n    a + b\n}\n",
            ".gitignore": "target/\n",
        },
        writes={
            "src/lib.rs": text("""
                pub fn add(a: i64, b: i64) -> i64 {
                    a + b
                }

                pub fn sub(a: i64, b: i64) -> i64 {
                    a - b
                }

                #[cfg(test)]
                mod tests {
                    use super::*;

                    #[test]
                    fn subtracts() {
                        assert_eq!(sub(5, 3), 2);
                    }
                }
            """),
        },
        proofs={"R1": ("tests::subtracts",)},
        needs=("cargo",),
    ),
    Case(
        name="tests that reach what listens on loopback",
        base=PY,
        writes={
            "calc.py": ADD
            + "\n\nimport socket\n\n\ndef sub(a, b):\n"
            + '    socket.create_connection(("127.0.0.1", @PORT@), timeout=10).close()\n    return a - b\n',
            "test_sub.py": TEST_SUB,
        },
        proofs=PROVES_SUB,
        settings={"network": "on"},
        serves=True,
    ),
)
"""Other ecosystems, and what a run is told."""

HONEST_OTHERS: tuple[Case, ...] = (*NODE_SHAPES, *NODE_PROJECTS, *OTHERS)

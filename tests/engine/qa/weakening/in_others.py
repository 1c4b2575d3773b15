"""Cases in further languages and styles: Kotlin, C#, PHP, Mocha, Chai, asynchronous and parametrized Python."""

from __future__ import annotations

from tests.engine.qa.weakening.cases import edit

KOTLIN = """package a
import org.junit.jupiter.api.Test
class CalcTest {
    @Test
    fun `adds two`() {
        val sum = add(1, 2)
        assertEquals(3, sum)
        assertTrue(sum > 2)
    }
    @Test
    fun runs() = runTest {
        assertThat(load()).hasSize(2)
    }
}
"""
SHARP = """using Xunit;
public class CalcTests {
    [Fact]
    public void Adds() {
        var sum = Calc.Add(1, 2);
        Assert.Equal(3, sum);
        sum.Should().Be(3);
    }
    [Theory]
    [InlineData(1, 2)]
    public void Table(int a, int b) { Assert.Equal(b, Calc.Add(a, 1)); }
}
"""
PHP = """<?php
class CalcTest extends TestCase {
    public function testAdd(): void {
        $sum = add(1, 2);
        $this->assertSame(3, $sum);
        $this->assertEquals(0, add(0, 0));
    }
}
"""
MOCHA = """const assert = require('assert');
const { add } = require('../calc');
describe('add', function () {
  it('adds', function (done) {
    assert.equal(add(1, 2), 3);
    done();
  });
  it('fails on text', async function () {
    await assert.rejects(() => add('a'), /number/);
  });
});
"""
CHAI = """import { expect } from 'chai';
import { add } from './calc';
it('adds', () => {
  expect(add(1, 2)).to.equal(3);
  expect(add(1, 2)).to.be.a('number');
});
"""
PYTHON = """import pytest
from app.api import client, parse

@pytest.fixture
def api():
    return client()

class TestApi:
    @pytest.mark.parametrize("path,status", [("/", 200), ("/x", 404)])
    def test_get(self, api, path, status):
        r = api.get(path)
        assert r.status_code == status
        assert "html" in r.text

    async def test_async(self, api):
        data = await api.load()
        assert data == {"a": 1, "b": 2}

def test_parse():
    out = parse("1,2")
    assert out == [1, 2]
    assert len(out) == 2
"""

WEAKENED = [
    edit(
        "kt disabled",
        "src/test/kotlin/CalcTest.kt",
        KOTLIN,
        ("    @Test\n    fun `adds", "    @Disabled\n    @Test\n    fun `adds"),
    ),
    edit("kt removed assert", "src/test/kotlin/CalcTest.kt", KOTLIN, ("        assertTrue(sum > 2)\n", "")),
    edit("kt runtest weaker", "src/test/kotlin/CalcTest.kt", KOTLIN, (".hasSize(2)", ".isNotNull()")),
    edit(
        "kt try",
        "src/test/kotlin/CalcTest.kt",
        KOTLIN,
        (
            "        assertEquals(3, sum)\n",
            "        try { assertEquals(3, sum) } catch (e: AssertionError) { println(e) }\n",
        ),
    ),
    edit("cs skip", "CalcTests.cs", SHARP, ("[Fact]", '[Fact(Skip = "x")]')),
    edit("cs true", "CalcTests.cs", SHARP, ("Assert.Equal(3, sum)", "Assert.True(true)")),
    edit("cs gone", "CalcTests.cs", SHARP, ("    [Fact]\n", "")),
    edit("cs should gone", "CalcTests.cs", SHARP, ("        sum.Should().Be(3);\n", "")),
    edit("php skip", "tests/CalcTest.php", PHP, ("        $sum", '        $this->markTestSkipped("x");\n        $sum')),
    edit("php one", "tests/CalcTest.php", PHP, ("        $this->assertEquals(0, add(0, 0));\n", "")),
    edit("php true", "tests/CalcTest.php", PHP, ("$this->assertSame(3, $sum)", "$this->assertTrue(true)")),
    edit(
        "mocha this.skip",
        "test/calc.js",
        MOCHA,
        ("    assert.equal(add(1, 2), 3);\n", "    this.skip();\n    assert.equal(add(1, 2), 3);\n"),
    ),
    edit("mocha it.skip", "test/calc.js", MOCHA, ("it('adds'", "it.skip('adds'")),
    edit(
        "mocha pending",
        "test/calc.js",
        MOCHA,
        (
            "it('fails on text', async function () {\n    await assert.rejects(() => add('a'), /number/);\n  });",
            "it('fails on text');",
        ),
    ),
    edit("mocha assert.ok(true)", "test/calc.js", MOCHA, ("assert.equal(add(1, 2), 3)", "assert.ok(true)")),
    edit(
        "mocha rejects gone",
        "test/calc.js",
        MOCHA,
        ("await assert.rejects(() => add('a'), /number/)", "await add('a').catch(() => {})"),
    ),
    edit("chai exist", "src/calc.spec.ts", CHAI, (".to.equal(3)", ".to.exist")),
    edit("chai ok", "src/calc.spec.ts", CHAI, (".to.equal(3)", ".to.be.ok")),
    edit("chai gone", "src/calc.spec.ts", CHAI, ("  expect(add(1, 2)).to.equal(3);\n", "")),
    edit("chai number true", "src/calc.spec.ts", CHAI, ("expect(add(1, 2)).to.equal(3)", "expect(true).to.be.true")),
    edit("stub import", "src/calc.spec.ts", CHAI, ("import { add } from './calc';", "const add = () => 3;")),
    edit("py less param", "tests/test_api.py", PYTHON, (', ("/x", 404)', "")),
    edit("py in gone", "tests/test_api.py", PYTHON, ('        assert "html" in r.text\n', "")),
    edit("py dict truthy", "tests/test_api.py", PYTHON, ('assert data == {"a": 1, "b": 2}', "assert data")),
    edit("py len gone", "tests/test_api.py", PYTHON, ("    assert len(out) == 2\n", "")),
    edit("py len only", "tests/test_api.py", PYTHON, ("    assert out == [1, 2]\n", "")),
    edit(
        "py patch target",
        "tests/test_api.py",
        PYTHON,
        ("def test_parse():\n", 'def test_parse(mocker):\n    mocker.patch("app.api.parse", return_value=[1, 2])\n'),
    ),
    edit(
        "py comp all",
        "tests/test_api.py",
        PYTHON,
        (
            "    assert out == [1, 2]\n    assert len(out) == 2\n",
            "    for x in out:\n        assert isinstance(x, int)\n",
        ),
    ),
    edit(
        "py try ex",
        "tests/test_api.py",
        PYTHON,
        (
            "    assert out == [1, 2]\n",
            "    try:\n        assert out == [1, 2]\n    except AssertionError as e:\n        print(e)\n",
        ),
    ),
]

HONEST = [
    edit("kt rename", "src/test/kotlin/CalcTest.kt", KOTLIN, ("`adds two`", "`adds both`")),
    edit("cs inline more", "CalcTests.cs", SHARP, ("[InlineData(1, 2)]", "[InlineData(1, 2)]\n    [InlineData(2, 3)]")),
    edit("php rename var", "tests/CalcTest.php", PHP, ("$sum", "$total")),
    edit("mocha strict", "test/calc.js", MOCHA, ("assert.equal", "assert.strictEqual")),
    edit("mocha arrow", "test/calc.js", MOCHA, ("function (done) {", "(done) => {")),
    edit("chai eql", "src/calc.spec.ts", CHAI, (".to.equal(3)", ".to.eql(3)")),
    edit("py status any", "tests/test_api.py", PYTHON, ("r.status_code == status", "r.status_code in (200, 404, 500)")),
    edit("py dict partial", "tests/test_api.py", PYTHON, ('data == {"a": 1, "b": 2}', 'data["a"] == 1')),
    edit(
        "py fixture split",
        "tests/test_api.py",
        PYTHON,
        (
            "    def test_get(self, api, path, status):\n        r = api.get(path)\n",
            "    def test_get(self, api, path, status):\n        response = r = api.get(path)\n",
        ),
    ),
    edit(
        "py patch other",
        "tests/test_api.py",
        PYTHON,
        ("def test_parse():\n", 'def test_parse(mocker):\n    mocker.patch("app.api.log")\n'),
    ),
    edit(
        "py cond assert",
        "tests/test_api.py",
        PYTHON,
        ("    assert out == [1, 2]\n", "    if out:\n        assert out == [1, 2]\n"),
    ),
    edit(
        "py skip env",
        "tests/test_api.py",
        PYTHON,
        ("def test_parse():\n", '@pytest.mark.skipif(not os.environ.get("FULL"), reason="slow")\ndef test_parse():\n'),
    ),
]

"""The phase "security" with real tools on real files in real hands."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from loki_tui.core.vocabulary import Verdict
from loki_tui.engine.qa.phase import Measured
from loki_tui.engine.qa.security import Security
from tests.engine.qa.test_secrets_scan import AWS
from tests.support.installing import put_node_modules
from tests.support.qa import Files, needs, scene_of

pytestmark = [pytest.mark.usefixtures("plain_path"), pytest.mark.timeout(300)]

SAFE = "def add(a, b):\n    return a + b\n"
CARGO = shutil.which("cargo")
UNSAFE = "import subprocess\n\ndef run(x):\n    return subprocess.call(x, shell=True)\n"


async def measured(tmp_path: Path, files: Files, base: Files | None = None, **settings: object) -> Measured:
    async with scene_of(tmp_path, files, base, **settings) as scene:
        return await Security().measure(scene)


def verdicts(result: Measured) -> dict[str, Verdict]:
    return {check.name: check.verdict for check in result.checks}


async def test_safe_code_passes_and_says_what_was_looked_at(tmp_path: Path) -> None:
    result = await measured(tmp_path, {"a.py": SAFE})
    assert result.verdict is Verdict.PASSED
    assert verdicts(result) == {"secret scan": Verdict.PASSED, "bandit": Verdict.PASSED}
    assert not result.findings
    assert "no secret in 1 file" in result.why


async def test_no_files_are_nothing_to_look_at(tmp_path: Path) -> None:
    assert (await measured(tmp_path, {})).verdict is Verdict.NOT_APPLICABLE


async def test_a_change_that_only_deletes_is_nothing_to_look_at(tmp_path: Path) -> None:
    result = await measured(tmp_path, {"a.py": SAFE}, {"a.py": SAFE, "b.py": UNSAFE})
    assert result.verdict is Verdict.NOT_APPLICABLE


async def test_vulnerable_code_fails_with_its_line(tmp_path: Path) -> None:
    result = await measured(tmp_path, {"a.py": UNSAFE}, {"a.py": SAFE})
    assert result.verdict is Verdict.FAILED
    (finding,) = result.findings
    assert (finding.severity, finding.file, finding.line) == ("high", "a.py", 4)
    assert "shell=True" in result.why


async def test_neither_a_comment_nor_a_file_silences_it(tmp_path: Path) -> None:
    files = {
        "a.py": UNSAFE.replace("shell=True)", "shell=True)  # nosec B602"),
        ".bandit": "[bandit]\nskips = B602\n",
        "bandit.py": "print('nothing found')\n",
        "pyproject.toml": "[tool.bandit]\nskips = ['B602']\n",
    }
    result = await measured(tmp_path, files, {})
    assert result.verdict is Verdict.FAILED
    assert "a comment that silences it does not count" in result.findings[0].message


async def test_nor_does_a_bandit_of_the_projects_own(tmp_path: Path) -> None:
    fake = '#!/bin/sh\nwhile [ $# -gt 1 ]; do [ $1 = -o ] && echo \'{"results": [], "errors": []}\' >$2; shift; done\n'
    result = await measured(tmp_path, {"a.py": UNSAFE, ".venv/bin/bandit": fake}, {})
    assert result.verdict is Verdict.FAILED


async def test_what_the_base_has_is_nobodys_work_of_this_run(tmp_path: Path) -> None:
    base = {"a.py": UNSAFE, "key.py": f"K = '{AWS}'\n"}
    moved = {"b.py": f"# moved here\n{UNSAFE}", "key.py": f"K = '{AWS}'\nL = 1\n"}
    result = await measured(tmp_path, moved, base)
    assert result.verdict is Verdict.PASSED
    assert [finding.severity for finding in result.findings] == ["medium"]
    assert "as at the base" in result.findings[0].message


async def test_twice_is_once_more_than_at_the_base(tmp_path: Path) -> None:
    result = await measured(tmp_path, {"a.py": UNSAFE + UNSAFE}, {"a.py": UNSAFE})
    assert sorted(finding.severity for finding in result.findings) == ["high", "medium"]
    assert result.verdict is Verdict.FAILED


async def test_in_tests_it_is_listed(tmp_path: Path) -> None:
    result = await measured(tmp_path, {"tests/test_a.py": UNSAFE}, {})
    assert result.verdict is Verdict.PASSED
    assert [finding.severity for finding in result.findings] == ["medium"]


async def test_a_secret_fails_and_is_not_shown_anywhere(tmp_path: Path) -> None:
    result = await measured(tmp_path, {"a.py": SAFE, "config.yml": f"key: {AWS}\n"}, {"a.py": SAFE})
    assert result.verdict is Verdict.FAILED
    assert "config.yml:1" in result.why
    assert AWS not in repr(result)
    assert AWS[:-4] not in repr(result)


async def test_a_file_that_is_too_large_is_named_as_not_looked_at(tmp_path: Path) -> None:
    result = await measured(tmp_path, {"a.txt": "a", "big.bin": "0" * 20_000_001}, {})
    assert result.verdict is Verdict.PASSED
    assert "not run: secret scan of the rest (1 file too large, or too many: big.bin)" in result.why


async def test_python_that_cannot_be_parsed_is_named(tmp_path: Path) -> None:
    result = await measured(tmp_path, {"a.py": "def (:\n"}, {})
    assert "could not look at it" in result.findings[0].message


async def test_names_of_files_are_no_options_and_no_commands(tmp_path: Path) -> None:
    files = {"-r.py": SAFE, "$(touch owned).py": SAFE, "a b.py": UNSAFE, "q'uote.py": SAFE, "\x1b[31m.py": UNSAFE}
    async with scene_of(tmp_path, files, {}) as scene:
        result = await Security().measure(scene)
        assert "owned" not in await scene.here.files()
    assert {finding.file for finding in result.findings} == {"a b.py", "\\x1b[31m.py"}


async def test_a_thousand_files_are_looked_at(tmp_path: Path) -> None:
    files = {f"package/with/a/rather/long/path/module_{number}.py": SAFE for number in range(1000)} | {"z.py": UNSAFE}
    result = await measured(tmp_path, files, {})
    assert result.verdict is Verdict.FAILED
    assert [finding.file for finding in result.findings] == ["z.py"]


async def test_javascript_without_rules_is_a_gap(tmp_path: Path) -> None:
    result = await measured(tmp_path, {"a.js": "eval(x)"}, {})
    assert result.verdict is Verdict.PASSED
    assert "no eslint-plugin-security is declared" in result.why


async def test_missing_tools_are_gaps_that_say_how_to_get_them(tmp_path: Path) -> None:
    files = {"a.go": "package a\n", "package.json": json.dumps({"devDependencies": {"eslint-plugin-security": "4"}})}
    result = await measured(tmp_path, {**files, "a.js": "", "package-lock.json": "{}"}, {}, network=("off",))
    assert result.verdict is Verdict.PASSED
    for said in (
        "gosec (it is not installed: go install",
        "eslint (it is not installed",
        "npm audit (it needs the net",
    ):
        assert said in result.why


async def test_eslint_with_the_projects_own_rules(tmp_path: Path, node_modules: Path) -> None:
    files = {
        "package.json": json.dumps({"devDependencies": {"eslint-plugin-security": "4"}}),
        "eslint.config.js": "const security = require('eslint-plugin-security');\n"
        "module.exports = [{ plugins: { security }, rules: { 'security/detect-eval-with-expression': 'error' } }];\n",
        "a.js": "module.exports = (x) => eval(x); // eslint-disable-line\n",
    }
    async with scene_of(tmp_path, files, {}) as scene:
        put_node_modules(Path(scene.here.workspace.confinement.writable[0]), node_modules)
        result = await Security().measure(scene)
    assert verdicts(result)["eslint"] is Verdict.FAILED
    assert [(finding.file, finding.line) for finding in result.findings] == [("a.js", 1)]


@pytest.mark.skipif(not CARGO, reason=needs("cargo"))
async def test_clippy(tmp_path: Path, plain_path: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    assert CARGO
    monkeypatch.setenv("PATH", ":".join([*plain_path, str(Path(CARGO).parent)]))
    files = {
        "Cargo.toml": '[package]\nname = "t"\nversion = "0.1.0"\nedition = "2021"\n',
        "src/lib.rs": "pub fn f(a: usize) -> bool { a & 0 == 0 }\n",
    }
    result = await measured(tmp_path, files, {})
    if verdicts(result)["clippy"] is Verdict.NOT_RUN:
        pytest.skip(next(check.why for check in result.checks if check.name == "clippy"))
    assert verdicts(result)["clippy"] is Verdict.FAILED

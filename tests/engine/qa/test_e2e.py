"""The phase "E2E tests": real tests of the real Playwright in a real browser."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from loki_tui.core.vocabulary import Verdict
from loki_tui.engine.qa.browsers import ON_THE_MACHINE
from loki_tui.engine.qa.e2e import E2eTests
from loki_tui.engine.qa.phase import Measured
from tests.support.hands import NO_BWRAP
from tests.support.installing import put_node_modules
from tests.support.qa import Files, scene_of

pytestmark = [pytest.mark.usefixtures("plain_path"), pytest.mark.timeout(300), pytest.mark.xdist_group("browser")]

BROWSER = next(filter(None, map(shutil.which, ON_THE_MACHINE)), None)
needs_browser = pytest.mark.skipif(
    not BROWSER or bool(NO_BWRAP), reason=NO_BWRAP or "no Chromium on this machine's search path"
)

CONFIG = """
const { defineConfig } = require('@playwright/test');
module.exports = defineConfig({ testDir: '.', use: { baseURL: process.env.BASE_URL }, %s });
"""
SERVED = """
const { test, expect } = require('@playwright/test');
test('start page', async ({ page }) => {
    await page.goto('/');
    await expect(page.locator('h1')).toHaveText('Hello', { timeout: 3000 });
});
"""
EMPTY = "const { test } = require('@playwright/test');\ntest.skip('later', async ({ page }) => { });\n"
WRONG = "const { test } = require('@playwright/test');\ntest('a', async () => { throw new Error('not yet'); });\n"


def project(test: str, *, more: str = "", page: str = "Hello") -> Files:
    return {"playwright.config.js": CONFIG % more, "a.spec.js": test, "index.html": f"<h1>{page}</h1>"}


async def measured(tmp_path: Path, files: Files, modules: Path | None, **settings: object) -> Measured:
    async with scene_of(tmp_path, files, None, **settings) as scene:
        if modules:
            put_node_modules(Path(scene.here.workspace.confinement.writable[0]), modules)
        return await E2eTests().measure(scene)


async def test_without_a_configuration_there_is_nothing_to_run(tmp_path: Path) -> None:
    result = await measured(tmp_path, {"index.html": "", "node_modules/playwright.config.js": ""}, None)
    assert result.verdict is Verdict.NOT_APPLICABLE
    assert result.why == "no Playwright or Cypress configuration"


@pytest.mark.skipif(not shutil.which("npx"), reason="no npx here")
async def test_what_is_declared_and_not_installed_is_named(tmp_path: Path) -> None:
    files = {"web/playwright.config.ts": "", "cypress.config.js": ""}
    result = await measured(tmp_path, files, None)
    assert result.verdict is Verdict.NOT_RUN
    assert "playwright (Playwright is not installed: npm install)" in result.why
    assert "cypress (Cypress does not run here: " in result.why


@needs_browser
async def test_tests_that_pass_against_the_served_project(tmp_path: Path, node_modules: Path) -> None:
    result = await measured(tmp_path, project(SERVED), node_modules)
    assert result.verdict is Verdict.PASSED, result
    assert [(test.id, test.outcome) for test in result.tests] == [("a.spec.js \u203a start page", "passed")]


@needs_browser
async def test_a_page_that_says_something_else_fails(tmp_path: Path, node_modules: Path) -> None:
    result = await measured(tmp_path, project(SERVED, page="Goodbye"), node_modules)
    assert result.verdict is Verdict.FAILED
    assert "start page" in result.why
    assert [(finding.file, finding.line) for finding in result.findings] == [("a.spec.js", 3)]


@needs_browser
@pytest.mark.parametrize(
    ("test", "more", "verdict", "said"),
    [
        (EMPTY, "", Verdict.NOT_RUN, "no test was run"),
        (WRONG, "", Verdict.FAILED, "not yet"),
        ("test(", "", Verdict.ERROR, "the tests could not be run: "),
        (SERVED, "webServer: { command: 'exit 1', url: 'http://localhost:1' }", Verdict.ERROR, "the tests could not"),
        ("", "globalTeardown: './no-such-file.js'", Verdict.ERROR, "no-such-file.js"),
    ],
)
async def test_nothing_that_did_not_run_is_a_success(
    tmp_path: Path, node_modules: Path, test: str, more: str, verdict: Verdict, said: str
) -> None:
    result = await measured(tmp_path, project(test, more=more), node_modules)
    assert result.verdict is verdict, result
    assert said in result.why


@pytest.mark.skipif(not BROWSER, reason="no Chromium here")
async def test_where_the_browser_cannot_start_it_is_not_run_and_says_why(tmp_path: Path, node_modules: Path) -> None:
    async with scene_of(tmp_path, project(SERVED), confinement="landlock") as scene:
        put_node_modules(Path(scene.here.workspace.confinement.writable[0]), node_modules)
        result = await E2eTests().measure(scene)
    assert result.verdict is Verdict.NOT_RUN
    assert "the browser needs unix sockets, which hands have under bubblewrap alone" in result.why

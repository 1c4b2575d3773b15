"""The phase "accessibility": real pages, opened in a real browser, checked by the real axe-core."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from loki_tui.core.vocabulary import Verdict
from loki_tui.engine.ports import Workspace
from loki_tui.engine.qa.accessibility import PAGES, Accessibility, start_paths
from loki_tui.engine.qa.browsers import ON_THE_MACHINE
from loki_tui.engine.qa.phase import Measured
from loki_tui.engine.qa.scene import Scene
from loki_tui.engine.qa.servers import find_server
from tests.support.hands import NO_BWRAP
from tests.support.installing import put_node_modules
from tests.support.qa import Files, scene_of

pytestmark = [pytest.mark.usefixtures("plain_path"), pytest.mark.timeout(300), pytest.mark.xdist_group("browser")]

BROWSER = next(filter(None, map(shutil.which, ON_THE_MACHINE)), None)

needs_browser = pytest.mark.skipif(
    not BROWSER or bool(NO_BWRAP), reason=NO_BWRAP or "no Chromium on this machine's search path"
)

PAGE = """<!DOCTYPE html>
<html lang="en"><head><title>A page</title></head>
<body><main><h1>A page</h1>%s</main></body></html>
"""
GOOD = PAGE % "<p>Words.</p>"
BAD = PAGE % "<img src='a.png'><input>"
SERVER = """
import os
from http.server import BaseHTTPRequestHandler, HTTPServer

class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.end_headers()
        self.wfile.write(open("bad" if self.path == "/deep" else "good").read().encode())

HTTPServer(("127.0.0.1", int(os.environ["PORT"])), Handler).serve_forever()
"""


def equip(scene: Scene, modules: Path) -> None:
    put_node_modules(Path(scene.here.workspace.confinement.writable[0]), modules)


async def measured(tmp_path: Path, files: Files, modules: Path | None = None, **settings: object) -> Measured:
    async with scene_of(tmp_path, files, None, **settings) as scene:
        if modules:
            equip(scene, modules)
        return await Accessibility().measure(scene)


@pytest.mark.parametrize(
    "files",
    [
        {},
        {"a.py": "x = 1\n"},
        {"app.py": "from fastapi import FastAPI\napp = FastAPI()\n"},
        {"Makefile": "run:\n\techo done\n"},
        {"package.json": '{"scripts": {"start": "node cli.js"}}'},
    ],
)
async def test_without_pages_there_is_nothing_to_check(tmp_path: Path, files: Files) -> None:
    assert (await measured(tmp_path, files)).verdict is Verdict.NOT_APPLICABLE


@pytest.mark.skipif(not shutil.which("node"), reason="no node here")
async def test_tools_that_are_missing_are_named(tmp_path: Path) -> None:
    result = await measured(tmp_path, {"index.html": GOOD})
    assert result.verdict is Verdict.NOT_RUN
    assert result.why == "axe (Playwright is not installed: npm install --save-dev playwright axe-core)"


async def test_axe_that_is_missing_is_named(tmp_path: Path, node_modules: Path) -> None:
    async with scene_of(tmp_path, {"index.html": GOOD}) as scene:
        equip(scene, node_modules)
        await scene.here.run("rm -r node_modules/axe-core", timeout=30)
        result = await Accessibility().measure(scene)
    assert result.why == "axe (axe-core is not installed: npm install --save-dev axe-core)"


@needs_browser
async def test_good_pages_pass(tmp_path: Path, node_modules: Path) -> None:
    result = await measured(tmp_path, {"index.html": GOOD, "more/two.html": GOOD}, node_modules)
    assert result.verdict is Verdict.PASSED, result
    assert "on 2 pages" in result.why


@needs_browser
async def test_serious_violations_fail_with_page_rule_and_element(tmp_path: Path, node_modules: Path) -> None:
    result = await measured(tmp_path, {"index.html": GOOD, "a b.html": BAD}, node_modules)
    assert result.verdict is Verdict.FAILED
    told = {(finding.severity, finding.message) for finding in result.findings}
    assert ("critical", "/a%20b.html: Images must have alternative text (image-alt): img") in told
    assert ("critical", "/a%20b.html: Form elements must have labels (label): input") in told


@needs_browser
async def test_what_the_base_has_is_listed_and_no_more(tmp_path: Path, node_modules: Path) -> None:
    base = {"index.html": BAD}
    async with scene_of(tmp_path, {**base, "other.html": GOOD}, base) as scene:
        equip(scene, node_modules)
        open_base = scene.open_base
        assert open_base

        async def equipped() -> Workspace:
            workspace = await open_base()
            put_node_modules(Path(workspace.confinement.writable[0]), node_modules)
            return workspace

        scene.open_base = equipped
        result = await Accessibility().measure(scene)
    assert result.verdict is Verdict.PASSED, result
    assert all(finding.message.endswith("as at the base") for finding in result.findings[:2])


@needs_browser
async def test_what_a_served_page_links_to_is_opened(tmp_path: Path, node_modules: Path) -> None:
    start = PAGE % "<a href='/deep'>deep</a> <a href='http://elsewhere.invalid/'>away</a> <a href='#top'>up</a>"
    files = {"server.py": SERVER, "good": start, "bad": BAD}
    result = await measured(tmp_path, files, node_modules, serve_command="python3 server.py")
    assert result.verdict is Verdict.FAILED
    assert {finding.message.partition(":")[0] for finding in result.findings} == {"/deep"}


async def test_so_many_pages_and_no_more(tmp_path: Path) -> None:
    files = {f"page{number}.html": GOOD for number in range(2 * PAGES)} | {"index.html": GOOD, "a.html": "{{ a }}"}
    files |= {"deep/er/index.html": GOOD, "tests/page.html": BAD}
    async with scene_of(tmp_path, files) as scene:
        server = await find_server(scene.here, scene.settings, tuple(files))
        assert server
        paths = await start_paths(scene.here, server, tuple(files))
    assert len(paths) == PAGES
    assert paths[:2] == ["/index.html", "/page0.html"]


@needs_browser
async def test_pages_that_do_not_come_are_no_success(tmp_path: Path, node_modules: Path) -> None:
    source = SERVER.replace("200", "500")
    files = {"server.py": source, "good": GOOD, "bad": BAD}
    result = await measured(tmp_path, files, node_modules, serve_command="python3 server.py")
    assert result.verdict is Verdict.NOT_RUN
    assert "no page could be checked: /: status 500" in result.why


@pytest.mark.skipif(not BROWSER, reason="no Chromium here")
async def test_where_the_browser_cannot_start_it_is_not_run_and_says_why(tmp_path: Path, node_modules: Path) -> None:
    result = await measured(tmp_path, {"index.html": GOOD}, node_modules, confinement="landlock")
    assert result.verdict is Verdict.NOT_RUN
    assert "the browser needs unix sockets" in result.why

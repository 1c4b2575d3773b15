"""The phase "accessibility": the project's pages checked with axe-core in a browser."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal
from urllib.parse import quote

from loki_tui.core.vocabulary import Check, Finding, Verdict
from loki_tui.engine.qa.browsers import Browser, Driver, environment, find_browser
from loki_tui.engine.qa.combining import blocking, combine, counted, exemplified
from loki_tui.engine.qa.documents import at, complaint, fields, items, load, one, text, whole
from loki_tui.engine.qa.drivers.scripts import AXE_JS, AXE_PY
from loki_tui.engine.qa.phase import ACCESSIBILITY, Measured
from loki_tui.engine.qa.scene import Place, Scene
from loki_tui.engine.qa.servers import Server, find_server
from loki_tui.engine.qa.serving import Served, Start, serve, unserved
from loki_tui.engine.qa.tooling import seconds_left

PAGES = 20
"""Most pages that are opened."""

_NAME = "axe"
_REPORT = "axe.json"
_NO_PAGE = "no HTML"
_PAGE = re.compile(r"\.html?$", re.IGNORECASE)
_FOREIGN = re.compile(r"(^|/)(tests?|fixtures?|templates|coverage|htmlcov)/")
_TEMPLATE = re.compile(r"\{\{|\{%|<%")
_SOURCES = (
    "node_modules/axe-core/axe.min.js",
    "node_modules/@axe-core/playwright/node_modules/axe-core/axe.min.js",
)
_FIND_SOURCE = (
    f"for each in {' '.join(_SOURCES)} .venv/lib/python*/site-packages/axe_playwright_python/axe.min.js; do "
    'if [ -f "$each" ]; then printf "%s" "$PWD/$each"; exit; fi; done; exit 1'
)
_SEVERITY: dict[str, Literal["critical", "high", "medium", "low"]] = {
    "critical": "critical",
    "serious": "high",
    "moderate": "medium",
    "minor": "low",
}
_LOOKING_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class _Page:
    """What became of one page."""

    path: str
    checked: bool
    trouble: str
    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True)
class _Visit:
    """What came of opening a place's pages."""

    served: Served
    report: object
    pages: tuple[_Page, ...]


class Accessibility:
    """Opens the start page, what it links to, and the repository's own pages, with axe-core in each."""

    name = ACCESSIBILITY
    setting = "phase_accessibility"
    required = False
    thorough = True

    async def measure(self, scene: Scene) -> Measured:
        """Measure it; see `engine.qa.phase.Phase`."""
        files = await scene.here.files()
        server = await find_server(scene.here, scene.settings, files)
        if server is None or not await _has_pages(scene.here, server, files):
            return Measured(Verdict.NOT_APPLICABLE, "no pages: there is no HTML, and nothing that is served as such")
        browser = await find_browser(scene.here, ("node", "python"))
        if missing := await _missing(scene.here, browser):
            return combine([Check(name=_NAME, verdict=Verdict.NOT_RUN, why=one(missing))], nothing="")
        assert browser.driver  # or it was missing
        visit = await _visit(scene, scene.here, server, browser.driver)
        if visit.served.start is not Start.ANSWERED:
            return combine([unserved(_NAME, server, visit.served)], nothing="", output=visit.served.log[-20_000:])
        findings = [finding for page in visit.pages for finding in page.findings]
        if blocking(findings):
            findings = await _without_known(scene, findings)
        check = _judged(server, visit, findings)
        return combine([check], findings, nothing="", output=visit.served.result.output)


async def _visit(scene: Scene, place: Place, server: Server, driver: Driver) -> _Visit:
    """Serve the pages of a place and open them."""
    command = await _command(place, driver, await start_paths(place, server, await place.files()))
    served = await serve(place, server, command, timeout=seconds_left(scene))
    report = load(await place.read(f"{place.own}/{_REPORT}"))
    pages = tuple(_page(page, server) for page in items(at(report, "pages"))[:PAGES])
    return _Visit(served, report, pages)


async def _without_known(scene: Scene, findings: Sequence[Finding]) -> list[Finding]:
    """The findings, with those that the base has as well made lesser: they are nobody's work of this run."""
    async with scene.base() as base:
        if base is None:
            return list(findings)
        server = await find_server(base, scene.settings, await base.files())
        browser = await find_browser(base, ("node", "python"))
        if server is None or browser.driver is None or browser.trouble:
            return list(findings)
        visit = await _visit(scene, base, server, browser.driver)
        known = {finding.message for page in visit.pages for finding in page.findings}
        return [
            finding.model_copy(update={"severity": "medium", "message": f"{finding.message}; as at the base"})
            if finding.severity in {"critical", "high"} and finding.message in known
            else finding
            for finding in findings
        ]


async def _has_pages(place: Place, server: Server, files: Sequence[str]) -> bool:
    """Whether what is served is for people to look at: an API alone, or a command, has nothing to check."""
    if server.static or server.declared:
        return True
    if any(
        _PAGE.search(path) or re.search(r"\.(jsx|tsx|vue|svelte|astro|ejs|hbs|pug|jinja2?|j2)$", path) for path in files
    ):
        return True
    return "text/html" in (await place.read(server.where) or "") if server.where in files else False


async def _missing(place: Place, browser: Browser) -> str:
    """What is not there of what it takes; empty where all is."""
    if browser.driver is None:
        return "Playwright is not installed: npm install --save-dev playwright axe-core"
    if not (await place.run(_FIND_SOURCE, timeout=_LOOKING_SECONDS)).ok:
        return "axe-core is not installed: npm install --save-dev axe-core"
    return browser.trouble


async def start_paths(place: Place, server: Server, files: Sequence[str]) -> list[str]:
    """Where to begin: of a static site its pages, of anything else its start page."""
    if not server.static:
        return ["/"]
    prefix = "" if server.static == "." else f"{server.static}/"
    own = [path for path in files if _PAGE.search(path) and path.startswith(prefix) and not _FOREIGN.search(path)]
    own.sort(key=lambda path: (path.count("/"), not path.endswith("index.html"), path))
    pages = [path for path in own[: 2 * PAGES] if not _TEMPLATE.search(await place.read(path) or "")]
    return [f"/{quote(path.removeprefix(prefix))}" for path in pages[:PAGES]] or ["/"]


async def _command(place: Place, driver: Driver, paths: Sequence[str]) -> str:
    found = await place.run(_FIND_SOURCE, timeout=_LOOKING_SECONDS)
    name, source = ("axe.cjs", AXE_JS) if driver.language == "node" else ("axe.py", AXE_PY)
    await place.write(f"{place.own}/{name}", source)
    arguments = " ".join(map(shlex.quote, [*([] if driver.language == "node" else [found.output.strip()]), *paths]))
    return f'{environment(place)}; {driver.program} "$own/{name}" "$own/{_REPORT}" "$BASE_URL" {PAGES} {arguments}'


def _page(page: object, server: Server) -> _Page:
    path = text(at(page, "path"))
    status = whole(at(page, "status")) or 0
    trouble = text(at(page, "error"))
    if not trouble and status >= 400:
        trouble = f"status {status}"
    # What a page links to need not be a page.
    elif not trouble and not at(page, "html"):
        trouble = _NO_PAGE
    return _Page(path, at(page, "checked") is True, trouble, tuple(_findings(page, path, server)))


def _findings(page: object, path: str, server: Server) -> Iterator[Finding]:
    file = ""
    if server.static:
        directory = "" if server.static == "." else f"{server.static}/"
        file = f"{directory}{path.lstrip('/') or 'index.html'}"
    for violation in items(at(page, "violations")):
        severity = _SEVERITY.get(text(at(violation, "impact")), "low")
        where = ", ".join(text(node) for node in items(at(violation, "nodes"))[:3])
        number = whole(at(violation, "count")) or 1
        more = f" and {number - 3} more" if number > 3 else ""
        said = f"{path}: {text(at(violation, 'help'))} ({text(at(violation, 'rule'))}): {where}{more}"
        yield Finding(severity=severity, file=file, message=one(said))


def _judged(server: Server, visit: _Visit, findings: Sequence[Finding]) -> Check:
    served, report, pages = visit.served, visit.report, visit.pages

    def check(verdict: Verdict, why: str) -> Check:
        return Check(
            name=_NAME,
            verdict=verdict,
            why=one(why),
            command=f"axe on {one(server.command)}",
            exit_code=served.result.exit_code,
            seconds=served.result.seconds,
        )

    checked = [page for page in pages if page.checked]
    grave = blocking(findings)
    if served.result.timed_out:
        return check(Verdict.ERROR, "it did not end within the time limit (LOKI_PHASE_TIMEOUT)")
    if not fields(report):
        return check(Verdict.ERROR, f"it gave no report: {complaint(served.result.output)}")
    if grave:
        return check(Verdict.FAILED, exemplified(len(grave), "serious violation", grave[0].message))
    if trouble := text(at(report, "trouble")):
        return check(Verdict.ERROR, f"the browser was lost: {trouble}")
    if not checked:
        first = f": {pages[0].path}: {pages[0].trouble}" if pages else ""
        return check(Verdict.NOT_RUN, f"no page could be checked{first}")
    listed = f"; {len(findings)} lesser listed" if findings else ""
    lost = [page for page in pages if not page.checked and page.trouble != _NO_PAGE]
    if lost:
        listed += f"; not checked: {', '.join(f'{page.path} ({page.trouble})' for page in lost[:3])}"
    return check(Verdict.PASSED, f"no serious violation on {counted(len(checked), 'page')}{listed}")

"""The browser that Playwright drives in the hands' world: whether it starts there, and with which one it does.

Playwright looks for the very build that belongs to its version, in a directory of the person's home that hands do
not see. Where that is missing, whatever Chromium the machine has is put in its place: all that phases ask of it works
in every version.
"""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass
from typing import Literal

from loki_tui.engine.qa.documents import at, last_lines, load
from loki_tui.engine.qa.drivers.scripts import PROBE_JS, PROBE_PY
from loki_tui.engine.qa.scene import Place
from loki_tui.engine.qa.tooling import find_tool

ON_THE_MACHINE = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
_PROBE_SECONDS = 120.0
_MISSING = re.compile(r"Executable doesn't exist at (\S+)")
_REMEDY = (
    "install Chromium on the machine, or let hands see Playwright's own: PLAYWRIGHT_BROWSERS_PATH in LOKI_PASS_ENV, "
    "and its directory in LOKI_READ_PATHS"
)


@dataclass(frozen=True, slots=True)
class Driver:
    """A language that Playwright can be driven in here."""

    language: Literal["node", "python"]
    program: str
    """Its interpreter."""
    directory: str
    """Where modules are looked for, relative to the root; a dot for that itself."""


@dataclass(frozen=True, slots=True)
class Browser:
    """What came of looking for one."""

    driver: Driver | None
    """None where Playwright itself is missing."""
    trouble: str = ""
    """Why no browser starts; empty where one does."""


def environment(place: Place) -> str:
    """What tells Playwright where browsers are, before a command; the person's own word for it counts first."""
    return f'export PLAYWRIGHT_BROWSERS_PATH="${{PLAYWRIGHT_BROWSERS_PATH:-$PWD/{place.own}/browsers}}"'


async def find_browser(place: Place, languages: tuple[Literal["node", "python"], ...], directory: str = ".") -> Browser:
    """Start Playwright's browser once, in the first language that has Playwright.

    Args:
        place: Where.
        languages: Those that would do.
        directory: Of the Node project.
    """
    for language in languages:
        program = await find_tool(place, "node" if language == "node" else "python3")
        if program is None:
            continue
        driver = Driver(language, program, directory if language == "node" else ".")
        said = await _probe(place, driver)
        if at(said, "missing"):
            continue
        if at(said, "works"):
            return Browser(driver)
        return Browser(driver, await _with_the_machines_own(place, driver, said))
    return Browser(None)


async def _probe(place: Place, driver: Driver) -> object:
    """What the driver says of its browser."""
    name, source = ("probe.cjs", PROBE_JS) if driver.language == "node" else ("probe.py", PROBE_PY)
    script = f"{place.own}/{name}"
    await place.write(script, source)
    there = f'script="$PWD/{script}"; cd {shlex.quote(driver.directory)}'
    command = f'{environment(place)}; {there} && {driver.program} "$script"'
    result = await place.run(command, timeout=_PROBE_SECONDS)
    lines = [found for line in result.output.splitlines() if isinstance(found := load(line), dict)]
    return lines[-1] if lines else {"trouble": last_lines(result.output) or "it said nothing"}


async def _with_the_machines_own(place: Place, driver: Driver, said: object) -> str:
    """Put the machine's Chromium where Playwright misses its own; why that does not help, empty where it does."""
    trouble = _text(said)
    missing = _MISSING.search(trouble)
    if missing is None:
        return _explained(trouble)
    if place.own not in missing[1]:
        return f"Playwright's browser is not where PLAYWRIGHT_BROWSERS_PATH says; {_REMEDY}"
    target = shlex.quote(missing[1])
    looks = " || ".join(f"command -v {name}" for name in ON_THE_MACHINE)
    link = f'chromium=$({looks}) && mkdir -p "$(dirname {target})" && ln -sf "$chromium" {target}'
    if not (await place.run(link, timeout=_PROBE_SECONDS)).ok:
        return f"there is no browser that hands can see; {_REMEDY}"
    again = await _probe(place, driver)
    return "" if at(again, "works") else _explained(_text(again))


def _text(said: object) -> str:
    trouble = at(said, "trouble")
    return trouble if isinstance(trouble, str) else "Playwright did not say why"


def _explained(trouble: str) -> str:
    """Why a browser that is there does not start."""
    if "socket() failed: Address family not supported" in trouble:
        return "the browser needs unix sockets, which hands have under bubblewrap alone (LOKI_CONFINEMENT=bwrap)"
    if "Missing libraries" in trouble or "error while loading shared libraries" in trouble:
        return f"the browser lacks libraries of the system: {last_lines(trouble)}"
    fatal = next((line for line in trouble.splitlines() if "FATAL" in line or "rror" in line), trouble)
    return f"the browser does not start: {last_lines(fatal)}"

"""The same application in a browser, as `textual-serve` gives it to one: shown, steered, left."""

from __future__ import annotations

import os
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest
from selenium.webdriver import Chrome, ChromeOptions, ChromeService
from selenium.webdriver.common.by import By
from selenium.webdriver.support.wait import WebDriverWait

from loki_tui.core import events as ev
from loki_tui.runtime.client import RunClient
from loki_tui.runtime.surroundings import Surroundings
from loki_tui.tui.screens.approvals import READ
from tests.support.program import LOKI, PATIENCE, Program

CHROMIUM, CHROMEDRIVER = shutil.which("chromium"), shutil.which("chromedriver")

pytestmark = [
    pytest.mark.skipif(not (CHROMIUM and CHROMEDRIVER), reason="chromium and its driver are not on this machine"),
    pytest.mark.xdist_group("browser"),
    pytest.mark.timeout(240),
]

FLAGS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run",
    "--disable-component-update", "--disable-sync", "--disable-dev-shm-usage", "--window-size=1280,800",
    # The page asks for a font from outside; nothing but loopback is to be reached.
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
)  # fmt: skip

SERVE = (
    "import sys; from textual_serve.server import Server; Server(sys.argv[1], '127.0.0.1', int(sys.argv[2])).serve()"
)


@pytest.fixture
def person(tmp_path: Path) -> Iterator[Program]:
    """Whoever serves the demo; what is still at work in the end is ended."""
    person = Program(workspace=tmp_path, home=Path(os.environ["HOME"])).with_(TMPDIR=str(tmp_path))
    yield person
    for directory in tmp_path.glob("loki-demo-*"):
        engine = Surroundings.here(person.environ, directory).project.engine()
        if engine is not None and engine.pid is not None:
            os.kill(engine.pid, signal.SIGKILL)


@pytest.fixture
def url(person: Program) -> Iterator[str]:
    """Where the demo is served."""
    with closing(socket.create_server(("127.0.0.1", 0))) as free:
        port = free.getsockname()[1]
    command = shlex.join([*LOKI, "demo", "--staged", "--speed", "0"])
    environ = {name: value for name, value in person.environ.items() if name not in ("NO_COLOR", "COLUMNS")}
    with subprocess.Popen(
        [sys.executable, "-c", SERVE, command, str(port)],
        cwd=person.workspace,
        env=environ,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as server:
        try:
            wait(lambda: _answers(port), "the server")
            yield f"http://127.0.0.1:{port}/"
        finally:
            server.terminate()
            server.wait(timeout=PATIENCE)


def _answers(port: int) -> bool:
    with closing(socket.socket()) as asking:
        return asking.connect_ex(("127.0.0.1", port)) == 0


@pytest.fixture
def browser(tmp_path: Path) -> Iterator[Chrome]:
    """A browser that nobody has used before."""
    options = ChromeOptions()
    options.binary_location = str(CHROMIUM)
    for flag in (*FLAGS, f"--user-data-dir={tmp_path / 'chromium'}"):
        options.add_argument(flag)
    browser = Chrome(options=options, service=ChromeService(executable_path=str(CHROMEDRIVER)))
    try:
        yield browser
    finally:
        browser.quit()


def wait(condition: Callable[[], object], what: str) -> None:
    """Wait until something is so."""
    end = time.monotonic() + PATIENCE
    waiting = WebDriverWait(None, PATIENCE, poll_frequency=0.1)  # type: ignore[type-var]
    waiting.until(lambda _: condition() or time.monotonic() > end, what)
    assert condition(), what


def run_of(person: Program) -> RunClient:
    """The demo's run."""
    (directory,) = person.workspace.glob("loki-demo-*")
    return Program(workspace=directory, home=person.home, variables=person.variables).client()


def begun(person: Program) -> bool:
    """Whether the plan waits to be approved."""
    found = [*person.workspace.glob("loki-demo-*")]
    return (
        bool(found)
        and bool(Surroundings.here(person.environ, found[0]).project.runs())
        and bool(run_of(person).view().state.undecided)
    )


def test_a_staged_action_is_approved_in_a_browser_and_done(person: Program, url: str, browser: Chrome) -> None:
    browser.get(url)
    wait(
        lambda: "-first-byte" in str(browser.find_element(By.TAG_NAME, "body").get_attribute("class")),
        "the first paint",
    )
    wait(lambda: begun(person), "the plan")
    client = run_of(person)
    keyboard = browser.find_element(By.CSS_SELECTOR, ".xterm-helper-textarea")
    keyboard.send_keys("a")
    approve(client, keyboard.send_keys)
    call = approve(client, keyboard.send_keys)
    wait(lambda: [event for event in of(client, ev.ActionFinished) if event.call == call], "the action to be done")
    (done,) = [event for event in of(client, ev.ActionFinished) if event.call == call]
    assert done.ok
    # Whoever closes the page ends no run.
    browser.get("about:blank")
    wait(lambda: client.view().state.undecided, "the next request")
    assert client.engine() is not None


def approve(client: RunClient, press: Callable[[str], None]) -> str | None:
    """Approve what is shown, as a person would: read it, press the key.

    Returns:
        The tool call it was about.
    """
    wait(lambda: client.view().state.undecided, "a request")
    name, waiting = next(iter(client.view().state.undecided.items()))
    pressed = [time.monotonic()]

    def decided() -> bool:
        if time.monotonic() - pressed[0] > 2 * READ:
            pressed[0] = time.monotonic()
            press("y")
        return name not in client.view().state.undecided

    wait(decided, f"{name} to be decided")
    return waiting.request.call


def of(client: RunClient, kind: type[ev.ActionFinished]) -> list[ev.ActionFinished]:
    """A run's events of one kind."""
    return [record.event for record in client.records() if isinstance(record.event, kind)]

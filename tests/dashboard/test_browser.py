"""The application in a real browser, behind the dashboard's sign-in."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
import trustme
from selenium.common.exceptions import StaleElementReferenceException
from selenium.webdriver import Chrome
from selenium.webdriver.common.by import By
from selenium.webdriver.support.wait import WebDriverWait

from loki_tui.core import events as ev
from loki_tui.runtime.client import Project
from loki_tui.runtime.dashboards import standing, wait_until_gone
from tests.dashboard.issuing import CLIENT, issuing
from tests.dashboard.test_tls import issue, trusting
from tests.dashboard.visiting import settings_for, visiting
from tests.support.browsing import CHROMEDRIVER, CHROMIUM, browsing
from tests.support.journaled import RUN, created, journal_of, planned
from tests.support.processes import await_none_in, processes_in
from tests.support.program import LOKI, PATIENCE, Program

ROOT = Path(__file__).parents[2]

pytestmark = [
    pytest.mark.skipif(not (CHROMIUM and CHROMEDRIVER), reason="chromium and its driver are not on this machine"),
    pytest.mark.xdist_group("browser"),
    pytest.mark.timeout(240),
]


@pytest.fixture
def entrance(loki: Program, place: Project) -> Iterator[str]:
    """Where a dashboard lets in."""
    with up(loki, place) as entrance:
        yield entrance


@contextmanager
def up(loki: Program, place: Project) -> Iterator[str]:
    """A dashboard in the background, ended with this if it has not by itself."""
    with closing(socket.create_server(("127.0.0.1", 0))) as free:
        port = free.getsockname()[1]
    environ = {name: value for name, value in loki.environ.items() if name not in ("NO_COLOR", "COLUMNS")}
    started = subprocess.run(
        [*LOKI, "dashboard", "start", f"--port={port}"],
        cwd=loki.workspace,
        env=environ,
        capture_output=True,
        text=True,
        check=True,
        timeout=PATIENCE,
    )
    yield started.stdout.strip()
    if (found := standing(place.state)) is not None:
        os.kill(found.pid, signal.SIGTERM)
        assert wait_until_gone(place.state, patience=20)


@pytest.fixture
def browser(tmp_path: Path) -> Iterator[Chrome]:
    with browsing(tmp_path / "chromium") as browser:
        yield browser


def wait(condition: Callable[[], object], what: str) -> None:
    """Wait until something is so."""
    # What was found may be of a page that is being left.
    waiting = WebDriverWait(None, PATIENCE, poll_frequency=0.1, ignored_exceptions=[StaleElementReferenceException])  # type: ignore[type-var]
    waiting.until(lambda _: condition(), what)


def classes(browser: Chrome) -> str:
    return str(browser.execute_script("return document.body ? document.body.className : ''"))


def test_an_address_signs_in_and_shows_the_application(
    loki: Program, place: Project, entrance: str, browser: Chrome
) -> None:
    with journal_of(loki, created(loki), planned("It works")) as journal:
        browser.get(entrance)
        wait(lambda: "-first-byte" in classes(browser), "the first paint")
        assert browser.current_url == f"{entrance.partition('/login')[0]}/"
        assert "#" not in browser.current_url
        cookies = browser.get_cookies()
        assert [cookie["httpOnly"] for cookie in cookies] == [True]
        # What is shown is drawn: a key that pauses is told by what the engine is asked.
        keyboard = browser.find_element(By.CSS_SELECTOR, ".xterm-helper-textarea")

        def asked() -> bool:
            keyboard.send_keys("p")
            return any(request.kind == "pause" for _, request in journal.pending_requests())

        wait(asked, "the pause to be asked for")
        told: list[dict[str, str]] = browser.get_log("browser")  # type: ignore[no-untyped-call]
        assert not [entry for entry in told if "Content Security Policy" in entry["message"]]
        browser.get("about:blank")
    wait(lambda: set(processes_in(loki.workspace)) == {standing_pid(place)}, "the application to end with its page")


async def test_a_provider_signs_in_over_tls(place: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    authority = trustme.CA()
    (tmp_path / "ca.pem").write_bytes(authority.cert_pem.bytes())
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))
    pair = issue(authority, tmp_path)

    def browse(address: str, certificate: bytes) -> list[dict[str, object]]:
        with browsing(tmp_path / "chromium", trusts=(pair.cert.read_bytes(), certificate)) as browser:
            browser.get(address)
            wait(lambda: "-first-byte" in classes(browser), "the first paint")
            assert browser.current_url == address
            cookies: list[dict[str, object]] = browser.get_cookies()
            return cookies

    async with issuing(authority) as issuer:
        issuer.claims["loki_role"] = "admin"
        settings = settings_for(oidc_issuer=issuer.url, oidc_client_id=CLIENT, tls_cert=pair.cert, tls_key=pair.key)
        async with visiting(place, settings=settings, trust=trusting(authority)) as visitor:
            (cookie,) = await asyncio.to_thread(browse, visitor.url("/"), issuer.certificate)
    assert str(cookie["name"]).startswith("__Host-loki-")
    assert (cookie["secure"], cookie["httpOnly"], cookie["sameSite"]) == (True, True, "Lax")


@contextmanager
def provided(authority: trustme.CA, directory: Path) -> Iterator[tuple[str, bytes]]:
    """A provider that is none of ours: its name, and what it shows."""
    leaf = authority.issue_cert("127.0.0.1")
    cert, key = directory / "provider.pem", directory / "provider.key"
    leaf.cert_chain_pems[0].write_to_path(cert)
    leaf.private_key_pem.write_to_path(key)
    # It warns of libraries that it uses, which is not ours to mend.
    command = [sys.executable, "-W", "ignore", "-m", "tests.support.openid_provider", str(cert), str(key)]
    with subprocess.Popen(
        command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        port = int(process.stdout.readline())
        yield f"https://127.0.0.1:{port}", cert.read_bytes()
        process.stdin.close()


@pytest.mark.parametrize(("who", "told"), [("ada", ""), ("eve", "eve has no role")])
async def test_a_provider_that_is_none_of_ours_signs_in(
    place: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, who: str, told: str
) -> None:
    authority = trustme.CA()
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))
    pair = issue(authority, tmp_path)

    def browse(address: str, certificate: bytes) -> None:
        with browsing(tmp_path / "chromium", trusts=(pair.cert.read_bytes(), certificate)) as browser:
            browser.get(address)
            browser.find_element(By.CSS_SELECTOR, f"button[value={who}]").click()
            if told:
                wait(lambda: told in browser.find_element(By.TAG_NAME, "main").text, "the refusal")
            else:
                wait(lambda: "-first-byte" in classes(browser), "the first paint")
                assert browser.current_url == address

    with provided(authority, tmp_path) as (issuer, certificate):
        settings = settings_for(oidc_issuer=issuer, oidc_client_id=CLIENT, tls_cert=pair.cert, tls_key=pair.key)
        async with visiting(place, settings=settings, trust=trusting(authority), client_secret="any") as visitor:
            await asyncio.to_thread(browse, visitor.url("/"), certificate)


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGKILL])
def test_no_application_is_left_where_the_dashboard_ends(
    loki: Program, place: Project, browser: Chrome, how: signal.Signals
) -> None:
    with journal_of(loki, created(loki)), up(loki, place) as entrance:
        browser.get(entrance)
        wait(lambda: "-first-byte" in classes(browser), "the first paint")
        assert len(processes_in(loki.workspace)) > 1
        pid = standing_pid(place)
        assert pid is not None
        os.kill(pid, how)
        await_none_in(loki.workspace)
    assert standing(place.state) is None


def standing_pid(place: Project) -> int | None:
    found = standing(place.state)
    return found.pid if found else None


def test_an_event_reaches_a_page_at_once(loki: Program, place: Project, entrance: str, browser: Chrome) -> None:
    with journal_of(loki, created(loki)) as journal:
        browser.get(entrance)
        wait(lambda: browser.current_url.endswith("/"), "the sign-in")
        browser.execute_script(
            "window.got = []; window.source = new EventSource(arguments[0]);"
            "window.source.onmessage = (event) => window.got.push(JSON.parse(event.data).seq);",
            f"/api/runs/{RUN}/events/stream",
        )
        wait(lambda: browser.execute_script("return window.got") == [1], "the first event")
        journal.append(ev.Warned(message="now"))
        wait(lambda: browser.execute_script("return window.got") == [1, 2], "the next event")


def test_a_wrong_token_is_told_on_the_page(entrance: str, browser: Chrome) -> None:
    browser.get(f"{entrance.partition('#')[0]}#wrong")
    wait(lambda: "not this dashboard's token" in browser.find_element(By.ID, "said").text, "the refusal")
    assert not browser.get_cookies()
    # On this very page the right address is opened, which differs behind "#" alone.
    browser.get(entrance)
    wait(lambda: browser.current_url.endswith("/"), "the sign-in")

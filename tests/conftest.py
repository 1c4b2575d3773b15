"""Holds every test apart from the machine, the person and the network."""

from __future__ import annotations

import gc
import os
import signal
import sys
import time
from ipaddress import ip_address

import hypothesis
import pytest

from tests.support import rates
from tests.support.containers import trouble_with_engine

_OURS = ("LOKI_", "ANTHROPIC_", "GIT_", "XDG_")
"""Variables that would change what a test does."""

NO_ENGINE = "no container engine for tests"

_GIT_CONFIG = "[user]\n\tname = Ada\n\temail = ada@example.com\n[init]\n\tdefaultBranch = main\n"

# The machine is shared: a slow moment is no failure, and a database of examples would be state.
hypothesis.settings.register_profile("loki", deadline=None, database=None, derandomize="CI" in os.environ)


def pytest_configure() -> None:
    """Put up what lasts for the whole session."""
    # A shell has what it starts in the background ignore interrupts, and so would every program under test.
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    hypothesis.settings.load_profile("loki")
    # Like the program itself: collecting the tests makes a million objects that stay.
    gc.set_threshold(10_000)
    sys.addaudithook(_refuse_the_outside)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skip what needs a container engine, each by name, where there is none."""
    boxed = [item for item in items if item.get_closest_marker("docker")]
    if boxed and (trouble := trouble_with_engine()):
        for item in boxed:
            item.add_marker(pytest.mark.skip(reason=f"{NO_ENGINE}: {trouble}"))


def pytest_collection_finish() -> None:
    """Have nobody look for garbage in what lasts: thousands of tests, and all that they import."""
    gc.collect()
    gc.freeze()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Name the tests that had no container engine, and tell the rates that tests counted themselves in."""
    skipped = [each for each in terminalreporter.stats.get("skipped", ()) if NO_ENGINE in str(each.longrepr)]
    if skipped:
        terminalreporter.write_line(f"{len(skipped)} tests were SKIPPED for want of a container engine:")
        for each in skipped:
            terminalreporter.write_line(f"  {each.nodeid}")
    reports = [each for kind in ("passed", "failed") for each in terminalreporter.stats.get(kind, ())]
    for line in rates.told(reports):
        terminalreporter.write_line(line)


@pytest.fixture(autouse=True)
def isolation(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> None:
    """A person of its own for each test: home, environment, working directory, time zone."""
    home = tmp_path_factory.mktemp("home")
    for name in list(os.environ):
        if name.startswith(_OURS) or name.lower().endswith("_proxy"):
            monkeypatch.delenv(name)
    for name, value in {
        "HOME": str(home),
        "TZ": "UTC",
        "NO_COLOR": "1",
        "TERM": "dumb",
        "COLUMNS": "120",
        "GIT_CONFIG_NOSYSTEM": "1",
    }.items():
        monkeypatch.setenv(name, value)
    (home / ".gitconfig").write_text(_GIT_CONFIG, encoding="utf-8")
    monkeypatch.chdir(home)
    time.tzset()


def _refuse_the_outside(event: str, arguments: tuple[object, ...]) -> None:
    """Let no test of this process reach beyond loopback, through whatever library."""
    if event == "socket.connect" and isinstance(arguments[1], tuple):
        host = arguments[1][0]
    elif event == "socket.getaddrinfo":
        host = arguments[0]
    else:
        return
    if not _is_here(host):
        raise RuntimeError(f"a test reached out to {host!r}; only loopback is allowed")


def _is_here(host: object) -> bool:
    name = host.decode() if isinstance(host, bytes) else host
    if name in (None, "", "localhost"):
        return True
    try:
        return ip_address(str(name)).is_loopback
    except ValueError:
        return False

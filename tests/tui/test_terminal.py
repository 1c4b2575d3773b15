"""The real program in a real terminal, on the demo's run: watched, steered, left, found again, and hung up on."""

from __future__ import annotations

import os
import re
import select
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeVar

import pytest

from loki_tui.core import events as ev
from loki_tui.core.vocabulary import Status
from loki_tui.runtime.client import RunClient, RunView
from loki_tui.runtime.surroundings import Surroundings
from loki_tui.tui.screens.approvals import READ
from tests.support.program import Program
from tests.support.terminal import PATIENCE, Terminal, loki_in_terminal, needs_tmux

pytestmark = [needs_tmux, pytest.mark.xdist_group("terminal"), pytest.mark.timeout(240)]

Kind = TypeVar("Kind")

STAGED = ("demo", "--staged", "--speed", "0")


@pytest.fixture
def person(tmp_path: Path) -> Iterator[Program]:
    """Somebody at a terminal, in a directory of their own; what is still at work there in the end is ended."""
    person = Program(workspace=tmp_path, home=Path(os.environ["HOME"])).with_(TMPDIR=str(tmp_path))
    yield person
    for directory in tmp_path.glob("loki-demo-*"):
        engine = Surroundings.here(person.environ, directory).project.engine()
        if engine is not None and engine.pid is not None:
            os.kill(engine.pid, signal.SIGKILL)


def demo(person: Program) -> Program:
    """The same, in the demo's project."""
    (directory,) = person.workspace.glob("loki-demo-*")
    return Program(workspace=directory, home=person.home, variables=person.variables)


def until(client: RunClient, condition: Callable[[RunView], object], shown: Terminal | None = None) -> RunView:
    """Wait until a run is as wanted; with its terminal, where that has something to say otherwise."""

    def fulfilled(_: str = "") -> bool:
        return bool(condition(client.view()))

    if shown is not None:
        shown.until(fulfilled, "the run to get there")
        return client.view()
    poll = select.poll()
    for _ in range(int(PATIENCE / 0.1)):
        if fulfilled():
            return client.view()
        poll.poll(100)
    raise AssertionError(f"waited in vain; it is {client.view().status}: {client.view().reason}")


def started(person: Program, shown: Terminal) -> RunClient:
    """The demo's run, once its plan waits to be approved."""
    shown.shows("p1")
    shown.shows("WAITING")
    return demo(person).client()


def approve_one(shown: Terminal, client: RunClient) -> str:
    """Approve what is shown, as a person would: read, then press the key; again if that was too soon."""
    name = next(iter(until(client, lambda view: view.state.undecided, shown).state.undecided))
    shown.shows(f" {name}, ")
    pressed = [0.0]

    def decided(_: str) -> bool:
        if name not in client.view().state.undecided:
            return True
        if time.monotonic() - pressed[0] > 2 * READ:
            pressed[0] = time.monotonic()
            shown.press("y")
        return False

    shown.until(decided, f"{name} to be decided")
    return name


def approve_the_rest(client: RunClient) -> RunView:
    """Approve whatever else waits, from elsewhere, to the end of the run."""

    def ended(view: RunView) -> bool:
        for waiting in view.state.undecided.values():
            client.decide(waiting, "approved")
        return view.state.closed is not None

    return until(client, ended)


def product_works(person: Program) -> bool:
    """Whether the run came to what its PRD wants."""
    return (demo(person).workspace / "habit").is_dir()


def test_a_run_is_watched_to_its_end(person: Program) -> None:
    with loki_in_terminal(person, "demo", "--speed", "0") as shown:
        shown.shows("COMPLETED")
        assert shown.full_screen
        client = demo(person).client()
        assert client.view().status is Status.COMPLETED
        shown.press("[")
        shown.shows("LOOKING BACK")
        shown.press("l")
        shown.press("q")
        assert shown.ends() == 0
        assert not shown.full_screen
        left = " ".join(shown.transcript.split())
        assert "COMPLETED: 11 tests pass; 4 of 4 requirements are proven" in left
        assert "receipt VERIFIED" in left
        assert "To check it: loki receipt verify" in left
        assert f"run {client.run}, iteration " in left
        assert "is checked out" in left
        assert f"loki attach {client.run}" in left
    assert product_works(person)


def test_a_person_approves_steers_looks_back_leaves_and_comes_again(person: Program) -> None:
    with loki_in_terminal(person, *STAGED) as shown:
        client = started(person, shown)
        assert shown.rung or "waiting" in shown.title
        shown.press("a")
        shown.shows("Waiting for you")
        assert approve_one(shown, client) == "p1"
        action = approve_one(shown, client)
        (decision, second) = of(client, ev.ApprovalDecided)[:2]
        assert (decision.decision, second.approval) == ("approved", action)
        shown.press("Escape")
        shown.shows("Activity")
        shown.press("p")
        shown.shows("PAUSED")
        assert client.view().state.paused_by == "person"
        shown.press("p")
        until(client, lambda view: view.state.paused_by is None, shown)
        shown.press("[")
        shown.shows("LOOKING BACK")
        shown.press("l")
        shown.until(lambda screen: "LOOKING BACK" not in screen, "the present")
        shown.press("q")
        shown.shows("Leave it running in the background")
        shown.press("Down", "Enter")
        assert shown.ends() == 130
        assert "goes on in the background" in shown.transcript
    engine = client.engine()
    assert engine is not None
    with loki_in_terminal(demo(person), "attach") as shown:
        shown.shows("Activity", "WAITING")
        assert client.engine() == engine
        shown.press("a")
        shown.shows("Waiting for you")
        approve_one(shown, client)
        shown.press("Escape")
        assert approve_the_rest(client).status is Status.COMPLETED
        shown.shows("COMPLETED")
        shown.press("q")
        assert shown.ends() == 0
    assert product_works(person)


def test_a_terminal_that_is_killed_ends_no_run(person: Program) -> None:
    with loki_in_terminal(person, *STAGED) as shown:
        client = started(person, shown)
        shown.hang_up()
    assert client.view().status is Status.WAITING
    assert client.engine() is not None
    assert approve_the_rest(client).status is Status.COMPLETED
    assert len(of(client, ev.EngineStarted)) == 1
    until(client, lambda view: view.engine is None)
    assert product_works(person)


def test_a_hang_up_signal_ends_no_run(person: Program) -> None:
    with loki_in_terminal(person, *STAGED) as shown:
        client = started(person, shown)
        engine = client.engine()
        assert engine is not None
        assert engine.pid is not None
        os.kill(engine.pid, signal.SIGHUP)
        assert shown.ends() == 130
        assert "goes on in the background" in shown.transcript
    assert approve_the_rest(client).status is Status.COMPLETED
    assert len(of(client, ev.EngineStarted)) == 1


def test_a_run_that_is_left_to_be_resumed_is_paused_and_goes_on(person: Program) -> None:
    with loki_in_terminal(person, *STAGED) as shown:
        client = started(person, shown)
        shown.press("q")
        shown.shows("loki resume")
        shown.press("Down", "Down", "Enter")
        assert shown.ends() == 130
        left = " ".join(shown.transcript.split())
        assert f"{client.view().status.upper()}: " in left
        assert f"run {client.run}, " in left
        assert "Go on: loki resume" in left
        assert "COMPLETED" not in left
    assert client.engine() is None
    with loki_in_terminal(demo(person).with_(LOKI_PROVIDER="replay"), "attach") as shown:
        shown.shows("Activity")
        shown.press("q")
        assert shown.ends() == 0


def test_a_signal_to_end_leaves_the_run_to_be_resumed(person: Program) -> None:
    with loki_in_terminal(person, *STAGED) as shown:
        client = started(person, shown)
        os.kill(shown.pid, signal.SIGTERM)
        assert shown.ends() == 130
    assert client.engine() is None
    assert client.view().state.closed is None


@pytest.mark.parametrize("size", [(80, 24), (200, 60)])
def test_a_terminal_of_sixteen_colours_shows_it_all(person: Program, size: tuple[int, int]) -> None:
    with loki_in_terminal(person.with_(COLORTERM=""), "demo", "--speed", "0", size=size) as shown:
        shown.shows("COMPLETED")
        for columns, rows in [(40, 12), (20, 8), size]:
            shown.resize(columns, rows)
        shown.shows("COMPLETED")
        shown.press("?")
        shown.shows("Everywhere")
        shown.press("Escape")
        shown.until(lambda screen: "Everywhere" not in screen, "the cockpit")
        shown.press("q")
        assert shown.ends() == 0


def test_a_terminal_of_another_size_shows_nothing_of_the_one_before(person: Program) -> None:
    with loki_in_terminal(person, "demo", "--speed", "0", size=(160, 48)) as shown:
        shown.shows("COMPLETED")
        shown.press("q")
        assert shown.ends() == 0
    attach = (demo(person).with_(LOKI_PROVIDER="replay"), "attach")
    for old, new in [((160, 48), (80, 24)), ((80, 24), (120, 36))]:
        with loki_in_terminal(*attach, size=new) as fresh, loki_in_terminal(*attach, size=old) as resized:
            for terminal in (fresh, resized):
                terminal.shows("COMPLETED", "Activity")
                # Where something was typed the pen stays, and what is above a pen that would be lost moves up.
                terminal.press("/")
                terminal.shows("Search what was said")
                terminal.enter("no such words")
                terminal.shows("no such words")
                terminal.press("Escape")
                terminal.hides("no such words")
            resized.resize(*new)
            resized.until(as_in(fresh), f"the same as in\n{fresh.screen}")


def as_in(other: Terminal) -> Callable[[str], bool]:
    """Whether a screen is that of another terminal, but for what time alone changes."""

    def timeless(screen: str) -> str:
        return re.sub(r" *(\d+ (s|min|h)\b|just now)", "", screen)

    return lambda screen: timeless(screen) == timeless(other.screen)


def of(client: RunClient, kind: type[Kind]) -> list[Kind]:
    """A run's events of one kind."""
    return [record.event for record in client.records() if isinstance(record.event, kind)]

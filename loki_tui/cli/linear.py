"""`loki --linear`: a run told in numbered lines and steered by lines typed, wherever its engine lives.

The engine has the main thread, which signals come to; the lines have one of their own. On a terminal all
of it happens in a child, so that the run can go on after the terminal is given back.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import sys
import threading
from collections.abc import Callable, Mapping
from decimal import Decimal

from loki_tui.cli.driving import consent
from loki_tui.cli.foreground import GoOn, in_foreground
from loki_tui.cli.looks import looks_of
from loki_tui.cli.output import ReaderGoneError, complain, remark, ring, say
from loki_tui.core.errors import ExitCode, LokiError
from loki_tui.headless.linear import LinearFace, OutputLostError, Outside
from loki_tui.headless.linear_input import LineReader
from loki_tui.headless.linear_paper import WIDTH
from loki_tui.headless.summary import closing_lines, read_receipt
from loki_tui.runtime.build import Recording
from loki_tui.runtime.client import RunClient, choose_run
from loki_tui.runtime.host import Live, RunHost
from loki_tui.runtime.orders import Order
from loki_tui.runtime.starting import begin, make_ready, take_up
from loki_tui.runtime.surroundings import Surroundings


def start(order: Order, environ: Mapping[str, str]) -> int:
    """Begin a run and drive it in this process."""

    def open_host() -> RunHost:
        ready = make_ready(order, environ, consent=consent)
        return begin(ready, run=order.run, recording=Recording(keep=order.record))

    return drive(open_host)


def resume(run: str | None, environ: Mapping[str, str], *, budget: Decimal | None) -> int:
    """Go on with a run: where its engine lives, else in this process."""
    client = _client(run, environ, unfinished=True)
    if client.engine() is not None:
        client.resume(budget)
        return _watch(client)
    return drive(lambda: take_up(client, environ, budget=budget))


def attach(run: str | None, environ: Mapping[str, str]) -> int:
    """Tell a run that is at work anywhere on this machine, or long over, until a person leaves.

    Returns:
        What the process is to exit with: nothing was driven here, so nothing can have failed.
    """
    return _watch(_client(run, environ, unfinished=False))


def drive(open_host: Callable[[], RunHost]) -> int:
    """Drive a run to its end in this process.

    Args:
        open_host: Begins the run, or takes it up; called in the process that drives it.

    Returns:
        What the process is to exit with: by the run, as without a face.
    """
    if sys.stdin.isatty():
        return in_foreground(lambda go_on: _drive(open_host, go_on))
    return _drive(open_host, None)


def _client(run: str | None, environ: Mapping[str, str], *, unfinished: bool) -> RunClient:
    project = Surroundings.here(environ).project
    return RunClient(project, choose_run(project, run, unfinished=unfinished).id)


def _watch(client: RunClient) -> int:
    reader = LineReader(sys.stdin.fileno())
    face = LinearFace(client, follow=client.follow_pages, outside=_outside(reader))
    try:
        asyncio.run(face.run())
    except OutputLostError as error:
        raise error.error from None
    finally:
        reader.stop()
    return ExitCode.COMPLETED


def _drive(open_host: Callable[[], RunHost], go_on: GoOn | None) -> int:
    with open_host() as host:
        reader = LineReader(sys.stdin.fileno())
        face = LinearFace(
            host.client,
            follow=lambda after: host.follow_pages(after=after),
            outside=_outside(reader),
            hosted=_Here(host, reader, go_on),
        )
        telling = threading.Thread(target=_tell, args=(face,), name="linear", daemon=True)
        telling.start()
        try:
            code = asyncio.run(host.run(Live(attended=True)))
        finally:
            face.finish()
            telling.join()
            reader.stop()
        if face.gone:
            for line in closing_lines(host.client.view().state, read_receipt(host.client)):
                remark(line)
        return code


def _outside(reader: LineReader) -> Outside:
    bell = looks_of(os.environ).notify in ("all", "bell")
    width = min(WIDTH, shutil.get_terminal_size((WIDTH, 24)).columns)
    return Outside(listen=reader.start, write=say, ring=ring if bell else _be_silent, width=width)


def _be_silent() -> None:
    """Call nobody."""


def _tell(face: LinearFace) -> None:
    """Tell a run in a thread of its own. Paid work is not given up because nobody can be told of it any more."""
    try:
        asyncio.run(face.run())
    except OutputLostError as error:
        if isinstance(error.error, ReaderGoneError):
            remark("Nobody reads the output any more; the run goes on. Look: loki attach. End: loki stop.")
        else:
            complain(error.error)
    except LokiError as error:
        complain(error)


class _Here:
    """An engine in this process, as the lines see it. Implements `loki_tui.headless.linear.Hosted`."""

    def __init__(self, host: RunHost, reader: LineReader, go_on: GoOn | None) -> None:
        self._host = host
        self._reader = reader
        self._go_on = go_on

    def interrupt(self) -> None:
        self._host.interrupt()

    def go_on(self) -> bool:
        if self._go_on is None:
            return False
        # What is typed from now on is for whoever has the terminal then.
        self._reader.stop()
        self._go_on(self._host.log)
        return True

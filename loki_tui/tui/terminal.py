"""The terminal: its driver, which survives the terminal's going away, and what is told to it beside the picture.

A terminal that goes (a dropped connection, a closed window) is first noticed by whichever of three
comes first: the input that ends, an output that fails, or SIGHUP. All lead to the same: the
application is told, and from then on its output goes nowhere.
"""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable
from contextlib import suppress
from io import TextIOWrapper
from types import FrameType
from typing import IO, TYPE_CHECKING, cast

from textual.drivers.linux_driver import LinuxDriver
from textual.events import Resize
from textual.message import Message

from loki_tui.tui.canvas import Canvas

if TYPE_CHECKING:
    from textual.app import App


class HungUp(Message):
    """The terminal is gone."""


class TerminalDriver(LinuxDriver):
    """The library's driver, which says `HungUp` where that would panic or hang."""

    def __init__(
        self, app: App[object], *, debug: bool = False, mouse: bool = True, size: tuple[int, int] | None = None
    ) -> None:
        super().__init__(app, debug=debug, mouse=mouse, size=size)
        self._told = threading.Event()
        assert self._file is not None
        self._glass = _Glass(self._file, self.hang_up)
        self._file = cast("TextIOWrapper", self._glass)

    def run_input_thread(self) -> None:
        """Read keys for as long as there is a terminal."""
        try:
            super().run_input_thread()
        except OSError:
            self.hang_up()

    def start_application_mode(self) -> None:
        """Take the terminal; from here on its changes of size are heard of by a signal."""
        super().start_application_mode()  # type: ignore[no-untyped-call]
        passed_on = signal.getsignal(signal.SIGWINCH)

        def resized(number: int, frame: FrameType | None) -> None:
            self._glass.stale = True
            if callable(passed_on):
                passed_on(number, frame)

        signal.signal(signal.SIGWINCH, resized)

    def process_message(self, message: Message) -> None:
        """Pass on what the terminal says, its changes of size included where it tells them in words."""
        if isinstance(message, Resize):
            self._glass.stale = True
        super().process_message(message)

    def hang_up(self) -> None:
        """Let go of a terminal that is gone; from any thread, and as often as one likes."""
        if self._told.is_set():
            return
        self._told.set()
        let_go_of_terminal()
        self._app.post_message(HungUp())


class _Glass:
    """The terminal as an output: it may go away, and gets only what changes its picture."""

    def __init__(self, file: IO[str], on_loss: Callable[[], None]) -> None:
        self._file = file
        self._on_loss = on_loss
        self._canvas = Canvas()
        self.stale = False
        """Whether nobody knows any more what the terminal shows, since its size changed; set from any thread."""

    def write(self, text: str) -> int:
        if self.stale:
            self.stale = False
            self._canvas.forget()
        if written := self._canvas.thin(text):
            try:
                self._file.write(written)
            except OSError:
                self._on_loss()
        return len(text)

    def flush(self) -> None:
        with suppress(OSError):
            self._file.flush()

    def fileno(self) -> int:
        return self._file.fileno()

    def isatty(self) -> bool:
        return True


def let_go_of_terminal() -> None:
    """Have the standard streams lead nowhere: what is still written to them harms nothing."""
    nowhere = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1, 2):
        os.dup2(nowhere, descriptor)
    os.close(nowhere)


def title_sequence(text: str) -> str:
    """Sets the title of the window or tab (OSC 2)."""
    return f"\x1b]2;{_harmless(text)}\x1b\\"


def notice_sequences(title: str, text: str) -> str:
    """A desktop notification, in both ways terminals know (OSC 9, OSC 777); others ignore them."""
    return (
        f"\x1b]9;{_harmless(title)}: {_harmless(text)}\x1b\\\x1b]777;notify;{_harmless(title)};{_harmless(text)}\x1b\\"
    )


def _harmless(text: str) -> str:
    """Text that cannot end the sequence it stands in, nor a field of it."""
    return "".join(character for character in text if character.isprintable()).replace(";", ",")[:200]

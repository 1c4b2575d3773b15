"""A program in a real terminal: tmux shows it, types for us, and says what is on the screen.

Each terminal has a tmux server of its own, on a socket of its own, so that nothing of the person's is touched and
ending it ends everything in it.
"""

from __future__ import annotations

import os
import select
import shlex
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from tests.support.program import LOKI, Program

needs_tmux = pytest.mark.skipif(shutil.which("tmux") is None, reason="tmux is not on this machine")
"""Marks tests that are skipped where there is no tmux."""

PATIENCE = 60.0
"""Seconds that a wait may take; far more than any does on a quiet machine."""

GLANCE = 0.25
"""Seconds after which the screen is looked at even though the program wrote nothing."""

SIZE = (120, 36)

_NOT_OURS = ("NO_COLOR", "COLUMNS", "LINES", "TMUX", "TMUX_PANE", "TERM")
"""Variables that say how another terminal is, or should look."""

_SERVER = "main"


class TmuxError(Exception):
    """tmux refuses."""


class Terminal:
    """One terminal with one program in it; made by `terminal`.

    Args:
        room: A private directory for the socket and the pipe; its path has to be short.
        environ: Of the server, and so of the program.
    """

    def __init__(self, room: Path, environ: Mapping[str, str]) -> None:
        kept = {name: value for name, value in environ.items() if name not in _NOT_OURS}
        self._environ = {**kept, "TMUX_TMPDIR": str(room), "LANG": "C.UTF-8", "COLORTERM": "truecolor"}
        self._pipe = room / "written"
        self._code = room / "code"
        os.mkfifo(self._pipe)
        # Open for writing too, so that it never comes to an end.
        self._written = os.open(self._pipe, os.O_RDWR | os.O_NONBLOCK)

    @property
    def _wrapped(self) -> tuple[str, ...]:
        """A shell that notes what the program exits with: tmux itself misses that now and then, when it is busy."""
        return ("sh", "-c", '"$@"; echo $? >"$0"', str(self._code))

    def start(self, command: tuple[str, ...], *, cwd: Path, size: tuple[int, int]) -> None:
        """Start the server, and the program in it."""
        columns, rows = size
        options = {"remain-on-exit": "on", "status": "off", "monitor-bell": "on", "focus-events": "on"}
        settings = [word for name, value in options.items() for word in ("set", "-g", name, value, ";")]
        settings += ["set", "-s", "set-clipboard", "on", ";", "set", "-s", "escape-time", "0", ";"]
        wrapped = shlex.join((*self._wrapped, *command))
        opened = ["new-session", "-d", "-x", str(columns), "-y", str(rows), "-c", str(cwd), wrapped, ";"]
        piped = ["pipe-pane", "-O", f"exec cat >{shlex.quote(str(self._pipe))}"]
        self._tmux("start-server", ";", *settings, *opened, *piped)

    # -- looking --------------------------------------------------------------------------------

    @property
    def screen(self) -> str:
        """What is on the screen, a line a row."""
        return self._tmux("capture-pane", "-p")

    @property
    def styled(self) -> str:
        """The same with the escape sequences of its colours."""
        return self._tmux("capture-pane", "-p", "-e")

    @property
    def transcript(self) -> str:
        """What is on the screen and what has scrolled off it; tmux moves the screen up when the program ends."""
        return self._tmux("capture-pane", "-p", "-S", "-")

    @property
    def title(self) -> str:
        """What the program calls its window."""
        return self._ask("pane_title")

    @property
    def rung(self) -> bool:
        """Whether the bell rang while nobody was there."""
        return self._ask("window_bell_flag") == "1"

    @property
    def clipboard(self) -> str:
        """What the program copied last; empty where it copied nothing."""
        with suppress(TmuxError):
            return self._tmux("show-buffer")
        return ""

    @property
    def pid(self) -> int:
        """The program's process: the child of its shell."""
        shell = self._ask("pane_pid")
        return int(Path(f"/proc/{shell}/task/{shell}/children").read_text().split()[0])

    @property
    def full_screen(self) -> bool:
        """Whether the program has the alternate screen."""
        return self._ask("alternate_on") == "1"

    @property
    def exit_code(self) -> int | None:
        """What the program ended with; none while it has not."""
        code = self._code.read_text() if self._code.exists() else ""
        return int(code) if code else None

    # -- waiting --------------------------------------------------------------------------------

    def until(self, condition: Callable[[str], bool], what: str = "", *, patience: float = PATIENCE) -> str:
        """Wait until the screen is as wanted.

        Args:
            condition: Told what is on the screen.
            what: What is waited for, in words, for the error.
            patience: Seconds.

        Returns:
            The screen as it was then.

        Raises:
            AssertionError: It did not become so in time, or the program ended before.
        """
        deadline = time.monotonic() + patience
        while not condition(shown := self.screen):
            left = deadline - time.monotonic()
            assert left > 0, f"{what or 'it'} did not come in {patience:g} seconds:\n{shown}"
            code = self.exit_code
            if code is not None:
                shown = self.transcript
                assert condition(shown), f"it ended with {code} without {what or 'it'}:\n{shown}"
                return shown
            self._rest(min(left, GLANCE))
        return shown

    def shows(self, *texts: str, patience: float = PATIENCE) -> str:
        """Wait until all of these texts are on the screen; the screen then."""
        return self.until(lambda shown: all(text in shown for text in texts), " and ".join(texts), patience=patience)

    def hides(self, text: str, *, patience: float = PATIENCE) -> str:
        """Wait until a text is no more on the screen; the screen then."""
        return self.until(lambda shown: text not in shown, f"the end of {text!r}", patience=patience)

    def ends(self, *, patience: float = PATIENCE) -> int:
        """Wait for the program to end; what it exits with."""
        deadline = time.monotonic() + patience
        while (code := self.exit_code) is None:
            left = deadline - time.monotonic()
            assert left > 0, f"it is still going after {patience:g} seconds:\n{self.screen}"
            self._rest(min(left, GLANCE))
        return code

    def _rest(self, seconds: float) -> None:
        """Until the program writes something, or so long."""
        if select.select([self._written], [], [], seconds)[0]:
            with suppress(BlockingIOError):
                while os.read(self._written, 65536):
                    pass

    # -- acting ---------------------------------------------------------------------------------

    def press(self, *keys: str) -> None:
        """Press keys, by tmux's names: `q`, `Tab`, `Escape`, `C-c`, `Up`, `F1`."""
        self._tmux("send-keys", *keys)

    def enter(self, text: str) -> None:
        """Type a text, a key a character."""
        self._tmux("send-keys", "-l", "--", text)

    def paste(self, text: str) -> None:
        """Paste a text, bracketed where the program asked for that."""
        self._tmux("set-buffer", "-b", "pasted", "--", text, ";", "paste-buffer", "-p", "-d", "-b", "pasted")

    def resize(self, columns: int, rows: int) -> None:
        """Give it another size."""
        self._tmux("resize-window", "-x", str(columns), "-y", str(rows))

    def hang_up(self) -> None:
        """The terminal goes away under the program, as a connection drops; nothing can be asked afterwards."""
        self._tmux("kill-session")

    def close(self) -> None:
        """End the server and all that runs in it."""
        with suppress(TmuxError):
            self._tmux("kill-server")
        os.close(self._written)

    def _ask(self, variable: str) -> str:
        return self._tmux("display-message", "-p", f"#{{{variable}}}").removesuffix("\n")

    def _tmux(self, *arguments: str) -> str:
        command = ["tmux", "-u", "-L", _SERVER, "-f", "/dev/null", *arguments]
        done = subprocess.run(command, env=self._environ, check=False, capture_output=True, text=True, timeout=PATIENCE)
        if done.returncode:
            raise TmuxError(f"tmux {shlex.join(arguments)}: {done.stderr.strip()}")
        return done.stdout


@contextmanager
def terminal(
    *command: str, cwd: Path, environ: Mapping[str, str] | None = None, size: tuple[int, int] = SIZE
) -> Iterator[Terminal]:
    """A terminal with a program in it, until the context is left.

    Args:
        command: The program and its arguments.
        cwd: Where it starts.
        environ: The test's own by default.
        size: Columns and rows.
    """
    # Not the test's own directory: the path of a socket may have 107 bytes.
    with tempfile.TemporaryDirectory(prefix="loki-", dir="/tmp", ignore_cleanup_errors=True) as room:
        shown = Terminal(Path(room), os.environ if environ is None else environ)
        try:
            shown.start(command, cwd=cwd, size=size)
            yield shown
        finally:
            shown.close()


@contextmanager
def loki_in_terminal(program: Program, *arguments: str, size: tuple[int, int] = SIZE) -> Iterator[Terminal]:
    """The real `loki`, in its project, in a terminal."""
    with terminal(*LOKI, *arguments, cwd=program.workspace, environ=program.environ, size=size) as shown:
        yield shown

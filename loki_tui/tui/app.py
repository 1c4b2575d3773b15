"""The application: modes, themes, keys. Each run is a mode; what happens on a screen is the screen's business."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, ClassVar

from textual import on, work
from textual.app import InvalidModeError, SystemCommand
from textual.binding import BindingType
from textual.driver import Driver
from textual.screen import Screen

from loki_tui.tui.actions import bindings
from loki_tui.tui.commands import commands_for
from loki_tui.tui.export import Exporting
from loki_tui.tui.screens.run_screen import OpenSession, RunScreen
from loki_tui.tui.stylesheets import stylesheets
from loki_tui.tui.terminal import HungUp, TerminalDriver, notice_sequences, title_sequence
from loki_tui.tui.themes import themes

if TYPE_CHECKING:
    from loki_tui.core.errors import LokiError
    from loki_tui.tui.engine_thread import EngineThread
    from loki_tui.tui.session import RunSession

HOME = "runs"
"""The mode that lists runs."""
FIRST = "first"
"""The mode of the run that the application was opened for."""


@dataclass(frozen=True, slots=True)
class Launch:
    """What the application is opened for."""

    opening: OpenSession | None = None
    """Opens the run to begin with; none to begin with the list of runs."""
    title: str = ""
    """Said while that run is being opened."""
    theme: str = "dark"
    keymap: Mapping[str, str] = field(default_factory=dict)
    """Action to the keys a person wants for it."""
    notices: str = "all"
    """How a person is told that something waits: all, bell, title or off."""
    environ: Mapping[str, str] = field(default_factory=dict)
    now: Callable[[], datetime] = lambda: datetime.now(UTC)
    """The present, in UTC, that ages in lists are counted from."""


@dataclass(frozen=True, slots=True)
class Left:
    """How a person left the application."""

    error: LokiError | None = None
    """Why it could not go on."""
    background: bool = False
    """Whether what is at work in this process is to go on without a screen."""


class LokiApp(Exporting):
    """Mission control.

    Args:
        launch: What it is opened for.
    """

    TITLE = "Loki"
    ENABLE_COMMAND_PALETTE = True
    BINDINGS: ClassVar[list[BindingType]] = [*bindings("app")]
    PAUSE_GC_ON_SCROLL = True

    def __init__(self, launch: Launch) -> None:
        self.launch = launch
        self.keymap_given = launch.keymap
        self.sessions: dict[str, RunSession] = {}
        """Every run that was opened, by its mode; each may have its engine here."""
        self._came_from: str | None = None
        """The mode of the run from which a person went to the list."""
        # The first screen is the first mode's, or the library would compose an empty one before it.
        self.DEFAULT_MODE = HOME if launch.opening is None else FIRST  # type: ignore[misc]
        # Where no colour is wanted, the library would turn the terminal's own colours into black on black.
        super().__init__(css_path=stylesheets(), ansi_color=True if "NO_COLOR" in os.environ else None)
        self.add_mode(HOME, self._runs_screen)
        if (opening := launch.opening) is not None:
            self.add_mode(FIRST, lambda: self._cockpit(FIRST, opening, launch.title))
        for theme in themes():
            self.register_theme(theme)
        self.theme = launch.theme
        self.set_keymap(dict(launch.keymap))

    def get_driver_class(self) -> type[Driver]:
        """The driver that survives its terminal; a browser's or a test's is theirs."""
        found = super().get_driver_class()
        return TerminalDriver if found is TerminalDriver.__base__ else found

    def on_mount(self) -> None:
        """Hear what the system has to say to this process."""
        loop = asyncio.get_running_loop()
        with suppress(ValueError, RuntimeError):  # not the main thread: a test's
            loop.add_signal_handler(signal.SIGHUP, lambda: self.post_message(HungUp()))
            loop.add_signal_handler(signal.SIGTERM, lambda: self.exit(Left()))

    # -- modes ----------------------------------------------------------------------------------

    def open_run(self, name: str, opening: OpenSession, *, title: str) -> None:
        """Show a run in a mode of its own, which stays until the application ends."""
        mode = next((mode for mode, session in self.sessions.items() if session.client.run == name), _mode_of(name))
        with suppress(InvalidModeError):  # it is there already
            self.add_mode(mode, lambda: self._cockpit(mode, opening, title))
        self.switch_mode(mode)

    def keep(self, session: RunSession) -> None:
        """Answer for a run whose engine is at work here, before it is shown; from any thread."""
        self.sessions[_mode_of(session.client.run)] = session

    def _cockpit(self, mode: str, opening: OpenSession, title: str) -> Screen[None]:
        from loki_tui.tui.screens.cockpit import CockpitScreen  # noqa: PLC0415 (when it is wanted)

        def opened() -> RunSession:
            session = self.sessions[mode] = opening()
            return session

        return CockpitScreen(opened, title=title, environ=self.launch.environ, mode=mode)

    def _runs_screen(self) -> Screen[None]:
        from loki_tui.tui.screens.runs import RunsScreen  # noqa: PLC0415 (when it is wanted)

        return RunsScreen(self.launch.environ, now=self.launch.now)

    def action_runs(self) -> None:
        """Show the runs, or go back from them to the run one came from."""
        if self.current_mode != HOME:
            self._came_from = self.current_mode
            self.switch_mode(HOME)
        elif self._came_from in self.sessions:
            self.switch_mode(self._came_from)

    @on(RunScreen.Refused)
    def _refused(self, message: RunScreen.Refused) -> None:
        """A run that could not be opened ends the application it was opened for; its error is printed after.

        One that a person had already left is only told of.
        """
        mode, in_front = message.mode, message.mode == self.current_mode
        session = self.sessions.get(mode)
        shows_nothing = session is None or not (session.opened or session.hosted)
        if mode == FIRST and in_front and shows_nothing:
            self.exit(Left(error=message.error))
            return
        self.notify(str(message.error), severity="error", markup=False, timeout=15)
        if shows_nothing:
            # There is nothing to see there, and it may be opened again.
            self.sessions.pop(mode, None)
            if in_front:
                self.switch_mode(HOME)
            self.remove_mode(mode)

    # -- what a person is told ------------------------------------------------------------------

    @on(RunScreen.Noticed)
    def _notice(self, message: RunScreen.Noticed) -> None:
        """Ring, where something waits for a person or a run has ended."""
        from loki_tui.tui.notices import notice_of  # noqa: PLC0415 (when it is wanted)

        notice = notice_of(message.session, message.kinds)
        if notice is None or self.launch.notices == "off":
            return
        if self.launch.notices in ("all", "bell"):
            self.bell()
        if self.launch.notices in ("all", "title"):
            self.tell_terminal(title_sequence(f"{notice} · Loki"))
        if self.launch.notices == "all":
            self.tell_terminal(notice_sequences("Loki", notice))

    def tell_terminal(self, sequence: str) -> None:
        """Send the terminal something beside the picture."""
        if self._driver is not None and not self.is_headless:
            self._driver.write(sequence)
            self._driver.flush()

    # -- leaving --------------------------------------------------------------------------------

    @property
    def engines(self) -> list[EngineThread]:
        """The engines at work in this process."""
        hosted = (session.hosted for session in self.sessions.values())
        return [engine for engine in hosted if engine is not None and engine.alive]

    @work(group="leave", exclusive=True)
    async def action_leave(self) -> None:
        """Leave; asks only where that would end a run."""
        if not self.engines:
            self.exit(Left())
            return
        from loki_tui.tui.screens.dialogs import Choice, ChooseScreen  # noqa: PLC0415 (when it is wanted)

        answer = await self.push_screen_wait(
            ChooseScreen(
                "A run is at work in this process.",
                [
                    Choice("stay", "Stay"),
                    Choice("background", "Leave it running in the background (loki attach finds it)"),
                    Choice("interrupt", "Save its work and leave it to be resumed (loki resume)"),
                ],
            )
        )
        match answer:
            case "background":
                self.exit(Left(background=True))
            case "interrupt":
                self.exit(Left())

    @on(HungUp)
    def _hung_up(self) -> None:
        """Go on without a screen where there is work to go on with."""
        # Who was only told to hang up still has a terminal, which is left as it was found.
        self.exit(Left(background=bool(self.engines)))

    # -- looks ----------------------------------------------------------------------------------

    def action_next_theme(self) -> None:
        """Take the next theme."""
        names = [theme.name for theme in themes()]
        self.theme = names[(names.index(self.theme) + 1) % len(names)] if self.theme in names else names[0]
        self.notify(f"Theme: {self.theme}. To keep it: LOKI_THEME, or the settings.", markup=False)

    # -- other screens --------------------------------------------------------------------------

    def action_help(self) -> None:
        """Show every key there is."""
        from loki_tui.tui.screens.help import HelpScreen  # noqa: PLC0415 (when it is wanted)

        self.push_screen(HelpScreen(self.keymap_given))

    def action_settings(self) -> None:
        """See and change settings."""
        from loki_tui.tui.screens.settings import SettingsScreen  # noqa: PLC0415 (when it is wanted)

        if not isinstance(self.screen, SettingsScreen):
            self.push_screen(SettingsScreen(self.launch.environ))

    def action_start_run(self) -> None:
        """Choose a PRD and begin a run."""
        from loki_tui.tui.screens.start import StartScreen  # noqa: PLC0415 (when it is wanted)

        if not isinstance(self.screen, StartScreen):
            self.push_screen(StartScreen(self.launch.environ, now=self.launch.now))

    def get_system_commands(self, screen: Screen[object]) -> Iterable[SystemCommand]:
        """Everything that can be done here, for the command palette."""
        return commands_for(self, screen)


def _mode_of(run: str) -> str:
    """The mode of a run that was not there from the beginning."""
    return f"run-{run}"

"""The command palette, made from the one table of actions."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import TYPE_CHECKING

from textual.app import SystemCommand
from textual.screen import Screen

from loki_tui.tui.actions import Action, Scope, actions_of, key_text

if TYPE_CHECKING:
    from loki_tui.tui.app import LokiApp

_SCOPES: dict[str, Scope] = {
    "CockpitScreen": "cockpit",
    "ApprovalsScreen": "approvals",
    "RulesScreen": "rules",
    "ViewerScreen": "viewer",
    "RunsScreen": "runs",
    "StartScreen": "start",
    "SettingsScreen": "settings",
}
"""Screen to what can be done on it."""


def scope_of(screen: Screen[object]) -> Scope:
    """What can be done on a screen beside what can be done everywhere."""
    return _SCOPES.get(type(screen).__name__, "app")


def commands_for(app: LokiApp, screen: Screen[object]) -> Iterator[SystemCommand]:
    """A command for each action that can be taken on a screen."""
    scope = scope_of(screen)
    for action in actions_of(scope) if scope != "app" else ():
        yield _command(app, action, partial(screen.run_action, action.method))
    for action in actions_of("app"):
        if action.id != "app.palette":
            yield _command(app, action, partial(app.run_action, action.method))


def _command(app: LokiApp, action: Action, run: Callable[[], object]) -> SystemCommand:
    return SystemCommand(f"{action.label} ({key_text(action, app.keymap_given)})", action.help, run)

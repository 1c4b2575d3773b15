"""The one table of what a person can do: keys, help, footer and command palette are all made from it.

An action's id is what a keymap names (`LOKI_KEYMAP`); its method is what a screen implements.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Literal

from textual.binding import Binding

from loki_tui.core.errors import UsageError

Scope = Literal["app", "cockpit", "approvals", "rules", "viewer", "runs", "start", "settings"]
"""Where an action can be taken: everywhere, or on one screen."""


@dataclass(frozen=True, slots=True)
class Action:
    """Something a person can do."""

    id: str
    keys: str
    """Separated by commas."""
    method: str
    """The action of the screen or the application, with its parameters."""
    label: str
    """In a word or two, for the footer and the palette."""
    help: str
    """One sentence."""
    scope: Scope

    @property
    def footer(self) -> bool:
        """Whether the last line of the screen names it."""
        return self.id in _FOOTER

    @property
    def shown(self) -> str:
        """Its keys as they are written."""
        return " ".join(_WRITTEN.get(key, key) for key in self.keys.split(","))


ORDINARY = ("activity", "iterations", "requirements", "budget", "checks", "council", "resources", "approvals")
"""The panes of a run that is not parallel."""

PANES = (*ORDINARY, "streams")
"""The cockpit's panes, in the order of their number keys."""

_FOOTER = frozenset(
    {
        "app.help",
        "app.start",
        "app.quit",
        "run.pause",
        "run.steer",
        "run.approvals",
        "time.back",
        "time.forward",
        "log.search",
        "pane.zoom",
        "approval.approve",
        "approval.deny",
        "approval.pattern",
        "approval.edit",
        "approval.mark",
        "approval.whole",
        "approval.close",
        "rules.try",
        "rules.pattern",
        "rules.revoke",
        "rules.close",
        "viewer.close",
        "viewer.split",
        "viewer.copy",
        "runs.open",
        "runs.everywhere",
        "start.begin",
        "start.close",
        "settings.edit",
        "settings.default",
        "settings.filter",
        "settings.close",
    }
)
"""Actions that the last line of the screen names."""

PARALLEL = frozenset({"stream.open", "stream.pause"})
"""What the last line names too, in a run that has streams."""

STEERING = frozenset({"run.pause", "run.steer", "run.approvals", "stream.pause"})
"""What can be done about a run only until it has ended; the last line names `SEEING` instead after that."""

SEEING = frozenset({"run.receipt"})

_WRITTEN = {
    "question_mark": "?", "comma": ",", "slash": "/", "asterisk": "*", "plus": "+", "equals_sign": "=", "minus": "-",
    "left_square_bracket": "[", "right_square_bracket": "]", "left_curly_bracket": "{", "right_curly_bracket": "}",
    "less_than_sign": "<", "escape": "esc",
}  # fmt: skip
"""Keys that are not written as they are named."""


def _scope(scope: Scope, *rows: tuple[str, str, str, str, str]) -> tuple[Action, ...]:
    """A screen's part of the table: id, keys, method, label, help."""
    return tuple(Action(*row, scope) for row in rows)


ACTIONS: tuple[Action, ...] = (
    *_scope(
        "app",
        ("app.help", "question_mark,f1", "help", "Help", "Show every key there is."),
        ("app.palette", "ctrl+p", "command_palette", "Commands", "Find a command by name."),
        ("app.runs", "r", "runs", "Runs", "Show the runs of this project and of this machine."),
        ("app.start", "ctrl+n", "start_run", "New run", "Choose a PRD and begin a run."),
        ("app.settings", "comma", "settings", "Settings", "See and change settings."),
        ("app.theme", "ctrl+t", "next_theme", "Theme", "Take the next theme: dark, light, contrast, ansi."),
        ("app.export_svg", "ctrl+s", "export('svg')", "Save picture", "Save this screen as an SVG picture."),
        ("app.export_text", "ctrl+x", "export('text')", "Save text", "Save this screen as text."),
        ("app.quit", "q,ctrl+q,ctrl+c", "leave", "Quit", "Leave; asks only where that would end a run."),
    ),
    *_scope(
        "cockpit",
        ("run.pause", "p", "pause_or_resume", "Pause", "Hold everything where it is, or let it go on."),
        ("run.steer", "i", "steer", "Steer", "Write a note that the agent reads at its next turn."),
        ("run.approvals", "a", "approvals", "Approvals", "Look at what waits for you, and decide."),
        ("run.rules", "u", "rules", "Rules", "See what is approved for this run beforehand, and take it back."),
        ("run.budget", "b", "budget", "Budget", "Set the budget anew."),
        ("run.review", "c", "review", "Ask the council", "Have the council sit once this iteration is over."),
        ("run.receipt", "v", "receipt", "Receipt", "See the evidence of the run, once it has ended."),
        ("run.stop", "s", "stop", "Stop", "Bring the work to a safe place and end the run; asks first."),
        (
            "stream.open",
            "O,shift+o",
            "open_stream",
            "Open stream",
            "See one stream by itself; esc leads back to the run.",
        ),
        ("stream.pause", "P,shift+p", "pause_stream", "Pause stream", "Hold one stream where it is, or let it go on."),
        ("stream.steer", "I,shift+i", "steer_stream", "Steer stream", "Write a note for the agent of one stream."),
        ("stream.share", "B,shift+b", "share_stream", "Share", "Give a stream another share of the budget."),
        (
            "stream.stop",
            "S,shift+s",
            "stop_stream",
            "Stop stream",
            "Bring one stream to a safe place and end it, not the run; asks first.",
        ),
        ("time.back", "left_square_bracket", "look(-1)", "Back", "Go back in time by one thing that happened."),
        ("time.forward", "right_square_bracket", "look(1)", "Forward", "Go forward in time by one."),
        (
            "time.iteration_back",
            "left_curly_bracket",
            "look_iteration(-1)",
            "Iteration back",
            "Go back to where the iteration began.",
        ),
        (
            "time.iteration_forward",
            "right_curly_bracket",
            "look_iteration(1)",
            "Iteration on",
            "Go on to the next iteration.",
        ),
        ("time.first", "less_than_sign", "look_at(1)", "Beginning", "Go back to the very beginning."),
        ("time.now", "l,escape", "now", "Now", "Return to the present; from a stream, to the run."),
        (
            "log.search",
            "slash",
            "search",
            "Search",
            "Search what was said and done, in a stream that is opened or everywhere.",
        ),
        ("log.next", "n", "search_again(1)", "Next", "Go to the next place that fits the search."),
        ("log.previous", "N,shift+n", "search_again(-1)", "Previous", "Go to the previous place that fits."),
        ("log.filter", "f", "filter", "Filter", "Show one kind of things only, or all again."),
        ("log.next_error", "e", "problem(1)", "Next error", "Go to the next thing that went wrong."),
        ("log.previous_error", "E,shift+e", "problem(-1)", "Last error", "Go to the previous thing that went wrong."),
        (
            "log.open",
            "o",
            "open",
            "Open",
            "See what is under the cursor whole: an action, a requirement, a check, a vote.",
        ),
        ("log.copy", "y", "copy", "Copy", "Copy what is under the cursor: of an action, its command or its diff."),
        ("pane.next", "tab", "focus_pane(1)", "Next pane", "Go to the next pane."),
        ("pane.previous", "shift+tab", "focus_pane(-1)", "Previous pane", "Go to the previous pane."),
        ("pane.zoom", "z", "zoom", "Zoom", "Give the pane the whole screen, or give it back."),
        ("pane.hide", "x", "hide", "Hide", "Hide the pane."),
        ("pane.show", "X,shift+x", "show_all", "Show all", "Show all panes again."),
        ("pane.wider", "equals_sign,plus", "resize(1)", "Larger", "Make the pane larger."),
        ("pane.narrower", "minus", "resize(-1)", "Smaller", "Make the pane smaller."),
        *(
            (
                f"pane.{name}",
                str(number),
                f"go_to_pane('{name}')",
                f"{name.capitalize()} pane",
                f"Go to the pane {name}.",
            )
            for number, name in enumerate(PANES, start=1)
        ),
    ),
    *_scope(
        "approvals",
        ("approval.approve", "y", "approve", "Approve", "Approve exactly what is shown."),
        ("approval.deny", "n", "deny", "Deny", "Deny it, with a reason that reaches the agent."),
        ("approval.pattern", "p", "approve_pattern", "For this run", "Approve it and what is like it, for this run."),
        ("approval.edit", "e", "edit", "Edit", "Change it before it is approved."),
        ("approval.whole", "enter,d", "whole", "Look", "Look at the whole of it on the full screen."),
        ("approval.mark", "space", "mark", "Mark", "Mark or unmark it, to decide on several together."),
        ("approval.mark_all", "asterisk", "mark_all", "Mark all", "Mark all that wait, or none."),
        ("approval.split", "t", "split", "Side by side", "Show old and new side by side, or in one column."),
        ("approval.close", "escape", "close", "Back", "Back to the cockpit; nothing is decided."),
    ),
    *_scope(
        "rules",
        ("rules.try", "enter,t", "try_rule", "Try", "See what the rule would have let through so far."),
        ("rules.pattern", "slash", "try_pattern", "Try another", "Try a pattern of your own; nothing is approved."),
        ("rules.revoke", "delete,x", "revoke", "Revoke", "Have such actions asked about again; asks first."),
        ("rules.close", "escape", "close", "Back", "Back to the cockpit."),
    ),
    *_scope(
        "viewer",
        ("viewer.close", "escape,q", "close", "Back", "Close the viewer."),
        ("viewer.split", "t", "split", "Side by side", "Show old and new side by side, or in one column."),
        ("viewer.copy", "y", "copy", "Copy", "Copy all of it."),
    ),
    *_scope(
        "runs",
        ("runs.open", "enter", "open", "Open", "Open the run."),
        ("runs.everywhere", "m", "everywhere", "Machine", "Show the runs of the whole machine, or of this project."),
        ("runs.refresh", "f5", "refresh_runs", "Refresh", "Look again."),
        ("runs.close", "escape", "app.runs", "Back", "Go back to the run one came from."),
    ),
    *_scope(
        "start",
        ("start.begin", "ctrl+r", "begin", "Begin", "Begin the run."),
        ("start.close", "escape", "close", "Back", "Begin nothing."),
    ),
    *_scope(
        "settings",
        ("settings.edit", "enter", "edit", "Change", "Change the setting."),
        ("settings.default", "delete", "restore", "Default", "Take it out of your file."),
        ("settings.filter", "slash", "filter", "Filter", "Show the settings that have these words."),
        ("settings.close", "escape", "close", "Back", "Close the settings."),
    ),
)

HEADINGS = {
    "app": "Everywhere",
    "run": "The run",
    "stream": "Streams of a parallel run",
    "time": "Looking back",
    "log": "Looking closer",
    "pane": "Panes",
    "approval": "Approvals",
    "rules": "Rules",
    "viewer": "Viewer",
    "runs": "List of runs",
    "start": "New run",
    "settings": "Settings",
}
"""What the first part of an id is about."""

_BY_ID = {action.id: action for action in ACTIONS}


def actions_of(*scopes: Scope) -> tuple[Action, ...]:
    """The actions of some scopes, in the table's order."""
    return tuple(action for action in ACTIONS if action.scope in scopes)


def bindings(scope: Scope) -> list[Binding]:
    """The key bindings of a screen."""
    return [
        Binding(
            action.keys,
            action.method,
            action.label,
            show=action.footer,
            key_display=action.shown.split()[0],
            tooltip=action.help,
            id=action.id,
        )
        for action in actions_of(scope)
    ]


def check_keymap(keymap: Mapping[str, str]) -> None:
    """See that a keymap names actions that there are.

    Raises:
        UsageError: It does not; names the nearest.
    """
    for name in keymap:
        if name not in _BY_ID:
            near = get_close_matches(name, _BY_ID, n=1)
            raise UsageError(
                f"LOKI_KEYMAP names {name!r}, which is nothing one can do here.",
                hint=f"Did you mean {near[0]}?" if near else "`?` in the application lists every name.",
            )


def key_text(action: Action, keymap: Mapping[str, str]) -> str:
    """The keys of an action as a person reads them."""
    keys = keymap.get(action.id)
    return action.shown if keys is None else keys.replace(",", " ")


def grouped(actions: Iterable[Action]) -> dict[str, list[Action]]:
    """Actions by what they are about, which is the first part of their ids."""
    groups: dict[str, list[Action]] = {}
    for action in actions:
        groups.setdefault(action.id.partition(".")[0], []).append(action)
    return groups

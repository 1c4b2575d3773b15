"""The table of actions: what it names is there, and keys, help and palette all come from it."""

from __future__ import annotations

from itertools import combinations

import pytest
from textual.actions import parse
from textual.dom import DOMNode

from loki_tui.core.errors import UsageError
from loki_tui.tui.actions import ACTIONS, Action, Scope, actions_of, bindings, check_keymap, grouped, key_text
from loki_tui.tui.app import LokiApp
from loki_tui.tui.commands import scope_of
from loki_tui.tui.screens.approvals import ApprovalsScreen
from loki_tui.tui.screens.cockpit import CockpitScreen
from loki_tui.tui.screens.rules import RulesScreen
from loki_tui.tui.screens.runs import RunsScreen
from loki_tui.tui.screens.settings import SettingsScreen
from loki_tui.tui.screens.start import StartScreen
from loki_tui.tui.screens.viewer import ViewerScreen

SCREENS: dict[Scope, type[DOMNode]] = {
    "app": LokiApp,
    "cockpit": CockpitScreen,
    "approvals": ApprovalsScreen,
    "rules": RulesScreen,
    "viewer": ViewerScreen,
    "runs": RunsScreen,
    "start": StartScreen,
    "settings": SettingsScreen,
}

every = pytest.mark.parametrize("action", ACTIONS, ids=lambda action: action.id)


def test_no_two_actions_have_one_name() -> None:
    assert len({action.id for action in ACTIONS}) == len(ACTIONS)


@every
def test_an_action_can_be_taken_and_is_explained(action: Action) -> None:
    target, method, _ = parse(action.method)
    owner = LokiApp if target == "app" else SCREENS[action.scope]
    assert callable(getattr(owner, f"action_{method}", None)), method
    assert action.keys
    assert action.label
    assert action.help.endswith(".")
    assert key_text(action, {}) == action.shown
    assert key_text(action, {action.id: "f9,ctrl+y"}) == "f9 ctrl+y"


@pytest.mark.parametrize("scope", SCREENS)
def test_a_key_means_one_thing_on_a_screen(scope: Scope) -> None:
    for one, other in combinations(actions_of(scope), 2):
        assert not set(one.keys.split(",")) & set(other.keys.split(",")), (one.id, other.id)


@pytest.mark.parametrize("scope", SCREENS)
def test_the_keys_of_a_screen_are_bound(scope: Scope) -> None:
    assert {binding.id for binding in bindings(scope)} == {action.id for action in actions_of(scope)}


def test_on_the_cockpit_no_key_hides_one_that_works_everywhere() -> None:
    everywhere = {key: action.id for action in actions_of("app") for key in action.keys.split(",")}
    here = {key: action.id for action in actions_of("cockpit") for key in action.keys.split(",")}
    assert not everywhere.keys() & here.keys()


def test_a_keymap_that_names_nothing_names_the_nearest() -> None:
    check_keymap({action.id: "f9" for action in ACTIONS})
    with pytest.raises(UsageError, match=r"run\.pase") as caught:
        check_keymap({"run.pase": "f9"})
    assert "run.pause" in str(caught.value.hint)
    with pytest.raises(UsageError, match="zzz") as caught:
        check_keymap({"zzz": "f9"})
    assert "lists every name" in str(caught.value.hint)


def test_groups_lose_no_action() -> None:
    assert sum(map(len, grouped(ACTIONS).values())) == len(ACTIONS)


def test_a_screen_knows_what_can_be_done_on_it() -> None:
    for scope, screen in SCREENS.items():
        if scope != "app":
            assert scope_of(screen.__new__(screen)) == scope  # type: ignore[arg-type]

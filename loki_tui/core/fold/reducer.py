"""The dispatcher that the rules of every kind of event register with."""

from __future__ import annotations

from functools import singledispatch

from loki_tui.core import events as ev
from loki_tui.core.state import RunState


@singledispatch
def apply_event(event: ev.Event, state: RunState) -> None:
    """Take one event in; `state.at` is already its moment.

    Kinds without a rule leave no trace in the state.
    """

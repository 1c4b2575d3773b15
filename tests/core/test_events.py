"""What holds for every kind of event."""

from __future__ import annotations

from typing import get_args

import pytest

from loki_tui.core import events as ev
from loki_tui.core.events import Event, decode_event, encode_event


@pytest.mark.parametrize("kind", get_args(get_args(Event)[0]), ids=lambda kind: kind.__name__)
def test_a_field_that_may_be_none_may_be_missing(kind: type[Event]) -> None:
    # None is not written down: such a field without a default could not be read back.
    optional = {name for name, field in kind.model_fields.items() if type(None) in get_args(field.annotation)}
    assert not {name for name in optional if kind.model_fields[name].is_required()}


def test_a_branch_without_a_base_and_a_budget_without_a_limit_can_be_read_back() -> None:
    for event in (ev.BranchOpened(branch="b", base=None, origin="main"), ev.BudgetChanged(limit=None, by="ada")):
        assert decode_event(event.kind, encode_event(event)) == event

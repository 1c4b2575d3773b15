"""What `start --estimate` does: says what a run may come to, and leaves no trace."""

from __future__ import annotations

import json
from collections.abc import Mapping

from loki_tui.cli.output import remark, say
from loki_tui.core.settings import Settings
from loki_tui.core.vocabulary import Status
from loki_tui.runtime.estimate import Estimate, estimate
from loki_tui.runtime.orders import Order
from loki_tui.runtime.prd import Prd, find_prd, read_prd
from loki_tui.runtime.runs import detail, summaries
from loki_tui.runtime.surroundings import Surroundings
from loki_tui.wording.estimates import estimate_lines
from loki_tui.wording.rows import estimate_row

_RUNS = 50
"""How many earlier runs are looked at: the latest are nearest to what is coming."""


def print_estimate(order: Order, environ: Mapping[str, str], *, json_lines: bool) -> None:
    """Print what the ordered run may come to.

    Raises:
        LokiError: The PRD or a setting cannot be used.
    """
    around = Surroundings.here(environ)
    settings = around.settings(order.overrides)
    prd = read_prd(order.prd if order.prd is not None else find_prd(around.project.workspace))
    expectation = expected(prd, settings, around)
    if json_lines:
        say(json.dumps(estimate_row(expectation)))
        return
    for line in estimate_lines(expectation):
        say(line)
    remark("Nothing was started.")


def expected(prd: Prd, settings: Settings, around: Surroundings) -> Estimate:
    """What a run on a PRD may come to, by what earlier ones came to."""
    listing = summaries(around.environ, here=around.project, everywhere=True)
    completed = [listed for listed in listing.runs if listed.outcome is Status.COMPLETED]
    past = [detail(listed) for listed in completed[:_RUNS]]
    return estimate(prd, settings, past, workspace=around.project.workspace)

"""`loki requirements`: how far each line of the PRD is proven, and by what."""

from __future__ import annotations

import json as jsonlib
import os

from loki_tui.cli.options import Json, Run
from loki_tui.cli.output import remark, say


def requirements(run: Run = None, *, json: Json = False) -> None:
    """Show the PRD line by line: what is proven, by which tests and facts, and what is stale."""
    from loki_tui.headless.requirements import requirement_lines  # noqa: PLC0415 (imports when chosen)
    from loki_tui.runtime.client import RunClient, choose_run, latest_plan  # noqa: PLC0415
    from loki_tui.runtime.surroundings import Surroundings  # noqa: PLC0415
    from loki_tui.wording.requirement_row import requirement_row  # noqa: PLC0415

    project = Surroundings.here(os.environ).project
    if run is None and not project.runs() and (plan := latest_plan(project)) is not None:
        remark("No run has begun yet: these are the requirements of the latest plan.")
        project = plan
    state = RunClient(project, choose_run(project, run).id).view().state
    if not state.requirements:
        remark(f"Run {state.run} has no plan yet, so there are no requirements.")
        return
    if json:
        for judged in state.requirements.values():
            say(jsonlib.dumps(requirement_row(state, judged)))
        return
    for line in requirement_lines(state):
        say(line)

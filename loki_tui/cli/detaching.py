"""`loki start --detach`: a run in a process of its own, which outlives this one and its terminal."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from loki_tui.cli.driving import consent
from loki_tui.cli.foreground import require_outliving
from loki_tui.cli.output import remark, say
from loki_tui.core.errors import ExitCode, LokiError
from loki_tui.core.settings import variable_of
from loki_tui.runtime.client import RunClient
from loki_tui.runtime.host import new_run_id
from loki_tui.runtime.orders import Order
from loki_tui.runtime.starting import Ready, make_ready

PATIENCE = 30.0
"""Seconds a detached run has to journal its first event."""


def start_detached(order: Order, environ: Mapping[str, str], *, json_lines: bool) -> int:
    """Begin a run in a process of its own, and return once it is under way.

    Returns:
        What this process is to exit with.

    Raises:
        LokiError: It is not.
    """
    require_outliving("Have the container run in the background: docker run -d … --headless start PRD")
    ready = make_ready(order, environ, consent=consent)
    run = new_run_id()
    state = ready.around.project.state
    state.prepare()
    log = state.prepare_run(run).root / "engine.log"
    child = _send_off(order, ready, run=run, log=log)
    code = _wait_until_begun(RunClient(ready.around.project, run), child)
    if code is not None:
        for line in log.read_text(errors="replace").splitlines():
            remark(line)
        return code
    say(json.dumps({"run": run}) if json_lines else run)
    remark(f"It goes on in the background (process {child.pid}). Watch: loki logs -f. End: loki stop.")
    return ExitCode.COMPLETED


def _send_off(order: Order, ready: Ready, *, run: str, log: Path) -> subprocess.Popen[bytes]:
    # -P: with -m alone Python would import whatever an agent put into the working directory.
    command = [sys.executable, "-P", "-m", "loki_tui", "start", "--headless", f"--run={run}"]
    if order.record is not None:
        command.append(f"--record={order.record.absolute()}")
    options = {variable_of(name): str(value) for name, value in order.overrides.items() if value is not None}
    with log.open("ab") as output:
        return subprocess.Popen(
            [*command, "--", str(ready.prd.path)],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            cwd=ready.around.project.workspace,
            env={**ready.around.environ, **options},
            start_new_session=True,
        )


def _wait_until_begun(client: RunClient, child: subprocess.Popen[bytes]) -> int | None:
    """Wait for the run's first event.

    Returns:
        What the process ended with before there was one; none where the run is under way.
    """
    deadline = time.monotonic() + PATIENCE
    while not client.begun():
        with suppress(subprocess.TimeoutExpired):
            code = child.wait(timeout=0.05)
            return None if client.begun() else code
        if time.monotonic() > deadline:
            child.terminate()
            raise LokiError(
                f"The run did not begin within {PATIENCE:g} s; its process was ended.", hint="Try without --detach."
            )
    return None

"""What `loki dashboard` does once its options are read, and what a run does that wants a dashboard beside it."""

from __future__ import annotations

import json
import logging
import os
import signal
import ssl
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from urllib.parse import urlsplit

from loki_tui.cli.foreground import ends_container
from loki_tui.cli.output import complain, remark
from loki_tui.core.errors import LokiError
from loki_tui.core.messages import JsonObject
from loki_tui.core.secret_names import CLIENT_SECRET
from loki_tui.runtime.dashboards import Standing, log_of, standing, wait_until_gone
from loki_tui.runtime.keys import find_key
from loki_tui.runtime.surroundings import Surroundings
from loki_tui.store.project import Project

PATIENCE = 30.0
"""Seconds a dashboard in the background has to come up."""
LOG_BYTES = 2**20
"""More than that of what earlier dashboards logged is not kept."""


def serve_here(
    environ: Mapping[str, str], overrides: Mapping[str, object], *, ready: Callable[[Standing], None]
) -> None:
    """Serve in this process, until it is told to leave.

    Raises:
        LokiError: It cannot.
    """
    import asyncio  # noqa: PLC0415 (imports when chosen)

    from loki_tui.dashboard.serving import Order, serve  # noqa: PLC0415

    around = Surroundings.here(environ)
    settings = around.settings(overrides)
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(message)s")
    secret = find_key(environ, CLIENT_SECRET)
    order = Order(around.project, settings, client_secret=secret.value if secret else None)
    asyncio.run(serve(order, ready))


def serve_apart(environ: Mapping[str, str], overrides: Mapping[str, object]) -> Standing:
    """Serve in a process of its own, which outlives this one and its terminal.

    Returns:
        What is up.

    Raises:
        LokiError: It did not come up; says why.
    """
    from loki_tui.dashboard.serving import require_safe  # noqa: PLC0415
    from loki_tui.runtime.dashboards import held  # noqa: PLC0415

    around = Surroundings.here(environ)
    require_safe(around.settings(overrides))
    state = around.project.state
    with held(state):
        pass  # One that is up already is told of here, in plain words.
    log = log_of(state)
    given = [f"--{name.removeprefix('dashboard_')}={value}" for name, value in overrides.items() if value is not None]
    # -P: with -m alone Python would import whatever an agent put into the working directory.
    command = [sys.executable, "-P", "-m", "loki_tui", "dashboard", "start", "--foreground", "--json", *given]
    if log.exists() and log.stat().st_size > LOG_BYTES:
        log.replace(log.with_suffix(".log.1"))
    begun = log.stat().st_size if log.exists() else 0
    with open(os.open(log, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600), "ab") as output:  # noqa: PTH123
        child = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=output,
            cwd=around.project.workspace,
            env=dict(environ),
            start_new_session=True,
        )
    deadline = time.monotonic() + PATIENCE
    while (found := standing(state)) is None:
        with suppress(subprocess.TimeoutExpired):
            child.wait(timeout=0.05)
            said = log.read_bytes()[begun:].decode(errors="replace").strip().removeprefix("loki: ")
            raise LokiError(f"The dashboard did not come up. {said}", hint=f"Its log: {log}")
        if time.monotonic() > deadline:
            child.terminate()
            raise LokiError(f"The dashboard did not come up within {PATIENCE:g} s.", hint=f"Its log: {log}")
    return found


def serve_beside(environ: Mapping[str, str], project: Project) -> None:
    """See that a dashboard is up beside a run; where it cannot be, say so and leave the run alone."""
    found = standing(project.state)
    if found is not None:
        remark(f"The dashboard is up at {found.url} already: loki dashboard url")
        return
    try:
        found = serve_apart(environ, {})
    except LokiError as error:
        complain(error)
        remark("The run goes on without a dashboard.")
        return
    stays = "while this container is" if ends_container() else "and stays up"
    remark(f"The dashboard is up at {found.url}, process {found.pid}, {stays}: loki dashboard url, or: stop")


def end(project: Project, found: Standing, *, patience: float) -> bool:
    """Have a dashboard end, and wait until it has.

    Raises:
        LokiError: It is in another container, or on another machine.
    """
    if not found.seat.is_here:
        where = found.seat.host or "another machine"
        raise LokiError(
            f"The dashboard is process {found.pid} on {where}, whose processes cannot be reached from here.",
            hint=f"End it there: loki dashboard stop. In a container: docker exec {where} loki dashboard stop",
        )
    with suppress(ProcessLookupError):
        os.kill(found.pid, signal.SIGTERM)
    return wait_until_gone(project.state, patience=patience)


def health_of(found: Standing) -> JsonObject:
    """What a dashboard says of its health; that it does not answer, where it does not."""
    where = urlsplit(found.health)
    try:
        connection = _connect(found, where.hostname or "", where.port or 0)
        try:
            token = {"Authorization": f"Bearer {found.token}"} if found.token else {}
            connection.request("GET", where.path, headers={"Connection": "close", **token})
            value = json.loads(connection.getresponse().read(2**20))
        finally:
            connection.close()
    except (OSError, HTTPException, ValueError) as error:
        return {"status": "not answering", "why": str(error)}
    return value if isinstance(value, dict) and "status" in value else {"status": "not answering"}


def _connect(found: Standing, host: str, port: int) -> HTTPConnection:
    if found.cert is None:
        return HTTPConnection(host, port, timeout=5)
    # Trusts the very certificate it is known to show, whatever name is in it, and no other.
    context = ssl.create_default_context(cafile=found.cert)
    context.check_hostname = False
    context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    return HTTPSConnection(host, port, timeout=5, context=context)

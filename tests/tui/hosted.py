"""An engine in the application's own process: the demo's recording, which waits for its plan to be approved."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from loki_tui.runtime.build import Recording
from loki_tui.runtime.demonstration import BUDGET, CASSETTE, DATA
from loki_tui.runtime.orders import Order
from loki_tui.runtime.starting import begin, make_ready
from loki_tui.tui.app import Launch, LokiApp
from loki_tui.tui.session import RunSession
from tests.support.git import repository


@contextmanager
def hosting(directory: Path) -> Iterator[LokiApp]:
    """An application whose run has its engine here; what is left of it is interrupted in the end.

    Args:
        directory: An empty one, for the workspace.
    """
    workspace = repository(directory / "project", {"prd.md": (DATA / "prd.md").read_text(encoding="utf-8")})
    environ = {**os.environ, "LOKI_DIR": str(directory / "state")}
    overrides = {"provider": "replay", "cassette": CASSETTE, "budget_limit": BUDGET, "staged_autonomy": True}

    def opening() -> RunSession:
        order = Order(prd=workspace / "prd.md", overrides=overrides)
        ready = make_ready(order, environ, consent=lambda _: False, directory=workspace)
        host = begin(ready, recording=Recording(speed=0))
        return RunSession(host.client, host=host)

    app = LokiApp(Launch(opening=opening, title="Demo", environ=environ))
    try:
        yield app
    finally:
        for session in app.sessions.values():
            if session.hosted is not None:
                session.hosted.interrupt()
                assert session.hosted.join(60)

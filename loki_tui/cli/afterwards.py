"""What is left to do when the screen is gone: engines that live in this process are seen through."""

from __future__ import annotations

from typing import TYPE_CHECKING

from loki_tui.cli.foreground import GoOn
from loki_tui.cli.output import complain, remark
from loki_tui.core.errors import ExitCode
from loki_tui.headless.summary import parting_lines, read_receipt
from loki_tui.runtime.webhooks import untold

if TYPE_CHECKING:
    from loki_tui.tui.app import Left, LokiApp
    from loki_tui.tui.session import RunSession


def see_through(app: LokiApp, left: Left | None, go_on: GoOn) -> int:
    """Let engines work on in the background, or bring their work to a safe place.

    Args:
        app: The application, which has ended.
        left: How; none where it broke off. That is no reason to end paid work, which then goes on.
        go_on: Gives the terminal back.

    Returns:
        What the process is to exit with: by the run it drove, if it drove one.
    """
    if left is not None and left.error is not None:
        complain(left.error)
        return left.error.exit_code
    engines = app.engines
    if engines and (left is None or left.background):
        go_on(engines[0].log)
    elif engines:
        remark("Saving the work …")
        for engine in engines:
            engine.interrupt()
    for engine in engines:
        engine.join()
    if left is None:
        return app.return_code or ExitCode.CRASHED
    driven = [session for session in app.sessions.values() if session.hosted is not None]
    return [_report(session) for session in driven][-1] if driven else ExitCode.COMPLETED


def _report(session: RunSession) -> int:
    """Say what became of a run, and where its work is."""
    engine = session.hosted
    assert engine is not None
    for line in parting_lines(session.client.view(), read_receipt(session.client)):
        remark(line)
    for missed in untold(session.client.project.state.deliveries(session.client.run)):
        remark(missed)
    if engine.error is not None:
        complain(engine.error)
    if engine.broke is not None:
        raise engine.broke
    return ExitCode.CRASHED if engine.code is None else engine.code

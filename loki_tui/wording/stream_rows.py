"""A stream of a parallel run as a row: for `loki status`, and for other programs."""

from __future__ import annotations

from pydantic import JsonValue

from loki_tui.core.messages import JsonObject
from loki_tui.core.money import format_limit, format_usd
from loki_tui.core.state import RunState, Stream
from loki_tui.core.terminal import one_line
from loki_tui.core.vocabulary import StreamStatus
from loki_tui.wording.amounts import counted
from loki_tui.wording.line import Line, Tone
from loki_tui.wording.lines import action_text

_TONES: dict[StreamStatus, Tone] = {
    StreamStatus.RUNNING: "loud",
    StreamStatus.INTEGRATING: "loud",
    StreamStatus.INTEGRATED: "good",
    StreamStatus.PAUSED: "warn",
    StreamStatus.WAITING: "warn",
    StreamStatus.STOPPING: "warn",
    StreamStatus.LEFT_OUT: "warn",
}


def stream_rows(state: RunState) -> list[JsonValue]:
    """All streams of a run as JSON, in the order they were planned in."""
    return [_row(state, name, stream) for name, stream in state.streams.items()]


def _row(state: RunState, name: str, stream: Stream) -> JsonObject:
    own, share = stream.state, stream.state.books.limit
    return {
        "name": name,
        "status": state.stream_status(name).value,
        "reason": reason_of(state, name),
        "requirements": list(stream.planned.requirements),
        "proven": own.proven,
        "files": list(stream.planned.files),
        "after": list(stream.planned.after),
        "branch": stream.branch or None,
        "iterations": own.iterations_begun,
        "stage": own.stage.value if stream.is_open else None,
        "spent": str(own.books.spent),
        "share": str(share) if share is not None else None,
        "last_action": action_text(own.last_action) if own.last_action is not None else None,
        "commit": own.commit,
    }


def stream_lines(state: RunState) -> list[Line]:
    """All streams of a run, a line each."""
    return [_line(state, name, stream) for name, stream in state.streams.items()]


def _line(state: RunState, name: str, stream: Stream) -> Line:
    status, own = state.stream_status(name), stream.state
    said = [status.value]
    if reason := reason_of(state, name):
        said[0] += f" ({one_line(reason)})"
    if stream.started is not None:
        said.append(counted(own.iterations_begun, "iteration"))
        share = f" of {format_limit(own.books.limit)}" if own.books.limit is not None else ""
        said.append(f"{format_usd(own.books.spent)}{share}")
        said.append(f"{own.proven} of {len(stream.planned.requirements)} proven")
    if stream.is_open and own.last_action is not None:
        said.append(action_text(own.last_action))
    return Line(f"stream     {one_line(name)}: {', '.join(said)}", _TONES.get(status, "plain"))


def reason_of(state: RunState, name: str) -> str:
    """Why a stream is where it is, where that is not plain."""
    stream = state.streams[name]
    match state.stream_status(name):
        case StreamStatus.QUEUED:
            missing = [
                each for each in stream.planned.after if state.stream_status(each) is not StreamStatus.INTEGRATED
            ]
            return f"after {', '.join(missing)}" if missing else "for its turn"
        case StreamStatus.LEFT_OUT:
            over = stream.integrated or stream.finished
            return over.reason.partition("\n")[0] if over is not None else ""
        case StreamStatus.INTEGRATING if state.integration is not None:
            return _of_integration(state)
        case StreamStatus.PAUSED | StreamStatus.WAITING | StreamStatus.STOPPING:
            return stream.state.reason
        case _:
            return ""


def _of_integration(state: RunState) -> str:
    under_way = state.integration
    assert under_way is not None
    if under_way.conflicts:
        return f"{counted(len(under_way.conflicts), 'conflict')}, handed to {under_way.handed_to}"
    if under_way.refused:
        return "merged, and being mended"
    return "merged, and being tested" if under_way.merged else "being merged"

"""A stream of a parallel run as a row: for `loki status`, and for other programs."""

from __future__ import annotations

from pydantic import JsonValue

from loki_tui.core.messages import JsonObject
from loki_tui.core.money import format_limit, format_usd
from loki_tui.core.state import RunState, Stream
from loki_tui.core.terminal import one_line
from loki_tui.core.vocabulary import StreamStatus
from loki_tui.wording.abreast import limited_text
from loki_tui.wording.amounts import counted
from loki_tui.wording.line import Line, Tone
from loki_tui.wording.lines import action_text
from loki_tui.wording.parallel import goes_wrong, parallel_text
from loki_tui.wording.proof import verdict_text

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
        "worktree": stream.started.root if stream.started is not None and stream.retired is None else None,
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
            missing = [each for each in stream.planned.after if not _is_integrated(state, each)]
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


def _is_integrated(state: RunState, name: str) -> bool:
    return name in state.streams and state.stream_status(name) is StreamStatus.INTEGRATED


def together_row(state: RunState) -> JsonObject:
    """What of a parallel run is no stream's own: what is being integrated, and what keeps it from doing more."""
    under_way, limited = state.integration, state.agents_limited
    return {
        "integration": None
        if under_way is None
        else {
            "stream": under_way.started.name,
            "attempt": under_way.started.attempt,
            "doing": _of_integration(state),
            "conflicts": [clash.path for clash in under_way.conflicts],
            "handed_to": under_way.handed_to or None,
            "tries": under_way.tries,
        },
        "limited": None if limited is None else {"agents": limited, "by": list(state.limited_by)},
    }


def together_lines(state: RunState) -> list[Line]:
    """The same as lines; none where there is nothing to say."""
    lines = []
    if state.integration is not None:
        said = f"{one_line(state.integration.started.name)}, {_of_integration(state)}"
        lines.append(Line(f"integrating {said}", "warn" if state.integration.conflicts else "loud"))
    if limited := limited_text(state):
        lines.append(Line(limited, "warn"))
    return lines


def detail_row(state: RunState, name: str) -> JsonObject:
    """One stream with all that there is to it, as JSON."""
    stream, own = state.streams[name], state.streams[name].state
    retired = stream.retired
    phases: JsonObject = {each: {"verdict": fact.verdict, "stale": own.stale(fact), "why": fact.why}
                          for each, fact in own.phases.items()}  # fmt: skip
    return {
        **_row(state, name, stream),
        "base": stream.started.base if stream.started is not None else None,
        "proofs": {each: judged.proof for each, judged in own.requirements.items()},
        "phases": phases,
        "outcome": stream.finished.outcome if stream.finished is not None else None,
        "integrated": stream.integrated.commit if stream.integrated is not None else None,
        "quarantine": (retired.quarantine or None) if retired is not None else None,
    }


def detail_lines(state: RunState, name: str) -> list[Line]:
    """One stream with all that there is to it."""
    stream, own = state.streams[name], state.streams[name].state
    lines = [_line(state, name, stream)]
    for each in stream.planned.requirements:
        judged = own.requirements.get(each) or state.requirements.get(each)
        said = f" ({judged.proof}): {one_line(judged.requirement.title)}" if judged is not None else ""
        lines.append(Line(f"wants      {one_line(each)}{said}"))
    lines.append(Line(f"files      {', '.join(map(one_line, stream.planned.files)) or 'any'}"))
    if stream.planned.after:
        lines.append(Line(f"builds on  {', '.join(map(one_line, stream.planned.after))}"))
    if (started := stream.started) is not None:
        lines.append(
            Line(f"branch     {one_line(started.branch)}{f', from {started.base[:10]}' if started.base else ''}")
        )
        if started.root:
            lines.append(Line(f"worktree   {one_line(started.root)}"))
    for mark in own.recent_iterations:
        finished = mark.finished
        headline = one_line(finished.summary.strip().partition("\n")[0]) if finished is not None else ""
        lines.append(Line(f"iteration  {mark.number}, {format_usd(mark.spent)}{f': {headline}' if headline else ''}"))
    lines += [
        Line(f"{one_line(fact.phase)} {verdict_text(own, fact)}: {one_line(fact.why)}") for fact in own.phases.values()
    ]
    if stream.retired is not None:
        lines.append(Line(parallel_text(stream.retired), "warn" if goes_wrong(stream.retired) else "plain"))
    return lines

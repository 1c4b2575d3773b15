"""Redirections: what a command reads, and the files that get what it prints."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from loki_tui.guard.shell.kinds import Doubt, Shell, Where, Write
from loki_tui.guard.shell.nodes import Double, Redirect, Single, Word
from loki_tui.guard.shell.state import State
from loki_tui.guard.shell.text import ANY, DISK

_BOTH = frozenset({"&>", "&>>", ">&"})
_OUT = frozenset({">", ">>", ">|", "<>"}) | _BOTH
_KNOWN = _OUT | {"<", "<<", "<<-", "<<<", "<&"}


@dataclass(slots=True)
class Streams:
    """Where a command's input comes from, and where its output goes."""

    stdin: str | None
    files: list[tuple[str, bool]] = field(default_factory=list)
    """Those that get what it prints, and whether it is added to them."""

    def taken(self, printed: str, state: State) -> str:
        """Note what goes into files; gives what still goes on."""
        for path, appends in self.files:
            state.write(path, printed, append=appends)
        return "" if self.files else printed


def redirected(shell: Shell, redirects: Sequence[Redirect], state: State, stdin: str | None) -> Streams:
    """The streams of a command.

    Args:
        shell: Runs what is in the words, and is told of the files that are written.
        redirects: In their order.
        state: The shell's.
        stdin: What the command would read without them.
    """
    streams = Streams(stdin)
    for redirect in redirects:
        if redirect.operator not in _KNOWN:
            shell.tell(Doubt(f"it has a redirection that is not known: {redirect.operator}"))
        elif redirect.document is not None:
            _feed(redirect, _document(shell, redirect, redirect.document, state), state, streams)
        elif redirect.operator == "<<<":
            _feed(redirect, shell.expander(state).text(redirect.word) + "\n", state, streams)
        elif redirect.operator == "<&":
            _feed(redirect, state.read(f"/dev/fd/{shell.expander(state).text(redirect.word)}"), state, streams)
        else:
            for path in shell.expander(state).words([redirect.word]):
                _connect(shell, redirect, path, state, streams)
    return streams


def _feed(redirect: Redirect, text: str, state: State, streams: Streams) -> None:
    """Let a command read a text, on standard input or under another number."""
    if redirect.descriptor in ("", "0"):
        streams.stdin = text
    elif text != DISK:
        state.files[f"/dev/fd/{redirect.descriptor}"] = text


def _document(shell: Shell, redirect: Redirect, document: Word, state: State) -> str:
    """The text of a here-document: as it stands where its end was quoted."""
    parts = redirect.word.parts
    quoted = any(isinstance(part, Single | Double) or "\\" in getattr(part, "text", "") for part in parts)
    if quoted:
        text = "".join(getattr(part, "text", ANY) for part in document.parts)
    else:
        text = shell.expander(state).document(document)
    if redirect.operator == "<<-":
        return "".join(line.lstrip("\t") for line in text.splitlines(keepends=True))
    return text


def _connect(shell: Shell, redirect: Redirect, path: str, state: State, streams: Streams) -> None:
    operator = redirect.operator
    if operator == "<":
        _feed(redirect, state.read(path), state, streams)
    elif not (operator == ">&" and (path.rstrip("-").isdecimal() or path == "-")):
        shell.tell(Write(path, Where(state.cwd, dict(state.links))))
        if redirect.descriptor in ("", "1") or operator in _BOTH:
            streams.files.append((path, operator.endswith(">>")))
        else:
            state.write(path, ANY)
        if operator == "<>" and redirect.descriptor in ("", "0"):
            streams.stdin = state.read(path)

"""What the full-screen viewer shows of an item: all of it, however long, as it can be copied."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from loki_tui.core import events as ev
from loki_tui.core.terminal import plain, visible
from loki_tui.runtime.history import History
from loki_tui.tui.feed import Item, said
from loki_tui.tui.views import activity
from loki_tui.wording.lines import refusal_text

Form = Literal["text", "exact", "diff", "code"]


@dataclass(frozen=True, slots=True)
class Part:
    """A piece of a document under a heading."""

    heading: str
    text: str
    form: Form = "text"
    name: str = ""
    """The file it is of, where that tells its language."""


@dataclass(frozen=True, slots=True)
class Document:
    """Something to look at whole."""

    title: str
    parts: tuple[Part, ...]

    @property
    def text(self) -> str:
        """All of it, for the clipboard: where there is one part, that alone."""
        if len(self.parts) == 1:
            return self.parts[0].text
        return "\n\n".join(f"{part.heading}\n{part.text}" for part in self.parts)


def document_of(item: Item, history: History) -> Document:
    """All there is to an item.

    Args:
        item: From the feed.
        history: Has what the journal keeps apart.

    Raises:
        JournalError: It is not there any more.
    """
    return Document(activity.title(item), tuple(part for part in _parts(item, history) if part.text.strip()))


def _parts(item: Item, history: History) -> list[Part]:
    event = item.event
    match event:
        case ev.ActionStarted():
            return [*_given(event), *_came_of_it(item, history)]
        case ev.ActionRefused():
            return [*_given(event), Part("Refused", visible(refusal_text(event)))]
        case ev.ActionFinished():
            return [Part("Answer", plain(history.text_of(event.output)))]
        case ev.ModelAnswered():
            return [Part("Said", visible(said(event)))]
        case ev.IterationStarted():
            return [Part("What the agent was told", visible(history.text_of(event.brief)))]
        case ev.IterationFinished():
            return [Part("Summary", visible(event.summary)), Part("Handed over", visible(event.handover))]
        case ev.DelegateStarted(brief=excerpt) | ev.DelegateFinished(report=excerpt):
            return [Part("Task or report", visible(history.text_of(excerpt)))]
        case ev.PhaseFinished() if event.output is not None:
            return [Part(f"{event.phase}: {event.why}", plain(history.text_of(event.output)))]
        case ev.ApprovalRequested():
            text = history.text_of(event.diff) if event.diff is not None else event.detail
            return [Part(event.title, visible(text), "diff" if event.diff is not None else "exact")]
        case _:
            return [
                Part(event.kind.replace("_", " "), event.model_dump_json(indent=2, exclude_none=True), "code", "x.json")
            ]


def _given(event: ev.ActionStarted | ev.ActionRefused) -> list[Part]:
    command = event.input.get("command")
    if isinstance(command, str):
        return [Part("Command", visible(command), "code", "x.sh")]
    path = event.input.get("path")
    name = path if isinstance(path, str) else ""
    return [
        Part(field, visible(value), "code" if field == "content" else "text", name)
        for field, value in event.input.items()
        if isinstance(value, str)
    ]


def _came_of_it(item: Item, history: History) -> list[Part]:
    if item.ended is None:
        return []
    parts = []
    if item.ended.diff is not None:
        parts.append(Part("Changed", visible(history.text_of(item.ended.diff)), "diff"))
    return [*parts, Part("Answer", plain(history.text_of(item.ended.output)))]


def to_copy(item: Item, history: History) -> str:
    """What a person most likely wants of an item on the clipboard: the diff, the command, the words.

    Raises:
        JournalError: It is not there any more.
    """
    if item.ended is not None and item.ended.diff is not None:
        return history.text_of(item.ended.diff)
    if isinstance(item.event, ev.ActionStarted | ev.ActionRefused) and isinstance(
        command := item.event.input.get("command"), str
    ):
        return command
    return document_of(item, history).text

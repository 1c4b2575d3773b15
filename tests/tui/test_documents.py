"""What the viewer and the clipboard get of an item: all of it, from wherever the journal keeps it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from loki_tui.core import events as ev
from loki_tui.core.events import Event
from loki_tui.core.messages import TextPart
from loki_tui.core.vocabulary import Excerpt, Risk, Verdict
from loki_tui.runtime.history import History
from loki_tui.store.journal import SqliteJournal
from loki_tui.store.project import locate_project
from loki_tui.tui.documents import document_of, to_copy
from loki_tui.tui.feed import Feed, Item
from tests.support import scenes
from tests.support.life import answered, approval, created, started
from tests.support.working import plan

OUTPUT = "".join(f"line {number}\n" for number in range(5_000))
DIFF = "--- a/x.py\n+++ b/x.py\n@@ -1 +1 @@\n-1\n+2\n"


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[SqliteJournal]:
    workspace = tmp_path / "project"
    workspace.mkdir()
    project = locate_project(workspace, state_root=tmp_path / "state")
    with scenes.at_work(project, "r1", [created(), started(), plan()]) as journal:
        yield journal


@pytest.fixture
def history(journal: SqliteJournal, tmp_path: Path) -> Iterator[History]:
    project = locate_project(tmp_path / "project", state_root=tmp_path / "state")
    with History.open(project, "r1") as history:
        yield history


def item(*events: Event) -> Item:
    """The item that events are joined into."""
    feed = Feed()
    feed.take(scenes.records(events))
    (made,) = feed.items
    return made


def acted(tool: str, ended: dict[str, object] | None = None, **given: str) -> Item:
    """An action, at its end where that is given."""
    begun = ev.ActionStarted(action="a", call="c", agent="agent", tool=tool, input=dict(given), risk=Risk.RUN)
    if ended is None:
        return item(begun)
    return item(begun, ev.ActionFinished.model_validate({"action": "a", "call": "c", "ok": True} | ended))


def test_a_long_output_is_whole_though_the_event_holds_its_beginning(journal: SqliteJournal, history: History) -> None:
    kept = Excerpt(text=OUTPUT[:100], size=len(OUTPUT), blob=journal.put_blob(OUTPUT.encode()))
    shown = document_of(acted("shell", {"output": kept, "exit_code": 0}, command="make all"), history)
    assert [part.heading for part in shown.parts] == ["Command", "Answer"]
    assert shown.parts[1].text == OUTPUT
    assert shown.text.count("line ") == 5_000


def test_a_change_is_a_diff_and_that_is_what_is_copied(history: History) -> None:
    one = acted("edit_file", {"output": Excerpt(text="done"), "diff": Excerpt(text=DIFF)}, path="x.py", new_string="2")
    shown = document_of(one, history)
    assert [(part.heading, part.form) for part in shown.parts][-2:] == [("Changed", "diff"), ("Answer", "text")]
    assert to_copy(one, history) == DIFF


def test_a_command_is_copied_as_it_was_given(history: History) -> None:
    sly = "printf '\x1b[31m'\r\n"
    assert to_copy(acted("shell", command=sly), history) == sly
    assert "\x1b" not in document_of(acted("shell", command=sly), history).text


def test_a_file_that_is_written_is_shown_with_its_language(history: History) -> None:
    shown = document_of(acted("write_file", path="src/a.py", content="x = 1\n"), history)
    assert [(part.heading, part.form, part.name) for part in shown.parts] == [
        ("path", "text", "src/a.py"),
        ("content", "code", "src/a.py"),
    ]


def test_words_are_copied_as_they_were_said(history: History) -> None:
    assert to_copy(item(answered("m1", TextPart(text="Done.\n\nAll of it."))), history) == "Done.\n\nAll of it."


def test_what_a_check_printed_is_there(history: History) -> None:
    made = ev.PhaseFinished(
        phase="unit tests", verdict=Verdict.FAILED, why="1 fails", checkpoint="c", tree="t", output=Excerpt(text="E 1")
    )
    assert "E 1" in document_of(item(made), history).text


def test_a_request_shows_its_change(history: History) -> None:
    asked = approval("p1").model_copy(update={"diff": Excerpt(text=DIFF)})
    (part,) = document_of(item(asked), history).parts
    assert (part.form, part.text) == ("diff", DIFF)


def test_every_kind_of_event_has_a_document(journal: SqliteJournal, history: History) -> None:
    for scene in (scenes.full(), scenes.worst()[:600]):
        feed = Feed()
        feed.take(scenes.records(scene))
        for one in feed.items:
            shown = document_of(one, history)
            assert not {"\x1b", "\x07", "\x00", "\n"} & set(shown.title)
            assert not {"\x1b", "\x07", "\x00"} & set(shown.text)

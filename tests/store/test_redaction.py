"""No secret gets into the journal, whoever writes it and by whatever way."""

from __future__ import annotations

from pathlib import Path

import pytest

from loki_tui.core import events as ev
from loki_tui.core import requests as rq
from loki_tui.core.errors import UsageError
from loki_tui.core.vocabulary import Excerpt
from loki_tui.guard.redact import Redactor
from loki_tui.runtime.surroundings import Surroundings
from loki_tui.store.journal import SqliteJournal
from loki_tui.store.lock import EngineLock
from loki_tui.store.paths import StateDirectory

SECRET = "hunter2-and-more"
REDACTOR = Redactor({"DB_PASSWORD": SECRET})
CREATED = ev.RunCreated(
    prd_path=f"/{SECRET}.md",
    prd="0" * 64,
    workspace="/w",
    provider="scripted",
    models={},
    settings={"note": SECRET},
    version="0",
    max_iterations=1,
    budget=None,
)


@pytest.fixture
def state(tmp_path: Path) -> StateDirectory:
    (tmp_path / "w").mkdir()
    environ = {"LOKI_DIR": str(tmp_path / "state"), "HOME": str(tmp_path)}
    return Surroundings.here(environ, tmp_path / "w").project.state


def held(state: StateDirectory) -> list[str]:
    """Files that hold the secret."""
    return [str(path) for path in state.root.rglob("*") if path.is_file() and SECRET.encode() in path.read_bytes()]


def test_events_outputs_and_requests_come_in_without_it(state: StateDirectory) -> None:
    with EngineLock.acquire(state, run="r1") as lock, SqliteJournal.open(lock, redactor=REDACTOR) as journal:
        journal.append(CREATED)
        digest = journal.put_blob(f"a\n{SECRET}\n".encode())
        output = Excerpt(text=SECRET, blob=digest)
        (record,) = journal.append(ev.ActionFinished(action="a1", call="c", output=output, ok=True))
        number = journal.post(rq.Steer(by="ada", note=SECRET))
        assert record.event == next(iter(journal.records(after=1))).event
        assert journal.get_blob(digest) == b"a\n[redacted:DB_PASSWORD]\n"
        ((_, request),) = journal.pending_requests()
        assert request == rq.Steer(by="ada", note="[redacted:DB_PASSWORD]")
        journal.append(ev.Steered(note=SECRET, by="ada"), consumes=number)
        assert held(state) == []
    assert held(state) == []


def test_what_the_poster_did_not_know_is_overwritten_when_it_is_consumed(state: StateDirectory) -> None:
    with EngineLock.acquire(state, run="r1") as lock, SqliteJournal.open(lock, redactor=REDACTOR) as journal:
        journal.append(CREATED)
        project = Surroundings.here({"LOKI_DIR": str(state.root), "HOME": "/"}, state.workspace).project
        project.post("r1", rq.Steer(by="ada", note=SECRET))
        assert held(state)
        ((number, request),) = journal.pending_requests()
        assert request == rq.Steer(by="ada", note=SECRET)
        journal.append(ev.Steered(note=SECRET, by="ada"), consumes=number)
        assert held(state) == []


def test_what_is_to_be_done_exactly_is_not_posted_otherwise(state: StateDirectory) -> None:
    with EngineLock.acquire(state, run="r1") as lock, SqliteJournal.open(lock, redactor=REDACTOR) as journal:
        journal.append(CREATED)
        decision = rq.Decide(by="ada", approval="p1", digest="d", decision="approved", edited={"command": SECRET})
        with pytest.raises(UsageError, match="never written down"):
            journal.post(decision)
        assert journal.pending_requests() == []


def test_data_that_is_no_text_is_kept_as_it_is(state: StateDirectory) -> None:
    data = bytes(range(256))
    with EngineLock.acquire(state, run="r1") as lock, SqliteJournal.open(lock, redactor=REDACTOR) as journal:
        journal.append(CREATED)
        assert journal.get_blob(journal.put_blob(data)) == data
        assert journal.get_blob(journal.put_blob(data + SECRET.encode())) == data + b"[redacted:DB_PASSWORD]"

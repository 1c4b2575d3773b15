"""A receipt on the machine of its run: the journal bears it out, or shows that one of them was changed."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from loki_tui.core import events as ev
from loki_tui.core.errors import LokiError, UsageError
from loki_tui.core.messages import JsonObject
from loki_tui.engine.sealing import canonical, digest_of
from loki_tui.runtime.findings import Finding
from loki_tui.runtime.receipts import find_receipt, list_receipts, read_receipt
from loki_tui.runtime.rederiving import check_all
from tests.support.delivered import statuses
from tests.support.runs import Bench, make_bench
from tests.support.scripted import ScriptedModel, call, finishes, says


async def run_once(tmp_path: Path) -> Bench:
    model = ScriptedModel(says(call("write_file", path="new.py", content="x = 1\n")), finishes("Write it"))
    bench = make_bench(tmp_path, model, max_iterations=1)
    await bench.go()
    return bench


def in_state(bench: Bench, data: bytes | None = None) -> dict[str, Finding]:
    project = bench.around.project
    held = find_receipt(project, None).held if data is None else read_receipt(data, name="x")
    findings = check_all(held, repository=bench.workspace, project=project, environ=bench.around.environ)
    return {finding.field: finding for finding in findings}


async def test_the_journal_bears_a_receipt_out_where_it_is(tmp_path: Path) -> None:
    bench = await run_once(tmp_path)
    found = in_state(bench)
    assert statuses(found) == {}
    assert found["journal"].status == found["receipt"].status == "ok"
    (listed,) = list_receipts(bench.around.project)
    assert (listed.run, listed.headline) == ("r1", bench.of(ev.ReceiptWritten)[0].headline)

    target = find_receipt(bench.around.project, "r1")
    opinions: JsonObject = {
        "review": None,
        "reviews": [],
        "council": None,
        "calibration": [{"member": "m", "shown": 1, "caught": 1}],
    }
    forged: JsonObject = {**target.held.value, "opinions": opinions}
    data = canonical({**forged, "digest": digest_of(forged)})
    assert statuses(in_state(bench, data)) == {"receipt": "tampered"}, "no git knows of opinions, but the journal does"


async def test_a_journal_that_was_changed_shows(tmp_path: Path) -> None:
    bench = await run_once(tmp_path)
    with closing(sqlite3.connect(bench.around.project.state.journal)) as connection, connection:
        connection.execute(
            "UPDATE events SET body = replace(body, '1 test passes', '2 tests pass') WHERE kind = ?",
            ("phase_finished",),
        )
    assert statuses(in_state(bench)) == {"journal": "tampered"}
    data = find_receipt(bench.around.project, None).held.data
    with closing(sqlite3.connect(bench.around.project.state.journal)) as connection, connection:
        connection.execute("DELETE FROM events WHERE seq > 10")
    assert statuses(in_state(bench, data)) == {"journal": "tampered", "receipt": "tampered"}


async def test_a_stored_receipt_that_was_changed_shows(tmp_path: Path) -> None:
    bench = await run_once(tmp_path)
    digest = bench.of(ev.ReceiptWritten)[0].digest
    path = bench.around.project.state.blobs / digest[:2] / digest[2:]
    path.write_bytes(path.read_bytes().replace(b'"actions":1', b'"actions":9'))
    assert statuses(in_state(bench)) == {"digest": "tampered", "receipt": "tampered"}
    path.unlink()
    with pytest.raises(LokiError, match="cannot be read"):
        find_receipt(bench.around.project, None)


async def test_a_receipt_that_is_not_there_is_said_to_be(tmp_path: Path) -> None:
    bench = await run_once(tmp_path)
    with pytest.raises(UsageError, match="neither a file nor a run 'nope'"):
        find_receipt(bench.around.project, "nope")

"""Checking a receipt against its run's journal, where that is on this machine."""

from __future__ import annotations

from collections.abc import Iterator

from loki_tui.core.errors import LokiError
from loki_tui.core.events import ReceiptWritten
from loki_tui.runtime.findings import Finding
from loki_tui.runtime.receipts import Held
from loki_tui.store.project import Project


def check_journal(held: Held, project: Project) -> Iterator[Finding]:
    """Whether the run's journal, where it is on this machine, is the one that the receipt was made from."""
    receipt = held.receipt
    assert receipt is not None
    try:
        if all(run.id != receipt.run for run in project.runs()):
            yield Finding("journal", "unknown", f"the journal of run {receipt.run} is not on this machine")
            return
        with project.reader() as reader:
            broken = reader.verify_chain(receipt.run)
            digest = reader.hash_at(receipt.run, receipt.journal.events)
            receipts = [record.event for record in reader.of_kinds(receipt.run, {"receipt_written"})]
    except LokiError as error:
        yield Finding("journal", "drifted", f"the journal cannot be read: {error.message}", hint=error.hint)
        return
    if broken is not None:
        yield Finding("journal", "tampered", f"event {broken} of the journal was changed, or one before it is missing")
    elif digest != receipt.journal.digest:
        said = "the journal on this machine is not the one that the receipt was made from"
        yield Finding("journal", "tampered", said, receipt.journal.digest, digest or "")
    else:
        said = f"all {receipt.journal.events:,} events are as they were written"
        yield Finding("journal", "ok", said, receipt.journal.digest, digest)
    named = [event.digest for event in receipts if isinstance(event, ReceiptWritten)]
    yield _journaled(held.file_digest, named)


def _journaled(digest: str, named: list[str]) -> Finding:
    if digest not in named:
        said = "the journal names no such receipt of this run"
        return Finding("receipt", "tampered", said, named[-1] if named else "", digest)
    if digest != named[-1]:
        said = "the run went on after this receipt, and has a later one"
        return Finding("receipt", "drifted", said, digest, named[-1], hint="loki receipt show")
    return Finding("receipt", "ok", "it is the one that the journal names", digest, digest)

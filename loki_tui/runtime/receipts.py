"""Receipts as files and stored outputs: found, listed, and read although anybody may have written them."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import cast

from pydantic import ValidationError

from loki_tui.core.errors import LokiError, UsageError
from loki_tui.core.events import ReceiptWritten
from loki_tui.core.messages import JsonObject
from loki_tui.engine.receipt import SCHEMA, Receipt
from loki_tui.engine.sealing import canonical, digest_of
from loki_tui.runtime.client import choose_run
from loki_tui.store.blobs import BlobStore
from loki_tui.store.files import PRIVATE, write_whole, writing
from loki_tui.store.project import Project

MAX_BYTES = 32 * 2**20
"""A larger file is no receipt."""

SIGNATURE = ".sig"
"""What the name of a receipt's signature ends with, as git and `ssh-keygen` have it."""


@dataclass(frozen=True, slots=True)
class Listed:
    """A run that has a receipt."""

    run: str
    at: datetime
    headline: str
    digest: str
    """SHA-256 of the receipt's file."""
    outcome: str | None
    """How the run ended; none where it has not."""


@dataclass(frozen=True, slots=True)
class Held:
    """A receipt as it was read; nobody has looked yet whether it is what was written."""

    data: bytes
    value: JsonObject
    receipt: Receipt | None
    """None where it is not made as a receipt is."""
    problem: str = ""
    """What is wrong with how it is made."""

    @property
    def run(self) -> str:
        """The run it says it is about."""
        return str(self.value.get("run", ""))

    @property
    def whole(self) -> bool:
        """Whether it fits the digest that it carries."""
        return self.value.get("digest") == digest_of(self.value)

    @property
    def file_digest(self) -> str:
        """SHA-256 of the file as it was made: what the journal calls it by."""
        return hashlib.sha256(canonical(self.value) + b"\n").hexdigest()


@dataclass(frozen=True, slots=True)
class Target:
    """Where a receipt was found."""

    held: Held
    path: Path | None
    """Its file; where it came from the state, where its signature is kept beside."""
    stored: bool
    """Whether it came from the state."""

    @property
    def signature(self) -> Path | None:
        """Where its signature is, or would be."""
        return None if self.path is None else self.path.with_name(self.path.name + SIGNATURE)


def list_receipts(project: Project) -> Iterator[Listed]:
    """The latest receipt of every run that has one, latest run first.

    Raises:
        JournalError: The journal cannot be read.
    """
    runs = project.runs()
    if not runs:
        return
    with project.reader() as reader:
        for run in runs:
            records = list(reader.of_kinds(run.id, {"receipt_written"}))
            if records and isinstance(written := records[-1].event, ReceiptWritten):
                yield Listed(run.id, records[-1].at, written.headline, written.digest, run.outcome)


def find_receipt(project: Project, named: str | None) -> Target:
    """The receipt that a person means: a file, or a run's.

    Args:
        project: Where runs are looked for.
        named: A path, a run's name or the beginning of one; else the latest run that has a receipt.

    Raises:
        UsageError: There is no such file or run, or the run has no receipt.
        LokiError: It cannot be read, or is none.
    """
    if named is not None and _is_file(Path(named)):
        path = Path(named)
        return Target(read_receipt(_load(path), name=named), path, stored=False)
    written = _written(project, named)
    data = BlobStore(project.state.blobs).get_unchecked(written.digest)
    return Target(read_receipt(data, name=f"of run {written.run}"), place_of(project, written.run), stored=True)


def place_of(project: Project, run: str) -> Path:
    """Where the state keeps a receipt as a file, once somebody wanted one."""
    return project.state.root / "receipts" / f"{run}.json"


def keep_file(target: Target) -> Path:
    """The receipt as a file, which is written where it only was a stored output so far.

    Raises:
        UsageError: The place cannot be written to.
        JournalError: The disk is full.
    """
    assert target.path is not None
    if target.stored:
        with writing(target.path):
            target.path.parent.mkdir(mode=PRIVATE, parents=True, exist_ok=True)
            write_whole(target.path, target.held.data)
    return target.path


def read_receipt(data: bytes, *, name: str) -> Held:
    """Take a receipt apart.

    Args:
        data: Whatever is said to be one.
        name: What it is called in an error.

    Raises:
        LokiError: It is no receipt at all, or one of a newer Loki.
    """
    try:
        value = json.loads(data.decode(), object_pairs_hook=_once, parse_constant=_no_number)
        if not isinstance(value, dict) or "digest" not in value or "facts" not in value:
            raise ValueError("it is made in another way")  # noqa: TRY301 (one way out for all that is no receipt)
        canonical(value)
    except (ValueError, RecursionError) as error:
        why = "it is nested too deeply" if isinstance(error, RecursionError) else str(error)[:200]
        raise LokiError(
            f"The receipt {name} cannot be read: {why}.",
            hint="`loki receipt show RUN --json` prints the receipt of a run as it is.",
        ) from error
    held = Held(data, cast("JsonObject", value), None)
    version = value.get("version")
    if isinstance(version, int) and version > SCHEMA and held.whole:
        raise LokiError(f"The receipt {name} was written by a newer Loki.", hint="Upgrade, then try again.")
    return _understood(held)


def _understood(held: Held) -> Held:
    try:
        receipt = Receipt.model_validate(held.value)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"]))
        return Held(held.data, held.value, None, f"{where}: {first['msg']}")
    if receipt.model_dump(mode="json") != held.value:
        return Held(held.data, held.value, None, "a field is missing, or written in another way than receipts are")
    return Held(held.data, held.value, receipt)


def _once(pairs: list[tuple[str, object]]) -> dict[str, object]:
    """An object, unless a name is in it twice: two readers would take it for two things."""
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a name is in it twice")
    return found


def _no_number(text: str) -> object:
    raise ValueError(f"{text} is no number in JSON")


def _is_file(path: Path) -> bool:
    with suppress(OSError, ValueError):
        return path.is_file()
    return False


def _load(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise LokiError(f"{path} cannot be read: {error.strerror}.") from error
    if len(data) > MAX_BYTES:
        raise LokiError(f"{path} is no receipt: it has more than {MAX_BYTES:,} bytes.")
    return data


def _written(project: Project, named: str | None) -> Listed:
    listed = list(list_receipts(project))
    if named is None:
        if not listed:
            raise UsageError(
                f"No run in {project.workspace} has a receipt yet.", hint="A run writes one when it ends: loki runs"
            )
        return listed[0]
    run = _run_named(project, named)
    found = next((one for one in listed if one.run == run), None)
    if found is None:
        raise UsageError(f"Run {run} has no receipt.", hint="A run writes one when it ends: loki status")
    return found


def _run_named(project: Project, named: str) -> str:
    try:
        return choose_run(project, named).id
    except UsageError as error:
        raise UsageError(
            f"There is neither a file nor a run {named!r} in {project.workspace}.",
            hint="`loki receipt list` names the runs that have a receipt.",
        ) from error

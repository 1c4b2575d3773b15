"""What is stored is what is read, or an error."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from loki_tui.core.errors import JournalError, UsageError
from loki_tui.store.blobs import BlobStore


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary(max_size=5000))
def test_any_data_comes_back(tmp_path: Path, data: bytes) -> None:
    store = BlobStore(tmp_path / "blobs")
    digest = store.put(data)
    assert digest == hashlib.sha256(data).hexdigest()
    assert store.get(digest) == data


def test_the_same_data_is_stored_once(tmp_path: Path) -> None:
    store = BlobStore(tmp_path)
    assert store.put(b"x") == store.put(b"x")
    assert len([path for path in tmp_path.rglob("*") if path.is_file()]) == 1


def test_damage_is_found(tmp_path: Path) -> None:
    store = BlobStore(tmp_path)
    digest = store.put(b"good")
    (tmp_path / digest[:2] / digest[2:]).write_bytes(b"evil")
    with pytest.raises(JournalError, match="not what was stored"):
        store.get(digest)


def test_half_a_blob_is_written_again(tmp_path: Path) -> None:
    store = BlobStore(tmp_path)
    digest = store.put(b"whole")
    (tmp_path / digest[:2] / digest[2:]).write_bytes(b"who")
    store.put(b"whole")
    assert store.get(digest) == b"whole"


def test_what_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(JournalError, match="cannot be read: No such file"):
        BlobStore(tmp_path).get("0" * 64)


@pytest.mark.parametrize("digest", ["", "../../etc/passwd", "0" * 63, "G" * 64, "0" * 64 + "\n"])
def test_what_is_no_digest_reaches_no_file(tmp_path: Path, digest: str) -> None:
    with pytest.raises(JournalError, match="is no digest"):
        BlobStore(tmp_path).get(digest)


def test_a_place_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    (tmp_path / "blobs").write_text("in the way")
    with pytest.raises(UsageError, match="cannot be written"):
        BlobStore(tmp_path / "blobs").put(b"x")

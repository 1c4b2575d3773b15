"""Reading a PRD, and finding one."""

from __future__ import annotations

from pathlib import Path

import pytest

from loki_tui.core.errors import ExitCode, PrdError
from loki_tui.runtime.prd import MAX_BYTES, USUAL, find_prd, read_prd


def test_a_prd_is_its_text_without_a_byte_order_mark(tmp_path: Path) -> None:
    path = tmp_path / "a 'b' \U0001f419.md"
    path.write_bytes("\ufeff# Grüße\r\n".encode())
    prd = read_prd(path)
    assert prd.text == "# Grüße\r\n"
    assert prd.path == path


def test_the_largest_prd_is_still_one(tmp_path: Path) -> None:
    path = tmp_path / "prd.md"
    path.write_bytes(b"x" * MAX_BYTES)
    assert len(read_prd(path).text) == MAX_BYTES


def test_a_directory_is_none(tmp_path: Path) -> None:
    with pytest.raises(PrdError, match="is a directory") as caught:
        read_prd(tmp_path)
    assert caught.value.exit_code is ExitCode.USAGE


def test_what_cannot_be_read_is_said_with_the_reason(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(PrdError, match="Not a directory"):
        read_prd(tmp_path / "file" / "prd.md")
    with pytest.raises(PrdError, match="File name too long"):
        read_prd(tmp_path / ("x" * 300))


@pytest.mark.parametrize("name", USUAL)
def test_the_usual_places_are_searched(tmp_path: Path, name: str) -> None:
    (tmp_path / name).parent.mkdir(exist_ok=True)
    (tmp_path / name).write_text("# It works\n")
    assert find_prd(tmp_path).samefile(tmp_path / name)


def test_where_there_is_none_the_places_are_named(tmp_path: Path) -> None:
    with pytest.raises(PrdError) as caught:
        find_prd(tmp_path)
    assert "loki start ./prd.md" in caught.value.hint
    assert "docs/PRD.md" in caught.value.hint

"""Lines as they are typed: whole ones alone, and none any more once nobody listens."""

from __future__ import annotations

import os
import queue
from collections.abc import Sequence
from pathlib import Path

from loki_tui.headless.linear_desk import Typed
from loki_tui.headless.linear_input import LineReader

Heard = queue.SimpleQueue[Sequence[Typed] | None]


def next_lines(heard: Heard) -> list[str] | None:
    lines = heard.get(timeout=30)
    return None if lines is None else [line.text for line in lines]


def test_what_comes_together_is_heard_together_and_half_a_line_not_at_all() -> None:
    ours, theirs = os.pipe()
    heard: Heard = queue.SimpleQueue()
    reader = LineReader(ours)
    os.write(theirs, "status\r\n\nsay gr\u00fc\u00dfe\nappr".encode())
    reader.start(heard.put)
    assert next_lines(heard) == ["status", "", "say grüße"]
    os.write(theirs, b"ove p1\napprove p1")
    assert next_lines(heard) == ["approve p1"]
    os.close(theirs)
    assert next_lines(heard) is None
    reader.stop()
    os.close(ours)


def test_a_file_can_be_read_too(tmp_path: Path) -> None:
    (tmp_path / "lines").write_bytes(b"help\n\xff\n")
    heard: Heard = queue.SimpleQueue()
    with (tmp_path / "lines").open("rb") as file:
        reader = LineReader(file.fileno())
        reader.start(heard.put)
        assert next_lines(heard) == ["help", "\ufffd"]
        assert next_lines(heard) is None
        reader.stop()


def test_once_stopped_it_takes_nothing_more() -> None:
    ours, theirs = os.pipe()
    heard: Heard = queue.SimpleQueue()
    reader = LineReader(ours)
    reader.start(heard.put)
    os.write(theirs, b"one\n")
    assert next_lines(heard) == ["one"]
    reader.stop()
    os.write(theirs, b"for the shell\n")
    assert os.read(ours, 100) == b"for the shell\n"
    assert heard.empty()
    os.close(ours)
    os.close(theirs)

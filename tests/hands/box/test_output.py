from __future__ import annotations

import pytest

from loki_tui.hands.box.output import HEAD, TAIL, Live, Output


def collected(*chunks: bytes) -> str:
    output = Output()
    for chunk in chunks:
        output.add(chunk)
    return output.text()


def test_short_output_is_whole() -> None:
    assert collected(b"one\n", b"two\n") == "one\ntwo\n"
    assert collected() == ""


def test_a_character_may_arrive_in_pieces() -> None:
    assert collected("ü".encode()[:1], "ü".encode()[1:]) == "ü"


def test_what_is_no_text_is_replaced() -> None:
    assert collected(b"\xff\xfe ok") == "\ufffd\ufffd ok"


@pytest.mark.parametrize("size", [HEAD + TAIL + 1, 100_000, 1_000_000, 30_000_000])
def test_long_output_keeps_its_beginning_and_its_end(size: int) -> None:
    chunk = b"x" * 1000
    rest = size - len(b"first\n") - len(b"\nlast")
    text = collected(b"first\n", *[chunk] * (rest // 1000), b"y" * (rest % 1000), b"\nlast")
    assert text.startswith("first\n")
    assert text.endswith("\nlast")
    assert f"of {size:,} bytes of output are not shown" in text
    assert len(text) < HEAD + TAIL + 200


def test_a_progress_bar_takes_no_room() -> None:
    assert collected(b"start\n", *[b"\r%d%%" % step for step in range(10_000)], b"\nend\n") == "start\n9999%\nend\n"


def test_live_output_comes_in_lines_and_is_bounded() -> None:
    heard: list[str] = []
    live = Live(heard.append)
    live.add(b"first\nsec")
    for _ in range(1000):
        live.add(b"x" * 1000 + b"\n")
    live.finish()
    assert heard[0] == "first\n"
    assert sum(map(len, heard)) < 200_000

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

from loki_tui.core.errors import ModelError, ModelFault, UsageError
from loki_tui.core.messages import TextPart, Usage
from loki_tui.core.vocabulary import Purpose
from loki_tui.models.cassette import load_cassette
from loki_tui.models.replay import ReplayModel
from tests.models.conversations import ignore, request


def line(purpose: str, text: str, **fields: Any) -> str:
    answer = {"parts": [{"type": "text", "text": text}], "stop": "end", "usage": {"output_tokens": 3}}
    return json.dumps({"purpose": purpose, "answer": answer} | fields)


def written(path: Path, *lines: str) -> Path:
    path.write_text("\n".join(lines))
    return path


@pytest.fixture
def cassette(tmp_path: Path) -> Path:
    lines = [line("work", "one"), "", line("plan", "a plan"), line("work", "two\n\nthree  words \n")]
    return written(tmp_path / "run.jsonl", *lines)


async def test_answers_are_played_by_purpose_and_ordinal(cassette: Path) -> None:
    model = ReplayModel(load_cassette(cassette))
    said = [
        (await model.answer(request(purpose=purpose, ordinal=ordinal), on_text=ignore)).parts
        for purpose, ordinal in [(Purpose.WORK, 1), (Purpose.PLAN, 0), (Purpose.WORK, 0), (Purpose.WORK, 1)]
    ]
    two = TextPart(text="two\n\nthree  words \n")
    assert said == [(two,), (TextPart(text="a plan"),), (TextPart(text="one"),), (two,)]


async def test_text_streams_in_words_and_none_is_lost(cassette: Path) -> None:
    heard: list[str] = []
    model = ReplayModel(load_cassette(cassette))
    answer = await model.answer(request(ordinal=1), on_text=heard.append)
    assert heard == ["two", "\n\nthree", "  words \n"]
    assert answer.usage == Usage(output_tokens=3)
    await model.close()


async def test_a_line_ends_where_json_says(tmp_path: Path) -> None:
    odd = "one\u2028two\x85three"
    path = tmp_path / "odd.jsonl"
    path.write_text(line("work", "@").replace("@", odd) + "\n", encoding="utf-8")
    answer = await ReplayModel(load_cassette(path)).answer(request(), on_text=ignore)
    assert answer.parts == (TextPart(text=odd),)


async def test_a_recording_that_is_over_says_so(cassette: Path) -> None:
    with pytest.raises(ModelError, match="number 3 for work") as caught:
        await ReplayModel(load_cassette(cassette)).answer(request(ordinal=2), on_text=ignore)
    assert caught.value.fault is ModelFault.EXHAUSTED
    assert caught.value.hint


async def test_a_pace_is_kept_and_can_be_broken_off(tmp_path: Path) -> None:
    path = written(tmp_path / "slow.jsonl", line("work", "word " * 1000, delay_ms=60_000))
    model = ReplayModel(load_cassette(path), speed=1000)
    heard = asyncio.Event()
    task = asyncio.create_task(model.answer(request(), on_text=lambda _: heard.set()))
    async with asyncio.timeout(20):
        await heard.wait()
    assert not task.done()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


@pytest.mark.parametrize(
    ("broken", "named"),
    [
        ("{", "the line"),
        ('{"purpose": "work"}', "answer"),
        (line("gossip", "x"), "purpose"),
        (line("work", "x", extra=1), "extra"),
        (line("work", "x", delay_ms=-1), "delay_ms"),
        (line("work", "x").replace('"end"', '"because"'), "answer.stop"),
    ],
)
def test_a_broken_line_is_named(tmp_path: Path, broken: str, named: str) -> None:
    path = written(tmp_path / "broken.jsonl", line("work", "fine"), "", broken)
    with pytest.raises(UsageError) as caught:
        load_cassette(path)
    assert f"{path}:3 " in caught.value.message
    assert named in caught.value.message


def test_a_cassette_that_cannot_be_read(tmp_path: Path) -> None:
    (tmp_path / "binary").write_bytes(b"\xff\xfe")
    (tmp_path / "empty").write_text("\n")
    for name in ("none", "binary", "empty", "."):
        with pytest.raises(UsageError) as caught:
            load_cassette(tmp_path / name)
        assert caught.value.hint

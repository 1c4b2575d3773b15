from __future__ import annotations

from pathlib import Path

import pytest

from loki_tui.core.errors import LokiError, ModelError, UsageError
from loki_tui.models.anthropic import AnthropicModel
from loki_tui.models.cassette import load_cassette
from loki_tui.models.record import RecordingModel
from loki_tui.models.replay import ReplayModel
from tests.models.conversations import continued, ignore, request
from tests.support.messages_server import MessagesServer, Refuse, Reply, call, say, think

KEY = "sk-ant-api03-not-a-key"
REPLIES = (
    Reply((think("First I look."), say("Looking."), call("shell", {"command": "ls"}))),
    Reply((say("Done."),)),
)


async def test_what_is_recorded_plays_back_the_same(tmp_path: Path) -> None:
    path = tmp_path / "run.jsonl"
    async with MessagesServer([REPLIES[0], Refuse(500), REPLIES[1]]) as server:
        model = RecordingModel(AnthropicModel(api_key=KEY, base_url=server.url), path)
        messages = list(request().messages)
        first = await model.answer(request(messages), on_text=ignore)
        after_first = path.read_text()
        messages = continued(messages, first)
        with pytest.raises(ModelError):
            await model.answer(request(messages, ordinal=1), on_text=ignore)
        second = await model.answer(request(messages, ordinal=1), on_text=ignore)
        await model.close()
    assert after_first.count("\n") == 1
    replay = ReplayModel(load_cassette(path))
    assert await replay.answer(request(ordinal=0), on_text=ignore) == first
    assert await replay.answer(request(ordinal=1), on_text=ignore) == second
    assert KEY not in path.read_text()
    assert "You build software" not in path.read_text()


async def test_a_resumed_run_goes_on_in_the_same_file(tmp_path: Path) -> None:
    path = tmp_path / "run.jsonl"
    async with MessagesServer(REPLIES) as server:
        for _ in REPLIES:
            model = RecordingModel(AnthropicModel(api_key=KEY, base_url=server.url), path)
            await model.answer(request(), on_text=ignore)
            await model.close()
    assert len(path.read_text().splitlines()) == len(REPLIES)


def test_a_file_that_cannot_be_written_is_said_at_once(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cannot be written"):
        RecordingModel(AnthropicModel(api_key=KEY), tmp_path / "none" / "run.jsonl")


async def test_a_full_disk_is_said_too() -> None:
    async with MessagesServer(REPLIES) as server:
        model = RecordingModel(AnthropicModel(api_key=KEY, base_url=server.url), Path("/dev/full"))
        with pytest.raises(LokiError, match="cannot be written"):
            await model.answer(request(), on_text=ignore)
        await model.close()

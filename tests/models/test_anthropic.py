from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import AsyncIterator
from typing import Protocol

import pytest

from loki_tui.core.errors import ModelError, ModelFault, UsageError
from loki_tui.core.messages import OpaquePart, TextPart, ToolCall, ToolSpec
from loki_tui.models.anthropic import AnthropicModel
from tests.models.conversations import SHELL, SUBMIT, continued, ignore, request
from tests.support.messages_server import Break, MessagesServer, Refuse, Reply, Script, call, say, think

KEY = "sk-ant-api03-not-a-key"
HELLO = Reply((say("hello"),))


class Connect(Protocol):
    async def __call__(self, script: Script, *, idle: float = 5.0) -> tuple[MessagesServer, AnthropicModel]: ...


@pytest.fixture
async def connect() -> AsyncIterator[Connect]:
    """Starts a server with a script, and a model that talks to it."""
    opened: list[MessagesServer | AnthropicModel] = []

    async def start(script: Script, *, idle: float = 5.0) -> tuple[MessagesServer, AnthropicModel]:
        server = MessagesServer(script)
        await server.start()
        model = AnthropicModel(api_key=KEY, base_url=server.url, stream_idle_timeout=idle)
        opened.extend((model, server))
        return server, model

    yield start
    for each in opened:
        await each.close()


@pytest.fixture(autouse=True)
def _plain_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.delenv(name, raising=False)


async def failure(model: AnthropicModel) -> ModelError:
    with pytest.raises(ModelError) as caught:
        await model.answer(request(), on_text=ignore)
    return caught.value


async def test_an_answer_arrives_with_its_parts_its_text_and_its_figures(connect: Connect) -> None:
    parts = (think("Let me see."), say("I look. " * 200), call("shell", {"command": "ls"}))
    server, model = await connect([Reply(parts)])
    heard: list[str] = []
    answer = await model.answer(request(), on_text=heard.append)
    thought, said, called = answer.parts
    assert isinstance(thought, OpaquePart)
    assert thought.summary == "Let me see."
    assert said == TextPart(text="I look. " * 200)
    assert called == ToolCall(id="toolu_1", name="shell", input={"command": "ls"})
    assert answer.stop == "tool_use"
    assert len(heard) > 3
    assert "".join(heard) == "Let me see." + "I look. " * 200
    assert answer.usage.input_tokens == server.requests[0].usage["input_tokens"]
    assert answer.usage.output_tokens == server.requests[0].usage["output_tokens"]


async def test_the_key_travels_as_the_sdk_sends_it_and_the_version_too(
    connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ANTHROPIC_API_KEY", "another")
    monkeypatch.setenv("ANTHROPIC_AUTH_TOKEN", "yet-another")
    server, model = await connect([HELLO])
    await model.answer(request(), on_text=ignore)
    headers = server.requests[0].headers
    assert KEY in headers["authorization"]
    assert "another" not in str(headers)
    assert headers["content-type"] == "application/json"
    assert headers["anthropic-version"]


async def test_a_bearer_token_instead_of_a_key() -> None:
    async with MessagesServer([HELLO]) as server:
        model = AnthropicModel(auth_token="token", base_url=server.url)
        await model.answer(request(), on_text=ignore)
        await model.close()
        assert server.requests[0].headers["authorization"] == "Bearer token"


async def test_one_connection_serves_a_conversation(connect: Connect) -> None:
    server, model = await connect(lambda _: HELLO)
    messages = list(request().messages)
    for _ in range(5):
        messages = continued(messages, await model.answer(request(messages), on_text=ignore))
    assert server.connections == 1


async def test_parallel_requests(connect: Connect) -> None:
    server, model = await connect(lambda body: Reply((say(body["messages"][0]["content"][0]["text"]),)))
    asked = [request(conversation=f"c{number}") for number in range(8)]
    answers = await asyncio.gather(*(model.answer(each, on_text=ignore) for each in asked))
    assert {answer.parts for answer in answers} == {(TextPart(text="Go."),)}
    assert server.served == 8


@pytest.mark.parametrize(
    ("turn", "fault", "billable"),
    [
        (Refuse(400, "invalid_request_error"), ModelFault.INVALID, False),
        (Refuse(400, "invalid_request_error", "prompt is too long: 9 tokens > 8 maximum"), ModelFault.TOO_LONG, False),
        (Refuse(401, "authentication_error"), ModelFault.AUTH, False),
        (Refuse(404, "not_found_error"), ModelFault.UNKNOWN_MODEL, False),
        (Refuse(429, "rate_limit_error"), ModelFault.RATE_LIMITED, False),
        (Refuse(500), ModelFault.SERVER, False),
        (Refuse(502, body="<html>Bad gateway</html>"), ModelFault.SERVER, False),
        (Refuse(529, "overloaded_error"), ModelFault.OVERLOADED, False),
        (Break("reset", after=-1), ModelFault.CONNECTION, True),
        (Break("reset", after=0), ModelFault.CONNECTION, True),
        (Break("reset", after=3), ModelFault.CONNECTION, True),
        (Break("end", after=0), ModelFault.TRUNCATED, True),
        (Break("end", after=3), ModelFault.TRUNCATED, True),
        (Break("end", after=5), ModelFault.TRUNCATED, True),
        (Break("garble", after=3), ModelFault.MALFORMED, True),
        (Refuse(200, body="<html>Sign in to this network</html>"), ModelFault.MALFORMED, True),
        (Break("report", after=3), ModelFault.OVERLOADED, True),
        (Break("report", after=0), ModelFault.OVERLOADED, False),
        (Break("report", after=3, kind="api_error"), ModelFault.SERVER, True),
        (Break("stall", after=-1), ModelFault.STALLED, True),
        (Break("stall", after=3), ModelFault.STALLED, True),
    ],
    ids=str,
)
async def test_faults(connect: Connect, turn: Refuse | Break, fault: ModelFault, billable: bool) -> None:
    _, model = await connect([turn, HELLO], idle=0.3)
    error = await failure(model)
    assert error.fault is fault
    assert error.billable is billable
    began = isinstance(turn, Break) and turn.after > 0
    assert (error.usage is not None) is began
    assert error.usage is None or error.usage.input_tokens > 0
    assert KEY not in str(error)
    assert (await model.answer(request(), on_text=ignore)).parts == (TextPart(text="hello"),)


async def test_every_event_an_answer_can_break_after(connect: Connect) -> None:
    """The SDK takes a stream that ends early for a whole one; at no point may we."""
    reply = Reply((say("x"), call("shell", {"command": "rm -r build"})))
    events = 9
    server, model = await connect([*(Break("end", after=n, reply=reply) for n in range(events)), reply])
    for _ in range(events):
        assert (await failure(model)).fault is ModelFault.TRUNCATED
    assert (await model.answer(request(), on_text=ignore)).stop == "tool_use"
    assert server.served == events + 1


async def test_pings_are_no_silence(connect: Connect) -> None:
    _, model = await connect([Reply((say("at last"),), pings=8, interval=0.1)], idle=0.4)
    assert (await model.answer(request(), on_text=ignore)).parts == (TextPart(text="at last"),)


async def test_a_rate_limit_says_how_long(connect: Connect) -> None:
    _, model = await connect([Refuse(429, "rate_limit_error", headers={"retry-after": "17"})])
    assert (await failure(model)).retry_after == 17


async def test_nothing_is_retried_here(connect: Connect) -> None:
    server, model = await connect([Refuse(500), HELLO])
    await failure(model)
    assert server.served == 1


async def test_a_wrong_key_is_permanent_and_the_hint_says_what_to_do(connect: Connect) -> None:
    _, model = await connect([Refuse(401, "authentication_error", f"invalid key {KEY}")])
    error = await failure(model)
    assert error.fault.permanent
    assert "ANTHROPIC_API_KEY" in error.hint
    assert "loki demo" in error.hint
    assert KEY not in str(error)


async def test_half_a_tool_input_is_a_malformed_call_not_an_error(connect: Connect) -> None:
    broken = call("shell", {}) | {"raw": '{"command": "ls'}
    _, model = await connect([Reply((broken,), stop="max_tokens")])
    answer = await model.answer(request(), on_text=ignore)
    assert answer.stop == "length"
    assert answer.parts == (ToolCall(id="toolu_1", name="shell", input={}, malformed='{"command": "ls'),)


async def test_a_server_that_gives_no_figures(connect: Connect) -> None:
    usage = dict.fromkeys(("input_tokens", "cache_creation", "cache_read_input_tokens"))
    _, model = await connect([Reply((say("hello"),), usage=usage)])
    assert (await model.answer(request(), on_text=ignore)).usage.prompt_tokens == 0


@pytest.mark.parametrize("offered", [(SHELL, SUBMIT), (SUBMIT,)])
async def test_a_forced_answer_can_be_asked_for_again(connect: Connect, offered: tuple[ToolSpec, ...]) -> None:
    """Today's models refuse a forced tool, and thinking that comes back under other tools than it was thought."""
    server, model = await connect([Reply((think("hm"), say("Here is the plan."))), HELLO])
    messages = list(request().messages)
    for _ in range(2):
        asked = request(messages, must_call="submit_plan", model="claude-opus-5-5", tools=offered)
        messages = continued(messages, await model.answer(asked, on_text=ignore))
    assert [tool["name"] for seen in server.requests for tool in seen.body["tools"]] == ["submit_plan"] * 2


async def test_nobody_there_costs_nothing(unused_port: int) -> None:
    model = AnthropicModel(api_key=KEY, base_url=f"http://127.0.0.1:{unused_port}")
    error = await failure(model)
    await model.close()
    assert error.fault is ModelFault.CONNECTION
    assert not error.billable


@pytest.mark.parametrize("after", [-1, 3])
async def test_cancelling_closes_the_connection_at_once(connect: Connect, after: int) -> None:
    server, model = await connect([Break("stall", after=after)], idle=60.0)
    task = asyncio.create_task(model.answer(request(), on_text=ignore))
    async with asyncio.timeout(10):
        await server.asked.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        await server.left.wait()


async def test_a_proxy_is_not_asked_for_a_server_on_this_machine(
    connect: Connect, monkeypatch: pytest.MonkeyPatch, unused_port: int
) -> None:
    monkeypatch.setenv("HTTP_PROXY", f"http://127.0.0.1:{unused_port}")
    _, model = await connect([HELLO])
    assert (await model.answer(request(), on_text=ignore)).stop == "end"


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        ({}, "ANTHROPIC_API_KEY"),
        ({"api_key": " \n"}, "ANTHROPIC_API_KEY"),
        ({"api_key": "sk-ant\nsecond line"}, "ANTHROPIC_API_KEY"),
        ({"api_key": "schlüssel"}, "ANTHROPIC_API_KEY"),
        ({"auth_token": "a\x00b"}, "ANTHROPIC_AUTH_TOKEN"),
        ({"api_key": KEY, "base_url": "api.anthropic.com"}, "ANTHROPIC_BASE_URL"),
        ({"api_key": KEY, "base_url": "http://[::1"}, "ANTHROPIC_BASE_URL"),
    ],
)
def test_what_cannot_work_is_said_before_anything_is_sent(arguments: dict[str, str], named: str) -> None:
    with pytest.raises(UsageError, match=named) as caught:
        AnthropicModel(**arguments)  # type: ignore[arg-type]
    assert caught.value.hint
    assert KEY not in str(caught.value)


def test_a_key_may_have_been_pasted_with_its_line_break() -> None:
    AnthropicModel(api_key=KEY + "\n")


def run_python(code: str) -> str:
    """What a fresh interpreter prints."""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True)
    return done.stdout.strip()


def test_importing_the_adapters_imports_neither_sdk_nor_prices() -> None:
    adapters = "anthropic, cassette, prices, record, replay, sdk"
    slow = "{'anthropic', 'genai_prices', 'httpx2'}"
    code = f"import sys; from loki_tui.models import {adapters}; print({slow} & set(sys.modules))"
    assert run_python(code) == "set()"


def test_the_import_goes_on_beside_whatever_else_is_done() -> None:
    code = (
        "import asyncio, gc, sys; from loki_tui.models import sdk; sdk.start_import();"
        "asyncio.run(sdk.wait_for_import());"
        "print({'anthropic', 'genai_prices.data'} <= set(sys.modules), gc.isenabled())"
    )
    assert run_python(code) == "True True"

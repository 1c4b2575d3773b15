"""What a conversation costs, against the least it could cost on the same tokens."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from itertools import pairwise

import pytest

from loki_tui.core.messages import Message, Usage
from loki_tui.models.anthropic import AnthropicModel
from loki_tui.models.prices import GenaiPrices
from loki_tui.models.wire import CacheTtl
from tests.models.conversations import WORK_MODEL, continued, ignore, request, user
from tests.support.messages_server import MessagesServer, Reply, call, say, think

SYSTEM = "You build software. " * 300


async def converse(replies: Sequence[Reply], *, cache_ttl: CacheTtl = "5m", forget_at: int = -1) -> list[Usage]:
    """Usage of every turn of a conversation, through a model and a server that counts."""
    usages: list[Usage] = []
    async with MessagesServer(replies) as server:

        def connect() -> AnthropicModel:
            return AnthropicModel(api_key="k", base_url=server.url, cache_ttl=cache_ttl)

        model = connect()
        messages: list[Message] = [user("Build it. " * 50)]
        for turn in range(len(replies)):
            if turn == forget_at:
                await model.close()
                model = connect()
            answer = await model.answer(request(messages, system=SYSTEM), on_text=ignore)
            usages.append(answer.usage)
            messages = continued(messages, answer, output="line of output\n" * 20)
        await model.close()
    return usages


def least(usages: Sequence[Usage], cache_ttl: CacheTtl = "5m") -> Decimal:
    """The cost with perfect foresight: everything seen before read, what comes again written, the rest plain."""
    prices, total, before = GenaiPrices({}), Decimal(0), 0
    for turn, usage in enumerate(usages):
        new = usage.prompt_tokens - before
        tier = "input_tokens" if turn == len(usages) - 1 else "cache_write_tokens"
        if tier == "cache_write_tokens" and cache_ttl == "1h":
            tier = "cache_write_long_tokens"
        best = Usage(output_tokens=usage.output_tokens, cache_read_tokens=before)
        total += prices.cost(WORK_MODEL, best.model_copy(update={tier: new}))
        before = usage.prompt_tokens
    return total


def billed(usages: Sequence[Usage]) -> Decimal:
    prices = GenaiPrices({})
    return sum((prices.cost(WORK_MODEL, usage) for usage in usages), Decimal(0))


def turn(number: int, calls: int = 1) -> Reply:
    """An answer as agents give it: some thinking, a sentence, actions."""
    called = (
        call("shell", {"command": f"make step-{number}-{each}"}, identity=f"toolu_{number}_{each}")
        for each in range(calls)
    )
    return Reply((think(f"I think about step {number}."), say(f"Step {number}."), *called))


@pytest.mark.parametrize("cache_ttl", ["5m", "1h"])
async def test_sixty_turns_cost_hardly_more_than_they_must(cache_ttl: CacheTtl) -> None:
    usages = await converse([turn(number) for number in range(60)], cache_ttl=cache_ttl)
    assert billed(usages) <= Decimal("1.02") * least(usages, cache_ttl)


async def test_turns_with_more_blocks_than_the_cache_looks_back() -> None:
    usages = await converse([turn(number, calls=30) for number in range(10)])
    assert billed(usages) <= Decimal("1.05") * least(usages)


async def test_every_turn_reads_all_of_the_one_before() -> None:
    usages = await converse([turn(number, calls=number % 4) for number in range(12)])
    for before, after in pairwise(usages):
        assert after.cache_read_tokens == before.prompt_tokens
        assert after.input_tokens == 0


async def test_a_restart_in_between_loses_nothing() -> None:
    usages = await converse([turn(number) for number in range(10)], forget_at=5)
    assert usages[5].cache_read_tokens == usages[4].prompt_tokens


async def test_a_long_lived_cache_is_billed_as_one() -> None:
    usages = await converse([turn(0), turn(1)], cache_ttl="1h")
    assert usages[0].cache_write_long_tokens > 0
    assert usages[0].cache_write_tokens == 0


async def test_a_vote_on_what_was_said_reads_it_and_writes_nothing() -> None:
    async with MessagesServer([turn(0), Reply((say("Aye."),))]) as server:
        model = AnthropicModel(api_key="k", base_url=server.url)
        first = await model.answer(request([user("Look.")], system=SYSTEM), on_text=ignore)
        messages = continued([user("Look.")], first)
        vote = await model.answer(request(messages, system=SYSTEM, must_call="submit_plan"), on_text=ignore)
        await model.close()
    assert vote.usage.cache_read_tokens == first.usage.prompt_tokens
    assert vote.usage.cache_write_tokens == 0

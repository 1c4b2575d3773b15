"""Asking a model: money is set aside, the request is sent, the answer is paid; failures are tried again.

The cap holds by construction: a request is journaled with the most it can cost before it is
sent, and is only sent if everything spent, possibly spent and set aside stays within the
limit. What a failure may have cost without our knowing stays tied up for good.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from functools import partial

from loki_tui.core import events as ev
from loki_tui.core.errors import LokiError, ModelError, ModelFault
from loki_tui.core.messages import Message, OpaquePart, Part, TextPart, ToolCall, ToolResult, ToolSpec
from loki_tui.core.money import ZERO
from loki_tui.core.vocabulary import Purpose
from loki_tui.engine.context import RunContext
from loki_tui.engine.control import budget_reason, share_reason
from loki_tui.engine.overhearing import speaker
from loki_tui.engine.ports import Model, ModelAnswer, ModelRequest
from loki_tui.engine.transcript import PARTS, Transcript
from loki_tui.guard.cleaning import cleaned

INLINE_PARTS = 16_000
"""An answer up to this many bytes of JSON stands in its event; a longer one is kept as a blob."""

SHORTENED = 400
"""Characters of each long text that an event shows of an answer kept as a blob."""


class RetriesExhaustedError(LokiError):
    """More failures in a row than the settings allow."""


class ShareExhaustedError(LokiError):
    """A stream's share of the budget does not cover its next request."""


@dataclass(frozen=True, slots=True)
class Question:
    """What to ask, apart from the conversation."""

    purpose: Purpose
    model: str
    system: str
    tools: tuple[ToolSpec, ...] = ()
    must_call: str | None = None
    say: str | None = None
    """An instruction for this request alone; it does not become part of the conversation."""


class Asker:
    """Puts questions to the model, one attempt after another.

    Args:
        context: The run.
        model: Answers.
    """

    def __init__(self, context: RunContext, model: Model) -> None:
        self._chronicle = context.chronicle
        self._control = context.control
        self._prices = context.prices
        self._clock = context.clock
        self._live = context.live
        self._settings = context.settings
        self._model = model
        self._redact = context.redact
        self._exact: dict[str, ToolCall] = {}
        """Calls that hold what must not be written down, by id."""
        self._inherited = context.chronicle.state.failures
        """Failures in a row that the engine before had: they count for what is asked first."""

    async def ask(self, question: Question, transcript: Transcript) -> None:
        """Ask until there is an answer; it reaches the transcript through the journal.

        Raises:
            ModelError: The failure is permanent, or the conversation is too long.
            RetriesExhaustedError: Too many failures in a row.
        """
        # Each conversation counts its own: an outage that meets ten agents at once is not ten outages.
        failures, self._inherited = self._inherited, 0
        while True:
            await self._control.gate()
            reserved = await self._reserve(question, transcript)
            request = f"m{self._chronicle.run.requests + 1}"
            asked = ev.ModelRequested(
                request=request,
                purpose=question.purpose,
                agent=transcript.agent,
                model=question.model,
                reserved=reserved,
                attempt=failures + 1,
            )
            self._chronicle.note(asked)
            try:
                return await self._attempt(asked, question, transcript)
            except ModelError as error:
                failures += 1
                await self._recover(asked, error, failures)

    async def _attempt(self, asked: ev.ModelRequested, question: Question, transcript: Transcript) -> None:
        started = self._clock.monotonic()
        request = self._request(question, transcript)
        name = speaker(asked.agent, self._chronicle.stream)
        try:
            answer = await self._model.answer(request, on_text=lambda text: self._live.on_text(name, text))
        except BaseException as error:
            if not isinstance(error, ModelError):
                # Cancelled by a stop, or broken: the provider may bill all that was set aside.
                self._chronicle.note(_failed(asked, ModelFault.CONNECTION, "broken off", unconfirmed=asked.reserved))
                self._control.nudge()
            raise
        self._chronicle.note(self._answered(asked, answer, seconds=self._clock.monotonic() - started))
        self._control.nudge()

    def _request(self, question: Question, transcript: Transcript) -> ModelRequest:
        messages: Sequence[Message] = transcript.messages
        if question.say is not None:
            messages = [*messages, Message(role="user", parts=(*transcript.unsent, TextPart(text=question.say)))]
        return ModelRequest(
            purpose=question.purpose,
            ordinal=self._ordinal(question.purpose),
            conversation=speaker(transcript.key, self._chronicle.stream),
            model=question.model,
            system=question.system,
            tools=question.tools,
            messages=messages,
            max_output_tokens=self._settings.max_output_tokens,
            must_call=question.must_call,
            effort=self._settings.effort,
        )

    def _ordinal(self, purpose: Purpose) -> int:
        """The place among requests of this purpose; those in flight beside this one come before it."""
        run = self._chronicle.run
        beside = sum(asked.purpose is purpose for asked in run.open_requests.values()) - 1
        return run.answered[purpose] + beside

    def _answered(self, asked: ev.ModelRequested, answer: ModelAnswer, *, seconds: float) -> ev.ModelAnswered:
        cost = self._prices.cost(asked.model, answer.usage) if self._prices.knows(asked.model) else None
        parts = tuple(self._kept(part) for part in answer.parts)
        encoded = PARTS.dump_json(parts)
        whole = len(encoded) <= INLINE_PARTS
        return ev.ModelAnswered(
            request=asked.request,
            parts=parts if whole else tuple(_shorten(part) for part in parts),
            blob=None if whole else self._chronicle.journal.put_blob(encoded),
            stop=answer.stop,
            usage=answer.usage,
            cost=cost,
            seconds=seconds,
        )

    def _kept(self, part: Part) -> Part:
        """A part of an answer as it is journaled, told to the model again, and seen by people."""
        clean = cleaned(part, self._redact)
        if isinstance(part, ToolCall) and isinstance(clean, ToolCall) and clean.redacted:
            self._exact[clean.id] = part
        return clean

    def exact(self, call: ToolCall) -> ToolCall | None:
        """A call as the model made it, secrets included, to be carried out once.

        Returns:
            None where nobody knows it any more: it was made to an engine that died.
        """
        return self._exact.pop(call.id, None) if call.redacted else call

    # -- money ----------------------------------------------------------------------------------

    async def _reserve(self, question: Question, transcript: Transcript) -> Decimal:
        """The most the request can cost, once the budget covers it; the run pauses until it does.

        Raises:
            ShareExhaustedError: It is a stream's request, and the stream's share does not cover it.
        """
        books, share = self._chronicle.run.books, self._chronicle.state.books
        while True:
            if books.limit is None and share.limit is None:
                return ZERO
            worst = self._worst(question, transcript)
            if share.limit is not None and share is not books and share.committed + worst > share.limit:
                raise ShareExhaustedError(share_reason(needed=share.committed + worst, share=share.limit))
            needed = books.committed + worst
            if books.limit is None or needed <= books.limit:
                return worst
            in_flight = sum(books.reserved.values(), ZERO)
            if self._chronicle.stream is not None and in_flight and needed - in_flight <= books.limit:
                # What other streams have in flight mostly costs less than is set aside for it: no need for a person.
                await self._control.wait_until(partial(self._is_free, worst))
                await self._control.gate()
                continue
            reason = budget_reason(needed=needed, limit=books.limit)
            await self._control.pause(by="budget", reason=reason, needed=needed)

    def _is_free(self, worst: Decimal) -> bool:
        """Whether so much could be set aside, or nothing is in flight that may still turn out cheaper."""
        books = self._chronicle.run.books
        return books.limit is None or books.committed + worst <= books.limit or not books.reserved

    def covers(self, question: Question, transcript: Transcript) -> bool:
        """Whether the budget covers a question as things stand, so that asking it pauses nothing."""
        books = self._chronicle.run.books
        return books.limit is None or books.committed + self._worst(question, transcript) <= books.limit

    def _worst(self, question: Question, transcript: Transcript) -> Decimal:
        return self._prices.worst_case(
            question.model,
            prompt_tokens=_prompt_bound(question, transcript),
            output_tokens=self._settings.max_output_tokens,
        )

    async def _recover(self, asked: ev.ModelRequested, error: ModelError, failures: int) -> None:
        """Book a failure, this many in a row, and wait before the next attempt, or give up."""
        cost = unconfirmed = ZERO
        if error.usage is not None and self._prices.knows(asked.model):
            cost = self._prices.cost(asked.model, error.usage)
        if error.billable:
            unconfirmed = max(ZERO, asked.reserved - cost)
        final = error.fault.permanent or error.fault is ModelFault.TOO_LONG or failures > self._settings.max_retries
        delay = 0.0 if final else self._delay(failures, error.retry_after)
        retry_at = None if final else self._clock.now() + timedelta(seconds=delay)
        failed = _failed(asked, error.fault, error.message, cost=cost, unconfirmed=unconfirmed)
        self._chronicle.note(failed.model_copy(update={"retry_at": retry_at}))
        self._control.nudge()
        if error.fault.permanent or error.fault is ModelFault.TOO_LONG:
            raise error
        if retry_at is None:
            raise RetriesExhaustedError(
                f"The model failed {failures} times in a row, the last time: {error.message}",
                hint="Raise LOKI_MAX_RETRIES, or look at the provider's status.",
            ) from error
        limited = error.fault is ModelFault.RATE_LIMITED
        self._chronicle.note(
            ev.RunWaiting(
                on="rate_limit" if limited else "provider",
                reason=f"{error.message.rstrip('.')}; attempt {failures + 1} follows",
                until=retry_at,
            )
        )
        await self._clock.sleep(delay)
        await self._control.gate()
        self._chronicle.note(ev.RunContinued())

    def _delay(self, failures: int, retry_after: float | None) -> float:
        """Seconds to wait after this many failures in a row: what the provider says, else doubling with jitter."""
        if retry_after is not None:
            return retry_after
        doubled = self._settings.retry_base_seconds * 2.0 ** min(failures - 1, 16)
        return min(doubled, self._settings.retry_max_seconds) * random.uniform(0.5, 1.0)


def _failed(
    asked: ev.ModelRequested,
    fault: ModelFault,
    message: str,
    *,
    cost: Decimal = ZERO,
    unconfirmed: Decimal = ZERO,
) -> ev.ModelFailed:
    return ev.ModelFailed(request=asked.request, fault=fault, message=message, cost=cost, unconfirmed=unconfirmed)


def _prompt_bound(question: Question, transcript: Transcript) -> int:
    """At least as many tokens as the request's input can have.

    What the last answer of this conversation was billed for is known exactly; for the rest, and
    for a first request, a token is never shorter than a byte.
    """
    fresh = len((question.say or "").encode()) + FRAMING_BYTES
    if transcript.usage.prompt_tokens:
        known = transcript.usage.prompt_tokens + transcript.usage.output_tokens
        since = _after_last_answer(transcript.messages)
        return known + _bytes(since) + sum(_part_bytes(part) for part in transcript.unsent) + fresh
    tools = sum(len(tool.model_dump_json().encode()) for tool in question.tools)
    unsent = sum(_part_bytes(part) for part in transcript.unsent)
    return len(question.system.encode()) + tools + _bytes(transcript.messages) + unsent + fresh


def _after_last_answer(messages: Sequence[Message]) -> Sequence[Message]:
    return messages[-1:] if messages and messages[-1].role == "user" else ()


FRAMING_BYTES = 64
"""More than a message's role and a part's tags can take, each."""


def _bytes(messages: Sequence[Message]) -> int:
    return sum(FRAMING_BYTES + sum(_part_bytes(part) for part in message.parts) for message in messages)


def _part_bytes(part: Part) -> int:
    return len(part.model_dump_json().encode()) + FRAMING_BYTES


def _shorten(part: Part) -> Part:
    """A part with its long texts cut, for reading in an event."""
    match part:
        case TextPart():
            return TextPart(text=part.text[:SHORTENED])
        case ToolCall():
            short = {name: value[:SHORTENED] if isinstance(value, str) else value for name, value in part.input.items()}
            return part.model_copy(update={"input": short})
        case OpaquePart():
            return part.model_copy(update={"data": {}})
        case ToolResult():
            return part

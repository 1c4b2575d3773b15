from __future__ import annotations

import pytest

from loki_tui.core.errors import ModelFault
from loki_tui.models.faults import refusal_of, rejection_of, retry_after

DATE = {"date": "Sun, 22 Nov 2026 08:00:00 GMT"}


def body(message: str = "no", kind: str = "invalid_request_error") -> object:
    return {"type": "error", "error": {"type": kind, "message": message}}


@pytest.mark.parametrize(
    ("status", "fault"),
    [
        (400, ModelFault.INVALID),
        (401, ModelFault.AUTH),
        (402, ModelFault.AUTH),
        (403, ModelFault.AUTH),
        (404, ModelFault.UNKNOWN_MODEL),
        (408, ModelFault.SERVER),
        (409, ModelFault.SERVER),
        (413, ModelFault.TOO_LONG),
        (418, ModelFault.INVALID),
        (422, ModelFault.INVALID),
        (429, ModelFault.RATE_LIMITED),
        (500, ModelFault.SERVER),
        (502, ModelFault.SERVER),
        (503, ModelFault.SERVER),
        (504, ModelFault.SERVER),
        (529, ModelFault.OVERLOADED),
    ],
)
def test_statuses(status: int, fault: ModelFault) -> None:
    for content in (body(), None, "<html>", [], {"error": "text"}, {"error": {"message": 5}}):
        refusal = refusal_of(status, {}, content)
        assert refusal.fault is fault
        assert not refusal.maybe_billed


@pytest.mark.parametrize(
    "message",
    [
        "prompt is too long: 208310 tokens > 200000 maximum",
        "input length and `max_tokens` exceed context limit: 190000 + 16000 > 200000",
    ],
)
def test_an_overfull_window(message: str) -> None:
    assert refusal_of(400, {}, body(message)).fault is ModelFault.TOO_LONG


@pytest.mark.parametrize("message", ["429 rate limit", "overloaded", "tool said: prompt is too long: 5"])
def test_prose_decides_nothing(message: str) -> None:
    assert refusal_of(400, {}, body(message)).fault is ModelFault.INVALID
    assert refusal_of(500, {}, body(message)).fault is ModelFault.SERVER


def test_an_overload_behind_another_status() -> None:
    assert refusal_of(503, {}, body(kind="overloaded_error")).fault is ModelFault.OVERLOADED


@pytest.mark.parametrize(
    ("kind", "fault"),
    [
        ("overloaded_error", ModelFault.OVERLOADED),
        ("rate_limit_error", ModelFault.RATE_LIMITED),
        ("api_error", ModelFault.SERVER),
        ("timeout_error", ModelFault.SERVER),
        ("invalid_request_error", ModelFault.INVALID),
        ("authentication_error", ModelFault.AUTH),
        (None, ModelFault.SERVER),
        (["odd"], ModelFault.SERVER),
    ],
)
def test_errors_in_mid_stream(kind: str, fault: ModelFault) -> None:
    assert rejection_of({"type": kind, "message": "m"}).fault is fault


def test_foreign_words_are_short_and_printable() -> None:
    detail = refusal_of(500, {}, body("a\x1b[31m\nb" + "c" * 5000)).detail
    assert detail.startswith("HTTP 500, a [31m b")
    assert len(detail) < 400
    assert detail.isprintable()


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, None),
        ({"retry-after": "7"}, 7.0),
        ({"retry-after": "0.5"}, 0.5),
        ({"retry-after": "Sun, 22 Nov 2026 08:01:00 GMT"}, 60.0),
        ({"retry-after": "Sun, 22 Nov 2026 07:00:00 GMT"}, 0.0),
        ({"retry-after": "soon"}, None),
        ({"retry-after": "-5"}, None),
        ({"retry-after": "nan"}, None),
        (
            {
                "anthropic-ratelimit-requests-remaining": "3",
                "anthropic-ratelimit-requests-reset": "2026-11-22T09:00:00Z",
                "anthropic-ratelimit-tokens-remaining": "0",
                "anthropic-ratelimit-tokens-reset": "2026-11-22T08:00:20Z",
                "anthropic-ratelimit-output-tokens-remaining": "0",
                "anthropic-ratelimit-output-tokens-reset": "2026-11-22T08:00:42Z",
                "anthropic-ratelimit-input-tokens-remaining": "0",
                "anthropic-ratelimit-input-tokens-reset": "whenever",
            },
            42.0,
        ),
    ],
)
def test_how_long_the_provider_asks_us_to_wait(headers: dict[str, str], seconds: float | None) -> None:
    assert retry_after(DATE | headers) == seconds

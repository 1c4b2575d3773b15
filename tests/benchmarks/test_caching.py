from __future__ import annotations

from benchmarks.caching import Body, best_usages

SYSTEM = "You build software. " * 300


def request(*said: str) -> tuple[Body, int]:
    """A request of a growing conversation, and how long its answer is."""
    messages = [{"role": "user", "content": [{"type": "text", "text": text}]} for text in said]
    return {"model": "m", "system": SYSTEM, "messages": messages}, 7


def test_a_single_request_is_best_not_cached() -> None:
    (only,) = best_usages([request("Go.")])
    assert only["cache_read_input_tokens"] == only["cache_creation_input_tokens"] == 0
    assert only["input_tokens"] > 1024
    assert only["output_tokens"] == 7


def test_what_comes_again_is_written_once_and_then_read() -> None:
    first, second, third = best_usages([request("a"), request("a", "b"), request("a", "b", "c")])
    assert first["input_tokens"] == 0
    assert second["cache_read_input_tokens"] == first["cache_creation_input_tokens"]
    grown = second["cache_read_input_tokens"] + second["cache_creation_input_tokens"]
    assert third["cache_read_input_tokens"] == grown
    assert third["cache_creation_input_tokens"] == 0


def test_conversations_share_what_they_begin_with() -> None:
    _, other = best_usages([request("a"), request("z")])
    assert other["cache_read_input_tokens"] > 1024
    assert other["input_tokens"] > 0

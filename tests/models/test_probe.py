"""Whether a key is good, as a real server says it; what says nothing is never taken for a yes."""

from __future__ import annotations

import socket

import pytest

from loki_tui.models.probe import Answer, Probe, ask_provider
from tests.support.webserver import GOOD_KEY, Asked, Told, provider, serving


def probe(url: str, key: str = GOOD_KEY, **given: str) -> Probe:
    return ask_provider(url, **{"api_key": key, **given}, model="m", timeout=5)


def test_the_provider_decides() -> None:
    with serving(provider) as server:
        assert probe(server.url).answer == "valid"
        asked = server.next()
        assert (asked.method, asked.path, asked.body) == ("GET", "/v1/models?limit=1", b"")
        assert asked.headers["anthropic-version"]
        assert probe(server.url, api_key="", auth_token=GOOD_KEY).answer == "valid"
        refused = probe(server.url, "sk-ant-looks-quite-right-but-is-not")
        assert refused.answer == "refused"
        assert "sk-ant" not in refused.detail
        assert refused.skew is not None
        assert abs(refused.skew) < 60


def test_a_gateway_without_a_list_counts_tokens() -> None:
    def gateway(asked: Asked) -> Told:
        if asked.path == "/v1/messages/count_tokens" and asked.json["model"] == "m":
            return Told(200, {"input_tokens": 8})
        return Told(404)

    with serving(gateway) as server:
        assert probe(server.url).answer == "valid"


@pytest.mark.parametrize(
    ("told", "answer"),
    [
        (Told(200, b"<html>log in to the hotel</html>"), "unclear"),
        (Told(200, {"hello": 1}), "unclear"),
        (Told(200, b"[" * 100_000), "unclear"),
        (Told(200, b'{"data": ' + b" " * 600_000 + b"[]}"), "unclear"),
        (Told(302, {}, {"location": "https://example.com/"}), "unclear"),
        (Told(429), "unclear"),
        (Told(500), "unclear"),
        (Told(404), "unclear"),
        (Told(403), "refused"),
        (Told(hangs_up=True), "unreachable"),
    ],
)
def test_what_says_nothing_is_no_yes(told: Told, answer: Answer) -> None:
    with serving(lambda _: told) as server:
        assert probe(server.url).answer == answer


def test_nobody_there_is_said() -> None:
    with socket.socket() as taken:  # bound, and deaf
        taken.bind(("127.0.0.1", 0))
        found = probe(f"http://127.0.0.1:{taken.getsockname()[1]}")
    assert found.answer == "unreachable"
    assert "cannot be reached" in found.detail

"""Keys as `loki secrets` tells of them: never the key, and never "valid" without the provider's word."""

from __future__ import annotations

import socket
from pathlib import Path

from tests.support.program import Program
from tests.support.webserver import GOOD_KEY, Told, provider, serving


async def test_where_each_key_comes_from(loki: Program, tmp_path: Path) -> None:
    (tmp_path / "token").write_text("a-token-in-a-file-0123456789\n")
    keys = loki.with_(
        ANTHROPIC_API_KEY=GOOD_KEY,
        ANTHROPIC_AUTH_TOKEN_FILE=str(tmp_path / "token"),
        LOKI_NOTIFY_SLACK="https://e.com/x/yyyyyyyyyyyyyyyyyyyy",
    )
    told = await keys("secrets", "status", "--json")
    rows = {row["name"]: row for row in told.rows}
    assert told.code == 0
    assert rows["ANTHROPIC_API_KEY"] == {
        "name": "ANTHROPIC_API_KEY", "set": True, "source": "environment", "tail": GOOD_KEY[-4:], "problem": "",
    }  # fmt: skip
    assert rows["ANTHROPIC_AUTH_TOKEN"]["source"] == f"file {tmp_path / 'token'}"
    assert (rows["LOKI_NOTIFY_SLACK"]["set"], rows["LOKI_NOTIFY_SLACK"]["tail"]) == (True, "")
    assert rows["LOKI_NOTIFY_DISCORD"]["set"] is False
    text = (await keys("secrets", "status")).out
    for secret in (GOOD_KEY, GOOD_KEY[-5:], "0123456789\n", "yyyy"):
        assert secret not in told.out + text


async def test_a_key_that_cannot_be_read_is_said(loki: Program) -> None:
    told = await loki.with_(ANTHROPIC_API_KEY_FILE="/nowhere/key")("secrets", "status")
    assert (told.code, "/nowhere/key, which cannot be read" in told.out) == (1, True)
    refused = await loki.without("LOKI_PROVIDER", "LOKI_CASSETTE").with_(ANTHROPIC_API_KEY_FILE="/nowhere/key")("start")
    assert (refused.code, "cannot be read" in refused.err) == (2, True)


async def test_only_the_provider_says_that_a_key_is_valid(loki: Program) -> None:
    with serving(provider) as server:
        asks = loki.with_(ANTHROPIC_BASE_URL=server.url)
        good = await asks.with_(ANTHROPIC_API_KEY=GOOD_KEY)("secrets", "validate")
        assert (good.code, "valid: " in good.out) == (0, True)
        bad = await asks.with_(ANTHROPIC_API_KEY=GOOD_KEY[:-1])("secrets", "validate", "--json")
        assert (bad.code, [row["answer"] for row in bad.rows]) == (1, ["refused"])
        assert (await asks("secrets", "validate")).code == 1
    with serving(lambda _: Told(200, b"<html>")) as server:
        unclear = await loki.with_(ANTHROPIC_BASE_URL=server.url, ANTHROPIC_API_KEY=GOOD_KEY)("secrets", "validate")
        assert (unclear.code, "NOT VALIDATED" in unclear.out) == (3, True)


async def test_offline_is_said(loki: Program) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{taken.getsockname()[1]}"
        told = await loki.with_(ANTHROPIC_BASE_URL=url, ANTHROPIC_API_KEY=GOOD_KEY)("secrets", "validate")
    assert (told.code, "NOT VALIDATED, offline" in told.out) == (3, True)
    assert GOOD_KEY not in told.out + told.err

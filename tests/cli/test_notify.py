"""Webhooks as servers really get them, from headless runs and from the command that tries them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from loki_tui.core import events as ev
from tests.support.answers import cassette
from tests.support.program import Program
from tests.support.scripted import finishes
from tests.support.webserver import Asked, Told, WebServer, serving

SECRET = "T0123456789abcdefghijklmnop"


def hooks(server: WebServer) -> dict[str, str]:
    return {
        "LOKI_NOTIFY_WEBHOOK": f"{server.url}/json/{SECRET}",
        "LOKI_NOTIFY_SLACK": f"{server.url}/slack/{SECRET}",
        "LOKI_NOTIFY_DISCORD": f"{server.url}/discord/{SECRET}",
    }


def by_kind(server: WebServer, count: int) -> dict[str, Asked]:
    return {asked.path.split("/")[1]: asked for asked in (server.next() for _ in range(count))}


async def test_every_kind_gets_its_own_form(loki: Program) -> None:
    with serving(lambda _: Told()) as server:
        told = await loki.with_(**hooks(server))("notify", "test")
        assert (told.code, told.out.count("was told a test")) == (0, 3)
        got = by_kind(server, 3)
    assert all(asked.method == "POST" for asked in got.values())
    assert got["json"].json["source"] == "loki"
    assert (got["json"].json["about"], got["json"].json["version"]) == ("test", 1)
    assert got["slack"].json["blocks"][0]["text"]["type"] == "plain_text"
    assert got["discord"].json["allowed_mentions"] == {"parse": []}
    assert SECRET not in told.out + told.err


@pytest.mark.parametrize(
    "answer", [Told(500), Told(404), Told(302, {}, {"location": "https://example.com"}), Told(hangs_up=True)]
)
async def test_what_was_not_told_is_said(loki: Program, answer: Told) -> None:
    with serving(lambda asked: answer if "slack" in asked.path else Told(204, b"")) as server:
        told = await loki.with_(**hooks(server))("notify", "test", "--json")
    assert told.code == 1
    assert {row["channel"].split()[0]: row["ok"] for row in told.rows} == {
        "webhook": True,
        "slack": False,
        "discord": True,
    }
    assert SECRET not in told.out + told.err


async def test_nobody_to_tell_is_no_success(loki: Program) -> None:
    told = await loki("notify", "test")
    assert (told.code, "nobody was told" in told.err) == (2, True)
    for wrong in ("ftp://example.com/x", "not an address", "https://"):
        refused = await loki.with_(LOKI_NOTIFY_SLACK=wrong)("start")
        assert (refused.code, "no address of a webhook" in refused.err) == (2, True)
        assert wrong.split("/")[-1] not in refused.err or wrong.endswith("/")


async def test_a_headless_run_tells_how_it_ended(loki: Program, tmp_path: Path) -> None:
    with serving(lambda asked: Told(410) if "slack" in asked.path else Told()) as server:
        (tmp_path / "hook").write_text(f"{server.url}/slack/{SECRET}\n")
        run = loki.with_(LOKI_NOTIFY_WEBHOOK=f"{server.url}/json", LOKI_NOTIFY_SLACK_FILE=str(tmp_path / "hook"))
        ended = await run("start", "--headless")
        assert ended.code == 0, ended
        got = by_kind(server, 2)
        assert (got["json"].json["about"], got["json"].json["project"]) == ("completed", "project")
        assert "slack" in ended.err
        assert "was NOT told: 127.0.0.1" in ended.err
        listed = await run("notify", "status")
    assert "was told that it is completed" in listed.out
    assert "answered with HTTP 410" in listed.out
    state = next(loki.state.iterdir())
    kept = b"".join(file.read_bytes() for file in state.rglob("*") if file.is_file())
    assert SECRET.encode() not in kept


async def test_a_run_that_waits_for_approval_tells_and_journals_it(loki: Program, tmp_path: Path) -> None:
    recording = cassette(tmp_path / "idle.jsonl", finishes(claims_done=False))
    with serving(lambda _: Told()) as server:
        run = loki.with_(
            LOKI_NOTIFY_WEBHOOK=f"{server.url}/json", LOKI_CASSETTE=str(recording), LOKI_STAGED_AUTONOMY="true"
        )
        async with run.started("start", "--headless", "--max-iterations", "1"):
            assert json.loads(server.next().body)["about"] == "waiting"
            assert (await run("approvals", "approve", "--all")).code == 0
            assert server.next().json["about"] == "failed"
    assert [(event.about, event.ok) for event in loki.events(ev.Notified)] == [("waiting", True)]

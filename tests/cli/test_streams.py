"""`loki start --parallel` and `loki streams`, as a person types them."""

from __future__ import annotations

from pathlib import Path

from tests.cli.conftest import replaying
from tests.support.answers import cassette
from tests.support.parallel import Part, divides, proof_of, writes
from tests.support.program import WAITS, Program, done, line_with
from tests.support.scripted import call, says


async def test_a_parallel_run_leaves_my_directory_alone_and_says_where_its_work_is(
    loki: Program, tmp_path: Path
) -> None:
    parts = (Part("auth", "R1", ["auth.py", "test_auth.py"]), Part("shop", "R2", ["shop.py"], after=["auth"]))
    auth = writes({"auth.py": "X = 1\n", **proof_of("auth")}, proofs={"R1": ("test_auth",)})
    shop = writes({"shop.py": "X = 1\n", **proof_of("shop")}, proofs={"R2": ("test_shop",)})
    recording = cassette(tmp_path / "two.jsonl", *auth, *shop, plan=divides(*parts))  # type: ignore[arg-type]
    program = loki.with_(**replaying(recording))
    run = await program("--headless", "start", "--parallel")
    assert run.code == 0, run
    assert "[auth] " in run.out
    assert "stream shop is integrated" in run.out
    assert "take it over: git merge loki/" in run.out + run.err
    assert not (program.workspace / "auth.py").exists()
    listed = await program("streams", "list", "--json")
    assert [(row["name"], row["status"], row["after"]) for row in listed.rows] == [
        ("auth", "integrated", []),
        ("shop", "integrated", ["auth"]),
    ]
    status = await program.status()
    assert [row["name"] for row in status["streams"]] == ["auth", "shop"]


async def test_a_stream_is_paused_and_goes_on_and_one_that_is_not_there_is_refused(
    loki: Program, tmp_path: Path
) -> None:
    parts = (Part("auth", "R1", ["auth.py", "test_auth.py"]), Part("shop", "R2", ["shop.py"], after=["auth"]))
    waits = says(call("shell", command=WAITS, timeout_seconds=100))
    auth = writes({"auth.py": "X = 1\n", **proof_of("auth")}, proofs={"R1": ("test_auth",)})
    shop = writes({"shop.py": "X = 1\n", **proof_of("shop")}, proofs={"R2": ("test_shop",)})
    recording = cassette(tmp_path / "two.jsonl", waits, *auth, *shop, plan=divides(*parts))  # type: ignore[arg-type]
    program = loki.with_(**replaying(recording))
    async with program.started("start", "--headless", "--parallel") as engine:
        await line_with(engine, "[auth]   shell until")
        refused = await program("streams", "pause", "mail")
        assert refused.code == 2
        assert "has no stream 'mail'" in refused.err
        assert "It has auth, shop." in refused.err
        assert "shop is queued" in (await program("streams", "stop", "shop")).err
        assert (await program("streams", "pause", "auth")).code == 0
        await line_with(engine, "[auth] PAUSED")
        assert (await program.status())["streams"][0]["status"] == "paused"
        assert (await program("streams", "resume", "auth")).code == 0
        (row,) = [r for r in (await program("streams", "list", "--json")).rows if r["name"] == "auth"]
        (Path(row["worktree"]) / "go").touch()
        run = await done(engine)
    assert run.code == 0, run

"""What a change of a file would be is worked out by the hands and leaves no trace."""

from __future__ import annotations

from pathlib import Path

import pytest

from loki_tui.core.messages import JsonObject
from loki_tui.engine.ports import ActionResult, Workspace
from loki_tui.hands.workspace import HandsWorkspace, HandsWorkspaces
from loki_tui.runtime.checkouts import _Checkout
from tests.support.hands import SECRET, Box, World, fingerprint

LONG = "".join(f"line {number}\n" for number in range(1, 101))


def writing(path: str, content: str) -> tuple[str, JsonObject]:
    return "write_file", {"path": path, "content": content}


def editing(path: str, old: str, new: str, **more: bool) -> tuple[str, JsonObject]:
    return "edit_file", {"path": path, "old_string": old, "new_string": new, **more}


CHANGES = {
    "a new file": writing("deep/er/new.py", "x = 1\n"),
    "a rewrite": writing("src/a.py", "other\n"),
    "a rewrite with what is there": writing("src/a.py", "untouched"),
    "an edit": editing("long.txt", "line 50\n", "line fifty\n"),
    "an edit of every place": editing("long.txt", "line 9", "LINE 9", replace_all=True),
    "through a link": writing("src/link.py", "x\n"),
    "line endings": editing("dos.txt", "one\ntwo", "1\n2"),
    "what is private": writing("~/notes", "x"),
}


@pytest.fixture
def workspace(world: World) -> Path:
    (world.workspace / "long.txt").write_text(LONG)
    (world.workspace / "dos.txt").write_bytes(b"one\r\ntwo\r\n")
    (world.workspace / "src/link.py").symlink_to("a.py")
    return world.workspace


@pytest.mark.parametrize("change", CHANGES)
async def test_a_preview_says_what_the_change_then_does(
    hands: HandsWorkspace, world: World, workspace: Path, change: str
) -> None:
    before = fingerprint(world.base)
    preview = await hands.preview(*CHANGES[change])
    assert fingerprint(world.base) == before
    assert preview.ok
    done = await hands.perform(*CHANGES[change])
    assert (preview.output, preview.diff) == (done.output, done.diff)
    assert (done.path, done.seal) == ("", "")
    assert preview.seal


async def test_the_difference_is_shown_with_what_stands_around_it(hands: HandsWorkspace, workspace: Path) -> None:
    preview = await hands.preview(*CHANGES["an edit"])
    assert preview.diff == (
        "--- a/long.txt\n+++ b/long.txt\n@@ -47,7 +47,7 @@\n line 47\n line 48\n line 49\n-line 50\n+line fifty\n"
        " line 51\n line 52\n line 53\n"
    )


@pytest.mark.parametrize(
    "change",
    [
        editing("missing.py", "a", "b"),
        editing("src/a.py", "not there", "b"),
        editing("src/a.py", "u", "u"),
        editing("long.txt", "line 9", "x"),
        editing("src", "a", "b"),
        writing("src", "x"),
        writing("other.txt/below", "x"),
        writing("x" * 300, "x"),
        writing("", "x"),
        writing("half", "\ud800"),
        ("write_file", {"path": "a"}),
        ("edit_file", {"path": 5}),
    ],
)
async def test_what_would_fail_fails_alike_beforehand(
    hands: HandsWorkspace, workspace: Path, change: tuple[str, JsonObject]
) -> None:
    preview = await hands.preview(*change)
    assert not preview.ok
    assert preview == ActionResult(ok=False, output=(await hands.perform(*change)).output)


@pytest.mark.parametrize("change", [("shell", {"command": "touch x"}), ("read_file", {"path": "a"}), ("preview", {})])
async def test_only_changes_of_files_have_a_preview(hands: HandsWorkspace, change: tuple[str, JsonObject]) -> None:
    assert (await hands.preview(*change)).output == f"There is no preview of {change[0]!r}."


def test_an_odd_preview_is_answered(box: Box) -> None:
    for given in ({}, {"tool": "write_file"}, {"tool": 1, "input": {}}, {"tool": "write_file", "input": []}):
        answer = box.ask("preview", **given)
        assert answer["ok"] is False
        assert "must be" in str(answer["output"])


@pytest.mark.parametrize(
    ("path", "why"),
    [
        ("{outside}/secret.txt", "outside what this run may write"),
        ("{outside}/new.txt", "outside what this run may write"),
        ("{outside}/new/deep.txt", "outside what this run may write"),
        ("../outside/secret.txt", "outside what this run may write"),
        ("src/way-out/secret.txt", "outside what this run may write"),
        ("src/file-out", "outside what this run may write"),
        ("src/dangling", "outside what this run may write"),
        ("{home}/.ssh/id_ed25519", "outside what this run may write"),
        ("/etc/hostname", "outside what this run may write"),
    ],
)
async def test_a_preview_is_held_by_the_same_limits(hands: HandsWorkspace, world: World, path: str, why: str) -> None:
    before = fingerprint(world.base)
    real = path.format(outside=world.outside, home=world.home)
    for change in (writing(real, "x"), editing(real, SECRET, "x")):
        preview = await hands.preview(*change)
        assert not preview.ok
        assert SECRET not in preview.output + preview.diff
    assert why in (await hands.preview(*writing(real, "x"))).output
    assert fingerprint(world.base) == before


async def test_only_what_is_allowed_may_be_written(world: World) -> None:
    hands = await HandsWorkspaces(world.demands(allowed=("src", "other.txt"))).open_agent()
    assert (await hands.preview(*writing("src/b.py", "x"))).ok
    assert (await hands.preview(*writing("other.txt", "x"))).ok
    refused = writing("src-evil/a.py", "x")
    assert (await hands.preview(*refused)).output == (await hands.perform(*refused)).output
    await hands.close()


async def test_without_confinement_there_is_a_preview_of_anything(world: World) -> None:
    hands = await HandsWorkspaces(world.demands(confinement="none")).open_agent()
    preview = await hands.preview(*writing(str(world.outside / "file.txt"), "x"))
    assert (preview.ok, preview.path) == (True, str(world.outside / "file.txt"))
    await hands.close()


async def test_the_path_is_the_real_one(hands: HandsWorkspace, workspace: Path) -> None:
    (workspace / "hooks").symlink_to(".git/hooks")
    paths = {}
    for path in ("./src//../src/a.py", "src/link.py", str(workspace / "src/a.py"), "hooks/x", "new/x"):
        paths[path] = (await hands.preview(*writing(path, "x"))).path
    assert list(paths.values()) == ["src/a.py", "src/a.py", "src/a.py", ".git/hooks/x", "new/x"]


async def test_the_seal_is_of_the_file_and_what_it_holds(hands: HandsWorkspace, workspace: Path) -> None:
    async def seal(path: str, content: str = "x") -> str:
        return (await hands.preview(*writing(path, content))).seal

    first = await seal("src/a.py")
    assert await seal("src/a.py", "y") == first
    assert await seal("src/link.py") == first
    assert (await hands.preview(*editing("src/a.py", "un", ""))).seal == first
    (workspace / "src/b.py").write_text("untouched")
    (workspace / "src/empty.py").touch()
    others = [await seal("src/b.py"), await seal("src/empty.py"), await seal("src/none.py")]
    (workspace / "src/a.py").write_text("touched")
    others.append(await seal("src/a.py"))
    (workspace / "src/a.py").unlink()
    others.append(await seal("src/a.py"))
    assert len({first, *others}) == 6
    (workspace / "src/a.py").write_text("untouched")
    assert await seal("src/a.py") == first


async def test_what_is_too_large_to_compare_has_a_seal_all_the_same(hands: HandsWorkspace, workspace: Path) -> None:
    with (workspace / "big").open("wb") as file:
        file.truncate(20_000_000)
    preview = await hands.preview(*writing("big", "x"))
    assert (preview.ok, preview.diff) == (True, "")
    with (workspace / "big").open("ab") as file:
        file.write(b"x")
    assert (await hands.preview(*writing("big", "x"))).seal != preview.seal


async def test_a_checkout_passes_it_on(hands: HandsWorkspace, world: World) -> None:
    checkout: Workspace = _Checkout(hands, world.base / "nowhere")
    assert (await checkout.preview(*writing("src/a.py", "x"))).path == "src/a.py"

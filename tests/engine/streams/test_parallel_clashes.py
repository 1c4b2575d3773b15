"""Whole parallel runs whose streams clash in the ways that git knows of: renames, binary files, deletions."""

from __future__ import annotations

from pathlib import Path

from loki_tui.core import events as ev
from loki_tui.core.vocabulary import Purpose
from loki_tui.engine.receipt import Receipt
from loki_tui.store.blobs import BlobStore
from tests.engine.streams.test_parallel import APART, BRANCH, INTEGRATED, bench, does, statuses
from tests.support.git import git, write
from tests.support.parallel import Part, StreamingModel, divides, proof_of, writes
from tests.support.runs import Bench
from tests.support.scripted import Held, Turn, call, finishes, reviews, says, votes

LINES = "".join(f"line {number}\n" for number in range(1, 31))


def with_files(place: Bench, **files: str) -> None:
    """Commit more in the person's repository, before the run."""
    write(place.workspace, {name.replace("_dot_", "."): content for name, content in files.items()})
    git(place.workspace, "add", "-A")
    git(place.workspace, "commit", "-qm", "More")


def shell(name: str, requirement: str, command: str) -> list[Turn]:
    """The turns of a stream that runs a command, and writes its test."""
    first, *rest = writes(proof_of(name), proofs={requirement: (f"test_{name}",)})
    return [says(call("shell", command=command)), first, *rest]


def files_of(place: Bench) -> set[str]:
    """What is on the run's branch."""
    return set(git(place.workspace, "ls-tree", "-r", "--name-only", BRANCH).splitlines())


async def test_an_edit_follows_the_file_that_another_stream_renamed(tmp_path: Path) -> None:
    auth = shell("auth", "R1", "mkdir lib && mv common.txt lib/moved.txt")
    shop = shell("shop", "R2", "sed -i 's/^line 20$/line twenty/' common.txt")
    place = bench(tmp_path, StreamingModel(divides(*APART), auth=auth, shop=shop))
    with_files(place, common_dot_txt=LINES)
    assert await place.go() == "completed", place.events()[-4:]
    assert place.of(ev.IntegrationConflicted) == []
    assert "common.txt" not in files_of(place)
    assert "line twenty" in git(place.workspace, "show", f"{BRANCH}:lib/moved.txt")


async def test_a_rename_against_an_edit_of_the_same_lines_goes_to_an_agent(tmp_path: Path) -> None:
    auth = shell("auth", "R1", "mv common.txt moved.txt && sed -i 's/^line 20$/line XX/' moved.txt")
    shop = shell("shop", "R2", "sed -i 's/^line 20$/line twenty/' common.txt")
    both = LINES.replace("line 20\n", "line XX\nline twenty\n")
    whole = writes({"moved.txt": both}, proofs={}, claims_done=False)
    model = StreamingModel(divides(*APART), auth=auth, shop=shop, whole=whole)
    place = bench(tmp_path, model)
    with_files(place, common_dot_txt=LINES)
    assert await place.go() == "completed", place.events()[-4:]
    (conflicted,) = place.of(ev.IntegrationConflicted)
    assert [(each.path, each.kind) for each in conflicted.conflicts] == [("moved.txt", "renamed_edited")]
    assert "moved.txt (renamed edited" in str(model.asked("")[0].messages[0])
    assert git(place.workspace, "show", f"{BRANCH}:moved.txt") == both.strip()
    assert "common.txt" not in files_of(place)
    assert statuses(place) == {"auth": INTEGRATED, "shop": INTEGRATED}


async def test_a_deletion_against_an_edit_is_decided_by_an_agent_and_nothing_is_left_beside(tmp_path: Path) -> None:
    auth = shell("auth", "R1", "git rm -q --cached common.txt 2>/dev/null; rm common.txt")
    shop = shell("shop", "R2", "sed -i 's/^line 20$/line twenty/' common.txt")
    decide = says(call("shell", command="mv common.txt.loki-* common.txt"))
    model = StreamingModel(divides(*APART), auth=auth, shop=shop, whole=[decide, finishes("Keep it", proofs={})])
    place = bench(tmp_path, model)
    with_files(place, common_dot_txt=LINES)
    assert await place.go() == "completed", place.events()[-4:]
    (conflicted,) = place.of(ev.IntegrationConflicted)
    assert [each.kind for each in conflicted.conflicts] == ["deleted_edited"]
    assert "line twenty" in git(place.workspace, "show", f"{BRANCH}:common.txt")
    assert not [name for name in files_of(place) if ".loki-" in name]


async def test_a_picture_that_both_changed_is_chosen_by_an_agent_and_nothing_is_left_beside(tmp_path: Path) -> None:
    draws = r"printf '\211PNG\000\001{}\000' > logo.png"
    auth, shop = (shell(name, key, draws.format(name)) for name, key in (("auth", "R1"), ("shop", "R2")))
    chooses = says(call("shell", command="ls logo.png.loki-ours && mv logo.png.loki-theirs logo.png && rm *.loki-ours"))
    model = StreamingModel(divides(*APART), auth=auth, shop=shop, whole=[chooses, finishes("Theirs", proofs={})])
    place = bench(tmp_path, model)
    assert await place.go() == "completed", place.events()[-4:]
    (conflicted,) = place.of(ev.IntegrationConflicted)
    assert [(each.path, each.kind) for each in conflicted.conflicts] == [("logo.png", "binary")]
    assert "logo.png.loki-ours" in str(model.asked("")[0].messages[0])
    theirs = place.of(ev.IntegrationStarted)[1].name
    blob = git(place.workspace, "rev-parse", f"{BRANCH}:logo.png")
    assert blob == git(place.workspace, "rev-parse", f"{BRANCH}-{theirs}:logo.png")
    assert not [name for name in files_of(place) if ".loki-" in name]


async def test_a_picture_that_nobody_chose_is_asked_about_again(tmp_path: Path) -> None:
    draws = r"printf '\211PNG\000\001{}\000' > logo.png"
    auth, shop = (shell(name, key, draws.format(name)) for name, key in (("auth", "R1"), ("shop", "R2")))
    chooses = says(call("shell", command="mv logo.png.loki-ours logo.png; rm logo.png.loki-theirs"))
    looks: list[Turn] = [finishes("I looked", proofs={})]
    whole = [*looks, chooses, finishes("Ours", proofs={})]
    place = bench(tmp_path, StreamingModel(divides(*APART), auth=auth, shop=shop, whole=whole))
    assert await place.go() == "completed", place.events()[-4:]
    first, again = place.of(ev.IntegrationConflicted)
    assert "left to be moved to where it belongs" in again.conflicts[0].detail
    assert first.handed_to == again.handed_to == "agent"


async def test_the_same_file_with_the_same_content_is_no_conflict(tmp_path: Path) -> None:
    same = {"common_dot_py": "X = 1\n"}
    auth, shop = does("auth", "R1", **same), does("shop", "R2", **same)
    place = bench(tmp_path, StreamingModel(divides(*APART), auth=auth, shop=shop))
    assert await place.go() == "completed", place.events()[-4:]
    assert place.of(ev.IntegrationConflicted) == []
    assert git(place.workspace, "show", f"{BRANCH}:common.py") == "X = 1"


async def test_streams_that_declare_the_same_files_are_worked_on_one_after_another(tmp_path: Path) -> None:
    auth, shop = Part("auth", "R1", ["common.py"]), Part("shop", "R2", ["*.py"])
    adds = says(call("edit_file", path="common.py", old_string="AUTH = 1\n", new_string="AUTH = 1\nSHOP = 1\n"))
    turns = {
        "auth": does("auth", "R1", common_dot_py="AUTH = 1\n"),
        "shop": [
            says(call("read_file", path="common.py")),
            adds,
            *writes(proof_of("shop"), proofs={"R2": ["test_shop"]}),
        ],
    }
    place = bench(tmp_path, StreamingModel(divides(auth, shop), **turns))
    assert await place.go() == "completed", place.events()[-4:]
    assert "Stream shop comes after auth, since both may touch *.py and common.py." in place.state().warnings
    assert place.of(ev.IntegrationConflicted) == []
    assert git(place.workspace, "show", f"{BRANCH}:common.py") == "AUTH = 1\nSHOP = 1"


async def test_what_a_resolution_dropped_is_told_to_reviewers_and_council_and_stands_in_the_receipt(
    tmp_path: Path,
) -> None:
    dropped = [*writes({"common.py": "AUTH = 1\n"}, proofs={}), *writes({"more.py": "X = 1\n"}, proofs={})]
    first, second = does("auth", "R1", common_dot_py="AUTH = 1\n"), does("shop", "R2", common_dot_py="SHOP = 2\n")
    # Whichever comes second is dropped.
    after = Part("shop", "R2", ["shop/**"])
    held = Held(second[0])  # type: ignore[arg-type]
    model = StreamingModel(divides(APART[0], after), auth=first, shop=[held, *second[1:]], whole=dropped)
    model.turns[Purpose.REVIEW] = [reviews() for _ in range(8)]
    model.turns[Purpose.VOTE] = [votes() for _ in range(8)]
    place = bench(tmp_path, model, phase_code_review=True, council_enabled=True)
    async with place.going() as going:
        await held.begun.wait()
        await place.until(lambda state: state.stream_status("auth") is INTEGRATED)
        held.go_on.set()
        assert await going == "completed", place.events()[-4:]
    (over,) = [event for event in place.of(ev.IntegrationFinished) if event.name == "shop"]
    assert over.beside == ("auth",)
    said = "the resolution of the conflict between auth and shop dropped lines: common.py: of what the merged side had"
    for purpose in (Purpose.REVIEW, Purpose.VOTE):
        asked = model.sent(purpose)
        assert asked
        assert all(said in str(each.messages[0]) and "SHOP = 2" in str(each.messages[0]) for each in asked), purpose
    (written,) = place.of(ev.ReceiptWritten)
    receipt = Receipt.model_validate_json(BlobStore(place.around.project.state.blobs).get(written.digest))
    (line,) = receipt.dropped
    assert line.startswith(said)


async def test_what_was_dropped_and_brought_back_is_told_nobody(tmp_path: Path) -> None:
    dropped = writes({"common.py": "AUTH = 1\n"}, proofs={})
    mended = writes({"common.py": "AUTH = 1\nSHOP = 2\n"}, proofs={})
    auth, shop = does("auth", "R1", common_dot_py="AUTH = 1\n"), does("shop", "R2", common_dot_py="SHOP = 2\n")
    place = bench(tmp_path, StreamingModel(divides(*APART), auth=auth, shop=shop, whole=dropped + mended))
    assert await place.go() == "completed", place.events()[-4:]
    assert place.of(ev.IntegrationRefused)
    assert [event.lost for event in place.of(ev.IntegrationFinished)] == [(), ()]

"""Planted defects: where they are put, that they fit, and what counts as having seen one."""

from __future__ import annotations

from pathlib import Path

import pytest

from loki_tui.core import events as ev
from loki_tui.core.tools import CastVote
from loki_tui.core.vocabulary import Purpose
from loki_tui.engine.changes import changes_of
from loki_tui.engine.council.calibration import REWRITES, Defect, caught, choose, due, in_file, planted, turn
from tests.support.panels import PRODUCT, Chorus, charge_of, desk_of, script
from tests.support.runs import make_bench
from tests.support.scripted import ScriptedModel, call, says, votes

DIFF = """\
diff --git a/app.py b/app.py
index 1..2 100644
--- a/app.py
+++ b/app.py
@@ -1,3 +1,6 @@
 import os
-x = 1
+def f(a, b):
+    if a <= b:
+        raise ValueError(a)
+    return a + b
 y = 2
diff --git a/notes.md b/notes.md
--- a/notes.md
+++ b/notes.md
@@ -0,0 +1 @@
+    return a + b
"""
FILE = "import os\ndef f(a, b):\n    if a <= b:\n        raise ValueError(a)\n    return a + b\ny = 2\n"


def test_the_same_work_gets_the_same_defect() -> None:
    changes = changes_of(DIFF)
    chosen = {choose(changes, seed=str(number)) for number in range(50)}
    assert choose(changes, seed="7") == choose(changes, seed="7")
    assert len(chosen) == 4
    assert {defect.path for defect in chosen if defect} == {"app.py"}


@pytest.mark.parametrize("seed", range(8))
def test_a_defect_is_in_the_diff_and_in_the_file_alike(seed: int) -> None:
    changes = changes_of(DIFF)
    defect = choose(changes, seed=str(seed))
    assert defect is not None
    shown = planted(changes, defect)[0].text
    assert f"+{defect.after}\n" in shown
    assert f"+{defect.before}\n" not in shown
    content = in_file(FILE, defect)
    assert content is not None
    assert content != FILE
    compile(content, "app.py", "exec")
    assert content.split("\n")[defect.line - 1] == defect.after
    assert f"app.py:{defect.line}" in defect.told


def test_nothing_is_planted_where_there_is_no_place() -> None:
    assert choose((), seed="1") is None
    prose = DIFF[DIFF.index("diff --git a/notes.md") :]
    assert choose(changes_of(prose), seed="1") is None
    assert choose(changes_of("diff --git a/x.py b/x.py\nBinary files a/x.py and b/x.py differ\n"), seed="1") is None


def test_a_file_that_is_not_what_the_diff_says_is_left_alone() -> None:
    defect = Defect("app.py", 3, "    if a <= b:", "    if a < b:", "a comparison off by one")
    assert in_file("else\n", defect) is None
    assert in_file(FILE.replace("<=", "<"), defect) is None


@pytest.mark.parametrize(
    ("line", "after"),
    [
        ("    if a == b:", "    if a != b:"),
        ("  if (a === b) {", "  if (a != b) {"),
        ("    if not path:", "    if path:"),
        ("    if path.exists():", "    if False and (path.exists()):"),
        ("    return True", "    return False"),
        ("        raise KeyError(name)", "        pass"),
        ("    throw new Error(name);", "    return;"),
        ("    assert add(1, 2) == 3", "    assert True"),
        ("        self.assertEqual(add(1, 2), 3)", "        self.assertTrue(True)"),
        ("  expect(add(1, 2)).toBe(3);", "  expect(true).toBe(true);"),
    ],
)
def test_lines_are_rewritten(line: str, after: str) -> None:
    assert after in [rewrite(line) for _, rewrite in REWRITES]


@pytest.mark.parametrize(
    "line", ["# if a == b:", "x = 1", "raise ValueError(", "assert (", "import a", "", "if False:"]
)
def test_other_lines_are_left_alone(line: str) -> None:
    assert {rewrite(line) for _, rewrite in REWRITES} == {None}


def test_seeing_it_is_to_reject_and_to_name_the_file() -> None:
    defect = Defect("src/app.py", 3, "a", "b", "x")

    def said(verdict: str, reason: str, *unmet: str) -> CastVote:
        return CastVote.model_validate({"verdict": verdict, "reasons": (reason,), "unmet": unmet})

    assert caught(said("reject", "wrong in src/app.py:3"), defect)
    assert caught(said("reject", "app.py is wrong"), defect)
    assert caught(said("approve", "app.py is wrong", "R1"), defect)
    assert not caught(said("approve", "app.py is good"), defect)
    assert not caught(said("reject", "myapp.py is wrong"), defect)
    assert not caught(said("reject", "something is missing"), defect)
    assert not caught(None, defect)


def test_members_take_turns() -> None:
    members = ("a", "b", "c")
    assert [number for number in range(1, 16) if due(number, 5)] == [5, 10, 15]
    assert not any(due(number, 0) for number in range(20))
    assert [turn(members, number, 5) for number in (5, 10, 15, 20)] == ["a", "b", "c", "a"]


@pytest.mark.parametrize("sees", [True, False])
async def test_a_member_is_shown_a_defect_and_that_vote_counts_for_nothing(tmp_path: Path, sees: bool) -> None:
    approve = votes(evidence=("clip.py",))
    looks = says(call("read_file", path="clip.py"))
    last = votes("reject", "clip.py has it backwards", evidence=("clip.py",)) if sees else approve
    bench = make_bench(tmp_path, ScriptedModel(), council_enabled=True, council_calibration_interval=1)
    script(bench, Purpose.VOTE, Chorus(approve, Go=[approve, looks, last]))
    async with desk_of(bench) as desk:
        assert (await desk.sit()).approved
    (measured,) = bench.of(ev.MemberCalibrated)
    assert (measured.sitting, measured.member, measured.caught) == (1, "requirements", sees)
    assert "clip.py:" in measured.defect
    assert bench.kinds()[-1] == "member_calibrated"
    first, *_, shown, read = [request for request in bench.model.sent(Purpose.VOTE) if charge_of(request) == "Go"]
    assert first.messages[0].text != shown.messages[0].text
    assert read.messages[-1].parts[0].content != ""  # type: ignore[union-attr]
    seen = read.messages[-1].parts[0].content  # type: ignore[union-attr]
    assert not all(line in seen for line in PRODUCT.splitlines())
    assert (bench.workspace / "clip.py").read_text() == PRODUCT
    assert len(bench.of(ev.VoteCast)) == 4
    calibrated = bench.state().calibrations["requirements"]
    assert (calibrated.shown, calibrated.caught) == (1, int(sees))


async def test_there_is_no_calibration_where_nothing_can_be_planted(tmp_path: Path) -> None:
    bench = make_bench(tmp_path, ScriptedModel(), council_enabled=True, council_calibration_interval=1)
    script(bench, Purpose.VOTE, Chorus(votes()))
    async with desk_of(bench, {"notes.md": "more\n"}) as desk:
        await desk.sit()
    assert not bench.of(ev.MemberCalibrated)
    assert len(bench.model.sent(Purpose.VOTE)) == 4


async def test_a_budget_that_is_used_up_by_votes_is_not_asked_for_more(tmp_path: Path) -> None:
    bench = make_bench(
        tmp_path, ScriptedModel(), council_enabled=True, council_calibration_interval=1, budget_limit="10"
    )
    script(bench, Purpose.VOTE, Chorus(votes(evidence=("clip.py",))))
    async with desk_of(bench) as desk:

        async def spends(request: object) -> object:
            raise AssertionError(request)

        async def last(request: object) -> object:
            desk.note(ev.BudgetChanged(limit=desk.state.books.committed, by="ada"))
            return await Chorus(votes(evidence=("clip.py",)))(request)  # type: ignore[arg-type]

        bench.model.turns[Purpose.VOTE][3] = last  # type: ignore[assignment]
        bench.model.turns[Purpose.VOTE][4] = spends  # type: ignore[assignment]
        assert (await desk.sit()).approved
    assert not bench.of(ev.RunPaused)
    assert not bench.of(ev.MemberCalibrated)

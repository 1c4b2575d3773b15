"""What a person is shown is exactly what will happen."""

from __future__ import annotations

from loki_tui.core.messages import JsonObject
from loki_tui.core.tools import EditFile, ReadFile, Shell, ToolInput, WriteFile
from loki_tui.core.vocabulary import Requirement, Risk
from loki_tui.engine.ports import ActionResult
from loki_tui.engine.proposals import propose_action, propose_plan, shortened
from loki_tui.guard.cleaning import clean_json


def digest(tool_input: ToolInput, *, call: str = "c1", workspace: str = "/w") -> str:
    return propose_action(tool_input, call=call, risk=Risk.RUN, workspace=workspace).digest


def test_any_difference_makes_another_digest() -> None:
    inputs: list[ToolInput] = [
        Shell(command="ls"),
        Shell(command="ls "),
        Shell(command="ls", timeout_seconds=5),
        Shell(command="ls", background=True),
        WriteFile(path="ls", content=""),
        WriteFile(path="l", content="s"),
        EditFile(path="a", old_string="b", new_string="c"),
        EditFile(path="a", old_string="b", new_string="c", replace_all=True),
    ]
    digests = {digest(tool_input) for tool_input in inputs} | {digest(inputs[0], workspace="/elsewhere")}
    assert len(digests) == len(inputs) + 1
    assert digest(Shell(command="ls"), call="c2") == digest(inputs[0])


def test_a_person_sees_the_whole_of_it() -> None:
    long = "echo begin\n" + "x" * 5000 + "\necho end"
    shown = propose_action(Shell(command=long), call="c1", risk=Risk.RUN, workspace="/w")
    assert shown.title == "run echo begin"
    assert shown.detail == f"in /w:\n{long}"
    edit = EditFile(path="a.py", old_string="x = 1\ny = 2", new_string="x = 1\ny = 3")
    detail = propose_action(edit, call="c1", risk=Risk.EDIT, workspace="/w").detail
    assert "-y = 2" in detail
    assert "+y = 3" in detail
    write = WriteFile(path="b", content="a" * 9000)
    assert propose_action(write, call="c1", risk=Risk.EDIT, workspace="/w").detail == "a" * 9000
    assert "a.txt" in propose_action(ReadFile(path="a.txt"), call="c1", risk=Risk.READ, workspace="/w").detail


def test_what_goes_on_in_the_background_is_said_to() -> None:
    shown = propose_action(Shell(command="serve", background=True), call="c1", risk=Risk.RUN, workspace="/w")
    assert shown.title == "run serve in the background"
    assert shown.detail.startswith("in /w in the background:")


def test_another_content_of_the_file_makes_another_digest() -> None:
    write = WriteFile(path="link", content="x")

    def proposed(seal: str) -> str:
        change = ActionResult(ok=True, output="", diff="+x", path="real", seal=seal)
        shown = propose_action(write, call="c1", risk=Risk.EDIT, workspace="/w", change=change)
        assert (shown.diff, shown.tool_input) == ("+x", write)
        assert shown.located == WriteFile(path="real", content="x")
        return shown.digest

    assert proposed("one") == proposed("one") != proposed("two")
    assert proposed("one") != digest(write)


def test_all_of_an_input_is_redacted_and_long_texts_are_cut() -> None:
    given: JsonObject = {"key": "a key", "list": ["key", {"key": 1}], "long": "x" * 3000, "number": 1}
    clean = clean_json(given, lambda text: text.replace("key", "***"))
    assert clean == {"***": "a ***", "list": ["***", {"***": 1}], "long": "x" * 3000, "number": 1}
    assert shortened(clean) == {**clean, "long": "x" * 2000 + "…"}


def test_a_plan_says_how_many_requirements_it_has() -> None:
    one, other = (Requirement(id=name, title=name, criteria=()) for name in ("R1", "R2"))
    assert propose_plan((one,)).title == "the plan: 1 requirement"
    assert propose_plan((one, other)).title == "the plan: 2 requirements"

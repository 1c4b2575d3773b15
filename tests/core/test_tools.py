"""The tools: what a model may send, and what it is told where it sent something else."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import JsonValue

from loki_tui.core.messages import JsonObject, ToolCall
from loki_tui.core.tools import (
    AGENT_TOOLS,
    DELEGATE_TOOLS,
    WORKSPACE_TOOLS,
    BadCallError,
    CastVote,
    Delegate,
    EditFile,
    FinishIteration,
    ReadFile,
    Shell,
    SubmitPlan,
    SubmitReview,
    ToolInput,
    parse_call,
    spec,
)

EVERY: tuple[type[ToolInput], ...] = (*AGENT_TOOLS, SubmitPlan, SubmitReview, CastVote)
JSON: st.SearchStrategy[JsonValue] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=8,
)


def call(name: str, given: JsonObject, *, malformed: str | None = None) -> ToolCall:
    return ToolCall(id="c1", name=name, input=given, malformed=malformed)


def test_names_and_fields_are_the_public_contract() -> None:
    contract = {tool.tool: set(tool.model_fields) for tool in EVERY}
    assert contract == {
        "shell": {"command", "timeout_seconds", "background"},
        "read_file": {"path", "offset", "limit"},
        "write_file": {"path", "content"},
        "edit_file": {"path", "old_string", "new_string", "replace_all"},
        "list_files": {"path", "glob"},
        "search_files": {"pattern", "path", "glob"},
        "delegate": {"tasks"},
        "finish_iteration": {"summary", "claims_done", "handover", "proofs"},
        "submit_plan": {"requirements"},
        "submit_review": {"verdict", "findings"},
        "cast_vote": {"verdict", "reasons", "unmet", "evidence"},
    }


def test_a_sub_agent_cannot_delegate() -> None:
    assert Delegate not in DELEGATE_TOOLS
    assert {*DELEGATE_TOOLS} == {*WORKSPACE_TOOLS, FinishIteration}


@pytest.mark.parametrize("tool", EVERY)
def test_a_model_is_told_what_a_tool_takes(tool: type[ToolInput]) -> None:
    shown = spec(tool)
    assert shown.name == tool.tool
    assert len(shown.description) > 20
    assert "\n" not in shown.description
    assert shown.schema_["type"] == "object"
    assert shown.schema_["additionalProperties"] is False
    assert "title" not in shown.schema_


@pytest.mark.parametrize(
    ("name", "given", "parsed"),
    [
        ("shell", {"command": "ls"}, Shell(command="ls")),
        ("shell", {"command": "ls", "timeout_seconds": 5, "background": True}, None),
        ("read_file", {"path": "a", "offset": 2, "limit": None}, ReadFile(path="a", offset=2)),
        ("edit_file", {"path": "a", "old_string": "b", "new_string": ""}, None),
        ("delegate", {"tasks": [{"role": "r", "task": "t"}]}, None),
    ],
)
def test_what_fits_is_taken(name: str, given: JsonObject, parsed: ToolInput | None) -> None:
    result = parse_call(call(name, given), AGENT_TOOLS)
    assert result.tool == name
    assert parsed is None or result == parsed


@pytest.mark.parametrize(
    ("name", "given", "told"),
    [
        ("fly", {}, "There is no tool 'fly' here. You have: shell, read_file"),
        ("submit_plan", {"requirements": []}, "There is no tool 'submit_plan' here."),
        ("shell", {}, "command: Field required"),
        ("shell", {"command": ""}, "command: String should have at least 1 character"),
        ("shell", {"command": 5}, "command: Input should be a valid string"),
        ("shell", {"command": "ls", "cwd": "/"}, "cwd: Extra inputs are not permitted"),
        ("shell", {"command": "ls", "timeout_seconds": -1}, "timeout_seconds: Input should be greater than 0"),
        ("shell", {"command": "ls", "timeout_seconds": float("nan")}, "does not fit its schema"),
        ("read_file", {"path": "a", "offset": 0}, "offset: Input should be greater than or equal to 1"),
        ("edit_file", {"path": "a", "old_string": "", "new_string": "b"}, "old_string: String should have at least 1"),
        ("delegate", {"tasks": []}, "tasks: Tuple should have at least 1 item"),
        ("delegate", {"tasks": [{"role": "r"}]}, "tasks.0.task: Field required"),
        ("finish_iteration", {"summary": "s", "handover": ""}, "claims_done: Field required"),
    ],
)
def test_what_does_not_fit_is_explained(name: str, given: JsonObject, told: str) -> None:
    with pytest.raises(BadCallError) as refused:
        parse_call(call(name, given), AGENT_TOOLS)
    assert told in str(refused.value)


def test_input_that_was_no_json_is_said_to_be_none() -> None:
    with pytest.raises(BadCallError, match=r"is not a JSON object: '\{\"command\"'"):
        parse_call(call("shell", {}, malformed='{"command"'), AGENT_TOOLS)


@given(
    name=st.sampled_from([tool.tool for tool in EVERY]), given=st.dictionaries(st.text(max_size=12), JSON, max_size=4)
)
def test_no_input_does_worse_than_being_refused(name: str, given: JsonObject) -> None:
    with suppress(BadCallError):
        assert parse_call(call(name, given), EVERY).tool == name


@given(old=st.text(min_size=1), new=st.text())
def test_text_is_taken_to_the_letter(old: str, new: str) -> None:
    parsed = parse_call(call("edit_file", {"path": "a", "old_string": old, "new_string": new}), AGENT_TOOLS)
    assert isinstance(parsed, EditFile)
    assert (parsed.old_string, parsed.new_string) == (old, new)

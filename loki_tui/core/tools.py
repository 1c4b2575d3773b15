"""The tools a model may call: a public contract of names and fields.

Cassettes, gateways and other programs depend on these; fields are only ever added.
Every input is validated here before anything else sees it.
"""

from __future__ import annotations

import json
from typing import Annotated, ClassVar, Literal, cast

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from loki_tui.core.messages import JsonObject, ToolCall, ToolSpec
from loki_tui.core.vocabulary import Finding, ProofClaim, Requirement


class ToolInput(BaseModel):
    """The input of one tool; the docstring of a subclass is what the model reads about it."""

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)
    tool: ClassVar[str]


Path = Annotated[str, Field(min_length=1, max_length=4096)]


class Shell(ToolInput):
    """Run a command with bash in the workspace and return its output (stdout and stderr together) and exit code.

    There is no terminal and no standard input. The command and everything it started end when
    it returns or times out. For a server or a watcher set `background`: it keeps running, and
    its output goes to a log file that is named in the answer.
    """

    tool: ClassVar[str] = "shell"
    command: str = Field(min_length=1, max_length=1_000_000)
    timeout_seconds: float | None = Field(default=None, gt=0, le=86_400)
    background: bool = False


class ReadFile(ToolInput):
    """Read a text file. For a large one give the first line (from 1) as `offset` and a number of lines as `limit`."""

    tool: ClassVar[str] = "read_file"
    path: Path
    offset: int | None = Field(default=None, ge=1)
    limit: int | None = Field(default=None, ge=1)


class WriteFile(ToolInput):
    """Write a whole file; missing directories are made. Prefer `edit_file` for a change to an existing file."""

    tool: ClassVar[str] = "write_file"
    path: Path
    content: str


class EditFile(ToolInput):
    """Replace `old_string`, which must occur exactly once unless `replace_all` is set, by `new_string`."""

    tool: ClassVar[str] = "edit_file"
    path: Path
    old_string: str = Field(min_length=1)
    new_string: str
    replace_all: bool = False


class ListFiles(ToolInput):
    """List files below a directory, optionally only those that match a glob such as `**/*.py`."""

    tool: ClassVar[str] = "list_files"
    path: Path | None = None
    glob: str | None = None


class SearchFiles(ToolInput):
    """Search text files for a regular expression; answers `path:line: text`."""

    tool: ClassVar[str] = "search_files"
    pattern: str = Field(min_length=1, max_length=2_000)
    path: Path | None = None
    glob: str | None = None


class Task(BaseModel):
    """A task for one sub-agent."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    role: str = Field(min_length=1, max_length=80)
    task: str = Field(min_length=1, max_length=20_000)


class Delegate(ToolInput):
    """Hand independent tasks to sub-agents that work at the same time in this workspace.

    Each starts with nothing but its task, so say all it needs. Give them separate files. You
    get their reports back.
    """

    tool: ClassVar[str] = "delegate"
    tasks: tuple[Task, ...] = Field(min_length=1, max_length=20)


class FinishIteration(ToolInput):
    """End this iteration.

    Set `claims_done` only when every requirement is met and the tests pass: it is checked in a
    clean checkout, and a wrong claim costs an iteration. `handover` is all that the next
    iteration will know of this one: what is done, what is left, what was learned. `proofs` names,
    for each requirement that is met, the tests that would fail if it were not; what you named
    before is remembered.
    """

    tool: ClassVar[str] = "finish_iteration"
    summary: str = Field(min_length=1, max_length=4_000)
    claims_done: bool
    handover: str = Field(max_length=20_000)
    proofs: tuple[ProofClaim, ...] = Field(default=(), max_length=200)


class SubmitPlan(ToolInput):
    """Submit the requirements of the PRD: each one checkable line with its acceptance criteria."""

    tool: ClassVar[str] = "submit_plan"
    requirements: tuple[Requirement, ...] = Field(min_length=1, max_length=200)


class PlannedStream(BaseModel):
    """A part of the work that one agent can do while others do other parts."""

    model_config = ConfigDict(frozen=True, extra="forbid")
    name: str = Field(min_length=1, max_length=60)
    requirements: tuple[str, ...] = Field(min_length=1, max_length=200)
    files: tuple[Path, ...] = Field(min_length=1, max_length=100)
    after: tuple[str, ...] = Field(default=(), max_length=50)


class SubmitStreams(SubmitPlan):
    """Submit the requirements of the PRD, each one checkable line with its acceptance criteria, and the streams.

    A stream is worked on by an agent of its own, beside the others, on a copy of the project of its own: group
    requirements so that streams touch different files. `requirements` are ids; every requirement belongs to exactly
    one stream. `files` are the paths and globs that the stream will change or create, tests included, such as
    `src/auth/**`. `after` names streams whose work has to be there before it begins. Where the work cannot be
    divided, give one stream.
    """

    tool: ClassVar[str] = "submit_plan"
    streams: tuple[PlannedStream, ...] = Field(min_length=1, max_length=50)


class SubmitReview(ToolInput):
    """Submit a review with all findings; critical and high ones block completion."""

    tool: ClassVar[str] = "submit_review"
    verdict: Literal["pass", "fail"]
    findings: tuple[Finding, ...] = ()


class CastVote(ToolInput):
    """Cast a vote on whether the product is complete, with reasons and the evidence for them."""

    tool: ClassVar[str] = "cast_vote"
    verdict: Literal["approve", "reject"]
    reasons: tuple[str, ...] = Field(min_length=1)
    unmet: tuple[str, ...] = ()
    evidence: tuple[str, ...] = ()


WORKSPACE_TOOLS: tuple[type[ToolInput], ...] = (Shell, ReadFile, WriteFile, EditFile, ListFiles, SearchFiles)
"""Performed by the hands."""

AGENT_TOOLS: tuple[type[ToolInput], ...] = (*WORKSPACE_TOOLS, Delegate, FinishIteration)
"""What the agent of an iteration has."""

DELEGATE_TOOLS: tuple[type[ToolInput], ...] = (*WORKSPACE_TOOLS, FinishIteration)
"""What a sub-agent has: it cannot delegate in its turn."""


class BadCallError(Exception):
    """A tool call that cannot be carried out; the text is what the model is told."""


def spec(tool: type[ToolInput]) -> ToolSpec:
    """How a tool is presented to a model."""
    schema = cast("JsonObject", tool.model_json_schema())
    schema.pop("title", None)
    schema.pop("description", None)
    return ToolSpec(name=tool.tool, description=" ".join((tool.__doc__ or "").split()), schema_=schema)


def parse_call(call: ToolCall, allowed: tuple[type[ToolInput], ...]) -> ToolInput:
    """The validated input of a call.

    Raises:
        BadCallError: It is no tool of these, its input was no JSON, or does not fit the schema.
    """
    model = next((tool for tool in allowed if tool.tool == call.name), None)
    if model is None:
        names = ", ".join(tool.tool for tool in allowed)
        raise BadCallError(f"There is no tool {call.name!r} here. You have: {names}.")
    if call.malformed is not None:
        raise BadCallError(f"The input of {call.name} is not a JSON object: {call.malformed[:200]!r}")
    try:
        return model.model_validate_json(json.dumps(call.input))
    except ValidationError as error:
        problems = "; ".join(f"{'.'.join(str(at) for at in e['loc']) or 'input'}: {e['msg']}" for e in error.errors())
        raise BadCallError(f"The input of {call.name} does not fit its schema: {problems}") from error

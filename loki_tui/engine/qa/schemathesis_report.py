"""What Schemathesis 4 did, from the events it writes (NDJSON): which operations it called, and how they answered.

Its events hold each check of each call, which its JUnit report does not; that one and its own severities cannot
tell what an API's users meet from what its document merely does not mention.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from loki_tui.core.vocabulary import Finding, TestCase
from loki_tui.engine.qa.documents import at, fields, items, load_lines, one, text, whole

CHECKS = ("not_a_server_error", "status_code_conformance", "content_type_conformance", "response_schema_conformance")
"""What is checked of every answer: that it is as the document describes it. What Schemathesis has beyond that is
about documents that are stricter than most."""

_REFUSALS = frozenset({401, 403, 404, 405})
_NO_SUCH_OPERATION = frozenset({404, 405, 501})
_KINDS = {
    "not_a_server_error": "answers with a server error",
    "content_type_conformance": "answers in a format that is not documented",
    "response_schema_conformance": "answers with what is not as documented",
}


@dataclass(slots=True)
class Operation:
    """One operation, such as `GET /users/{id}`."""

    label: str
    statuses: set[int] = field(default_factory=set)
    findings: dict[str, Finding] = field(default_factory=dict)
    """By kind: the first of each."""
    error: str = ""
    """Why it could not be called."""

    @property
    def reached(self) -> bool:
        """Whether any call was more than refused: something stands behind it."""
        return not self.statuses <= _REFUSALS

    @property
    def red(self) -> Finding | None:
        """What is wrong with it, as far as completion has to wait for it."""
        return next((each for each in self.findings.values() if each.severity == "high"), None)

    def as_test(self) -> TestCase:
        """It as a test."""
        if self.error or self.red:
            return TestCase(
                id=self.label, outcome="failed", message=self.error or (self.red.message if self.red else "")
            )
        if self.reached:
            return TestCase(id=self.label, outcome="passed")
        said = "/".join(map(str, sorted(self.statuses))) or "nothing"
        return TestCase(id=self.label, outcome="skipped", message=f"every call was answered with {said}")


@dataclass(frozen=True, slots=True)
class ApiRun:
    """One run of Schemathesis."""

    operations: tuple[Operation, ...]
    finished: bool
    """Whether it came to its own end."""
    trouble: str = ""
    """What kept it from beginning."""


def read_events(report: str | None, *, document: str) -> ApiRun:
    """Take a report apart.

    Args:
        report: All of it.
        document: Path of the OpenAPI document, which findings are about.
    """
    operations: dict[str, Operation] = {}
    finished, trouble = False, ""
    for event in load_lines(report):
        for kind, body in fields(event).items():
            match kind:
                case "ScenarioFinished":
                    _add_scenario(operations, at(body, "recorder"), document)
                case "NonFatalError":
                    label = _label(at(body, "label"))
                    if label:
                        operation = operations.setdefault(label, Operation(label))
                        operation.error = operation.error or _told(at(body, "value"))
                case "FatalError":
                    trouble = _told(at(body, "exception"))
                case "EngineFinished":
                    finished = at(body, "stop_reason") in {None, "completed"}
    return ApiRun(tuple(operations[label] for label in sorted(operations)), finished, trouble)


def _told(error: object) -> str:
    return f"{text(at(error, 'type'))}: {text(at(error, 'message'))}"


def _label(value: object) -> str:
    """An operation's name; other things have labels as well."""
    label = text(value)
    return label if label.partition(" ")[2].startswith("/") else ""


def _add_scenario(operations: dict[str, Operation], recorder: object, document: str) -> None:
    label = _label(at(recorder, "label"))
    for case, checks in fields(at(recorder, "checks")).items():
        status = whole(at(recorder, "interactions", case, "response", "status_code"))
        # A scenario of several steps has a label of its own: each of its calls says whose it is.
        method, path = (
            text(at(recorder, "cases", case, "value", "method")),
            text(at(recorder, "cases", case, "value", "path")),
        )
        name = label or f"{method} {path}"
        operation = operations.setdefault(name, Operation(name))
        if status is not None:
            operation.statuses.add(status)
        for kind, finding in _failures(name, checks, status, document):
            operation.findings.setdefault(kind, finding)


def _failures(label: str, checks: object, status: int | None, document: str) -> Iterator[tuple[str, Finding]]:
    for check in items(checks):
        kind = text(at(check, "name"))
        if at(check, "status") != "failure" or kind not in CHECKS:
            continue
        if kind == "status_code_conformance" and (status or 0) >= 500 and status not in _NO_SUCH_OPERATION:
            continue  # told of as a server error
        detail = one(_first_paragraph(at(check, "failure_info", "failure", "message")))
        if kind == "status_code_conformance":
            # With a made-up parameter, that there is no such thing is a fair answer.
            missing = status in _NO_SUCH_OPERATION and "{" not in label
            said = "is documented, but not there" if missing else "answers with a status that is not documented"
            yield f"{kind} {missing}", _about(label, said, status, detail, document, grave=missing)
        else:
            yield kind, _about(label, _KINDS[kind], status, detail, document, grave=True)


def _about(label: str, said: str, status: int | None, detail: str, document: str, *, grave: bool) -> Finding:
    told = f"{label} {said} (status {status}){f': {detail}' if detail else ''}"
    return Finding(severity="high" if grave else "low", file=document, message=one(told))


def _first_paragraph(message: object) -> str:
    return message.partition("\n\n")[0] if isinstance(message, str) else ""

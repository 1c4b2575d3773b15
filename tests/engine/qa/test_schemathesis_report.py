"""What Schemathesis tells of its calls, as it really tells it."""

from __future__ import annotations

import json
from collections.abc import Mapping

import pytest

from loki_tui.engine.qa.schemathesis_report import ApiRun, read_events

OK = {"name": "not_a_server_error", "status": "success"}


def failed(name: str, message: str) -> dict[str, object]:
    # Of Schemathesis 4.32.5, shortened.
    failure = {"type": "JsonSchemaError", "code": "ST108", "message": message, "severity": "high"}
    return {"name": name, "status": "failure", "failure_info": {"failure": failure}}


def scenario(label: str, status: int | None, *checks: Mapping[str, object]) -> dict[str, object]:
    method, _, path = label.partition(" ")
    recorder = {
        "label": label,
        "cases": {"CcXXVL": {"value": {"method": method, "path": path, "id": "CcXXVL"}}},
        "checks": {"CcXXVL": list(checks)},
        "interactions": {"CcXXVL": {"request": {}, "response": status and {"status_code": status}}},
    }
    return {"ScenarioFinished": {"phase": "coverage", "status": "failure", "recorder": recorder}}


FINISHED = {"EngineFinished": {"running_time": 1.0, "stop_reason": "completed"}}


def run_of(*events: Mapping[str, object]) -> ApiRun:
    return read_events("\n".join(map(json.dumps, events)), document="openapi.json")


def outcomes(run: ApiRun) -> dict[str, str]:
    return {test.id: test.outcome for test in (operation.as_test() for operation in run.operations)}


def test_an_answer_as_documented_passes() -> None:
    run = run_of(scenario("GET /ok", 200, OK), FINISHED)
    assert outcomes(run) == {"GET /ok": "passed"}
    assert run.finished


@pytest.mark.parametrize(
    ("name", "status"),
    [("not_a_server_error", 500), ("response_schema_conformance", 200), ("content_type_conformance", 200)],
)
def test_what_its_users_meet_is_grave(name: str, status: int) -> None:
    run = run_of(scenario("GET /a", status, failed(name, '"text" is not of type "integer"\n\nSchema at /n')), FINISHED)
    assert outcomes(run) == {"GET /a": "failed"}
    finding = run.operations[0].findings[name]
    assert (finding.severity, finding.file) == ("high", "openapi.json")
    assert finding.message.endswith(f'(status {status}): "text" is not of type "integer"')


def test_a_status_that_is_not_mentioned_is_lesser() -> None:
    undocumented = failed("status_code_conformance", "Received: 400\nDocumented: 200")
    run = run_of(scenario("GET /a", 200, OK), scenario("GET /a", 400, undocumented), FINISHED)
    assert outcomes(run) == {"GET /a": "passed"}
    assert [finding.severity for finding in run.operations[0].findings.values()] == ["low"]


def test_what_is_documented_and_not_there_is_grave() -> None:
    missing = failed("status_code_conformance", "Received: 404\nDocumented: 200")
    run = run_of(scenario("GET /a", 404, missing), scenario("GET /b/{id}", 404, missing), FINISHED)
    assert outcomes(run) == {"GET /a": "failed", "GET /b/{id}": "skipped"}


def test_an_operation_that_only_refuses_was_not_tested() -> None:
    run = run_of(scenario("GET /a", 401, OK), FINISHED)
    assert [test.message for test in (operation.as_test() for operation in run.operations)] == [
        "every call was answered with 401"
    ]
    assert outcomes(run) == {"GET /a": "skipped"}


def test_a_call_that_came_to_nothing_is_no_success() -> None:
    error = {"value": {"type": "ConnectionError", "message": "refused"}, "label": "GET /a", "phase": "coverage"}
    run = run_of({"NonFatalError": error}, FINISHED)
    assert outcomes(run) == {"GET /a": "failed"}
    assert run.operations[0].as_test().message == "ConnectionError: refused"


def test_a_step_of_a_longer_scenario_is_its_own_operations() -> None:
    event = scenario("Stateful tests", 200, OK)
    recorder = event["ScenarioFinished"]["recorder"]  # type: ignore[index]
    recorder["cases"]["CcXXVL"]["value"] = {"method": "POST", "path": "/users"}
    assert outcomes(run_of(event, FINISHED)) == {"POST /users": "passed"}


def test_a_document_that_cannot_be_loaded_is_told_of() -> None:
    fatal = {"FatalError": {"exception": {"type": "LoaderError", "message": "does not appear syntactically valid"}}}
    run = run_of({"LoadingStarted": {}}, fatal)
    assert not run.finished
    assert run.trouble == "LoaderError: does not appear syntactically valid"


@pytest.mark.parametrize(
    "report", [None, "", "[" * 100_000, '{"ScenarioFinished": {"recorder": {"checks": {"a": 1}}}}', "1"]
)
def test_whatever_else_is_written_is_no_success(report: str | None) -> None:
    run = read_events(report, document="openapi.json")
    assert not run.finished
    assert "passed" not in outcomes(run).values()

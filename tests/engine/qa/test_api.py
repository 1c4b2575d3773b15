"""The phase "API tests": real servers, called by the real Schemathesis."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from loki_tui.core.vocabulary import Verdict
from loki_tui.engine.qa.api import ApiTests
from loki_tui.engine.qa.phase import Measured
from tests.support.qa import Files, scene_of

pytestmark = [
    pytest.mark.usefixtures("plain_path"),
    pytest.mark.timeout(300),
    pytest.mark.xdist_group("schemathesis"),
]

# Answers each path with what a file of that name has: a status, a space, and JSON.
SERVER = """
import json, os
from http.server import BaseHTTPRequestHandler, HTTPServer
from urllib.parse import urlsplit

ANSWERS = {answers}

class Handler(BaseHTTPRequestHandler):
    def log_message(self, *_): pass
    def do_GET(self):
        name = urlsplit(self.path).path.removeprefix({prefix!r})
        status, body = ANSWERS.get(name, ANSWERS.get("*", (404, {{}})))
        if status == 0:
            os._exit(3)
        data = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.end_headers()
        self.wfile.write(data)

HTTPServer(("127.0.0.1", int(os.environ["PORT"])), Handler).serve_forever()
"""
NUMBER = {"type": "object", "required": ["n"], "properties": {"n": {"type": "integer"}}}


def document(*paths: str, base: str = "") -> str:
    def operation(path: str) -> dict[str, object]:
        answer = {"description": "", "content": {"application/json": {"schema": NUMBER}}}
        given = [{"name": "id", "in": "path", "required": True, "schema": {"type": "string", "minLength": 1}}]
        return {"get": {"parameters": given if "{" in path else [], "responses": {"200": answer}}}

    servers = {"servers": [{"url": base}]} if base else {}
    info = {"openapi": "3.0.3", "info": {"title": "t", "version": "1"}}
    return json.dumps({**info, **servers, "paths": {path: operation(path) for path in paths}})


def project(answers: dict[str, tuple[int, object]], *paths: str, base: str = "") -> Files:
    source = SERVER.format(answers=repr(answers), prefix=base)
    return {"app.py": source, "Procfile": "web: python3 app.py\n", "openapi.json": document(*paths, base=base)}


@pytest.fixture
def tool(schemathesis: Path, plain_path: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", ":".join([*plain_path, str(schemathesis)]))


async def measured(tmp_path: Path, files: Files, **settings: object) -> Measured:
    async with scene_of(tmp_path, files, None, **settings) as scene:
        return await ApiTests().measure(scene)


@pytest.mark.parametrize("files", [{}, {"a.py": "x = 1\n"}, {"tests/openapi.json": "{}"}, {"openapi.json": "[]"}])
async def test_without_a_described_api_there_is_nothing_to_call(tmp_path: Path, files: Files) -> None:
    result = await measured(tmp_path, files)
    assert result.verdict is Verdict.NOT_APPLICABLE
    assert result.why == "no API is described: there is no OpenAPI document"


async def test_where_nothing_says_how_it_is_served_it_is_not_run(tmp_path: Path) -> None:
    result = await measured(tmp_path, {"docs/openapi.yaml": "openapi: 3.1.0\npaths: {}\n"})
    assert result.verdict is Verdict.NOT_RUN
    assert "LOKI_SERVE_COMMAND" in result.why


async def test_where_the_tool_is_missing_it_is_named(tmp_path: Path) -> None:
    result = await measured(tmp_path, project({"/ok": (200, {"n": 1})}, "/ok"))
    assert result.verdict is Verdict.NOT_RUN
    assert result.why == "schemathesis (it is not installed: pip install 'schemathesis>=4')"


@pytest.mark.usefixtures("tool")
async def test_an_api_as_described_passes(tmp_path: Path) -> None:
    answers: dict[str, tuple[int, object]] = {"/ok": (200, {"n": 1}), "/secret": (401, {})}
    result = await measured(tmp_path, project(answers, "/ok", "/secret", "/thing/{id}", base="/v1"))
    assert result.verdict is Verdict.PASSED, result
    assert result.counts
    assert (result.counts.passed, result.counts.failed, result.counts.skipped) == (1, 0, 2)
    assert "1 operation answered as documented, 2 only refused" in result.why


@pytest.mark.usefixtures("tool")
async def test_answers_that_are_not_as_described_fail(tmp_path: Path) -> None:
    answers: dict[str, tuple[int, object]] = {"/ok": (200, {"n": 1}), "/shape": (200, {"n": "x"}), "/boom": (500, {})}
    result = await measured(tmp_path, project(answers, "/ok", "/shape", "/boom", "/gone"))
    assert result.verdict is Verdict.FAILED
    assert {test.id: test.outcome for test in result.tests} == {
        "GET /boom": "failed",
        "GET /gone": "failed",
        "GET /ok": "passed",
        "GET /shape": "failed",
    }
    assert {finding.severity for finding in result.findings} == {"high"}


@pytest.mark.usefixtures("tool")
async def test_configuration_of_the_projects_own_turns_nothing_off(tmp_path: Path) -> None:
    files = {**project({"/boom": (500, {})}, "/boom"), "schemathesis.toml": "[checks]\nenabled = false\n"}
    assert (await measured(tmp_path, files)).verdict is Verdict.FAILED


@pytest.mark.usefixtures("tool")
@pytest.mark.parametrize(
    ("answers", "paths", "verdict", "said"),
    [
        ({"/secret": (401, {})}, ["/secret"], Verdict.NOT_RUN, "nothing was reached: GET /secret"),
        ({}, [], Verdict.NOT_RUN, "describes no operation"),
        ({"/die": (0, {})}, ["/die"], Verdict.FAILED, "the server ended while it was called"),
    ],
)
async def test_nothing_that_was_not_tried_is_a_success(
    tmp_path: Path, answers: dict[str, tuple[int, object]], paths: list[str], verdict: Verdict, said: str
) -> None:
    result = await measured(tmp_path, project(answers, *paths))
    assert result.verdict is verdict
    assert said in result.why


@pytest.mark.usefixtures("tool")
async def test_a_document_that_is_none_is_an_error(tmp_path: Path) -> None:
    files = {**project({}, "/a"), "openapi.json": '{"openapi": "3.0.3", "paths": 7}'}
    assert (await measured(tmp_path, files)).verdict is Verdict.ERROR


@pytest.mark.usefixtures("tool")
async def test_a_server_that_does_not_start_is_an_error_where_a_person_named_it(tmp_path: Path) -> None:
    files = {**project({}, "/a"), "Procfile": "web: echo no; exit 1\n"}
    assert (await measured(tmp_path, files)).verdict is Verdict.NOT_RUN
    result = await measured(tmp_path, files, serve_command="echo broken here; exit 1")
    assert result.verdict is Verdict.ERROR
    assert "broken here" in result.why

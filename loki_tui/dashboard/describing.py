"""The API's own description, as an OpenAPI document: made from the table of endpoints, so it cannot differ from it."""

from __future__ import annotations

import re
from collections.abc import Iterable

from aiohttp import web
from pydantic import JsonValue

from loki_tui import __version__
from loki_tui.core.messages import JsonObject
from loki_tui.dashboard.answers import dumped
from loki_tui.dashboard.endpoints import Endpoint

_PARAMETER = re.compile(r"\{(\w+)\}")

_SAID = {
    "200": "What was asked for.",
    "202": "The run's engine was asked; its events say what came of it.",
    "400": "The request is not as it should be.",
    "401": "Nobody is signed in.",
    "403": "The role does not suffice, or another site's page sent this.",
    "404": "There is no such run, or nothing of the kind.",
    "409": "It cannot be done as things stand.",
    "429": "Too much at once.",
    "503": "Something is not as it should be.",
}


class Description:
    """Answers with the document.

    Args:
        endpoints: All that can be asked.
    """

    def __init__(self, endpoints: Iterable[Endpoint]) -> None:
        self._document = dumped(document(endpoints))

    async def answer(self, request: web.Request) -> web.Response:
        """This description."""
        del request
        return web.Response(body=self._document, content_type="application/json")


def document(endpoints: Iterable[Endpoint]) -> JsonObject:
    """The document."""
    paths: dict[str, JsonValue] = {}
    schemas: dict[str, JsonValue] = {}
    for each in endpoints:
        path = paths.setdefault(each.path, {})
        assert isinstance(path, dict)
        path[each.method.lower()] = _operation(each)
        if each.body is not None:
            schemas[each.body.__name__] = each.body.model_json_schema(ref_template="#/components/schemas/{model}")
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Loki",
            "version": __version__,
            "description": "Runs of autonomous coding agents: looked at, followed and steered.",
        },
        "security": [{"bearer": []}],
        "paths": paths,
        "components": {
            "schemas": schemas,
            "securitySchemes": {"bearer": {"type": "http", "scheme": "bearer"}},
        },
    }


def _operation(each: Endpoint) -> JsonObject:
    parameters: list[JsonValue] = [
        {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}
        for name in _PARAMETER.findall(each.path)
    ]
    parameters += [
        {"name": name, "in": "query", "required": False, "schema": {"type": "integer", "minimum": 0}}
        for name in each.query
    ]
    asked = each.method == "POST" and each.path.startswith("/api/control")
    good = "202" if asked else "200"
    codes = [good, "400", "401", "403", "404", "409", "429", "503"] if each.role else [good, "503"]
    operation: JsonObject = {
        "summary": each.summary,
        "operationId": f"{each.method.lower()}{re.sub(r'[^a-z]+', '_', each.path)}".rstrip("_"),
        "parameters": parameters,
        "responses": {code: {"description": _SAID[code]} for code in codes},
    }
    if each.role is None:
        operation["security"] = []
    else:
        operation["description"] = f"Takes the role {each.role.word}."
    if each.body is not None:
        schema: JsonObject = {"$ref": f"#/components/schemas/{each.body.__name__}"}
        operation["requestBody"] = {"content": {"application/json": {"schema": schema}}}
    return operation

"""How a project is served, by what it declares."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from loki_tui.engine.qa.servers import Server, find_server
from tests.support.qa import Files, place_of, settings_of


async def found(tmp_path: Path, files: Files, **settings: object) -> Server | None:
    async with place_of(tmp_path, files) as place:
        return await find_server(place, settings_of(**settings), await place.files())


FASTAPI = "from fastapi import FastAPI\n\napp = FastAPI(title='x')\n"
FLASK = "import flask\n\napplication: flask.Flask = flask.Flask(__name__)\n"
FACTORY = "from flask import Flask\n\ndef create_app():\n    return Flask(__name__)\n"
SERVE = '--host "$HOST" --port "$PORT"'


@pytest.mark.parametrize(
    ("files", "command"),
    [
        ({"package.json": {"scripts": {"dev": "nodemon", "start": "node server.js"}}}, "npm run --silent start"),
        ({"package.json": {"scripts": {"dev": "vite"}}}, 'npm run --silent dev -- --port "$PORT" --host "$HOST"'),
        ({"Procfile": "release: x\nweb: gunicorn app:app\n"}, "gunicorn app:app"),
        ({"app.py": FASTAPI}, f"python3 -m uvicorn app:app {SERVE}"),
        (
            {"src/shop/main.py": FASTAPI, "tests/test_a.py": FLASK},
            f"cd src && python3 -m uvicorn shop.main:app {SERVE}",
        ),
        ({"web/__init__.py": FLASK}, f"python3 -m flask --app web:application run {SERVE}"),
        ({"web/__init__.py": FACTORY}, f"python3 -m flask --app web:create_app run {SERVE}"),
        ({"manage.py": "import django"}, 'python3 manage.py runserver --noreload "$HOST:$PORT"'),
        ({"public/index.html": ""}, 'python3 -m http.server --bind "$HOST" --directory public "$PORT"'),
        ({"Makefile": "all:\n\nserve: all\n\tx\n"}, "make serve"),
    ],
)
async def test_what_is_declared_is_found(tmp_path: Path, files: dict[str, object], command: str) -> None:
    texts = {name: text if isinstance(text, str) else json.dumps(text) for name, text in files.items()}
    server = await found(tmp_path, texts)
    assert server
    assert server.command == command
    assert not server.declared


async def test_a_fastapi_application_describes_itself(tmp_path: Path) -> None:
    server = await found(tmp_path, {"app.py": FASTAPI})
    assert server
    assert server.openapi == "/openapi.json"


async def test_the_settings_count_before_all_else(tmp_path: Path) -> None:
    server = await found(tmp_path, {"app.py": FASTAPI}, serve_command="./run", serve_url="http://localhost:8123/api")
    assert server
    assert server == Server("./run", "LOKI_SERVE_COMMAND", declared=True, url="http://localhost:8123/api")
    assert server.port == 8123


@pytest.mark.parametrize(
    "files",
    [
        {},
        {"a.txt": ""},
        {"package.json": "[" * 10_000},
        {"package.json": '{"scripts": {"start": 1}}'},
        {"a-b.py": FASTAPI},
        {"lib.py": "# FastAPI() is for others"},
    ],
)
async def test_what_declares_nothing_is_not_served(tmp_path: Path, files: Files) -> None:
    assert await found(tmp_path, files) is None

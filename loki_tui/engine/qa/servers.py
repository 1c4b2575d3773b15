"""How a project's server is started, by what it declares."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from urllib.parse import urlsplit

from loki_tui.core.settings import Settings
from loki_tui.engine.qa.documents import at, load
from loki_tui.engine.qa.scene import Place

MODULES = 200
"""Most modules that are looked through for an application."""


@dataclass(frozen=True, slots=True)
class Server:
    """A way to serve the project."""

    command: str
    """For bash; told its port by `$PORT`, and to listen on loopback by `$HOST`."""
    where: str
    """What says so, such as `package.json`."""
    declared: bool = False
    """Whether a person said it, so that a start that fails is an error; what is guessed may be wrong."""
    url: str = ""
    """Where it answers, where that is known; a port of our choice otherwise."""
    openapi: str = ""
    """Path at which it serves its own OpenAPI document."""
    static: str = ""
    """The directory that is served as it is, with a dot for the root; empty where a program answers."""

    @property
    def port(self) -> int | None:
        """The port it is known to listen on."""
        try:
            return urlsplit(self.url).port if self.url else None
        except ValueError:
            return None


async def find_server(place: Place, settings: Settings, files: Sequence[str]) -> Server | None:
    """What serves the project; none where nothing says how."""
    url = settings.serve_url or ""
    if settings.serve_command:
        return Server(settings.serve_command, "LOKI_SERVE_COMMAND", declared=True, url=url)
    if (server := await _guess(place, files)) is None or not url:
        return server
    return Server(server.command, server.where, url=url, openapi=server.openapi, static=server.static)


async def _guess(place: Place, files: Sequence[str]) -> Server | None:
    return (
        await _npm(place)
        or await _procfile(place)
        or await _python(place, files)
        or _static(files)
        or await _make(place)
    )


async def _npm(place: Place) -> Server | None:
    scripts = at(load(await place.read("package.json")), "scripts")
    for name in ("start", "dev", "serve", "preview"):
        script = at(scripts, name)
        if not isinstance(script, str) or not script.strip():
            continue
        # Vite, and what is built on it, takes its port from nowhere else.
        vite = re.search(r"\b(vite|astro)\b(?! build)", script)
        extra = ' -- --port "$PORT" --host "$HOST"' if vite else ""
        return Server(f"npm run --silent {name}{extra}", f"`{name}` in package.json")
    return None


async def _procfile(place: Place) -> Server | None:
    match = re.search(r"^web:[ \t]*(\S[^\n]*)", await place.read("Procfile") or "", re.MULTILINE)
    return Server(match[1].strip(), "Procfile") if match else None


_APPLICATION = re.compile(r"^(\w{1,60})(?:\s*:[^=\n]{1,60})?\s*=\s*(?:\w+\.)?(FastAPI|Flask|Starlette)\(", re.MULTILINE)
_FACTORY = re.compile(r"^def (create_app|make_app)\(", re.MULTILINE)


async def _python(place: Place, files: Sequence[str]) -> Server | None:
    if "manage.py" in files and "django" in (await place.read("manage.py") or "").lower():
        return Server('python3 manage.py runserver --noreload "$HOST:$PORT"', "manage.py")
    modules = [path for path in files if path.endswith(".py") and not _is_test(path)]
    # What lies highest, and is called what applications are called, comes first.
    modules.sort(key=lambda path: (path.count("/"), PurePosixPath(path).stem not in {"app", "main", "api"}, path))
    for path in modules[:MODULES]:
        source = await place.read(path) or ""
        if "FastAPI(" in source or "Flask(" in source or "Starlette(" in source:
            return _application(path, source)
    return None


def _application(path: str, source: str) -> Server | None:
    found, factory = _APPLICATION.search(source), _FACTORY.search(source)
    module = _module(path)
    if module is None or not (found or factory):
        return None
    name, directory = module
    flask = found[2] == "Flask" if found else "Flask(" in source
    cd = f"cd {directory} && " if directory else ""
    if flask:
        target = f"{name}:{found[1]}" if found else f"{name}:{factory[1]}" if factory else name
        return Server(f'{cd}python3 -m flask --app {target} run --host "$HOST" --port "$PORT"', path)
    target, option = (f"{name}:{found[1]}", "") if found else (f"{name}:{factory[1] if factory else ''}", " --factory")
    openapi = "/openapi.json" if "FastAPI(" in source else ""
    return Server(f'{cd}python3 -m uvicorn{option} {target} --host "$HOST" --port "$PORT"', path, openapi=openapi)


def _module(path: str) -> tuple[str, str] | None:
    """A module's dotted name and the directory to import it from; none where it cannot be imported by name."""
    parts = list(PurePosixPath(path).with_suffix("").parts)
    if not all(re.fullmatch(r"[A-Za-z_]\w*", part) for part in parts):
        return None
    directory = "src" if parts[0] == "src" and len(parts) > 1 else ""
    parts = parts[1:] if directory else parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" and len(parts) > 1 else parts), directory


def _is_test(path: str) -> bool:
    return bool(re.search(r"(^|/)(tests?/|test_|conftest\.py)", path))


def _static(files: Sequence[str]) -> Server | None:
    for directory in ("", "public/", "site/", "docs/", "dist/", "build/", "www/", "static/", "src/"):
        if f"{directory}index.html" in files:
            place = directory.rstrip("/") or "."
            command = f'python3 -m http.server --bind "$HOST" --directory {place} "$PORT"'
            return Server(command, f"{directory}index.html", static=place)
    return None


async def _make(place: Place) -> Server | None:
    makefile = await place.read("Makefile") or ""
    match = re.search(r"^(serve|run|start):", makefile, re.MULTILINE)
    return Server(f"make {match[1]}", f"`{match[1]}` in Makefile") if match else None

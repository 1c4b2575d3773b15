"""The container engine, asked over its socket, without its SDK: whether it answers, and has the image for the box."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator, Mapping
from contextlib import suppress
from http.client import HTTPConnection, HTTPException
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import cast
from urllib.parse import quote, urlencode

from pydantic import JsonValue

from loki_tui.runtime.checks.check import Check, Standing

TIMEOUT = 5.0
_ANSWER_BYTES = 4 * 2**20


class EngineError(Exception):
    """The engine gave no usable answer; says why."""


class ContainerEngine:
    """A Docker or Podman engine behind a unix socket. Blocks, for `TIMEOUT` at most each time.

    Args:
        place: Its socket.
    """

    def __init__(self, place: Path) -> None:
        self.place = place

    def ask(self, path: str) -> JsonValue:
        """What a GET is answered with; none where there is no such thing.

        Raises:
            EngineError: No answer, or one that cannot be used.
        """
        connection = _UnixConnection(self.place)
        try:
            connection.request("GET", path)
            response = connection.getresponse()
            data = response.read(_ANSWER_BYTES + 1)
        except PermissionError as error:
            raise EngineError(f"{self.place} is not yours to use") from error
        except (OSError, HTTPException) as error:
            raise EngineError(f"{self.place} does not answer: {error}") from error
        finally:
            connection.close()
        if response.status == 404:
            return None
        if response.status != 200 or len(data) > _ANSWER_BYTES:
            raise EngineError(f"{self.place} answers with HTTP {response.status}")
        try:
            return cast("JsonValue", json.loads(data))
        except (ValueError, RecursionError) as error:
            raise EngineError(f"{self.place} answers with what is no JSON") from error

    def containers(self, label: str) -> list[dict[str, JsonValue]]:
        """All containers with a label, those that have stopped too.

        Raises:
            EngineError: It cannot be asked.
        """
        query = urlencode({"all": "1", "filters": json.dumps({"label": [label]})})
        found = self.ask(f"/containers/json?{query}")
        return [each for each in found if isinstance(each, dict)] if isinstance(found, list) else []


class _UnixConnection(HTTPConnection):
    def __init__(self, place: Path) -> None:
        super().__init__("localhost", timeout=TIMEOUT)
        self._place = place

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(TIMEOUT)
        self.sock.connect(str(self._place))


def sockets(environ: Mapping[str, str]) -> Iterator[Path]:
    """Where an engine may listen: as the environment says, else the usual places."""
    named = environ.get("DOCKER_HOST", "")
    if named:
        if named.startswith("unix://"):
            yield Path(named.removeprefix("unix://"))
        return
    yield Path("/var/run/docker.sock")
    if runtime := environ.get("XDG_RUNTIME_DIR"):
        yield Path(runtime, "docker.sock")
        yield Path(runtime, "podman/podman.sock")
    yield Path("/run/podman/podman.sock")


def find_engine(environ: Mapping[str, str]) -> tuple[ContainerEngine | None, str]:
    """The first engine that answers, and its version; else none, and why."""
    why = "none here: no socket of Docker or Podman"
    if named := environ.get("DOCKER_HOST", ""):
        why = f"DOCKER_HOST={named} is no unix socket that is there"
    for place in sockets(environ):
        if not place.exists():
            continue
        engine = ContainerEngine(place)
        try:
            told = engine.ask("/version")
        except EngineError as error:
            why = str(error)
            continue
        if isinstance(told, dict) and told.get("Version"):
            return engine, str(told["Version"])[:60]
        why = f"{place} answers, but not as an engine does"
    return None, why


def _library(lacking: Standing) -> Check:
    try:
        return Check("Docker SDK", "good", "installed", version("docker"))
    except PackageNotFoundError:
        why = "not installed: agents cannot work in containers"
        return Check("Docker SDK", lacking, why, fix="pip install 'loki-tui[sandbox]'")


def docker(environ: Mapping[str, str], *, demanded: bool, image: str | None) -> list[Check]:
    """Look for an engine, for what speaks to it, and for the image of the box.

    Args:
        environ: May name the socket.
        demanded: Whether settings say that hands are to be in containers.
        image: The box's image, where one is known.
    """
    lacking: Standing = "bad" if demanded else "missing"
    engine, told = find_engine(environ)
    if engine is None:
        fix = "Install and start Docker or Podman; without one LOKI_CONFINEMENT=bwrap or landlock hold agents."
        return [Check("container engine", lacking, told, fix=fix)]
    checks = [Check("container engine", "good", str(engine.place), told), _library(lacking)]
    if image:
        found: JsonValue = None
        with suppress(EngineError):
            found = engine.ask(f"/images/{quote(image, safe='/:@')}/json")
        if isinstance(found, dict):
            checks.append(Check("sandbox image", "good", image, str(found.get("Id", ""))[:19]))
        else:
            fix = f"In a checkout of Loki: docker build -f Dockerfile.sandbox -t {image} ."
            checks.append(Check("sandbox image", lacking, f"{image} is not there", fix=fix))
    return checks

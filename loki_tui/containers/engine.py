"""The container engine of this machine: where it answers, what it is, and what its errors mean to a person."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from docker import APIClient
from docker.errors import DockerException

from loki_tui.core.errors import ConfinementError
from loki_tui.core.terminal import one_line

_SECONDS = 60
"""How long one request may take: the engine of a busy machine may need a while to start a container."""
_PING_SECONDS = 5
OTHER_RUNGS = (
    "Without one: LOKI_CONFINEMENT=bwrap or landlock holds agents in a way of its own, and auto takes the best."
)
_REMOTE = "Agents work in directories of this machine, so only an engine of this machine will do."


@dataclass(frozen=True, slots=True)
class Engine:
    """An engine that answered."""

    api: APIClient
    address: str
    name: str
    """Such as `Docker 28.2.2`."""
    podman: bool
    rootless: bool
    """Whether it runs as a person, whose number in boxes is another one."""
    seccomp: bool
    """Whether boxes have its own filter of system calls."""

    @property
    def user_namespace(self) -> str:
        """The mode in which files of a box's user belong to the person outside; empty for the engine's own."""
        return "keep-id" if self.podman and self.rootless else ""


def connect(environ: Mapping[str, str]) -> Engine:
    """Reach the engine: the one that `DOCKER_HOST` names, else the first that is found.

    Raises:
        ConfinementError: There is none, none that answers, or none of this machine.
    """
    named = environ.get("DOCKER_HOST", "")
    if named and not named.startswith("unix://"):
        raise ConfinementError(
            f"DOCKER_HOST={one_line(named)} is no engine of this machine. {_REMOTE}",
            hint=f"Unset DOCKER_HOST, or name a socket such as unix:///var/run/docker.sock. {OTHER_RUNGS}",
        )
    troubles = []
    for address in [named] if named else _addresses(environ):
        try:
            return _ask(address)
        except (DockerException, OSError, ValueError) as error:
            troubles.append(f"{address.removeprefix('unix://')}: {_reason(error)}")
    raise ConfinementError(
        "No container engine answers here, neither Docker nor Podman"
        + (f" ({'; '.join(troubles)})." if troubles else ": there is no socket of either."),
        hint=f"Start one, or name its socket with DOCKER_HOST. {OTHER_RUNGS}",
    )


@contextmanager
def explained(doing: str, *, hint: str = "") -> Iterator[None]:
    """Turn what the SDK raises into an error of ours.

    Args:
        doing: What cannot be done where it fails, with a verb, to follow "The container engine cannot".
        hint: What to do about it.

    Raises:
        ConfinementError: It failed.
    """
    try:
        yield
    except (DockerException, OSError) as error:  # requests' own errors are OSErrors
        raise ConfinementError(
            f"The container engine cannot {doing}: {_reason(error)}.",
            hint=hint or f"`docker info` says how it is. {OTHER_RUNGS}",
        ) from error


def _ask(address: str) -> Engine:
    """Learn what an engine is.

    Raises:
        DockerException: It does not speak as one.
        OSError: Nothing answers.
    """
    with socket.socket(socket.AF_UNIX) as knock:  # the SDK would leave one open that nobody answers
        knock.settimeout(_PING_SECONDS)
        knock.connect(address.removeprefix("unix://"))
    version: object = _client(address, "1.41", _PING_SECONDS).version(api_version=False)
    if not isinstance(version, dict) or "ApiVersion" not in version:
        raise DockerException("what answers there is no container engine")
    api = _client(address, str(version["ApiVersion"]), _SECONDS)
    info = api.info()
    parts = [str(part.get("Name", "")) for part in version.get("Components") or []]
    podman = any("podman" in part.lower() for part in parts)
    options = [str(option) for option in info.get("SecurityOptions") or []]
    return Engine(
        api,
        address,
        name=one_line(f"{'Podman' if podman else 'Docker'} {version.get('Version', '')}".strip())[:60],
        podman=podman,
        rootless=any("name=rootless" in option for option in options),
        seccomp=any("name=seccomp" in option for option in options),
    )


def _client(address: str, version: str, seconds: int) -> APIClient:
    api = APIClient(base_url=address, version=version, timeout=seconds)
    # Nobody closes this client: a connection kept for later would stay, and saves nothing on a socket.
    api.headers["Connection"] = "close"
    return api


def _addresses(environ: Mapping[str, str]) -> list[str]:
    """Where engines listen by convention, as far as there is something."""
    own = Path(environ.get("XDG_RUNTIME_DIR") or f"/run/user/{os.getuid()}")
    everyone = Path("/run")
    places = (
        everyone / "docker.sock",
        own / "docker.sock",
        own / "podman/podman.sock",
        everyone / "podman/podman.sock",
    )
    return [f"unix://{place}" for place in places if _is_there(place)]


def _is_there(place: Path) -> bool:
    try:
        return place.is_socket()
    except OSError:
        return False


def _reason(error: Exception) -> str:
    """What an engine, or the way to it, says; on one line, since it comes from outside."""
    said = getattr(error, "explanation", None) or str(error)
    for cause in _causes(error):
        if isinstance(cause, OSError) and cause.strerror:
            said = cause.strerror
    return one_line(str(said)).rstrip(".")[:400] or type(error).__name__


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        inner = next((each for each in error.args if isinstance(each, BaseException)), None)
        error = inner or error.__cause__ or error.__context__

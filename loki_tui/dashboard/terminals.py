"""The application itself in a browser: `textual-serve`'s bridge to a process, behind the dashboard's own door."""

from __future__ import annotations

import asyncio
import json
import logging
import os
import signal
import subprocess
import sys
from asyncio.subprocess import Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from importlib.metadata import version
from pathlib import Path
from string import Template

import textual_serve
from aiohttp import WSCloseCode, WSMsgType, web
from pydantic import TypeAdapter, ValidationError
from textual_serve.app_service import AppService
from textual_serve.download_manager import DownloadManager

from loki_tui.dashboard import limits
from loki_tui.dashboard.access import CALLER, Role
from loki_tui.dashboard.answers import RefusalError
from loki_tui.dashboard.desk import SESSIONS
from loki_tui.dashboard.endpoints import Endpoint
from loki_tui.dashboard.hosts import OwnNames
from loki_tui.dashboard.sessions import LASTS, Session
from loki_tui.dashboard.signing_in import PAGES
from loki_tui.runtime.client import Project

STATIC = Path(textual_serve.__file__).parent / "static"
"""The library's terminal: script, style, fonts."""

MESSAGE_BYTES = 256 * 1024
"""What one message of a browser may have: a paste, at the most."""
MOST_CELLS = 1_000
FAREWELL_SECONDS = 5.0
"""What an application has to end in, before it is ended."""

_TIED = """
import ctypes, os, signal, sys
signal.signal(signal.SIGHUP, lambda *_: (signal.signal(signal.SIGHUP, signal.SIG_IGN), os.killpg(0, signal.SIGHUP)))
ctypes.CDLL(None).prctl(1, signal.SIGHUP)
if os.getppid() == int(sys.argv[1]):
    sys.exit(os.spawnv(os.P_WAIT, sys.argv[2], sys.argv[2:]))
"""
"""A parent for the application that tells it that its terminal went away when the dashboard dies, however that does:
PR_SET_PDEATHSIG holds for one process alone, and the application is two. What leaves the group goes on, such as an
application with an engine in it."""

log = logging.getLogger("loki.dashboard")

_Said = TypeAdapter(list[str | int | float | dict[str, int] | None])


class Application(AppService):
    """One application, in a process that knows its project.

    The two methods are how the library starts its process: as a shell's command, in its own directory, with
    its own whole environment. Ours is a list of arguments.
    """

    workspace: Path
    arguments: tuple[str, ...] = ()

    async def _open_app_process(self, width: int = 80, height: int = 24) -> Process:
        process = self._process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-I", "-S", "-c", _TIED, str(os.getpid())),
            *(sys.executable, "-P", "-m", "loki_tui", *self.arguments),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            cwd=self.workspace,
            env=self._build_environment(width, height),
            start_new_session=True,
        )
        self._stdin = process.stdin
        return process

    def _build_environment(self, width: int = 80, height: int = 24) -> dict[str, str]:
        dull = {"NO_COLOR", "LINES", "COLUMNS"}
        return {
            **{name: value for name, value in os.environ.items() if name not in dull},
            "TEXTUAL_DRIVER": "textual.drivers.web_driver:WebDriver",
            "TEXTUAL_FPS": "60",
            "TEXTUAL_COLOR_SYSTEM": "truecolor",
            # Of the browser's terminal, not of the one that the dashboard was started in.
            "TERM": "xterm-256color",
            "COLORTERM": "truecolor",
            "TERM_PROGRAM": "textual",
            "TERM_PROGRAM_VERSION": version("textual-serve"),
            "COLUMNS": str(width),
            "ROWS": str(height),
        }

    async def leave(self) -> None:
        """End the process: politely, then not. An engine that is at work in it goes on in a process of its own."""
        try:
            async with asyncio.timeout(FAREWELL_SECONDS):
                await self.stop()
                await self._gone()
        except TimeoutError:
            for signum in (signal.SIGHUP, signal.SIGKILL):
                await self._signalled(signum)

    async def _signalled(self, signum: signal.Signals) -> None:
        if self._process is None or self._process.returncode is not None:
            return
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, signum)
        with suppress(TimeoutError):
            async with asyncio.timeout(FAREWELL_SECONDS):
                await self._gone()

    async def _gone(self) -> None:
        if self._process is not None:
            await self._process.wait()


class Terminals:
    """All applications that are open in browsers.

    Args:
        project: What they show.
        names: The dashboard's own.
    """

    def __init__(self, project: Project, names: OwnNames) -> None:
        self._project, self._names = project, names
        self._open: set[web.WebSocketResponse] = set()
        self._leaving: set[asyncio.Task[None]] = set()
        self._page = Template((PAGES / "terminal.html").read_text(encoding="utf-8"))
        self._downloads = DownloadManager()

    @property
    def count(self) -> int:
        """How many are open."""
        return len(self._open)

    def endpoints(self) -> tuple[Endpoint, ...]:
        """What this answers."""
        return (
            Endpoint("GET", "/", self.page, None),
            Endpoint("GET", "/ws", self.bridge, Role.ADMIN, lasts=True),
        )

    async def page(self, request: web.Request) -> web.StreamResponse:
        """The application, for who has signed in as admin."""
        if request.app[SESSIONS].find(request) is None:
            raise web.HTTPFound("/login")
        if request[CALLER].role < Role.ADMIN:
            return web.FileResponse(PAGES / "no_terminal.html", status=403)
        base = self._names.base(request)
        address = f"ws{base.removeprefix('http')}/ws"
        return web.Response(text=self._page.substitute(websocket=_attribute(address)), content_type="text/html")

    async def bridge(self, request: web.Request) -> web.StreamResponse:
        """A browser's line to an application of its own."""
        if len(self._open) >= limits.TERMINALS:
            raise RefusalError(503, f"{len(self._open)} applications are open, which is all there are.")
        line = web.WebSocketResponse(heartbeat=15, max_msg_size=MESSAGE_BYTES)
        if not line.can_prepare(request):
            raise RefusalError(426, "This is for WebSockets.", headers={"Upgrade": "websocket"})
        self._open.add(line)
        try:
            await line.prepare(request)
            log.warning("%s opened the application in a browser", request[CALLER].name)
            with suppress(TimeoutError):
                async with asyncio.timeout(LASTS), _ending_with(request.app[SESSIONS].find(request), line):
                    await self._carry(line, _cells(request, "width", 80), _cells(request, "height", 24))
        finally:
            self._open.discard(line)
        return line

    async def close(self) -> None:
        """Hang up everywhere."""
        await asyncio.gather(*(line.close(code=1001, message=b"going away") for line in list(self._open)))

    async def farewell(self) -> None:
        """Wait until no application is left."""
        if self._leaving:
            await asyncio.wait(self._leaving)

    async def _carry(self, line: web.WebSocketResponse, width: int, height: int) -> None:
        async def hang_up() -> None:
            await line.close()

        application = Application(
            "loki",
            write_bytes=line.send_bytes,
            write_str=line.send_str,
            close=hang_up,
            download_manager=self._downloads,
        )
        application.workspace = self._project.workspace
        application.arguments = ("attach",) if await asyncio.to_thread(self._project.engine) else ()
        await application.start(width, height)
        try:
            async for message in line:
                if message.type is WSMsgType.TEXT:
                    await _heard(line, application, message.data)
        except (ConnectionError, ValueError) as error:
            log.warning("A browser's line broke off: %s", error)
        finally:
            # By itself: what carries the line is broken off where the browser just goes away.
            leaving = asyncio.create_task(application.leave())
            self._leaving.add(leaving)
            leaving.add_done_callback(self._leaving.discard)
            await asyncio.shield(leaving)


@asynccontextmanager
async def _ending_with(session: Session | None, line: web.WebSocketResponse) -> AsyncIterator[None]:
    """Hang up when the browser's session is over, so that nobody goes on in it."""

    async def watch() -> None:
        if session is not None:
            await session.over.wait()
            await line.close(code=WSCloseCode.POLICY_VIOLATION, message=b"signed out")

    watching = asyncio.create_task(watch())
    try:
        yield
    finally:
        watching.cancel()


async def _heard(line: web.WebSocketResponse, application: Application, text: str) -> None:
    """Do what a browser says; what makes no sense is passed over."""
    try:
        said = _Said.validate_json(text)
    except ValidationError:
        return
    match said:
        case ["stdin", str(data)]:
            await application.send_bytes(data.encode("utf-8", "replace"))
        case ["resize", {"width": int(width), "height": int(height)}]:
            await application.set_terminal_size(_bounded(width), _bounded(height))
        case ["ping", data]:
            await line.send_str(json.dumps(["pong", data]))
        case ["blur", *_]:
            await application.blur()
        case ["focus", *_]:
            await application.focus()
        case _:
            pass


def _cells(request: web.Request, name: str, default: int) -> int:
    text = request.query.get(name, "")
    return _bounded(int(text)) if text.isascii() and text.isdigit() and len(text) < 6 else default


def _bounded(cells: int) -> int:
    return max(1, min(MOST_CELLS, cells))


def _attribute(text: str) -> str:
    return text.replace("&", "&amp;").replace('"', "&quot;").replace("<", "&lt;")

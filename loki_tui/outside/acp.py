"""Agents that speak the Agent Client Protocol: https://agentclientprotocol.com, through its own Python SDK.

The agent's program is in hands, and so is all that it does by itself. What it has its client do, files and
terminals, is done by the hands as actions of the run; what it asks permission for is judged as one. The protocol
tells nobody what an agent's models cost, so that no budget holds it; and an agent may do without asking what it can.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pydantic import ValidationError

from loki_tui import __version__
from loki_tui.core.errors import UsageError
from loki_tui.core.messages import Usage
from loki_tui.engine.outside.ports import Desk, Errand, OutsideError, Program, ProgramHost
from loki_tui.outside.acp_client import AcpClient
from loki_tui.outside.acp_transport import ProgramTransport
from loki_tui.outside.marker import finishing, found_finish
from loki_tui.outside.talk import running

if TYPE_CHECKING:
    from acp.client.connection import ClientSideConnection
    from acp.schema import PromptResponse

_AUTH_REQUIRED = -32000
_BEGIN_SECONDS = 60.0
"""How long an agent may take to say hello and open a session: some load a model's worth of code."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AcpOptions:
    """How it is started."""

    argv: tuple[str, ...]
    """Absolute path and arguments."""
    name: str
    """What people call it: its program's name."""
    silence: float = 720.0
    """How long it may say nothing, with nothing to wait for, before it counts as hung."""


class AcpAgent:
    """Speaks with any such agent; implements `engine.outside.ports.OutsideAgent`.

    Args:
        options: How it is started.
    """

    def __init__(self, options: AcpOptions) -> None:
        self.name = options.name
        self._options = options

    async def work(self, host: ProgramHost, errand: Errand, desk: Desk) -> None:
        """Have it work; see `engine.outside.ports.OutsideAgent`."""
        async with running(host, self._options.argv, {}) as program:
            await self._converse(program, errand, desk)

    async def _converse(self, program: Program, errand: Errand, desk: Desk) -> None:
        from acp import connect_to_agent  # noqa: PLC0415 - a third of a second, for those who want it

        transport = ProgramTransport(program, desk, name=self.name, silence=self._options.silence)
        client = AcpClient(desk, errand.root, name=self.name)
        connection = connect_to_agent(client, transport)
        talking = asyncio.ensure_future(self._talk(connection, errand, desk))
        try:
            await asyncio.wait((talking, client.failed), return_when=asyncio.FIRST_COMPLETED)
            if client.failed.done():
                raise client.failed.result()
            await talking
        except ConnectionError as error:
            raise transport.failure or OutsideError(f"{self.name} ended before its work did.") from error
        finally:
            talking.cancel()
            await asyncio.gather(talking, return_exceptions=True)
            await client.close()
            await connection.close()
            await transport.finish()

    async def _talk(self, connection: ClientSideConnection, errand: Errand, desk: Desk) -> None:
        try:
            session = await self._begin(connection, errand)
            said: str | None = f"{errand.system}\n\n{finishing(errand)}\n\n{errand.brief}"
            while said is not None and not desk.finished:
                response = await self._prompt(connection, session, said)
                said = _answer(desk, desk.turn(_usage(response)))
        except ValidationError as error:
            raise OutsideError(f"{self.name} answered what the protocol does not know: {_brief(error)}") from error

    async def _begin(self, connection: ClientSideConnection, errand: Errand) -> str:
        from acp import PROTOCOL_VERSION, RequestError  # noqa: PLC0415 - imported long ago
        from acp.schema import ClientCapabilities, FileSystemCapabilities, Implementation  # noqa: PLC0415

        files = FileSystemCapabilities(read_text_file=True, write_text_file=True)
        try:
            async with asyncio.timeout(_BEGIN_SECONDS):
                hello = await connection.initialize(
                    protocol_version=PROTOCOL_VERSION,
                    client_capabilities=ClientCapabilities(fs=files, terminal=True),
                    client_info=Implementation(name="loki", version=__version__),
                )
                if hello.protocol_version != PROTOCOL_VERSION:
                    raise UsageError(
                        f"{self.name} speaks version {hello.protocol_version} of the Agent Client Protocol, and Loki "
                        f"version {PROTOCOL_VERSION}.",
                        hint="Use a version of the agent that fits.",
                    )
                return (await connection.new_session(cwd=errand.root, mcp_servers=[])).session_id
        except TimeoutError as error:
            raise OutsideError(f"{self.name} did not begin within {_BEGIN_SECONDS:.0f} s.") from error
        except RequestError as error:
            if error.code == _AUTH_REQUIRED:
                raise UsageError(
                    f"{self.name} wants to be logged in first.",
                    hint="Give it a key by a variable that hands pass on (LOKI_PASS_ENV), which agents can then read.",
                ) from error
            raise OutsideError(f"{self.name} cannot begin: {str(error)[:300]}") from error

    async def _prompt(self, connection: ClientSideConnection, session: str, text: str) -> PromptResponse:
        from acp import RequestError, text_block  # noqa: PLC0415 - imported long ago

        try:
            return await connection.prompt(session, [text_block(text)])
        except RequestError as error:
            raise OutsideError(f"{self.name} gave up: {str(error)[:300]}") from error


def _answer(desk: Desk, said: str) -> str | None:
    """What to say next: that the end it wrote is none, a note, a nudge, or nothing any more."""
    if (given := found_finish(said)) is None:
        return desk.notes() or desk.nudge()
    return desk.finish(given)


def _usage(response: PromptResponse) -> Usage:
    told = response.usage
    if told is None:
        return Usage()
    return Usage(
        input_tokens=told.input_tokens,
        output_tokens=told.output_tokens,
        cache_read_tokens=told.cached_read_tokens or 0,
        cache_write_tokens=told.cached_write_tokens or 0,
    )


def _brief(error: ValidationError) -> str:
    return "; ".join(f"{'.'.join(map(str, each['loc']))}: {each['msg']}" for each in error.errors()[:3])[:300]

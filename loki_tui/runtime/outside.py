"""Puts outside agents together: finds their programs, their way to models, and says what they do not honour."""

from __future__ import annotations

import os
import shlex
import shutil
from collections.abc import Mapping
from pathlib import Path

from loki_tui.core.errors import ModelError, ModelFault, UsageError
from loki_tui.core.settings import Settings
from loki_tui.engine.outside.ports import OutsideAgent
from loki_tui.engine.ports import Model, ModelAnswer, ModelRequest, OnText, Prices, Workspaces
from loki_tui.models.anthropic import DEFAULT_BASE_URL
from loki_tui.models.prices import GenaiPrices, UnknownPrices
from loki_tui.runtime.keys import provider_key
from loki_tui.runtime.signing_in import sign_in

OUTSIDE = ("claude", "acp")
"""Providers whose agent is a program of its own."""


def outside_agent(settings: Settings, environ: Mapping[str, str]) -> OutsideAgent | None:
    """The agent that does the iterations in the built-in one's place; none where that does them.

    Raises:
        UsageError: Its program is not there, or it cannot be signed in.
    """
    match settings.provider:
        case "claude":
            return _claude(settings, environ)
        case "acp":
            return _acp(settings, environ)
        case _:
            return None


class AskedOfAgent:
    """Stands for a model until there are hands in which an outside agent can answer; implements `Model`."""

    async def answer(self, request: ModelRequest, *, on_text: OnText) -> ModelAnswer:  # noqa: ARG002
        """Nobody answers yet."""
        raise ModelError("The agent has no hands to answer in.", fault=ModelFault.INVALID)

    async def close(self) -> None:
        """Nothing is open."""


def asks_agent(settings: Settings, environ: Mapping[str, str]) -> bool:
    """Whether the outside agent answers planner, reviewers and council too: Loki has no key of its own to ask with."""
    match settings.provider:
        case "acp":
            return True
        case "claude":
            return provider_key(environ) is None
        case _:
            return False


def answering(
    model: Model, settings: Settings, environ: Mapping[str, str], *, workspaces: Workspaces, scratch: Path
) -> Model:
    """The model that answers now that there are hands.

    Args:
        model: As it was opened.
        settings: Which agent.
        environ: How it signs in.
        workspaces: Launch hands.
        scratch: Where empty directories are made.
    """
    if not isinstance(model, AskedOfAgent):
        return model
    from loki_tui.outside.answering import AnsweringAgent  # noqa: PLC0415 (when wanted)

    agent = outside_agent(settings, environ)
    assert agent is not None
    return AnsweringAgent(agent, workspaces, scratch=scratch)


def prices_of(settings: Settings) -> Prices:
    """What models cost; of a metered provider that is known."""
    return UnknownPrices() if settings.provider == "acp" else GenaiPrices(settings.model_prices)


def program_of(settings: Settings, environ: Mapping[str, str]) -> tuple[Path, list[str]]:
    """The program of an outside agent, and its arguments.

    Raises:
        UsageError: It is not there.
    """
    if settings.provider == "claude":
        variable, words = "LOKI_CLAUDE_COMMAND", [settings.claude_command]
        hint = "Install it (npm install -g @anthropic-ai/claude-code), or name its program."
    else:
        variable, words = "LOKI_ACP_COMMAND", _split(settings.acp_command or "")
        hint = "Install it, or name its program with its path."
    found = shutil.which(os.path.expanduser(words[0]), path=environ.get("PATH"))  # noqa: PTH111
    if found is None:
        raise UsageError(f"{variable}: there is no program {words[0]!r} here.", hint=hint)
    return Path(found).absolute(), words[1:]


def beside_outside(settings: Settings, environ: Mapping[str, str]) -> tuple[str, ...]:
    """What hands must read for an outside agent to start: where its program is, and where links to it lead.

    Raises:
        UsageError: It is not there.
    """
    if settings.provider not in OUTSIDE:
        return ()
    program, _ = program_of(settings, environ)
    return tuple(dict.fromkeys(str(_installed_at(path)) for path in (program, program.resolve())))


def _installed_at(program: Path) -> Path:
    """The least that belongs to a program: its packages, its environment, or the directory that it is in."""
    for place in reversed(program.parents):
        if place.name == "node_modules":
            return place
    environment = program.parent.parent
    return environment if (environment / "pyvenv.cfg").is_file() else program.parent


def not_honoured(settings: Settings, environ: Mapping[str, str]) -> tuple[str, ...]:
    """What an outside agent does not keep to, one phrase each, for the badge.

    Raises:
        UsageError: It cannot be signed in.
    """
    match settings.provider:
        case "claude" if sign_in(environ).subscription:
            return ("your subscription's own limits: what is counted here is what the tokens would cost",)
        case "acp":
            return (
                "what the agent costs, which nobody knows: no budget holds it",
                "what the agent does by itself without asking: rules and approvals hold for what it asks",
            )
        case _:
            return ()


def check_outside(settings: Settings, environ: Mapping[str, str]) -> None:
    """See that an outside agent can be started, and that what it cannot honour was not asked for.

    Raises:
        UsageError: It cannot.
    """
    if settings.provider not in OUTSIDE:
        return
    outside_agent(settings, environ)
    if settings.confinement == "docker":
        raise UsageError(
            f"LOKI_PROVIDER={settings.provider} starts a program of this machine, which no container's image has.",
            hint="Say LOKI_CONFINEMENT=auto, bwrap or landlock; or LOKI_PROVIDER=anthropic.",
        )


def _claude(settings: Settings, environ: Mapping[str, str]) -> OutsideAgent:
    from loki_tui.models.gateway import MessagesGateway  # noqa: PLC0415 (a server's imports, when wanted)
    from loki_tui.models.upstream import Upstream  # noqa: PLC0415
    from loki_tui.outside.claude import ClaudeCode, ClaudeOptions  # noqa: PLC0415

    program, _ = program_of(settings, environ)
    upstream = Upstream(
        environ.get("ANTHROPIC_BASE_URL") or DEFAULT_BASE_URL,
        sign_in(environ).headers,
        idle_timeout=settings.stream_idle_timeout,
    )
    options = ClaudeOptions(
        program=str(program.resolve()),
        model=settings.models["work"],
        fast_model=settings.models["fast"],
        max_output_tokens=settings.max_output_tokens,
        effort=settings.effort,
        command_seconds=settings.command_timeout,
        silence=settings.command_timeout + settings.stream_idle_timeout,
    )
    return ClaudeCode(options, MessagesGateway(upstream, max_output_tokens=settings.max_output_tokens))


def _acp(settings: Settings, environ: Mapping[str, str]) -> OutsideAgent:
    from loki_tui.outside.acp import AcpAgent, AcpOptions  # noqa: PLC0415 (the SDK's models, when wanted)

    program, arguments = program_of(settings, environ)
    options = AcpOptions(
        argv=(str(program), *arguments),
        name=program.name,
        silence=settings.command_timeout + settings.stream_idle_timeout,
    )
    return AcpAgent(options)


def _split(command: str) -> list[str]:
    try:
        words = shlex.split(command)
    except ValueError as error:
        raise UsageError(f"LOKI_ACP_COMMAND cannot be read: {error}.", hint="Close what is quoted.") from error
    if not words:
        raise UsageError("LOKI_ACP_COMMAND names no program.", hint="Name the agent that is to be started.")
    return words

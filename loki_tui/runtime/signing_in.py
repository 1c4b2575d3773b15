"""How requests of Claude Code sign in at the provider: a key, or a subscription that Claude Code was logged in with.

A subscription's token is read here, in the engine's process, each time it is needed: Claude Code renews it in the
same file when a person uses it. It never enters the hands, and Loki does not renew it itself, which would log the
person's own Claude Code out.
"""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from loki_tui.core.errors import ModelError, ModelFault, UsageError
from loki_tui.runtime.keys import FILE_BYTES, find_key, provider_key

OAUTH_TOKEN = "CLAUDE_CODE_OAUTH_TOKEN"
"""A long-lived token of a subscription, as `claude setup-token` makes one."""
_OAUTH_BETA = "oauth-2025-04-20"
"""Without it the API takes no such token."""
_SOON_SECONDS = 30


@dataclass(frozen=True, slots=True)
class SignIn:
    """A way to sign in that was found."""

    source: str
    """For people: which, and from where."""
    subscription: bool = False
    fixed: tuple[tuple[str, str], ...] = ()
    """The headers, where they do not change."""
    file: Path | None = None
    """Where they are read anew each time."""

    def headers(self) -> Mapping[str, str]:
        """What signs a request in.

        Raises:
            ModelError: It has run out, or is not there any more.
        """
        return dict(self.fixed) if self.file is None else _bearer(_read(self.file))


def sign_in(environ: Mapping[str, str]) -> SignIn:
    """The way that this environment has: a key first, since what it costs is known.

    Raises:
        UsageError: There is none.
    """
    if (key := provider_key(environ)) is not None:
        header = (
            ("x-api-key", key.value) if key.name == "ANTHROPIC_API_KEY" else ("authorization", f"Bearer {key.value}")
        )
        return SignIn(f"{key.name} from {key.source}", fixed=(header,))
    if (token := find_key(environ, OAUTH_TOKEN)) is not None:
        found = tuple(_bearer(token.value).items())
        return SignIn(f"{OAUTH_TOKEN} from {token.source}", subscription=True, fixed=found)
    file = credentials_file(environ)
    if file.is_file():
        try:
            _read(file)
        except ModelError as error:
            raise UsageError(error.message, hint=error.hint) from error
        return SignIn(f"the login of Claude Code, {file}", subscription=True, file=file)
    raise UsageError(
        "There is nothing to sign Claude Code in with.",
        hint="Log in with `claude` once, or set ANTHROPIC_API_KEY, or CLAUDE_CODE_OAUTH_TOKEN (`claude setup-token`).",
    )


def credentials_file(environ: Mapping[str, str]) -> Path:
    """Where Claude Code keeps its login on Linux."""
    home = Path(environ.get("HOME") or Path.home())
    return Path(environ.get("CLAUDE_CONFIG_DIR") or home / ".claude") / ".credentials.json"


def _bearer(token: str) -> dict[str, str]:
    return {"authorization": f"Bearer {token}", "anthropic-beta": _OAUTH_BETA}


def _read(file: Path) -> str:
    """The access token in a file of credentials.

    Raises:
        ModelError: There is none that is still good.
    """
    try:
        with file.open("rb") as opened:
            found = json.loads(opened.read(FILE_BYTES))["claudeAiOauth"]
        token, until = found["accessToken"], found.get("expiresAt")
    except (OSError, ValueError, RecursionError, KeyError, TypeError, AttributeError) as error:
        raise _unusable(f"There is no login in {file}") from error
    if not isinstance(token, str) or not token.isascii() or not token.isprintable():
        raise _unusable(f"There is no login in {file}")
    if isinstance(until, int | float) and until / 1000 < time.time() + _SOON_SECONDS:
        raise _unusable(f"The login in {file} has run out")
    return token


def _unusable(message: str) -> ModelError:
    hint = "Start `claude` once, which renews it, or set CLAUDE_CODE_OAUTH_TOKEN (`claude setup-token`)."
    return ModelError(f"{message}.", fault=ModelFault.AUTH, hint=hint)

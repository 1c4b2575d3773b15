"""The dashboard's own token: whoever has it may do everything."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from pathlib import Path

from loki_tui.core.errors import UsageError
from loki_tui.dashboard.access import Caller, Role
from loki_tui.dashboard.answers import RefusalError
from loki_tui.store.files import write_whole, writing

LEAST_CHARS, MOST_CHARS = 32, 512


def new_token() -> str:
    """A token that nobody can guess: 256 bits."""
    return secrets.token_urlsafe(32)


def token_in(path: Path) -> str:
    """The token in a file, which is made, with a new one, where it is not there.

    Raises:
        UsageError: It cannot be read, others may read it, or what is in it is no token.
    """
    try:
        with path.open("rb") as file:
            mode = path.stat().st_mode
            token = file.read(MOST_CHARS + 2).decode("ascii").strip()
    except FileNotFoundError:
        token = new_token()
        with writing(path):
            write_whole(path, f"{token}\n".encode())
        return token
    except (OSError, UnicodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "it holds more than ASCII"
        raise UsageError(f"The token's file {path} cannot be read: {why}.", hint="LOKI_DASHBOARD_TOKEN_FILE") from error
    if mode & 0o007:
        raise UsageError(f"Everybody may read the token in {path}.", hint=f"chmod 600 {path}")
    if not LEAST_CHARS <= len(token) <= MOST_CHARS or not token.isprintable() or " " in token:
        raise UsageError(
            f"What is in {path} is no token: it takes {LEAST_CHARS} to {MOST_CHARS} characters without spaces.",
            hint="Remove the file: the next start makes one.",
        )
    return token


class OwnToken:
    """Knows the token, by its digest alone.

    Args:
        token: The token.
        name: Whose it is: who started the dashboard.
    """

    def __init__(self, token: str, *, name: str) -> None:
        self._digest = _digest(token)
        self._caller = Caller(name, Role.ADMIN)

    def matches(self, said: str) -> bool:
        """Whether somebody said the token; takes as long whatever they said."""
        return hmac.compare_digest(_digest(said), self._digest)

    async def caller(self, said: str) -> Caller:
        """Who says this.

        Raises:
            RefusalError: It is not the token.
        """
        if not self.matches(said):
            raise RefusalError(
                401,
                "That is not this dashboard's token.",
                hint="`loki dashboard url` says it.",
                headers={"WWW-Authenticate": 'Bearer error="invalid_token"'},
            )
        return self._caller


def _digest(text: str) -> bytes:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()

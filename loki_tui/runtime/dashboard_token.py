"""Where the dashboard's token comes from: made anew for each start, or kept in a file of the person's choice."""

from __future__ import annotations

import secrets
from pathlib import Path

from loki_tui.core.errors import UsageError
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

"""The dashboard's own token: whoever has it may do everything."""

from __future__ import annotations

import hashlib
import hmac

from loki_tui.dashboard.access import Caller, Role
from loki_tui.dashboard.answers import RefusalError


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

"""HTTPS: a certificate and its key, looked at before they are used, and taken up anew when the files change.

Connections that are open keep what they began with; each new one is shown what the files say by then. Files
that changed into something unusable change nothing, and are told of in the dashboard's health.
"""

from __future__ import annotations

import logging
import os
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509

from loki_tui.core.errors import UsageError
from loki_tui.core.settings import Settings
from loki_tui.dashboard.health import Check

log = logging.getLogger("loki.dashboard")

PEM_BYTES = 2**20
SOON = timedelta(days=14)
"""So long before a certificate ends, health says so."""

_Look = tuple[int, int, int, int]


def _now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Pair:
    """A certificate chain and its private key, as files."""

    cert: Path
    key: Path

    @classmethod
    def of(cls, settings: Settings) -> Pair | None:
        """The pair that the settings name; none for plain HTTP."""
        if settings.tls_cert is None or settings.tls_key is None:
            return None
        return cls(settings.tls_cert, settings.tls_key)

    def looks(self) -> tuple[_Look, _Look] | None:
        """What tells that a file has changed; none where one is not there."""
        try:
            return _look(self.cert), _look(self.key)
        except OSError:
            return None

    def require_usable(self, now: datetime) -> datetime:
        """See that the pair can be used.

        Returns:
            When the certificate ends.

        Raises:
            UsageError: A file cannot be read, others may read the key, the two do not belong together, or the
                certificate is not valid at this moment.
        """
        self._require_private()
        leaf = self._leaf()
        self.load(ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER))
        if leaf.not_valid_after_utc <= now:
            raise UsageError(
                f"The certificate {self.cert} ended on {leaf.not_valid_after_utc:%d %B %Y}.", hint="Renew it."
            )
        if leaf.not_valid_before_utc > now:
            raise UsageError(
                f"The certificate {self.cert} is not valid before {leaf.not_valid_before_utc:%d %B %Y, %H:%M} UTC.",
                hint="Look at this machine's clock.",
            )
        return leaf.not_valid_after_utc

    def load(self, context: ssl.SSLContext) -> None:
        """Put the pair into a context.

        Raises:
            UsageError: They do not belong together, or are no PEM.
        """
        try:
            context.load_cert_chain(self.cert, self.key, password=_no_password)
        except ssl.SSLError as error:
            if error.reason == "KEY_VALUES_MISMATCH":
                raise UsageError(
                    f"The key {self.key} is not that of the certificate {self.cert}.",
                    hint="LOKI_TLS_CERT and LOKI_TLS_KEY must be of one pair, the server's certificate first.",
                ) from error
            raise UsageError(
                f"The key {self.key} cannot be used: {error.reason or error}.", hint="Give a PEM file."
            ) from error
        except OSError as error:
            raise UsageError(f"{error.filename or self.key} cannot be read: {error.strerror}.") from error

    def _require_private(self) -> None:
        try:
            mode = self.key.stat().st_mode
        except OSError as error:
            raise UsageError(f"The key {self.key} cannot be read: {error.strerror}.", hint="LOKI_TLS_KEY") from error
        if mode & 0o027:
            raise UsageError(
                f"The key {self.key} is open to others: its mode is {mode & 0o777:04o}.", hint=f"chmod 600 {self.key}"
            )

    def _leaf(self) -> x509.Certificate:
        try:
            with self.cert.open("rb") as file:
                data = file.read(PEM_BYTES)
            return x509.load_pem_x509_certificates(data)[0]
        except OSError as error:
            raise UsageError(
                f"The certificate {self.cert} cannot be read: {error.strerror}.", hint="LOKI_TLS_CERT"
            ) from error
        except ValueError as error:
            raise UsageError(f"{self.cert} holds no certificate in PEM.", hint="LOKI_TLS_CERT") from error


class Tls:
    """What new connections are shown.

    Args:
        pair: The files.
        clock: Tells what time it is.

    Raises:
        UsageError: The pair cannot be used.
    """

    def __init__(self, pair: Pair, *, clock: Callable[[], datetime] = _now) -> None:
        self._pair, self._clock = pair, clock
        self._seen = pair.looks()
        self._ends = pair.require_usable(clock())
        self._problem = ""
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        """For new connections."""
        self.context.minimum_version = ssl.TLSVersion.TLSv1_2
        self.context.set_alpn_protocols(["http/1.1"])
        pair.load(self.context)

    def renew(self) -> None:
        """Take the pair up anew if its files have changed; two calls to the system where they have not."""
        looks = self._pair.looks()
        if looks == self._seen:
            return
        self._seen = looks
        try:
            ends = self._pair.require_usable(self._clock())
            self._pair.load(self.context)
        except UsageError as error:
            self._problem = error.message
            log.warning("The certificate changed and cannot be used; the one before stays: %s", error.message)
        else:
            self._ends, self._problem = ends, ""
            log.warning("The certificate was taken up anew; it ends on %s.", f"{ends:%d %B %Y}")

    def check(self) -> Check:
        """How the certificate stands, for the dashboard's health."""
        left = self._ends - self._clock()
        if left <= timedelta(0):
            return Check(ok=False, state="expired", why=f"it ended on {self._ends:%d %B %Y}")
        if self._problem:
            return Check(ok=False, state="not renewed", why=self._problem)
        if left < SOON:
            return Check(ok=True, state="ends soon", why=f"it ends on {self._ends:%d %B %Y}")
        return Check(ok=True, state="valid", why=f"to {self._ends:%d %B %Y}")


def _look(path: Path) -> _Look:
    found = os.stat(path)  # noqa: PTH116 (follows links: a renewal often moves one)
    return found.st_dev, found.st_ino, found.st_mtime_ns, found.st_size


def _no_password() -> str:
    # Without this, a key with a passphrase would ask for it on a terminal that is not there.
    raise UsageError("The key has a passphrase, which nobody could type.", hint="Give a key without one.")

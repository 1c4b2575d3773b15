"""The dashboard's port, and the pair of certificate and key it would show itself with."""

from __future__ import annotations

import errno
import socket
import ssl
from contextlib import closing
from datetime import UTC, datetime, timedelta
from enum import IntEnum
from pathlib import Path

from loki_tui.runtime.checks.check import Check

SOON = timedelta(days=14)


class _Verify(IntEnum):
    """OpenSSL's verification errors, from x509_vfy.h."""

    NOT_YET = 9
    EXPIRED = 10


def port(number: int) -> Check:
    """Whether the dashboard could listen there."""
    with closing(socket.socket()) as tried:
        tried.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            tried.bind(("127.0.0.1", number))
        except OSError as error:
            found = (
                f"{number} is taken"
                if error.errno == errno.EADDRINUSE
                else f"{number} cannot be used: {error.strerror}"
            )
            fix = "Fine if that is Loki's own dashboard; else set LOKI_DASHBOARD_PORT to another."
            return Check("dashboard port", "missing", found, fix=fix)
    return Check("dashboard port", "good", f"{number} is free on loopback")


def tls(certificate: Path | None, key: Path | None) -> Check:
    """Whether a pair works, by a handshake with itself in memory."""
    if certificate is None and key is None:
        return Check("TLS", "good", "not set up: the dashboard speaks plain HTTP on loopback")
    if certificate is None or key is None:
        lacking = "LOKI_TLS_CERT" if certificate is None else "LOKI_TLS_KEY"
        return Check("TLS", "bad", f"{lacking} is missing", fix=f"Set {lacking} too: they are a pair.")
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    try:
        server.load_cert_chain(certificate, key, password=lambda: "")
    except ssl.SSLError as error:
        what = "do not belong together" if "MISMATCH" in str(error.reason) else f"cannot be used ({error.reason})"
        return Check("TLS", "bad", f"{certificate} and {key} {what}", fix="Name a PEM chain and its unencrypted key.")
    except OSError as error:
        return Check(
            "TLS", "bad", f"{certificate} or {key} cannot be read: {error.strerror}", fix="Name files you may read."
        )
    if key.stat().st_mode & 0o077:
        return Check("TLS", "missing", f"{key} can be read by others", fix=f"chmod 600 {key}")
    return _shown(server, certificate)


def _shown(server: ssl.SSLContext, certificate: Path) -> Check:
    """What a client makes of it that trusts exactly this certificate."""
    fix = "Renew the certificate."
    client = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    client.check_hostname = False
    client.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    try:
        client.load_verify_locations(certificate)
        until = _shake_hands(server, client)
    except ssl.SSLCertVerificationError as error:
        match error.verify_code:
            case _Verify.EXPIRED:
                return Check("TLS", "bad", f"{certificate} has expired", fix=fix)
            case _Verify.NOT_YET:
                return Check("TLS", "bad", f"{certificate} is not valid yet", fix="Wait, or set the clock.")
            case _:
                return Check("TLS", "bad", f"{certificate} is refused: {error.verify_message}", fix=fix)
    except ssl.SSLError as error:
        return Check("TLS", "bad", f"no handshake with {certificate}: {error.reason}", fix=fix)
    if until - datetime.now(UTC) < SOON:
        return Check("TLS", "missing", f"{certificate} expires on {until:%Y-%m-%d}", fix=fix)
    return Check("TLS", "good", f"{certificate}, valid until {until:%Y-%m-%d}")


def _shake_hands(server: ssl.SSLContext, client: ssl.SSLContext) -> datetime:
    """Let the two meet.

    Returns:
        Until when the certificate is valid.
    """
    to_client, to_server = ssl.MemoryBIO(), ssl.MemoryBIO()
    theirs = client.wrap_bio(to_client, to_server)
    ours = server.wrap_bio(to_server, to_client, server_side=True)
    done = False
    for _ in range(10):
        for end in (theirs, ours):
            try:
                end.do_handshake()
                done = end is theirs
            except ssl.SSLWantReadError:
                continue
        if done:
            break
    shown = theirs.getpeercert() or {}
    return datetime.fromtimestamp(ssl.cert_time_to_seconds(str(shown["notAfter"])), UTC)

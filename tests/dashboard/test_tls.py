"""HTTPS by real handshakes: pairs that are none, certificates that end, and renewal under way."""

from __future__ import annotations

import asyncio
import ssl
from datetime import UTC, datetime, timedelta
from pathlib import Path

import aiohttp
import pytest
import trustme
from cryptography.hazmat.primitives import serialization

from loki_tui.core.errors import UsageError
from loki_tui.dashboard.tls import Pair, Tls
from loki_tui.runtime.client import Project
from tests.dashboard.visiting import Visitor, next_event, settings_for, visiting
from tests.support.journaled import RUN, created, journal_of
from tests.support.program import Program


def issue(authority: trustme.CA, where: Path, *, name: str = "tls", ends: datetime | None = None) -> Pair:
    """A pair of files for this machine."""
    leaf = authority.issue_cert("127.0.0.1", "localhost", not_after=ends)
    cert, key = where / f"{name}.pem", where / f"{name}.key"
    cert.write_bytes(b"".join(blob.bytes() for blob in leaf.cert_chain_pems))
    key.write_bytes(leaf.private_key_pem.bytes())
    key.chmod(0o600)
    return Pair(cert, key)


def trusting(authority: trustme.CA) -> ssl.SSLContext:
    context = ssl.create_default_context()
    authority.configure_trust(context)
    return context


def settings_of(pair: Pair) -> dict[str, object]:
    return {"tls_cert": pair.cert, "tls_key": pair.key}


@pytest.fixture
def authority() -> trustme.CA:
    return trustme.CA()


async def shown(visitor: Visitor, context: ssl.SSLContext) -> bytes:
    """The certificate that a new connection is shown."""
    _, writer = await asyncio.open_connection("127.0.0.1", visitor.standing.port, ssl=context)
    found: bytes = writer.get_extra_info("ssl_object").getpeercert(binary_form=True)
    writer.close()
    await writer.wait_closed()
    return found


async def test_https_is_spoken_and_nothing_else(place: Project, tmp_path: Path, authority: trustme.CA) -> None:
    pair = issue(authority, tmp_path)
    trust = trusting(authority)
    async with visiting(place, settings=settings_for(**settings_of(pair)), trust=trust) as visitor:
        assert visitor.standing.url.startswith("https://")
        answer = await visitor.get("/api/health")
        assert answer.row["checks"]["certificate"]["state"] == "valid"
        assert "max-age" in answer.headers["Strict-Transport-Security"]
        login = await visitor.stranger().post("/login", {"token": visitor.token}, Origin=visitor.url(""))
        assert login.headers["Set-Cookie"].startswith("__Host-loki-")
        assert "Secure" in login.headers["Set-Cookie"]
        with pytest.raises(aiohttp.ClientError):
            await visitor.session.get(f"http://127.0.0.1:{visitor.standing.port}/health")


async def test_old_versions_are_refused(place: Project, tmp_path: Path, authority: trustme.CA) -> None:
    old = trusting(authority)
    # A client of today speaks it only when it is made to.
    old.set_ciphers("ALL:@SECLEVEL=0")
    with pytest.warns(DeprecationWarning, match="TLSv1_1"):
        old.minimum_version = old.maximum_version = ssl.TLSVersion.TLSv1_1
    pair = issue(authority, tmp_path)
    async with visiting(place, settings=settings_for(**settings_of(pair)), trust=trusting(authority)) as visitor:
        with pytest.raises((ssl.SSLError, ConnectionError)):
            await asyncio.open_connection("127.0.0.1", visitor.standing.port, ssl=old)
        assert (await visitor.get("/health")).status == 200


async def test_a_certificate_is_renewed_without_a_connection_lost(
    loki: Program, place: Project, tmp_path: Path, authority: trustme.CA
) -> None:
    pair = issue(authority, tmp_path)
    trust = trusting(authority)
    with journal_of(loki, created(loki)):
        async with visiting(place, settings=settings_for(**settings_of(pair)), trust=trust) as visitor:
            before = await shown(visitor, trust)
            async with visitor.stream(f"/api/runs/{RUN}/events/stream") as stream:
                await next_event(stream)
                issue(authority, tmp_path)
                assert await shown(visitor, trust) != before
                assert not stream.content.at_eof()
                assert (await visitor.get("/api/runs")).status == 200


async def test_a_renewal_that_cannot_be_used_changes_nothing_and_is_told(
    place: Project, tmp_path: Path, authority: trustme.CA
) -> None:
    pair = issue(authority, tmp_path)
    other = issue(authority, tmp_path, name="other")
    trust = trusting(authority)
    async with visiting(place, settings=settings_for(**settings_of(pair)), trust=trust) as visitor:
        before = await shown(visitor, trust)
        pair.key.write_bytes(other.key.read_bytes())
        assert await shown(visitor, trust) == before
        health = await visitor.get("/health")
        while health.row["checks"]["certificate"]["state"] == "valid":  # it is looked at twice a second
            health = await visitor.get("/health")
        assert health.status == 503
        assert health.row["checks"]["certificate"]["state"] == "not renewed"
        assert "is not that of the certificate" in health.row["checks"]["certificate"]["why"]


def test_a_key_of_another_pair_is_refused(tmp_path: Path, authority: trustme.CA) -> None:
    one, other = issue(authority, tmp_path), issue(authority, tmp_path, name="other")
    with pytest.raises(UsageError, match="is not that of the certificate"):
        Tls(Pair(one.cert, other.key))


def test_a_certificate_that_has_ended_is_refused(tmp_path: Path, authority: trustme.CA) -> None:
    ended = issue(authority, tmp_path, ends=datetime.now(UTC) - timedelta(days=1))
    with pytest.raises(UsageError, match="ended on"):
        Tls(ended)


def test_one_that_ends_while_it_serves_is_told(tmp_path: Path, authority: trustme.CA) -> None:
    now = [datetime.now(UTC)]
    tls = Tls(issue(authority, tmp_path, ends=now[0] + timedelta(days=30)), clock=lambda: now[0])
    assert (tls.check().ok, tls.check().state) == (True, "valid")
    now[0] += timedelta(days=20)
    assert (tls.check().ok, tls.check().state) == (True, "ends soon")
    now[0] += timedelta(days=11)
    assert (tls.check().ok, tls.check().state) == (False, "expired")


def test_one_that_is_not_valid_yet_is_refused(tmp_path: Path, authority: trustme.CA) -> None:
    pair = issue(authority, tmp_path)
    with pytest.raises(UsageError, match="not valid before"):
        Tls(pair, clock=lambda: datetime(1999, 1, 1, tzinfo=UTC))


@pytest.mark.parametrize("mode", [0o604, 0o644, 0o660, 0o666])
def test_a_key_that_others_may_read_is_refused(tmp_path: Path, authority: trustme.CA, mode: int) -> None:
    pair = issue(authority, tmp_path)
    pair.key.chmod(mode)
    with pytest.raises(UsageError, match="open to others") as refused:
        Tls(pair)
    assert refused.value.hint == f"chmod 600 {pair.key}"


@pytest.mark.parametrize("what", ["cert", "key"])
@pytest.mark.parametrize(
    "content", [None, b"", b"no PEM", b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"]
)
def test_a_file_that_is_none_of_a_pair_is_refused(
    tmp_path: Path, authority: trustme.CA, what: str, content: bytes | None
) -> None:
    pair = issue(authority, tmp_path)
    file: Path = getattr(pair, what)
    if content is None:
        file.unlink()
    else:
        file.write_bytes(content)
    with pytest.raises(UsageError):
        Tls(pair)


def test_a_key_with_a_passphrase_is_refused_and_nobody_is_asked(tmp_path: Path, authority: trustme.CA) -> None:
    pair = issue(authority, tmp_path)
    key = serialization.load_pem_private_key(pair.key.read_bytes(), None)
    pair.key.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.BestAvailableEncryption(b"secret"),
        )
    )
    with pytest.raises(UsageError, match="passphrase"):
        Tls(pair)

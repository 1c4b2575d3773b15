"""An OpenID provider on loopback, over TLS: honest unless a test has it lie."""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
import ssl
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import parse_qs, unquote_plus, urlencode, urlsplit

import jwt
import trustme
from aiohttp import web
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

CLIENT = "loki-dashboard"


class Key:
    """A key pair of the provider's."""

    def __init__(self, kid: str, *, bits: int = 2048) -> None:
        self.kid = kid
        self.private = rsa.generate_private_key(public_exponent=65537, key_size=bits)

    @property
    def public_pem(self) -> bytes:
        return self.private.public_key().public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
        )

    def jwk(self) -> dict[str, Any]:
        value: dict[str, Any] = jwt.algorithms.RSAAlgorithm.to_jwk(self.private.public_key(), as_dict=True)
        return {**value, "kid": self.kid, "use": "sig", "alg": "RS256"}


class Issuer:
    """What the provider is, and what it was asked."""

    def __init__(self) -> None:
        self.url = ""
        self.certificate = b""
        """What it shows, as PEM."""
        self.keys = [Key("first")]
        self.asked_for_keys = 0
        self.down = False
        self.calls_itself: str | None = None
        self.claims: dict[str, Any] = {"sub": "u1", "preferred_username": "ada", "loki_role": "operator"}
        self.secret: str | None = None
        """What a client must show; none where it is a public one."""
        self.ways: tuple[str, ...] = ("client_secret_basic", "client_secret_post")
        """How it may show it."""
        self.nonce: str | None = None
        """Said in place of the one that was asked for."""
        self._codes: dict[str, dict[str, str]] = {}

    def token(self, *, key: Key | None = None, header: dict[str, Any] | None = None, **claims: Any) -> str:
        """A token, signed by the first key unless another is given; a claim of `None` is left out."""
        now = int(time.time())
        said = {"iss": self.url, "aud": CLIENT, "iat": now, "exp": now + 300, **self.claims, **claims}
        signing = key or self.keys[0]
        return jwt.encode(
            {name: value for name, value in said.items() if value is not None},
            signing.private,
            algorithm="RS256",
            headers={"kid": signing.kid, **(header or {})},
        )

    async def discovery(self, request: web.Request) -> web.Response:
        if self.down:
            raise web.HTTPServiceUnavailable
        return web.json_response(
            {
                "issuer": self.calls_itself or self.url,
                "authorization_endpoint": f"{self.url}/authorize",
                "token_endpoint": f"{self.url}/token",
                "jwks_uri": f"{self.url}/keys",
                "code_challenge_methods_supported": ["S256"],
                "token_endpoint_auth_methods_supported": list(self.ways),
            }
        )

    async def published(self, request: web.Request) -> web.Response:
        self.asked_for_keys += 1
        if self.down:
            raise web.HTTPServiceUnavailable
        return web.json_response({"keys": [key.jwk() for key in self.keys]})

    async def authorize(self, request: web.Request) -> web.Response:
        """Somebody signs in, without being asked anything."""
        code = secrets.token_urlsafe(16)
        self._codes[code] = dict(request.query)
        query = urlencode({"code": code, "state": request.query["state"], "iss": self.url})
        return web.Response(status=302, headers={"Location": f"{request.query['redirect_uri']}?{query}"})

    def _client(self, request: web.Request, form: dict[str, str]) -> tuple[str | None, str | None]:
        """Who asks, and the secret that is shown."""
        if (shown := request.headers.get("Authorization")) is None:
            return form.get("client_id"), form.get("client_secret")
        assert "client_secret_basic" in self.ways
        client, _, secret = base64.b64decode(shown.removeprefix("Basic ")).decode().partition(":")
        return unquote_plus(client), unquote_plus(secret)

    async def redeem(self, request: web.Request) -> web.Response:
        form = await request.post()
        client = self._client(request, {name: str(value) for name, value in form.items()})
        if client != (CLIENT, self.secret):
            return web.json_response({"error": "invalid_client"}, status=401)
        asked = self._codes.pop(str(form["code"]), None)
        digest = hashlib.sha256(str(form["code_verifier"]).encode()).digest()
        challenge = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
        if (
            asked is None
            or asked["code_challenge_method"] != "S256"
            or asked["code_challenge"] != challenge
            or asked["redirect_uri"] != form["redirect_uri"]
        ):
            return web.json_response({"error": "invalid_grant"}, status=400)
        token = self.token(nonce=self.nonce or asked["nonce"])
        return web.json_response({"id_token": token, "access_token": "opaque", "token_type": "Bearer"})


@asynccontextmanager
async def issuing(authority: trustme.CA) -> AsyncIterator[Issuer]:
    """A provider that is up."""
    issuer = Issuer()
    app = web.Application()
    app.router.add_get("/.well-known/openid-configuration", issuer.discovery)
    app.router.add_get("/keys", issuer.published)
    app.router.add_get("/authorize", issuer.authorize)
    app.router.add_post("/token", issuer.redeem)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    leaf = authority.issue_cert("127.0.0.1", "localhost")
    leaf.configure_cert(context)
    issuer.certificate = leaf.cert_chain_pems[0].bytes()
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0, ssl_context=context)
    await site.start()
    issuer.url = f"https://127.0.0.1:{runner.addresses[0][1]}"
    try:
        yield issuer
    finally:
        await runner.cleanup()


def unsigned(header: dict[str, Any], claims: dict[str, Any], signature: bytes = b"") -> str:
    """A token put together by hand."""
    return ".".join(_part(part) for part in (json.dumps(header).encode(), json.dumps(claims).encode(), signature))


def raw(header: bytes, claims: bytes, key: Key) -> str:
    """A token whose parts are no library's, properly signed."""
    signed = f"{_part(header)}.{_part(claims)}"
    signature = jwt.algorithms.RSAAlgorithm(jwt.algorithms.RSAAlgorithm.SHA256).sign(signed.encode(), key.private)
    return f"{signed}.{_part(signature)}"


def state_of(location: str) -> dict[str, str]:
    """What a redirect's query says."""
    return {name: values[0] for name, values in parse_qs(urlsplit(location).query).items()}


def _part(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()

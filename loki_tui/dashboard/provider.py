"""The OpenID provider: what it says of itself, and its keys, fetched over HTTPS, checked, and kept for a while.

A provider that is down, or lies about its name, lets nobody in and keeps nobody who is in from going on.
"""

from __future__ import annotations

import asyncio
import json
import ssl
import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from urllib.parse import quote_plus

import aiohttp
import jwt
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from loki_tui.core.messages import JsonObject
from loki_tui.core.terminal import one_line
from loki_tui.dashboard.answers import RefusalError

SECONDS = 5.0
"""What a provider may take to answer."""
BYTES = 256 * 1024
"""What an answer may have."""
KEPT_SECONDS = 3_600.0
"""How long what it said of itself and its keys is believed."""
AGAIN_SECONDS = 10.0
"""How long not to ask again after it failed, or after it was asked for a key it did not have."""
MOST_KEYS = 50

_Https = Field(pattern=r"^https://[^\s?#@]+(\?[^\s#]*)?$", max_length=2_048)


class Discovered(BaseModel):
    """What a provider says of itself, as far as it is of use here."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    issuer: str
    authorization_endpoint: str = _Https
    token_endpoint: str = _Https
    jwks_uri: str = _Https
    code_challenge_methods_supported: tuple[str, ...] = ()
    token_endpoint_auth_methods_supported: tuple[str, ...] = ("client_secret_basic",)
    """How a client that has a secret may show it; the default is OpenID Connect Discovery's."""


def _down(why: str) -> RefusalError:
    return RefusalError(
        503, f"The sign-in cannot be used: {why}.", hint="Try again soon.", headers={"Retry-After": "10"}
    )


class Provider:
    """Asks the provider.

    Args:
        issuer: Its name, which is also where it is found.
        secret: What it knows us by; none where we are a public client.
        clock: Seconds from some moment.
    """

    def __init__(self, issuer: str, *, secret: str | None = None, clock: Callable[[], float] = time.monotonic) -> None:
        self.issuer = issuer
        self._secret = secret
        self._clock = clock
        self._asking = asyncio.Lock()
        self._discovered: tuple[Discovered, float] | None = None
        self._keys: tuple[Mapping[str, jwt.PyJWK], float] = {}, float("-inf")
        self._failed: tuple[str, float] = "", float("-inf")

    async def discovered(self) -> Discovered:
        """What it says of itself.

        Raises:
            RefusalError: It does not answer, or what it says cannot be right.
        """
        if self._discovered is not None and self._clock() - self._discovered[1] < KEPT_SECONDS:
            return self._discovered[0]
        async with self._asking:
            return await self._discover()

    async def key(self, kid: str | None, *, anew: bool = False) -> jwt.PyJWK | None:
        """The key of a name; asked for anew where it is not known, but not all the time.

        Args:
            kid: Its name. A token need not say one where the provider has a single key: that is meant, then.
            anew: Whether the key that is kept is known not to be the one.

        Raises:
            RefusalError: The provider does not answer.
        """
        keys, at = self._keys
        age = self._clock() - at
        if age > KEPT_SECONDS or ((anew or _named(keys, kid) is None) and age > AGAIN_SECONDS):
            async with self._asking:
                if self._keys[1] == at:
                    self._keys = await self._fetch_keys(), self._clock()
            keys = self._keys[0]
        return _named(keys, kid)

    async def redeem(self, form: Mapping[str, str], *, client: str) -> JsonObject:
        """Exchange a code for tokens.

        Args:
            form: What is said of the code.
            client: Our name at the provider.

        Raises:
            RefusalError: The provider does not answer, or does not take the code.
        """
        found = await self.discovered()
        if self._secret is None:
            return await self._ask(found.token_endpoint, {**form, "client_id": client})
        if "client_secret_basic" in found.token_endpoint_auth_methods_supported:
            # RFC 6749, 2.3.1: both are encoded as in a form before they are joined.
            shown = aiohttp.encode_basic_auth(quote_plus(client), quote_plus(self._secret))
            return await self._ask(found.token_endpoint, form, headers={"Authorization": shown})
        return await self._ask(found.token_endpoint, {**form, "client_id": client, "client_secret": self._secret})

    async def _discover(self) -> Discovered:
        if self._discovered is not None and self._clock() - self._discovered[1] < KEPT_SECONDS:
            return self._discovered[0]
        why, at = self._failed
        if self._clock() - at < AGAIN_SECONDS:
            raise _down(why)
        try:
            value = await self._ask(f"{self.issuer.rstrip('/')}/.well-known/openid-configuration")
            found = Discovered.model_validate(value)
            if found.issuer != self.issuer:
                raise _down(f"the provider at {self.issuer} calls itself {one_line(found.issuer)[:200]}")
        except ValidationError as error:
            first = error.errors()[0]
            problem = _down(f"the provider's description is wrong at {'.'.join(map(str, first['loc']))}")
            self._failed = problem.message, self._clock()
            raise problem from error
        except RefusalError as error:
            self._failed = error.message.removeprefix("The sign-in cannot be used: ").rstrip("."), self._clock()
            raise
        self._discovered = found, self._clock()
        return found

    async def _fetch_keys(self) -> Mapping[str, jwt.PyJWK]:
        found = await self._discover()
        value = await self._ask(found.jwks_uri)
        listed = value.get("keys")
        if not isinstance(listed, list):
            raise _down("the provider's keys are no list")
        keys: dict[str, jwt.PyJWK] = {}
        for each in listed[:MOST_KEYS]:
            if isinstance(each, dict) and (key := _usable(each)) is not None:
                # No token can say a name like that of one that has none.
                keys[str(each.get("kid") or f"\n{len(keys)}")] = key
        return keys

    async def _ask(
        self, url: str, form: Mapping[str, str] | None = None, *, headers: Mapping[str, str] | None = None
    ) -> JsonObject:
        try:
            async with (
                _session() as session,
                session.request(
                    "GET" if form is None else "POST", url, data=form, headers=headers, allow_redirects=False
                ) as response,
            ):
                data = await response.content.read(BYTES + 1)
                while len(data) <= BYTES and (more := await response.content.read(BYTES + 1)):
                    data += more
                if len(data) > BYTES:
                    raise _down("the provider says too much")
                if response.status != 200:
                    if form is not None and response.status < 500:
                        raise _refused(data)
                    raise _down(f"the provider answers {response.status}")
            value = json.loads(data)
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise _down(f"the provider at {self.issuer} does not answer ({type(error).__name__})") from error
        except (ValueError, RecursionError) as error:
            raise _down("the provider's answer is no JSON") from error
        if not isinstance(value, dict):
            raise _down("the provider's answer is no object")
        return value


def _refused(data: bytes) -> RefusalError:
    """What a refused exchange comes to: a person can sign in anew, but not mend how we are known to the provider."""
    try:
        value = json.loads(data)
    except (ValueError, RecursionError):
        value = None
    if isinstance(value, dict) and value.get("error") in {"invalid_client", "unauthorized_client"}:
        return RefusalError(
            401,
            "The provider does not take the dashboard for the client that LOKI_OIDC_CLIENT_ID names.",
            hint="A confidential client needs LOKI_OIDC_CLIENT_SECRET; without it, it must be a public one there.",
        )
    return RefusalError(401, "The provider did not take the code.", hint="Sign in again: /login")


@asynccontextmanager
async def _session() -> AsyncIterator[aiohttp.ClientSession]:
    # Made for each question: the few there are do not pay for connections that are kept. It verifies, always.
    connector = aiohttp.TCPConnector(ssl=ssl.create_default_context())
    timeout = aiohttp.ClientTimeout(total=SECONDS)
    async with aiohttp.ClientSession(connector=connector, timeout=timeout) as session:
        yield session


def _named(keys: Mapping[str, jwt.PyJWK], kid: str | None) -> jwt.PyJWK | None:
    if kid is not None:
        return keys.get(kid)
    return next(iter(keys.values())) if len(keys) == 1 else None


def _usable(value: Mapping[str, object]) -> jwt.PyJWK | None:
    """A public key to verify signatures with; none where it is of another use, unknown or too weak."""
    if value.get("use", "sig") != "sig" or value.get("kty") not in {"RSA", "EC", "OKP"}:
        return None
    try:
        key = jwt.PyJWK.from_dict(dict(value))
    except jwt.PyJWTError:
        return None
    size = getattr(key.key, "key_size", None)
    if value["kty"] == "RSA" and (not isinstance(size, int) or size < 2048):
        return None
    return key

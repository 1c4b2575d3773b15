"""Tokens of the provider: verified before anything in them is believed, and what they say somebody may do.

Signatures are the library's. What is refused here, before it sees a token: what no honest provider sends
(keys and addresses within a token, names said twice), and whatever names an algorithm that is not on our list.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass

import jwt

from loki_tui.core.messages import JsonObject
from loki_tui.core.terminal import one_line
from loki_tui.dashboard.access import Caller, Role, highest
from loki_tui.dashboard.answers import RefusalError
from loki_tui.dashboard.provider import Provider

ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "EdDSA")
"""Signatures with a public key alone."""
TOKEN_BYTES = 8_000
LEEWAY = 30
"""Seconds two clocks may differ."""
_KID = re.compile(r"[\x21-\x7e]{1,200}")
_FORBIDDEN = frozenset({"jku", "jwk", "x5u", "x5c", "crit", "b64", "zip"})
"""What would have a token say which key it is verified with, or how it is read."""
_SCOPE = "loki:"
NAME_CHARS = 100


@dataclass(frozen=True, slots=True)
class Expected:
    """What a token must say."""

    client: str
    """Our name at the provider."""
    audience: str
    """Whom it must be meant for."""
    role_claim: str


def invalid(why: str) -> RefusalError:
    """A token that lets nobody in."""
    return RefusalError(
        401,
        f"The token is not accepted: {why}.",
        hint="Get a new one from your provider.",
        headers={"WWW-Authenticate": 'Bearer error="invalid_token"'},
    )


class Verifier:
    """Verifies tokens of one provider."""

    def __init__(self, provider: Provider, expected: Expected) -> None:
        self._provider, self._expected = provider, expected

    async def caller(self, token: str) -> Caller:
        """Who sends an access token, and what they may do.

        Raises:
            RefusalError: The token is not valid, or says nothing of a role.
        """
        return self.caller_of(await self.claims(token, audience=self._expected.audience))

    async def claims(self, token: str, *, audience: str) -> JsonObject:
        """What a token says, once it is verified.

        Raises:
            RefusalError: It is not valid, or the provider cannot be asked for its keys.
        """
        kid = _inspected(token)
        claims = self._decoded(token, await self._provider.key(kid), kid, audience)
        if claims is None and kid is None:
            # Who has a single key need not name it, not even when it becomes another.
            claims = self._decoded(token, await self._provider.key(None, anew=True), kid, audience)
        if claims is None:
            raise invalid("its signature is wrong")
        self._require_party(claims)
        return claims

    def _decoded(self, token: str, key: jwt.PyJWK | None, kid: str | None, audience: str) -> JsonObject | None:
        """What a token says; none where this is not the key it is signed with."""
        if key is None:
            raise invalid("the provider has no such key" if kid else "it does not say which key it is signed with")
        try:
            claims: JsonObject = jwt.decode(
                token,
                key,
                algorithms=list(ALGORITHMS),
                audience=audience,
                issuer=self._provider.issuer,
                leeway=LEEWAY,
                options={"require": ["exp", "iat", "iss", "aud", "sub"]},
            )
        except jwt.InvalidSignatureError:
            return None
        except jwt.PyJWTError as error:
            raise invalid(_why(error)) from error
        return claims

    def _require_party(self, claims: Mapping[str, object]) -> None:
        """A token that was made out to another client is none of ours, whomever it is meant for."""
        aud, azp = claims.get("aud"), claims.get("azp")
        if isinstance(aud, list) and len(aud) > 1 and azp is None:
            raise invalid("it has several audiences and does not say which client it was made out to")
        if azp is not None and azp != self._expected.client:
            raise invalid("it was made out to another client")

    def caller_of(self, claims: Mapping[str, object], *, granted: str = "") -> Caller:
        """Who verified claims are about.

        Args:
            claims: Of a token.
            granted: Scopes that the provider said apart from it.

        Raises:
            RefusalError: They say nothing of a role.
        """
        role = role_in(claims, self._expected.role_claim, granted=granted)
        name = next(
            (text for claim in ("preferred_username", "email", "name", "sub") if (text := _text(claims.get(claim)))), ""
        )
        if role is None:
            raise RefusalError(
                403,
                f"{name} has no role here.",
                hint=f"It takes the claim {self._expected.role_claim}, or a scope such as loki:viewer.",
            )
        return Caller(name, role)


def role_in(claims: Mapping[str, object], role_claim: str, *, granted: str = "") -> Role | None:
    """The highest role that claims give: by a claim of its own, or by scopes."""
    words = _words(claims.get(role_claim))
    scopes = _words(claims.get("scope")) | _words(claims.get("scp")) | _words(granted)
    return highest(words | frozenset(scope.removeprefix(_SCOPE) for scope in scopes if scope.startswith(_SCOPE)))


def _words(value: object) -> frozenset[str]:
    if isinstance(value, str):
        return frozenset(value.split())
    return frozenset(each for each in value if isinstance(each, str)) if isinstance(value, list) else frozenset()


def _text(value: object) -> str:
    return one_line(value).strip()[:NAME_CHARS] if isinstance(value, str) else ""


def _inspected(token: str) -> str | None:
    """Look a token over before anybody works on it.

    Returns:
        The name of the key it says it is signed with; none where it says none.

    Raises:
        RefusalError: It is none that we would take, however it is signed.
    """
    parts = token.split(".")
    if len(token) > TOKEN_BYTES or len(parts) != 3 or not token.isascii():
        raise invalid("it is no signed token, or too long")
    header, _ = _object(parts[0]), _object(parts[1])
    if header.get("alg") not in ALGORITHMS:
        raise invalid("its algorithm is not one of ours")
    if not _FORBIDDEN.isdisjoint(header):
        raise invalid("it wants to say how it is verified")
    if str(header.get("typ", "JWT")).lower() not in {"jwt", "at+jwt", "application/at+jwt"}:
        raise invalid("it is of another type")
    if "kid" not in header:
        return None
    kid = header["kid"]
    if not isinstance(kid, str) or not _KID.fullmatch(kid):
        raise invalid("it does not say which key it is signed with")
    return kid


def _object(part: str) -> Mapping[str, object]:
    try:
        data = base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))
        value = json.loads(data.decode("utf-8"), object_pairs_hook=_once, parse_constant=_no_number)
    except (ValueError, binascii.Error, RecursionError) as error:
        raise invalid("it cannot be read, or says something twice") from error
    if not isinstance(value, dict):
        raise invalid("it cannot be read")
    return value


def _once(pairs: list[tuple[str, object]]) -> dict[str, object]:
    """An object, unless a name is in it twice: two readers would take it for two things."""
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a name is in it twice")
    return found


def _no_number(text: str) -> object:
    raise ValueError(f"{text} is no number in JSON")


_REASONS: tuple[tuple[type[Exception], str], ...] = (
    (jwt.ExpiredSignatureError, "it has expired"),
    (jwt.ImmatureSignatureError, "it is not valid yet"),
    (jwt.InvalidIssuerError, "it is from another issuer"),
    (jwt.InvalidAudienceError, "it is meant for somebody else"),
    (jwt.MissingRequiredClaimError, "it does not say all that it must"),
)


def _why(error: jwt.PyJWTError) -> str:
    return next((why for kind, why in _REASONS if isinstance(error, kind)), "it cannot be verified")

"""Sign-in with a provider: hostile tokens, a provider that fails or lies, and the flow of a browser."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import ssl
import time
from collections.abc import Callable
from typing import Any

import jwt
import pytest

from loki_tui.dashboard.answers import RefusalError
from loki_tui.dashboard.claims import Expected, Verifier
from loki_tui.dashboard.provider import AGAIN_SECONDS, Provider
from loki_tui.runtime.client import Project
from tests.dashboard.issuing import CLIENT, Issuer, Key, raw, state_of, unsigned
from tests.dashboard.visiting import Said, Visitor, settings_for, visiting


async def shows(visitor: Visitor, token: str) -> Said:
    return await visitor.get("/api/session", Authorization=f"Bearer {token}")


def claims_of(issuer: Issuer) -> dict[str, Any]:
    now = int(time.time())
    return {"iss": issuer.url, "aud": CLIENT, "iat": now, "exp": now + 300, **issuer.claims}


def by_public_key(issuer: Issuer) -> str:
    """HS256 with the public key as the secret: for who takes the algorithm from the token."""
    head = {"alg": "HS256", "typ": "JWT", "kid": "first"}
    signed = unsigned(head, claims_of(issuer)).rpartition(".")[0]
    mac = hmac.new(issuer.keys[0].public_pem, signed.encode(), hashlib.sha256).digest()
    return f"{signed}.{base64.urlsafe_b64encode(mac).rstrip(b'=').decode()}"


def twice(issuer: Issuer) -> str:
    claims = json.dumps(claims_of(issuer))[:-1] + ', "loki_role": "admin"}'
    return raw(b'{"alg": "RS256", "kid": "first"}', claims.encode(), issuer.keys[0])


def _said(issuer: Issuer) -> bytes:
    return json.dumps(claims_of(issuer)).encode()


def _swapped(issuer: Issuer) -> str:
    head, _, signature = issuer.token().split(".")
    other = unsigned({}, {**claims_of(issuer), "loki_role": "admin"}).split(".")[1]
    return f"{head}.{other}.{signature}"


NOW = time.time

HOSTILE: dict[str, Callable[[Issuer], str]] = {
    "expired": lambda i: i.token(exp=int(NOW()) - 60),
    "not yet valid": lambda i: i.token(nbf=int(NOW()) + 600),
    "issued in the future": lambda i: i.token(iat=int(NOW()) + 600),
    "never expires": lambda i: i.token(exp=None),
    "no subject": lambda i: i.token(sub=None),
    "no issuer": lambda i: i.token(iss=None),
    "no audience": lambda i: i.token(aud=None),
    "wrong issuer": lambda i: i.token(iss="https://evil.example"),
    "issuer with a slash": lambda i: i.token(iss=f"{i.url}/"),
    "wrong audience": lambda i: i.token(aud="another"),
    "wrong azp": lambda i: i.token(azp="another"),
    "several audiences, no azp": lambda i: i.token(aud=[CLIENT, "another"]),
    "alg none": lambda i: unsigned({"alg": "none", "kid": "first"}, claims_of(i)),
    "alg None": lambda i: unsigned({"alg": "None", "kid": "first"}, claims_of(i), b"x"),
    "no alg": lambda i: unsigned({"kid": "first"}, claims_of(i)),
    "HS256 with the public key": by_public_key,
    "unknown kid": lambda i: i.token(header={"kid": "never"}),
    "kid with a path": lambda i: i.token(header={"kid": "../../../../dev/null"}),
    "kid with a line": lambda i: i.token(header={"kid": "first\n"}),
    "an empty kid": lambda i: raw(b'{"alg": "RS256", "kid": ""}', _said(i), i.keys[0]),
    "no kid, and another's key": lambda i: raw(b'{"alg": "RS256"}', _said(i), Key("first")),
    "jku": lambda i: i.token(header={"jku": "https://evil.example/keys"}),
    "x5u": lambda i: i.token(header={"x5u": "https://evil.example/cert"}),
    "jwk within": lambda i: i.token(key=(k := Key("first")), header={"jwk": k.jwk()}),
    "crit": lambda i: raw(b'{"alg": "RS256", "kid": "first", "crit": ["x"], "x": 1}', _said(i), i.keys[0]),
    "another's key under the same name": lambda i: i.token(key=Key("first")),
    "changed after it was signed": _swapped,
    "duplicate claims": twice,
    "duplicate headers": lambda i: raw(b'{"alg": "RS256", "kid": "first", "kid": "first"}', _said(i), i.keys[0]),
    "nested without end": lambda i: raw(b'{"alg": "RS256", "kid": "first"}', b"[" * 4000, i.keys[0]),
    "no object": lambda i: raw(b'{"alg": "RS256", "kid": "first"}', b'["a"]', i.keys[0]),
    "NaN": lambda i: raw(b'{"alg": "RS256", "kid": "first"}', b'{"exp": NaN}', i.keys[0]),
    "another type": lambda i: i.token(header={"typ": "logout+jwt"}),
    "two parts": lambda i: i.token().rpartition(".")[0],
    "five parts": lambda i: i.token() + ".a.b",
    "empty": lambda i: "..",
    "no base64": lambda i: "!.!.!",
}


@pytest.mark.filterwarnings("ignore::jwt.warnings.InsecureKeyLengthWarning")
@pytest.mark.parametrize("what", HOSTILE)
async def test_a_hostile_token_lets_nobody_in(issuer: Issuer, visitor: Visitor, what: str) -> None:
    assert (await shows(visitor, issuer.token())).status == 200
    refused = await shows(visitor, HOSTILE[what](issuer))
    assert refused.status == 401, refused.body
    assert refused.row["error"].startswith("The token is not accepted: ")


async def test_no_token_and_a_megabyte_of_one_let_nobody_in(issuer: Issuer, visitor: Visitor) -> None:
    assert (await visitor.get("/api/session")).status == 401
    assert (await shows(visitor, "x" * 2**20)).status == 400
    assert (await shows(visitor, issuer.token(pad="x" * 5800))).status in {400, 401}


async def test_a_token_is_known_by_name_and_role(issuer: Issuer, visitor: Visitor) -> None:
    told = (await shows(visitor, issuer.token())).row
    assert (told["name"], told["role"]) == ("ada", "operator")
    several = await shows(visitor, issuer.token(aud=[CLIENT, "another"], azp=CLIENT))
    assert several.status == 200
    hidden = (await shows(visitor, issuer.token(preferred_username="a\x1b[31m\nb"))).row
    assert "\x1b" not in hidden["name"]
    assert "\n" not in hidden["name"]


@pytest.mark.parametrize(
    ("claims", "role"),
    [
        ({"loki_role": None}, None),
        ({"loki_role": "root"}, None),
        ({"loki_role": ["viewer", "admin"]}, "admin"),
        ({"loki_role": None, "scope": "openid loki:viewer"}, "viewer"),
        ({"loki_role": None, "scp": ["loki:operator"]}, "operator"),
        ({"loki_role": None, "scope": "admin loki: loki:Admin"}, None),
        ({"loki_role": {"admin": True}}, None),
    ],
)
async def test_a_role_comes_from_a_claim_or_a_scope(
    issuer: Issuer, visitor: Visitor, claims: dict[str, Any], role: str | None
) -> None:
    answer = await shows(visitor, issuer.token(**claims))
    assert answer.status == (200 if role else 403)
    assert answer.row.get("role") == role


async def test_a_provider_that_is_down_lets_nobody_in_and_nothing_else_suffers(
    issuer: Issuer, visitor: Visitor
) -> None:
    issuer.down = True
    refused = await shows(visitor, issuer.token())
    assert refused.status == 503
    assert "answers 503" in refused.row["error"]
    assert (await visitor.get("/login")).status == 503
    assert (await visitor.get("/health")).status == 200


async def test_a_provider_that_lies_about_its_name_lets_nobody_in(issuer: Issuer, visitor: Visitor) -> None:
    issuer.calls_itself = "https://evil.example"
    assert (await visitor.get("/login")).status == 503
    refused = await shows(visitor, issuer.token())
    assert refused.status == 503
    assert "calls itself https://evil.example" in refused.row["error"]


async def test_a_provider_of_an_unknown_authority_is_not_believed(
    issuer: Issuer, visitor: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SSL_CERT_FILE")
    refused = await visitor.get("/login")
    assert refused.status == 503
    assert "Certificate" in refused.row["error"]


async def test_keys_are_rotated_and_unknown_ones_are_not_asked_for_all_the_time(issuer: Issuer) -> None:
    now = [0.0]
    provider = Provider(issuer.url, clock=lambda: now[0])
    assert await provider.key("first") is not None
    assert [await provider.key(f"unknown{number}") for number in range(20)] == [None] * 20
    assert issuer.asked_for_keys == 1
    issuer.keys = [Key("second")]
    now[0] += AGAIN_SECONDS + 1
    assert await provider.key("second") is not None
    assert await provider.key("first") is None
    assert issuer.asked_for_keys == 2


def nameless(issuer: Issuer) -> str:
    return raw(b'{"alg": "RS256"}', _said(issuer), issuer.keys[0])


async def test_a_token_need_not_name_the_only_key_there_is(issuer: Issuer) -> None:
    now = [0.0]
    verifier = Verifier(Provider(issuer.url, clock=lambda: now[0]), Expected(CLIENT, CLIENT, "loki_role"))
    assert (await verifier.claims(nameless(issuer), audience=CLIENT))["sub"] == "u1"
    issuer.keys = [Key("second")]
    with pytest.raises(RefusalError):
        await verifier.claims(nameless(issuer), audience=CLIENT)
    now[0] += AGAIN_SECONDS + 1
    assert (await verifier.claims(nameless(issuer), audience=CLIENT))["sub"] == "u1"
    assert issuer.asked_for_keys == 2


async def test_a_token_names_one_of_several_keys(issuer: Issuer) -> None:
    issuer.keys.append(Key("second"))
    verifier = Verifier(Provider(issuer.url), Expected(CLIENT, CLIENT, "loki_role"))
    with pytest.raises(RefusalError, match="which key"):
        await verifier.claims(nameless(issuer), audience=CLIENT)


async def test_a_key_that_is_too_weak_is_none(issuer: Issuer) -> None:
    issuer.keys = [Key("weak", bits=1024), Key("first")]
    provider = Provider(issuer.url)
    assert await provider.key("weak") is None
    assert await provider.key("first") is not None


# -- the flow of a browser ----------------------------------------------------------------------


async def begun(visitor: Visitor) -> tuple[str, str]:
    """Where a browser is sent, and its cookie."""
    sent = await visitor.get("/login")
    assert sent.status == 302
    cookie = sent.headers["Set-Cookie"]
    assert all(word in cookie for word in ("HttpOnly", "SameSite=Lax"))
    return sent.headers["Location"], cookie.partition(";")[0]


async def answered(visitor: Visitor, location: str) -> str:
    """Where the provider sends the browser back to; its path and query."""
    async with visitor.session.get(location, allow_redirects=False, ssl=ssl.create_default_context()) as answer:
        back: str = answer.headers["Location"]
    assert back.startswith(visitor.url("/callback?"))
    return back.removeprefix(visitor.url(""))


async def test_a_browser_signs_in_with_pkce(issuer: Issuer, visitor: Visitor) -> None:
    location, cookie = await begun(visitor)
    asked = state_of(location)
    assert (asked["response_type"], asked["code_challenge_method"], asked["client_id"]) == ("code", "S256", CLIENT)
    back = await answered(visitor, location)
    came = await visitor.get(back, Cookie=cookie)
    assert (came.status, came.headers["Location"]) == (302, "/")
    session = came.cookie("loki-")
    told = (await visitor.get("/api/session", Cookie=session)).row
    assert (told["name"], told["role"]) == ("ada", "operator")
    # The code is good for once, and so is the state.
    assert (await visitor.get(back, Cookie=cookie)).status == 401


@pytest.mark.parametrize("ways", [("client_secret_basic", "client_secret_post"), ("client_secret_post",)])
async def test_a_confidential_client_shows_its_secret(issuer: Issuer, place: Project, ways: tuple[str, ...]) -> None:
    issuer.secret, issuer.ways = "with a space & a +", ways
    settings = settings_for(oidc_issuer=issuer.url, oidc_client_id=CLIENT)
    async with visiting(place, settings=settings, client_secret=issuer.secret) as visitor:
        location, cookie = await begun(visitor)
        came = await visitor.get(await answered(visitor, location), Cookie=cookie)
        assert (came.status, came.headers["Location"]) == (302, "/")


@pytest.mark.parametrize("secret", [None, "another"])
async def test_a_client_that_is_not_taken_is_told_so(issuer: Issuer, place: Project, secret: str | None) -> None:
    issuer.secret = "the right one"
    settings = settings_for(oidc_issuer=issuer.url, oidc_client_id=CLIENT)
    async with visiting(place, settings=settings, client_secret=secret) as visitor:
        location, cookie = await begun(visitor)
        refused = await visitor.get(await answered(visitor, location), Cookie=cookie)
    assert refused.status == 401
    assert "LOKI_OIDC_CLIENT_SECRET" in refused.row["hint"]


async def test_a_refusal_is_a_page_for_a_browser_and_an_object_for_a_program(visitor: Visitor) -> None:
    page = await visitor.get("/callback?state=x", Accept="text/html,*/*")
    assert (page.status, page.headers["Content-Type"]) == (401, "text/html; charset=utf-8")
    assert b"no such sign-in under way" in page.body
    program = await visitor.get("/api/runs", Accept="text/html,*/*")
    assert (program.status, program.headers["Content-Type"]) == (401, "application/json; charset=utf-8")


@pytest.mark.parametrize("what", ["state", "browser", "no browser", "iss", "code", "error"])
async def test_an_answer_that_belongs_to_another_sign_in_is_refused(
    issuer: Issuer, visitor: Visitor, what: str
) -> None:
    location, cookie = await begun(visitor)
    _, others = await begun(visitor)
    back = await answered(visitor, location)
    said = state_of(back)
    headers = {"Cookie": cookie}
    match what:
        case "state":
            said["state"] = "x" + said["state"]
        case "browser":
            headers = {"Cookie": others}
        case "no browser":
            headers = {}
        case "iss":
            said["iss"] = "https://evil.example"
        case "code":
            said["code"] = "another"
        case _:
            said = {"state": said["state"], "error": "access_denied"}
    query = "&".join(f"{name}={value}" for name, value in said.items())
    refused = await visitor.get(f"/callback?{query}", **headers)
    assert refused.status == 401
    assert "Set-Cookie" not in refused.headers


async def test_an_identity_for_another_sign_in_is_refused(issuer: Issuer, visitor: Visitor) -> None:
    issuer.nonce = "another"
    location, cookie = await begun(visitor)
    refused = await visitor.get(await answered(visitor, location), Cookie=cookie)
    assert refused.status == 401
    assert "another sign-in" in refused.row["error"]


async def test_somebody_without_a_role_is_told_so(issuer: Issuer, visitor: Visitor) -> None:
    issuer.claims = {"sub": "u2", "email": "eve@example.com"}
    location, cookie = await begun(visitor)
    refused = await visitor.get(await answered(visitor, location), Cookie=cookie)
    assert refused.status == 403
    assert "eve@example.com has no role" in refused.row["error"]


async def test_the_application_takes_an_admin(issuer: Issuer, visitor: Visitor) -> None:
    assert (await visitor.get("/")).headers["Location"] == "/login"
    location, cookie = await begun(visitor)
    came = await visitor.get(await answered(visitor, location), Cookie=cookie)
    session = came.cookie("loki-")
    page = await visitor.get("/", Cookie=session)
    assert page.status == 403
    assert b"takes the role" in page.body


def test_the_library_itself_refuses_what_we_refuse_before_it() -> None:
    with pytest.raises(jwt.PyJWTError):
        jwt.decode(unsigned({"alg": "none"}, {}), b"", algorithms=["RS256"])

from __future__ import annotations

import base64
import hashlib
import json
import string
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from loki_tui.guard.redact import Redactor, secrets_of

SECRET = 'hunter2/&"ü=+x'
REDACTOR = Redactor({"DB_PASSWORD": SECRET, "SHORT": "1234567"})

# Put together here, so that no scanner takes this file for a leak.
TOKENS = {
    "anthropic_key": "sk-" + "ant-api03-AbCdEf_0123456789-xyz",
    "github_token": "gh" + "p_" + "a1B2" * 9,
    "aws_key_id": "AK" + "IA" + "ABCDEFGH01234567",
    "aws_secret_key": "aws_secret_access_key = " + "aB3/" * 10,
    "slack_token": "xo" + "xb-123456789012-abcdef",
    "jwt": ".".join(("ey" + "JhbGciOiJIUzI1NiJ9", "ey" + "JzdWIiOiIxMjM0In0", "dozjgNryP4J3jVmNHl0w5N")),
    "bearer_token": "Bearer abcdefgh12345678abcd",
    "private_key": "-----BEGIN RSA PRIVATE "
    "KEY-----\n" + ("MIIEow" * 10 + "\n") * 3 + "ab==\n-----END RSA PRIVATE KEY-----",
}


@pytest.mark.parametrize(
    "form",
    [
        SECRET,
        json.dumps(SECRET)[1:-1],
        json.dumps(SECRET, ensure_ascii=False)[1:-1],
        quote(SECRET),
        quote(SECRET, safe=""),
        quote_plus(SECRET),
        quote(SECRET, safe="").lower(),
    ],
)
def test_a_known_secret_is_found_in_every_form(form: str) -> None:
    assert REDACTOR.redact(f"a {form} b") == "a [redacted:DB_PASSWORD] b"


@given(before=st.binary(max_size=8), after=st.binary(max_size=8))
def test_a_known_secret_is_found_inside_base64(before: bytes, after: bytes) -> None:
    for encode in (base64.b64encode, base64.urlsafe_b64encode):
        text = REDACTOR.redact(encode(before + SECRET.encode() + after).decode())
        assert "[redacted:DB_PASSWORD]" in text


def test_a_short_value_is_an_ordinary_word() -> None:
    assert REDACTOR.redact("1234567") == "1234567"


@pytest.mark.parametrize(("name", "token"), TOKENS.items())
def test_a_token_of_known_shape_is_found_without_being_known(name: str, token: str) -> None:
    assert Redactor({}).redact(f"see: {token}, then") == f"see: [redacted:{name}], then"


def test_a_key_is_found_where_its_lines_are_escaped() -> None:
    text = json.dumps({"key": TOKENS["private_key"]})
    assert Redactor({}).redact(text) == '{"key": "[redacted:private_key]"}'


def test_a_key_whose_end_was_cut_off_is_found() -> None:
    text = TOKENS["private_key"][:150]
    assert Redactor({}).redact(text) == "[redacted:private_key]"


@pytest.mark.parametrize(
    "text",
    [
        hashlib.sha256(b"x").hexdigest(),
        hashlib.sha1(b"x").hexdigest(),
        "commit ef77011 Lay down the vocabulary",
        "123e4567-e89b-12d3-a456-426614174000",
        "The bearer of authentication-certificates may enter.",
        "-----BEGIN PRIVATE " + "KEY-----",
        'if "-----BEGIN PRIVATE ' + 'KEY-----" in text: warn("that looks like a key")',
        "ghp_short and xoxo-xoxo and sk-learn and AKIA",
        "data:image/png;base64," + base64.b64encode(bytes(range(200))).decode(),
        "[redacted:unknown] [redacted:]",
        "sha512-" + base64.b64encode(hashlib.sha512(b"x").digest()).decode(),
    ],
)
def test_ordinary_text_is_left_alone(text: str) -> None:
    assert REDACTOR.redact(text) == text


def test_brackets_do_not_hide_a_secret() -> None:
    assert REDACTOR.redact(f"[redacted:{SECRET}]") == "[redacted:[redacted:DB_PASSWORD]]"


def test_a_secret_that_is_part_of_a_mark_ends() -> None:
    redactor = Redactor({"A_TOKEN": "redacted", "B_TOKEN": "A_TOKEN]"})
    assert redactor.redact("redacted") == "[redacted:A_TOKEN]"


def test_of_two_secrets_the_longer_is_named() -> None:
    redactor = Redactor({"A": "password", "B": "password-and-more"})
    assert redactor.redact("password-and-more password") == "[redacted:B] [redacted:A]"


PIECES = (
    st.sampled_from([SECRET, *TOKENS.values(), " ", "\n", "[redacted:jwt]", "[redacted:", "]", "Bearer "]) | st.text()
)


@given(st.lists(PIECES, max_size=8).map("".join))
def test_redacting_twice_changes_nothing_and_no_secret_stays(text: str) -> None:
    once = REDACTOR.redact(text)
    assert REDACTOR.redact(once) == once
    assert SECRET not in once


@given(
    secret=st.text(string.ascii_letters + string.digits + "/+=%&\"'\\ ", min_size=8, max_size=40),
    before=st.text(),
    after=st.text(),
)
def test_any_secret_goes_and_the_rest_stays(secret: str, before: str, after: str) -> None:
    assume(secret not in "[redacted:NAME]")
    redactor = Redactor({"NAME": secret})
    clean = redactor.redact(f"{before}{secret}{after}")
    assert secret not in clean
    if before + after == Redactor({}).redact(before + after):
        assert "[redacted:NAME]" in clean


@pytest.mark.parametrize(
    "name",
    [
        "ANTHROPIC_API_KEY",
        "ANTHROPIC_AUTH_TOKEN",
        "GITHUB_TOKEN",
        "AWS_SECRET_ACCESS_KEY",
        "aws_session_token",
        "DB_PASSWORD",
        "MYSQL_PWD_PASSWORD",
        "NPM_CONFIG__AUTH",
        "SECRET_KEY_BASE",
        "APIKEY",
        "GITHUB_PAT",
    ],
)
def test_variables_with_a_telling_name_are_secrets(name: str) -> None:
    assert secrets_of({name: "abcdefgh"}) == {name: "abcdefgh"}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PATH", "/usr/bin:/bin"),
        ("PWD", "/home/ada/project"),
        ("SSH_AUTH_SOCK", "/tmp/ssh-x/agent.1"),
        ("TOKEN_FILE", "/run/secrets/token"),
        ("AUTHOR", "Ada Lovelace"),
        ("KEYBOARD_LAYOUT", "dvorak-intl"),
        ("GIT_CONFIG_KEY_0", "user.name"),
        ("LOKI_TLS_KEY", "/etc/letsencrypt/live/example.com/privkey.pem"),
        ("TOKENIZERS_PARALLELISM", "falsefalse"),
        ("HTTPS_PROXY", "http://proxy.example:3128"),
    ],
)
def test_other_variables_are_not(name: str, value: str) -> None:
    assert secrets_of({name: value}) == {}


def test_a_password_in_an_address_is_a_secret_whatever_the_name() -> None:
    assert secrets_of({"DATABASE_URL": "postgres://ada:s3cr3t-pw@db/app"}) == {"DATABASE_URL": "s3cr3t-pw"}

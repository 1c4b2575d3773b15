"""Secrets are found and named, and never shown."""

from __future__ import annotations

import pytest

from loki_tui.engine.qa.secrets_scan import SECRETS_IN_FILE, is_example, secrets_in

# Put together here, or these files would hold what is looked for.
AWS = "AKIA" + "QX7RTB2LMNPW93KD"
GITHUB = "ghp_" + "kR7wQz2LmXv9TnB4sYc6HdJf8GpA3eUoW1Zi"
STRIPE_TEST = "sk_" + "test_4eC39HqLyjWDarjtT1zdp7dc"
BEGIN, END = "-----BEGIN " + "PRIVATE KEY-----", "-----END " + "PRIVATE KEY-----"
KEY = f"{BEGIN}\nMIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSj\n{END}\n"


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        (f"import os\n\nkey = '{AWS}'\n", 3, "an aws key id ending in …93KD"),
        (f"TOKEN={GITHUB}", 1, "a github token ending in …W1Zi"),
        (f"a\n{KEY}", 2, "a private key;"),
    ],
)
def test_a_secret_is_told_of_by_kind_line_and_end(text: str, line: int, said: str) -> None:
    (secret,) = secrets_in("src/app.py", text)
    finding = secret.finding()
    assert (finding.severity, finding.file, finding.line) == ("critical", "src/app.py", line)
    assert finding.message.startswith(said)
    assert secret.value not in finding.message
    assert secret.value[:-4] not in finding.message


@pytest.mark.parametrize("path", ["tests/test_a.py", "src/a.test.ts", "spec/fixtures/key.pem", ".env.example"])
def test_in_tests_and_examples_it_is_named_all_the_same(path: str) -> None:
    (secret,) = secrets_in(path, AWS)
    assert secret.finding().severity == "medium"
    assert "make sure that it opens nothing" in secret.finding().message


@pytest.mark.parametrize("value", ["AKIA" + "IOSFODNN7EXAMPLE", STRIPE_TEST, "ghp_" + "x" * 36])
def test_made_up_tokens_are_lesser(value: str) -> None:
    assert [secret.finding().severity for secret in secrets_in("src/a.py", value)] == ["medium"]


def test_documentation_is_no_excuse() -> None:
    assert not is_example("README.md")
    assert secrets_in("README.md", AWS)[0].finding().severity == "critical"


def test_a_file_of_variables_is_read_by_their_names() -> None:
    text = "DEBUG=true\nSECRET_KEY='wholly-private-word'\nPASSWORD=$FROM_ELSEWHERE\nAPI_TOKEN=short\n"
    (secret,) = secrets_in(".env", text)
    finding = secret.finding()
    assert (finding.severity, finding.line) == ("medium", 2)
    assert "word" not in finding.message
    assert not secrets_in("settings.py", text)


@pytest.mark.parametrize("text", ["", "sha256:" + "a1" * 32, "AKIA in prose", f"{BEGIN} is how one begins"])
def test_what_is_none_is_not_told(text: str) -> None:
    assert not secrets_in("a.py", text)


def test_a_secret_counts_once_a_file_and_a_file_is_bounded() -> None:
    assert len(secrets_in("a.py", f"{AWS}\n{AWS}")) == 1
    many = "\n".join(f"AKIA{number:016d}" for number in range(10 * SECRETS_IN_FILE))
    assert len(secrets_in("a.py", many)) == SECRETS_IN_FILE

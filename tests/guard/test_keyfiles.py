from __future__ import annotations

import pytest

from loki_tui.guard.keyfiles import MOST, secrets_in

SECRET = "s3cr3t-value-0123"


@pytest.mark.parametrize(
    "text",
    [
        f"machine example.org login ada password {SECRET}\n",
        f"https://ada:{SECRET}@example.org\n",
        f"//registry.example.org/:_authToken={SECRET}\n",
        f"[default]\naws_access_key_id = id\naws_secret_access_key = {SECRET}\n",
        f'{{"auths": {{"example.org": {{"auth": "{SECRET}"}}}}}}',
        f"github.com:\n    user: ada\n    oauth_token: {SECRET}\n",
        f'[registry]\ntoken = "{SECRET}"\n',
        f"[pypi]\nusername = __token__\npassword = {SECRET}\n",
        f"users:\n- name: x\n  user:\n    client-key-data: {SECRET}\n",
    ],
)
def test_a_secret_is_found_in_every_kind_of_file(text: str) -> None:
    assert secrets_in(text) == [SECRET]


@pytest.mark.parametrize("text", ["", "# nothing\n", "user: ada-lovelace\nhost: example.org\n", "password short\n"])
def test_what_is_no_secret_is_none(text: str) -> None:
    assert secrets_in(text) == []


def test_there_are_never_too_many() -> None:
    assert len(secrets_in("".join(f"token: value-{number:08}\n" for number in range(1_000)))) == MOST

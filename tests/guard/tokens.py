"""Tokens of every known shape, made up anew from a seed, and lines that look like them and are none.

Nothing here was ever issued by anybody: each is put together from its issuer's prefix and chance, at run
time, so that no scanner takes this file for a leak.
"""

from __future__ import annotations

import base64
import hashlib
import string
from random import Random

_WORD = string.ascii_letters + string.digits
_HEX = "0123456789abcdef"
_SAFE = _WORD + "_-"
_UPPER = string.ascii_uppercase + string.digits


def tokens(seed: int = 1) -> dict[str, list[str]]:
    """Shape to tokens that have it."""
    chance = Random(seed)

    def some(alphabet: str, count: int) -> str:
        # A letter at both ends: where a token ends must not depend on chance.
        inner = "".join(chance.choice(alphabet) for _ in range(count - 2))
        ends = [letter for letter in alphabet if letter.isalnum()]
        return f"{chance.choice(ends)}{inner}{chance.choice(ends)}"

    lines = "\n".join(some(_WORD + "+/", 64) for _ in range(4))
    dashes = "-" * 5
    return {
        "anthropic_key": [f"sk-ant-api03-{some(_SAFE, 93)}", f"sk-ant-oat01-{some(_SAFE, 40)}"],
        "openai_key": [
            f"sk-proj-{some(_SAFE, 100)}",
            f"sk-svcacct-{some(_SAFE, 60)}",
            f"sk-{some(_WORD, 20)}T3Blbk" + f"FJ{some(_WORD, 20)}",
        ],
        "google_key": ["AI" + f"za{some(_SAFE, 35)}"],
        "google_token": ["ya" + f"29.{some(_SAFE, 60)}", "GOC" + f"SPX-{some(_SAFE, 28)}"],
        "model_key": [f"gsk_{some(_WORD, 52)}", f"hf_{some(string.ascii_letters, 34)}", f"pplx-{some(_WORD, 48)}"],
        "github_token": [f"gh{kind}_{some(_WORD, 36)}" for kind in "pousr"] + [f"github_pat_{some(_WORD + '_', 82)}"],
        "gitlab_token": [f"gl{kind}-{some(_SAFE, 20)}" for kind in ("pat", "rt", "ptt", "dt")],
        "aws_key_id": [f"{kind}{some(_UPPER, 16)}" for kind in ("AK" + "IA", "AS" + "IA")],
        "aws_secret_key": [
            f"aws_secret_access_key = {some(_WORD + '/+', 40)}",
            f'awsSecretAccessKey": "{some(_WORD + "/+", 40)}',
            f"AWS_SESSION_TOKEN={some(_WORD + '/+', 200)}",
        ],
        "azure_key": [f"AccountKey={some(_WORD + '+/', 86)}=="],
        "azure_secret": [f"{some(_WORD, 3)}8Q~{some(_WORD, 34)}"],
        "slack_token": ["xox" + f"{kind}-{some(string.digits, 12)}-{some(_WORD, 24)}" for kind in "bpas"],
        "webhook": [f"hooks.slack.com/services/T{some(_UPPER, 9)}/B{some(_UPPER, 9)}/{some(_WORD, 24)}"],
        "stripe_key": [f"{kind}_{some(_WORD, 24)}" for kind in ("sk_live", "rk_live", "sk_test")],
        "shop_token": [f"shpat_{some(_HEX, 32)}", f"sq0csp-{some(_SAFE, 43)}"],
        "npm_token": [f"npm_{some(_WORD, 36)}"],
        "pypi_token": ["pypi-AgEI" + f"cHlwaS5vcmc{some(_SAFE, 150)}"],
        "docker_token": [f"dckr_pat_{some(_SAFE, 27)}"],
        "twilio_token": [f"TWILIO_AUTH_TOKEN={some(_HEX, 32)}"],
        "sendgrid_key": ["SG" + f".{some(_SAFE, 22)}.{some(_SAFE, 43)}"],
        "telegram_token": [f"{some(string.digits, 10)}:AA{some(_SAFE, 33)}"],
        "digitalocean_token": [f"do{kind}_v1_{some(_HEX, 64)}" for kind in "opr"],
        "vault_token": [f"hvs.{some(_SAFE, 90)}"],
        "service_token": [f"glsa_{some(_WORD, 32)}_{some(_HEX, 8)}", f"PMAK-{some(_HEX, 24)}-{some(_HEX, 34)}"],
        "age_key": ["AGE-SECRET-" + f"KEY-1{some(_UPPER, 58)}"],
        "jwt": [f"eyJ{some(_SAFE, 30)}.eyJ{some(_SAFE, 60)}.{some(_SAFE, 43)}"],
        "bearer_token": [f"Bearer {some(_WORD, 20)}7{some(_WORD, 20)}"],
        "private_key": [
            f"{dashes}BEGIN {kind}PRIVATE KEY{dashes}\n{lines}\n{dashes}END {kind}PRIVATE KEY{dashes}"
            for kind in ("RSA ", "EC ", "OPENSSH ", "")
        ],
        "putty_key": [f"Private-Lines: 4\n{lines}"],
    }


def harmless() -> list[str]:
    """What stands in logs, diffs and sources all the time."""
    digest = hashlib.sha256(b"x").hexdigest()
    return [
        f"commit {digest[:40]}",
        f"{digest}  dist/loki.tar.gz",
        f"sha512-{base64.b64encode(hashlib.sha512(b'x').digest()).decode()}",
        "data:image/png;base64," + base64.b64encode(bytes(range(200))).decode(),
        "123e4567-e89b-12d3-a456-426614174000",
        "task-runner disk-usage risk-averse mask-image",
        "pip install sk-learn && npm_config_update_notifier=false npm test",
        "the message.send() and msg.text went through; vs. the old one",
        "GET /api/v1/keys HTTP/1.1 200 3412 12:AAB",
        "AKIA and ASIA are prefixes; AIza too",
        "The bearer of authentication-certificates may enter.",
        "Authorization: Bearer <token>",
        "password = os.environ['DB_PASSWORD']",
        "api_key: str | None = None",
        'token = "your-token-here"',
        "export AWS_SECRET_ACCESS_KEY=$(vault read -field=key secret/aws)",
        "aws_secret_access_key = <redacted>",
        "postgres://localhost:5432/app",
        "-----BEGIN CERTIFICATE-----",
        "if '-----BEGIN PRIVATE " + "KEY-----' in text: raise",
        "index 3b18e51..a1f0c2d 100644",
        "tests/test_auth.py::test_secret_is_redacted[hf_hub] PASSED",
        "https://hooks.slack.com/services/ is where webhooks live",
        "registry.example/library/python@sha256:" + digest,
        "glpat-short ghp_short npm_short hf_short gsk_short",
        "do_v1_migration and doctl_v1_beta",
        "MIIEowIBAAKCAQEA is how a key in base64 begins",
        "1234567890:ABCdefGHIjkl",
        "SG.1 and eyJ.eyJ.x",
        "xoxo-xoxo",
        "Private-Lines: see the manual",
        "k_live_view and k_test_case",
        "    at Object.<anonymous> (/app/node_modules/jest-circus/build/jestAdapterInit.js:37:27)",
        "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIB public half of a key",
        "AP9ABCDEFGH is an airport, AKCdesk another",
        "AC" + hashlib.md5(b"x", usedforsecurity=False).hexdigest() + " is an account, not its key",
    ]

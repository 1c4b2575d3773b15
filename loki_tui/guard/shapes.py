"""Tokens that are known by their shape, as their issuers document them.

Each shape comes with its telltales: text without one of them has no such token, and to look for a few
literal pieces is far faster than to search. Telltales begin with letters that are rare: that halves the
time again, since most of a text is passed over at its first letter. A shape is only here if ordinary text does not have
it: hexadecimal digits alone are a digest far more often than a key.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Shape:
    """One kind of token."""

    name: str
    pattern: str
    telltales: tuple[str, ...]
    folded: bool = False
    """Whether the telltales are lower case and meant in either."""


_START = r"(?<![A-Za-z0-9])"
_END = r"(?![A-Za-z0-9])"
_NAMED = r"[\"']?\s*[=:]\s*[\"']?"
"""Between a name and its value, in shell, JSON, YAML, TOML and most languages."""

SHAPES = (
    Shape("anthropic_key", r"sk-ant-[A-Za-z0-9_-]{16,}", ("k-ant-",)),
    Shape(
        "openai_key",
        rf"sk-(?:proj|svcacct|admin|or-v1)-[A-Za-z0-9_-]{{20,}}|sk-[A-Za-z0-9]{{20}}T3BlbkFJ[A-Za-z0-9]{{20}}{_END}",
        ("k-proj-", "k-svcacct-", "k-admin-", "k-or-v1-", "T3BlbkFJ"),
    ),
    Shape("google_key", rf"{_START}AIza[0-9A-Za-z_-]{{35}}(?![0-9A-Za-z_-])", ("AIza",)),
    Shape("google_token", rf"{_START}(?:ya29\.[0-9A-Za-z_-]{{20,}}|GOCSPX-[0-9A-Za-z_-]{{28}})", ("ya29.", "GOCSPX-")),
    Shape(
        "model_key",
        rf"{_START}(?:gsk_[A-Za-z0-9]{{40,}}|xai-[A-Za-z0-9]{{60,}}|pplx-[A-Za-z0-9]{{40,}}"
        rf"|hf_[A-Za-z0-9]{{30,}}){_END}",
        ("gsk_", "xai-", "pplx-", "hf_"),
    ),
    Shape(
        "github_token",
        r"(?:gh[pousr]_[A-Za-z0-9]{36,}|github_pat_[A-Za-z0-9_]{22,})",
        ("ghp_", "gho_", "ghu_", "ghs_", "ghr_", "github_pat_"),
    ),
    Shape(
        "gitlab_token",
        rf"{_START}(?:gl(?:pat|dt|ft|soat|rt|cbt|imt|ptt|agent|oas)-[A-Za-z0-9_-]{{20,}}|GR1348941[A-Za-z0-9_-]{{20,}})",
        (
            "glpat-",
            "gldt-",
            "glft-",
            "glsoat-",
            "glrt-",
            "glcbt-",
            "glimt-",
            "glptt-",
            "glagent-",
            "gloas-",
            "GR1348941",
        ),
    ),
    Shape("aws_key_id", rf"{_START}(?:AKIA|ASIA|ABIA|ACCA)[A-Z0-9]{{16}}{_END}", ("AKIA", "ASIA", "ABIA", "ACCA")),
    Shape(
        "aws_secret_key",
        rf"(?i:aws_?(?:secret_?(?:access_?)?key|session_?token)){_NAMED}[A-Za-z0-9/+]{{40,}}={{0,2}}(?![A-Za-z0-9/+])",
        ("aws",),
        folded=True,
    ),
    Shape("azure_key", r"(?:AccountKey|SharedAccessKey)=[A-Za-z0-9+/]{42,}={0,2}", ("AccountKey=", "SharedAccessKey=")),
    Shape("azure_secret", rf"{_START}[A-Za-z0-9_~.-]{{3}}[78]Q~[A-Za-z0-9_~.-]{{31,34}}{_END}", ("7Q~", "8Q~")),
    Shape("slack_token", r"xox[abeoprs]-[A-Za-z0-9-]{10,}|xapp-[0-9]-[A-Za-z0-9-]{20,}", ("xox", "xapp-")),
    Shape(
        "webhook",
        r"hooks\.slack\.com/services/[A-Za-z0-9_]+/[A-Za-z0-9_]+/[A-Za-z0-9_]{16,}"
        r"|discord(?:app)?\.com/api/webhooks/[0-9]+/[A-Za-z0-9_-]{40,}",
        (".slack.com/", "/api/webhooks/"),
    ),
    Shape(
        "stripe_key",
        rf"{_START}(?:[rs]k_(?:live|test)_[A-Za-z0-9]{{16,}}|whsec_[A-Za-z0-9+/]{{24,}}={{0,2}})",
        ("k_live_", "k_test_", "whsec_"),
    ),
    Shape(
        "shop_token",
        rf"{_START}(?:shp(?:at|ca|pa|ss)_[A-Fa-f0-9]{{32}}|sq0(?:csp|atp|idp)-[A-Za-z0-9_-]{{22,}})",
        ("pat_", "pca_", "ppa_", "pss_", "q0"),
    ),
    Shape(
        "npm_token", rf"{_START}npm_[A-Za-z0-9]{{36}}{_END}|_authToken=[A-Za-z0-9_-]{{20,}}=*", ("pm_", "_authToken=")
    ),
    Shape("pypi_token", r"pypi-Ag(?:EIcHlwaS5vcmc|ENdGVzdC5weXBpLm9yZw)[A-Za-z0-9_-]{20,}", ("pypi-Ag",)),
    Shape("docker_token", rf"{_START}dckr_(?:pat|oat)_[A-Za-z0-9_-]{{24,}}", ("kr_",)),
    Shape(
        "twilio_token",
        rf"(?i:twilio[a-z_]{{0,20}}(?:token|secret|key)){_NAMED}[0-9a-f]{{32}}{_END}",
        ("twilio",),
        folded=True,
    ),
    Shape("sendgrid_key", rf"{_START}SG\.[A-Za-z0-9_-]{{22}}\.[A-Za-z0-9_-]{{43}}", ("SG.",)),
    Shape("telegram_token", rf"{_START}[0-9]{{8,10}}:AA[A-Za-z0-9_-]{{33}}(?![A-Za-z0-9_-])", (":AA",)),
    Shape("digitalocean_token", rf"{_START}do[opr]_v1_[a-f0-9]{{64}}{_END}", ("_v1_",)),
    Shape("vault_token", rf"{_START}hv[sbr]\.[A-Za-z0-9_-]{{24,}}", ("vs.", "vb.", "vr.")),
    Shape(
        "service_token",
        rf"{_START}(?:glsa_[A-Za-z0-9]{{32}}_[A-Fa-f0-9]{{8}}|ATATT3[A-Za-z0-9_=-]{{40,}}"
        rf"|PMAK-[a-f0-9]{{24}}-[a-f0-9]{{34}}){_END}",
        ("glsa_", "ATATT3", "PMAK-"),
    ),
    Shape("age_key", r"AGE-SECRET-KEY-1[0-9A-Z]{58}", ("AGE-SECRET-KEY-1",)),
    Shape("jwt", r"(?<![A-Za-z0-9_-])eyJ[A-Za-z0-9_-]{8,}\.eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}", (".eyJ",)),
    # A token has a digit: prose about bearer tokens stays as it is.
    Shape("bearer_token", r"(?i:bearer)\s+(?=[A-Za-z._~+/-]*[0-9])[A-Za-z0-9._~+/-]{16,}=*", ("bearer",), folded=True),
    # Possessive throughout: no input makes it try twice. Without a line of key it is only a mention of one.
    Shape(
        "private_key",
        r"-----BEGIN (?:[A-Z0-9]+ ){0,3}PRIVATE KEY(?: BLOCK)?-----"
        r"(?:(?:\s|\\[nr])*+(?:[A-Za-z0-9+/]{16,}+=*+|(?:Proc-Type|DEK-Info):[^\n\\]*+))++"
        r"(?:(?:\s|\\[nr])*+[A-Za-z0-9+/=]*+(?:\s|\\[nr])*+-----END [A-Z0-9 ]+-----)?+",
        ("-----BEGIN",),
    ),
    Shape("putty_key", r"Private-Lines: [0-9]+(?:(?:\s|\\[nr])++[A-Za-z0-9+/=]{16,}+)++", ("Private-Lines:",)),
)

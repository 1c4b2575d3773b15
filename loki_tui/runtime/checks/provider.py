"""Whoever answers: whether there is a key, and with a real request whether it is good."""

from __future__ import annotations

import subprocess
import tempfile
from collections.abc import Mapping
from pathlib import Path

from loki_tui.core.errors import LokiError
from loki_tui.core.settings import Settings
from loki_tui.models.anthropic import DEFAULT_BASE_URL
from loki_tui.models.probe import Probe, ask_provider
from loki_tui.runtime.checks.check import Check, Standing
from loki_tui.runtime.keys import Key, provider_key
from loki_tui.runtime.outside import OUTSIDE, not_honoured, program_of
from loki_tui.runtime.readiness import check_prices, check_provider
from loki_tui.runtime.signing_in import sign_in

# Whoever asked for proof and got none was not told that all is well.
_STANDINGS: Mapping[str, Standing] = {"valid": "good", "refused": "bad", "unreachable": "bad", "unclear": "bad"}
_FIXES = {
    "refused": "Check the key and the account it belongs to.",
    "unreachable": "Check the network, a proxy (HTTPS_PROXY), and ANTHROPIC_BASE_URL if it is set.",
    "unclear": "Try again; if it stays so, check ANTHROPIC_BASE_URL.",
}


def probe_key(settings: Settings, environ: Mapping[str, str], key: Key) -> Probe:
    """Ask the provider, at no cost, whether it takes a key."""
    token = key.name == "ANTHROPIC_AUTH_TOKEN"
    return ask_provider(
        environ.get("ANTHROPIC_BASE_URL", "").strip() or DEFAULT_BASE_URL,
        api_key="" if token else key.value,
        auth_token=key.value if token else "",
        model=settings.models["work"],
    )


def provider(settings: Settings, environ: Mapping[str, str], *, live: bool) -> tuple[list[Check], float | None]:
    """Look for a key; with `live`, ask the provider about it.

    Returns:
        What was found, and by how many seconds this clock is ahead of the provider's, where it told.
    """
    try:
        check_provider(settings, environ)
        check_prices(settings)
        key = provider_key(environ)
    except LokiError as error:
        return [Check("provider", "bad", error.message, fix=error.hint)], None
    if settings.provider in OUTSIDE:
        return _outside(settings, environ), None
    if settings.provider == "replay" or key is None:
        return [Check("provider", "good", f"a recording, {settings.cassette}")], None
    found = f"{settings.provider}, {key.name} from {key.source}"
    if not live:
        return [Check("provider", "good", f"{found}; not tried, --live does")], None
    probe = probe_key(settings, environ, key)
    checks = [Check("provider", "good", found)]
    checks.append(Check("provider, live", _STANDINGS[probe.answer], probe.detail, fix=_FIXES.get(probe.answer, "")))
    return checks, probe.skew


def _outside(settings: Settings, environ: Mapping[str, str]) -> list[Check]:
    """An agent that is a program of its own: which one, its version, how it signs in, what it does not honour."""
    program, _ = program_of(settings, environ)
    gaps = "; ".join(not_honoured(settings, environ))
    kept = f"; not honoured: {gaps}" if gaps else ""
    if settings.provider == "acp":
        return [Check("provider", "good", f"acp, {program}; whether it is logged in shows when it starts{kept}")]
    version = _version(program)
    if not version:
        return [Check("provider", "bad", f"{program} does not say its version", fix="Is that Claude Code?")]
    return [Check("provider", "good", f"claude, {program}; signs in by {sign_in(environ).source}{kept}", version)]


def _version(program: Path) -> str:
    """What a program says of its version, such as `2.1.197 (Claude Code)`; empty where it does not."""
    try:
        with tempfile.TemporaryDirectory() as home:  # it would write into the person's own
            done = subprocess.run(
                [program, "--version"],
                capture_output=True,
                check=False,
                env={"HOME": home, "PATH": "/usr/bin:/bin"},
                stdin=subprocess.DEVNULL,
                text=True,
                timeout=_VERSION_SECONDS,
            )
    except (OSError, subprocess.TimeoutExpired, UnicodeDecodeError):
        return ""
    said = "".join(letter for letter in done.stdout.strip() if letter.isprintable())
    return said[:80] if done.returncode == 0 else ""


_VERSION_SECONDS = 20.0

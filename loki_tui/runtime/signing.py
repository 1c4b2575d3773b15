"""Signing receipts with an SSH key, in the format that git signs commits in.

A signature is a file beside the receipt's, over the receipt's bytes, and needs nothing of Loki to be checked:

    ssh-keygen -Y verify -f ALLOWED_SIGNERS -I WHO -n git -s RECEIPT.sig < RECEIPT
"""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from loki_tui.core.errors import LokiError, UsageError
from loki_tui.runtime.findings import Finding
from loki_tui.store.files import write_whole, writing

NAMESPACE = "git"
"""What git signs under."""

SIGNATURE_BYTES = 64 * 1024
"""A larger file is no signature."""

_SECONDS = 30
_SIGN_SECONDS = 300
"""A person may have to touch a key, or to type a passphrase."""

_NO_KEYGEN = "ssh-keygen cannot be run."
_INSTALL = "Install OpenSSH's client, and have ssh-keygen on PATH."


def sign(data: bytes, *, key: Path, target: Path, environ: Mapping[str, str]) -> None:
    """Sign bytes, and write the signature.

    Args:
        data: What is signed: a receipt's file.
        key: The private key, or the public one of a key that the SSH agent holds.
        target: Where the signature goes.
        environ: The person's variables.

    Raises:
        UsageError: There is no such key, no ssh-keygen, or the place cannot be written to.
    """
    program = _keygen(environ)
    if program is None:
        raise UsageError(_NO_KEYGEN, hint=_INSTALL)
    if not key.is_file():
        raise UsageError(f"There is no key {key}.", hint="Name one with --key, or make one: ssh-keygen -t ed25519")
    try:
        done = subprocess.run(
            [program, "-Y", "sign", "-q", "-f", str(key), "-n", NAMESPACE],
            input=data,
            capture_output=True,
            check=False,
            env=dict(environ),
            timeout=_SIGN_SECONDS,
        )
    except subprocess.TimeoutExpired as error:
        raise UsageError(f"{key} did not sign within {_SIGN_SECONDS} s.") from error
    if done.returncode != 0 or not done.stdout.startswith(b"-----BEGIN SSH SIGNATURE-----"):
        raise UsageError(
            f"{key} does not sign: {_last_line(done.stderr)}", hint="ssh-keygen -y -f KEY shows whether it is a key."
        )
    with writing(target):
        write_whole(target, done.stdout)


def check_signature(
    data: bytes, *, signature: Path | None, allowed: Path | None, demanded: bool, environ: Mapping[str, str]
) -> Finding:
    """Whether somebody who may sign did sign.

    Args:
        data: A receipt's file.
        signature: Where its signature is, if there is one.
        allowed: Who may sign, as `ssh-keygen(1)` has it under ALLOWED SIGNERS; none where nobody says.
        demanded: Whether a receipt that is not signed by one of them does not count.
        environ: The person's variables.

    Raises:
        UsageError: A signature is demanded, but there is no ssh-keygen or no list of who may sign.
    """
    if allowed is not None and demanded and not allowed.is_file():
        raise UsageError(f"There is no file {allowed} of who may sign.", hint="man ssh-keygen, under ALLOWED SIGNERS")
    signed = _load(signature)
    if signed is None:
        said = "it is not signed: what was measured stands on whoever gave it to you"
        return Finding("signature", "tampered" if demanded else "unknown", said, hint="loki receipt sign")
    program = _keygen(environ)
    if program is None:
        if demanded:
            raise UsageError(_NO_KEYGEN, hint=_INSTALL)
        return Finding("signature", "unknown", f"its signature was not checked: {_NO_KEYGEN}", hint=_INSTALL)
    with tempfile.TemporaryDirectory(prefix="loki-signature-") as room:
        copy = Path(room) / "signature"
        copy.write_bytes(signed)
        return _Keygen(program, copy, environ).check(data, allowed if allowed and allowed.is_file() else None)


class _Keygen:
    """Asks ssh-keygen about one signature."""

    def __init__(self, program: str, signature: Path, environ: Mapping[str, str]) -> None:
        self._program = program
        self._signature = signature
        self._environ = environ

    def check(self, data: bytes, allowed: Path | None) -> Finding:
        known = self._ask(data, "check-novalidate")
        if known.returncode != 0:
            return Finding(
                "signature", "tampered", f"it is not what was signed: {_last_line(known.stdout + known.stderr)}"
            )
        key = _last_line(known.stdout).partition(" with ")[2]
        if allowed is None:
            said = f"it is signed, but nobody says whose key that is: {key}"
            return Finding("signature", "unknown", said, found=key, hint="Say who may sign: --allowed-signers FILE")
        found = self._ask(data, "find-principals", "-f", str(allowed))
        who = found.stdout.decode(errors="replace").splitlines()
        if found.returncode != 0 or not who:
            return Finding("signature", "tampered", f"it is signed with a key that {allowed} does not name", found=key)
        checked = self._ask(data, "verify", "-f", str(allowed), "-I", who[0])
        if checked.returncode != 0:
            said = f"{allowed} does not let {who[0]} sign this: {_last_line(checked.stdout + checked.stderr)}"
            return Finding("signature", "tampered", said, found=key)
        return Finding("signature", "ok", f"signed by {who[0]}, {key}", found=key)

    def _ask(self, data: bytes, question: str, *options: str) -> subprocess.CompletedProcess[bytes]:
        words = [self._program, "-Y", question, "-n", NAMESPACE, *options, "-s", str(self._signature)]
        try:
            return subprocess.run(
                words, input=data, capture_output=True, check=False, env=dict(self._environ), timeout=_SECONDS
            )
        except subprocess.TimeoutExpired as error:
            raise LokiError(f"ssh-keygen did not answer within {_SECONDS} s.") from error


def allowed_signers(environ: Mapping[str, str]) -> Path | None:
    """The file that the person's own git knows who may sign by; never what a repository says."""
    git = shutil.which("git", path=environ.get("PATH"))
    if git is None:
        return None
    variables = {name: value for name, value in environ.items() if not name.startswith("GIT_DIR")}
    asked = subprocess.run(
        [git, "config", "--global", "--includes", "--type=path", "--get", "gpg.ssh.allowedSignersFile"],
        capture_output=True,
        text=True,
        errors="replace",
        check=False,
        cwd="/",
        env=variables,
        timeout=10,
    )
    named = Path(asked.stdout.strip())
    return named if asked.returncode == 0 and named.is_absolute() else None


def _keygen(environ: Mapping[str, str]) -> str | None:
    return shutil.which("ssh-keygen", path=environ.get("PATH"))


def _load(signature: Path | None) -> bytes | None:
    """The signature; none where there is none."""
    if signature is None:
        return None
    with suppress(FileNotFoundError, NotADirectoryError):
        try:
            with signature.open("rb") as file:
                return file.read(SIGNATURE_BYTES)
        except PermissionError as error:
            raise LokiError(f"{signature} cannot be read: {error.strerror}.") from error
    return None


def _last_line(said: bytes) -> str:
    lines = said.decode(errors="replace").strip().splitlines()
    return lines[-1] if lines else "ssh-keygen does not say why"

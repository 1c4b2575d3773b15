"""Signatures: by who may sign, by somebody else, over something else, and without ssh-keygen."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from loki_tui.core.errors import UsageError
from loki_tui.engine.sealing import seal
from loki_tui.runtime.findings import Finding
from loki_tui.runtime.signing import allowed_signers, check_signature, sign
from tests.support import receipts as sample

DATA = seal(sample.receipt())


def make_key(directory: Path, name: str) -> Path:
    key = directory / name
    words = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", name, "-f", str(key)]
    subprocess.run(words, check=True, capture_output=True, timeout=30)
    return key


def signers(directory: Path, who: str, key: Path, *, options: str = "") -> Path:
    """A file of who may sign."""
    path = directory / "signers"
    public = key.with_suffix(".pub").read_text()
    path.write_text(f"# comment\n{who} {options}{public}")
    return path


def check(
    signature: Path | None, *, allowed: Path | None = None, demanded: bool = False, data: bytes = DATA
) -> Finding:
    return check_signature(data, signature=signature, allowed=allowed, demanded=demanded, environ=os.environ)


@pytest.fixture
def key(tmp_path: Path) -> Path:
    return make_key(tmp_path, "ada")


@pytest.fixture
def signature(tmp_path: Path, key: Path) -> Path:
    target = tmp_path / "receipt.json.sig"
    sign(DATA, key=key, target=target, environ=os.environ)
    return target


def test_a_signature_by_who_may_sign(tmp_path: Path, key: Path, signature: Path) -> None:
    allowed = signers(tmp_path, "ada@example.org", key, options='namespaces="git" ')
    found = check(signature, allowed=allowed, demanded=True)
    assert found.status == "ok"
    assert found.said.startswith("signed by ada@example.org, ED25519 key SHA256:")


def test_it_is_the_format_that_git_signs_in(tmp_path: Path, key: Path, signature: Path) -> None:
    allowed = signers(tmp_path, "ada@example.org", key)
    words = [
        "ssh-keygen",
        "-Y",
        "verify",
        "-n",
        "git",
        "-f",
        str(allowed),
        "-I",
        "ada@example.org",
        "-s",
        str(signature),
    ]
    by_hand = subprocess.run(words, input=DATA, check=False, capture_output=True, timeout=30)
    assert by_hand.returncode == 0


def test_a_signature_that_nobody_vouches_for_proves_nothing(signature: Path) -> None:
    found = check(signature)
    assert found.status == "unknown"
    assert "nobody says whose key that is" in found.said


def test_a_signature_by_another_key(tmp_path: Path, signature: Path) -> None:
    allowed = signers(tmp_path, "ada@example.org", make_key(tmp_path, "eve"))
    found = check(signature, allowed=allowed, demanded=True)
    assert found.status == "tampered"
    assert "with a key that" in found.said


@pytest.mark.parametrize("options", ['namespaces="file" ', 'valid-before="20200101" '])
def test_a_key_that_may_not_sign_this(tmp_path: Path, key: Path, signature: Path, options: str) -> None:
    allowed = signers(tmp_path, "ada@example.org", key, options=options)
    assert check(signature, allowed=allowed, demanded=True).status == "tampered"


def test_a_signature_over_something_else(tmp_path: Path, key: Path, signature: Path) -> None:
    allowed = signers(tmp_path, "ada@example.org", key)
    changed = DATA.replace(b'"requests":70', b'"requests":71')
    for found in (check(signature, data=changed), check(signature, allowed=allowed, demanded=True, data=changed)):
        assert found.status == "tampered"
        assert "not what was signed" in found.said


@pytest.mark.parametrize(
    "content",
    [b"", b"nonsense", b"-----BEGIN SSH SIGNATURE-----\nAAAA\n", bytes(100_000)],
    ids=["empty", "nonsense", "cut", "huge"],
)
def test_a_signature_that_is_none(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "x.sig"
    path.write_bytes(content)
    assert check(path).status == "tampered"


def test_nothing_is_signed(tmp_path: Path, key: Path) -> None:
    allowed = signers(tmp_path, "ada@example.org", key)
    assert check(None).status == "unknown"
    assert check(tmp_path / "none.sig").status == "unknown"
    assert check(tmp_path / "none.sig", allowed=allowed, demanded=True).status == "tampered"


def test_without_ssh_keygen_it_is_said(tmp_path: Path, key: Path, signature: Path) -> None:
    bare = {"PATH": str(tmp_path)}
    found = check_signature(DATA, signature=signature, allowed=None, demanded=False, environ=bare)
    assert found.status == "unknown"
    assert "ssh-keygen cannot be run" in found.said
    allowed = signers(tmp_path, "ada@example.org", key)
    with pytest.raises(UsageError, match="ssh-keygen cannot be run"):
        check_signature(DATA, signature=signature, allowed=allowed, demanded=True, environ=bare)
    with pytest.raises(UsageError, match="ssh-keygen cannot be run"):
        sign(DATA, key=key, target=tmp_path / "x.sig", environ=bare)


def test_a_key_that_is_none(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="There is no key"):
        sign(DATA, key=tmp_path / "none", target=tmp_path / "x.sig", environ=os.environ)
    (tmp_path / "text").write_text("no key\n")
    with pytest.raises(UsageError, match="does not sign"):
        sign(DATA, key=tmp_path / "text", target=tmp_path / "x.sig", environ=os.environ)
    assert not (tmp_path / "x.sig").exists()


def test_a_list_of_signers_that_is_not_there(tmp_path: Path, signature: Path) -> None:
    with pytest.raises(UsageError, match="who may sign"):
        check(signature, allowed=tmp_path / "none", demanded=True)


def test_who_may_sign_is_asked_of_the_persons_own_git(tmp_path: Path) -> None:
    assert allowed_signers(os.environ) is None
    home = Path(os.environ["HOME"])
    with (home / ".gitconfig").open("a") as config:
        config.write('[gpg "ssh"]\n\tallowedSignersFile = ~/signers\n')
    assert allowed_signers(os.environ) == home / "signers"
    assert allowed_signers({"PATH": str(tmp_path)}) is None

"""What must never be written down: secrets of the environment and of the files where programs keep them.

Agents cannot read these files. They are read here, on the engine's side, so that what is in them is
recognised wherever it turns up: in a PRD, in a person's note, in what a service answers.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from loki_tui.guard.keyfiles import secrets_in
from loki_tui.guard.redact import Redactor, secrets_of
from loki_tui.runtime.keys import key_secrets

KEY_FILES = (
    ".netrc",
    ".git-credentials",
    ".npmrc",
    ".pypirc",
    ".aws/credentials",
    ".docker/config.json",
    ".config/gh/hosts.yml",
    ".config/glab-cli/config.yml",
    ".cargo/credentials.toml",
    ".cargo/credentials",
    ".kube/config",
    ".config/pip/pip.conf",
    ".gem/credentials",
    ".config/hub",
    ".terraform.d/credentials.tfrc.json",
    ".claude/.credentials.json",
)
"""Where well-known programs keep what lets them in, below the person's home."""

FILE_BYTES = 256 * 1024
"""A larger file is no file of keys."""


def redactor_of(environ: Mapping[str, str]) -> Redactor:
    """Knows the secrets of an environment, of files and keyring that it names, and of the key files of whose it is."""
    home = environ.get("HOME")
    found = dict(_in_files(Path(home))) if home else {}
    return Redactor(found | secrets_of(environ) | key_secrets(environ))


def _in_files(home: Path) -> Iterator[tuple[str, str]]:
    for place in KEY_FILES:
        path = home / place
        try:
            if not path.is_file() or path.stat().st_size > FILE_BYTES:
                continue
            text = path.read_text(encoding="utf-8", errors="replace")
        except OSError:  # what cannot be read is not known; it is not an agent's to read either
            continue
        for number, value in enumerate(secrets_in(text), 1):
            yield f"{place.rpartition('/')[2]}.{number}", value

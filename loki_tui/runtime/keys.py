"""Where keys come from: a variable, a file that a variable names, or the system's keyring.

Docker and Kubernetes hand secrets out as files; `ANTHROPIC_API_KEY_FILE=/run/secrets/anthropic` names one. The keyring
is asked only where `LOKI_KEYRING` says so, since asking may make it want to be unlocked, and only one that encrypts
what it keeps. A key is read where it is used, and put into no environment.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from loki_tui.core.errors import LokiError, UsageError
from loki_tui.core.secret_names import SECRET_VARIABLES, WEBHOOK_VARIABLES
from loki_tui.guard.redact import secrets_of

PROVIDER_KEYS = ("ANTHROPIC_API_KEY", "ANTHROPIC_AUTH_TOKEN")
"""What signs in to the Messages API; the first that is there counts."""

KEYS = (*PROVIDER_KEYS, *SECRET_VARIABLES)
"""Everything secret that Loki itself uses."""

SERVICE = "loki"
"""What Loki's entries in a keyring are filed under; their user is the variable's name."""

FILE_BYTES = 64 * 1024
"""A larger file holds no key."""

SAFE_KEYRINGS = frozenset(
    f"keyring.backends.{name}" for name in ("SecretService", "libsecret", "kwallet", "macOS", "Windows")
)
"""Modules of the backends that encrypt what they keep."""

_YES = frozenset({"1", "true", "t", "yes", "y", "on"})


@dataclass(frozen=True, slots=True)
class Key:
    """A key, and where it was found."""

    name: str
    value: str = field(repr=False)
    source: str
    """For people: the environment, a file, a keyring."""

    @property
    def tail(self) -> str:
        """Enough to tell one key from another: four characters of a long one, nothing of a short one."""
        return self.value[-4:] if len(self.value) >= 20 else ""


def find_key(environ: Mapping[str, str], name: str) -> Key | None:
    """The key of this name; none where there is none.

    Raises:
        UsageError: A file that is named cannot be used, variable and file are both set, or the keyring is to be asked
            and cannot be.
    """
    value, file = environ.get(name, "").strip(), environ.get(f"{name}_FILE", "").strip()
    if value and file:
        raise UsageError(f"Both {name} and {name}_FILE are set.", hint="Unset one: they may differ.")
    if value:
        return Key(name, value, "environment")
    if file:
        return Key(name, _read(f"{name}_FILE", Path(file)), f"file {file}")
    return _from_keyring(name) if keyring_wanted(environ) else None


def provider_key(environ: Mapping[str, str]) -> Key | None:
    """The key that signs in to the Messages API; what is set by hand comes before the keyring.

    Raises:
        UsageError: See `find_key`.
    """
    by_hand = {name: value for name, value in environ.items() if name != "LOKI_KEYRING"}
    found = (find_key(source, name) for source in (by_hand, environ) for name in PROVIDER_KEYS)
    return next(filter(None, found), None)


def keyring_wanted(environ: Mapping[str, str]) -> bool:
    """Whether the keyring is to be asked."""
    return environ.get("LOKI_KEYRING", "").strip().lower() in _YES


def key_files(environ: Mapping[str, str]) -> tuple[Path, ...]:
    """Files that hold Loki's own keys, as the environment names them: no agent may read them."""
    return tuple(Path(environ[f"{name}_FILE"]).absolute() for name in _in_files(environ) if name in KEYS)


def key_secrets(environ: Mapping[str, str]) -> dict[str, str]:
    """What must not be written down of all these, and of every other file that a variable says holds a secret.

    What cannot be read is passed over: who uses it says so.
    """
    found: dict[str, str] = {}
    for name in _in_files(environ):
        with suppress(LokiError):
            found[name] = _read(f"{name}_FILE", Path(environ[f"{name}_FILE"]))
    for name in KEYS:
        with suppress(LokiError):
            if (key := find_key(environ, name)) is not None:
                found[name] = key.value
    for name in WEBHOOK_VARIABLES:
        found |= dict(_of_addresses(name, found.pop(name, "")))
    return found


def _in_files(environ: Mapping[str, str]) -> Iterator[str]:
    """Variables whose value is in a file: those of Loki, and all whose name says that they are secret."""
    for variable, file in environ.items():
        name = variable.removesuffix("_FILE")
        if name != variable and file.strip() and (name in KEYS or secrets_of({name: "a value"})):
            yield name


def _of_addresses(name: str, value: str) -> Iterator[tuple[str, str]]:
    """Each address, and the long part at its end by itself: that is what lets somebody in."""
    for number, address in enumerate(value.split(), 1):
        yield f"{name}.{number}", address
        last = address.rstrip("/").rpartition("/")[2]
        if len(last) >= 16:
            yield f"{name}.{number}.end", last


def _read(variable: str, file: Path) -> str:
    try:
        descriptor = os.open(file, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        with os.fdopen(descriptor, "rb") as opened:
            if not stat.S_ISREG(os.fstat(descriptor).st_mode):
                raise UsageError(f"{variable} names {file}, which is no file.", hint="Name the file with the key.")
            data = opened.read(FILE_BYTES + 1)
    except OSError as error:
        raise UsageError(
            f"{variable} names {file}, which cannot be read: {error.strerror}.", hint="Name a file you may read."
        ) from error
    text = data.decode(errors="replace").strip()
    if len(data) > FILE_BYTES or not text or "\0" in text:
        raise UsageError(f"{variable} names {file}, which holds no key.", hint="It must hold the key and nothing else.")
    return text


def _from_keyring(name: str) -> Key | None:
    try:
        import keyring  # noqa: PLC0415 (a tenth of a second, and not everybody has it)
        from keyring.errors import KeyringError  # noqa: PLC0415
    except ImportError as error:
        raise UsageError(
            "LOKI_KEYRING is set, but the library `keyring` is not installed.", hint="pip install 'loki-tui[keyring]'"
        ) from error
    backends = [each for each in keyring.backend.get_all_keyring() if type(each).__module__ in SAFE_KEYRINGS]
    best = max(backends, key=lambda each: each.priority, default=None)
    if best is None:
        raise UsageError(
            "LOKI_KEYRING is set, but there is no keyring here that encrypts what it keeps.",
            hint="Start one (GNOME Keyring, KWallet), or name a file: ANTHROPIC_API_KEY_FILE.",
        )
    try:
        value = best.get_password(SERVICE, name)
    except KeyringError as error:
        raise UsageError(f"The keyring cannot be asked for {name}: {error}.", hint="Unlock it.") from error
    return Key(name, value.strip(), f"keyring {type(best).__module__.rpartition('.')[2]}") if value else None

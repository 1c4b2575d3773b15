"""Writes single settings into the person's own configuration file, and leaves the rest of it as it is.

Comments, order and line ends stay. What a start would refuse is refused here, in the same words,
before anything is written.
"""

from __future__ import annotations

import fcntl
import os
import stat
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from tomlkit.exceptions import TOMLKitError

from loki_tui.core.errors import BusyError, UsageError
from loki_tui.core.settings import Settings, SettingsFields
from loki_tui.core.settings_files import MAX_BYTES, read_settings_file
from loki_tui.core.settings_sources import resolve_settings
from loki_tui.runtime.surroundings import config_file
from loki_tui.runtime.toml_edits import put, toml_value
from loki_tui.store.files import PRIVATE, write_whole

_PATIENCE_SECONDS = 5.0
"""How long to wait for another process that writes the file."""
_RETRY_SECONDS = 0.02


def save_setting(name: str, text: str | None, *, environ: Mapping[str, str]) -> None:
    """Write one setting into the person's configuration file.

    Args:
        name: The field.
        text: Its value, as a variable would hold it; none takes it out of the file.
        environ: The environment that the settings have to fit together with.

    Raises:
        UsageError: It is unknown, wrong, not in force, or does not fit the others; or the file
            cannot be used. Nothing was written.
        BusyError: Another process keeps the file to itself.
    """
    path = config_file()
    _changed(path, name, text, environ)  # what is refused leaves no trace, not even a directory
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=PRIVATE)
        with _alone(path):
            after = _changed(path, name, text, environ)
            if after is not None:
                _write(path.resolve(), after)  # a link stays one: people keep such files elsewhere
    except OSError as error:
        raise UsageError(f"{path} cannot be written: {error.strerror or error}.") from error


def _changed(path: Path, name: str, text: str | None, environ: Mapping[str, str]) -> bytes | None:
    """What the file is to hold; none where it stays as it is."""
    says = read_settings_file(path)
    if text is None and name in says:
        rest = {key: value for key, value in says.items() if key != name}
        # Whoever takes out one of several mistakes must not be held up by the others.
        if _accepted(path, says, environ):
            _judge(path, rest, environ)
        return _edited(path, name, None)
    if text is None:
        if name not in SettingsFields.model_fields:
            _judge(path, {name: "unknown"}, environ)
        return None
    settings = _judge(path, {**says, name: text}, environ)
    return _edited(path, name, toml_value(getattr(settings, name), text))


def _judge(path: Path, says: Mapping[str, object], environ: Mapping[str, str]) -> Settings:
    """The settings of a file that says this.

    The file has to be right by itself, or it would stop every start elsewhere, and with the environment, or it would
    stop the next one here.
    """
    home = {name: value for name, value in environ.items() if name == "HOME"}
    alone, _ = (
        resolve_settings(environ=around, overrides={}, config_file=path, workspace=None, config=says).settings
        for around in (home, environ)
    )
    return alone


def _accepted(path: Path, says: Mapping[str, object], environ: Mapping[str, str]) -> bool:
    try:
        _judge(path, says, environ)
    except UsageError:
        return False
    return True


def _edited(path: Path, name: str, value: object) -> bytes:
    try:
        before = path.read_bytes().decode() if path.exists() else ""
        after = put(before, name, value).encode()
    except (TOMLKitError, UnicodeError) as error:
        raise UsageError(f"{path} cannot be changed: {error}.", hint="Write the setting into it by hand.") from error
    if len(after) > MAX_BYTES:
        raise UsageError(f"{path} would be larger than {MAX_BYTES // 1024} kB.")
    return after


@contextmanager
def _alone(path: Path) -> Iterator[None]:
    """Keep other writers out. The lock is on the directory, since the file is a new one after every change."""
    directory = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    deadline = time.monotonic() + _PATIENCE_SECONDS
    try:
        while True:
            try:
                fcntl.flock(directory, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError as error:
                if time.monotonic() >= deadline:
                    raise BusyError(f"Another process is writing {path}.", hint="Try again.") from error
            time.sleep(_RETRY_SECONDS)
        yield
    finally:
        os.close(directory)


def _write(path: Path, data: bytes) -> None:
    """Replace the file; a new one is the person's alone."""
    mode = stat.S_IMODE(path.stat().st_mode) if path.exists() else None
    write_whole(path, data)
    if mode is not None:
        path.chmod(mode)

"""Reads a settings file: bounded, and only ever as data.

The workspace's file may have been written by an agent, so a pipe, a device or a gigabyte in its
place must neither hang the start nor fill memory.
"""

from __future__ import annotations

import os
import stat
import tomllib
from pathlib import Path

from loki_tui.core.errors import UsageError

MAX_BYTES = 256 * 1024
"""A larger file was not meant as settings."""


def read_settings_file(path: Path) -> dict[str, object]:
    """The keys of a TOML file with plain values as text, as a variable would hold them.

    Returns:
        Nothing where there is no such file.

    Raises:
        UsageError: It is there and cannot be used.
    """
    try:
        text = _read(path)
    except FileNotFoundError:
        return {}
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{path} cannot be read: {error}.") from error
    try:
        return {key: _plain(value) for key, value in tomllib.loads(text).items()}
    except (ValueError, RecursionError) as error:  # a number may be too long for Python even where TOML has it
        raise UsageError(f"{path} is no valid TOML: {error}.") from error


def _read(path: Path) -> str:
    with open(path, "rb", opener=_open_without_waiting) as file:
        if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
            raise OSError("it is no regular file")
        data = file.read(MAX_BYTES + 1)
    if len(data) > MAX_BYTES:
        raise OSError(f"it is larger than {MAX_BYTES // 1024} kB")
    return data.decode()


def _open_without_waiting(path: str, flags: int) -> int:
    """Open a file; a pipe would otherwise wait for a writer."""
    return os.open(path, flags | os.O_NONBLOCK)


def _plain(value: object) -> object:
    """Scalars as text, so that files and variables are read by the same rules (`true` is no number)."""
    match value:
        case bool():
            return str(value).lower()
        case list():
            return [_plain(item) for item in value]
        case dict():
            return {key: _plain(item) for key, item in value.items()}
    return str(value)

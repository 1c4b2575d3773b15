"""What the screen has to know before its first paint: theme, keys, notices.

Read without the models that validate settings, which take longer to load than the rest of the way to
the first paint. They are read again, and validated, with all other settings.
"""

from __future__ import annotations

import json
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field

import platformdirs

THEMES = ("auto", "dark", "light", "contrast", "ansi")
NOTICES = ("all", "bell", "title", "off")


@dataclass(frozen=True, slots=True)
class Looks:
    """How the screen is to look and to call."""

    theme: str = "auto"
    keymap: Mapping[str, str] = field(default_factory=dict)
    notify: str = "all"


def looks_of(environ: Mapping[str, str]) -> Looks:
    """What the environment and the person's file say. What cannot be used is left to the validation to come."""
    given = _file() | {
        name: environ[variable]
        for name, variable in (("theme", "LOKI_THEME"), ("keymap", "LOKI_KEYMAP"), ("notify", "LOKI_NOTIFY"))
        if variable in environ
    }
    theme, notify = given.get("theme"), given.get("notify")
    return Looks(
        theme=theme if isinstance(theme, str) and theme in THEMES else "auto",
        keymap=_keymap(given.get("keymap")),
        notify=notify if isinstance(notify, str) and notify in NOTICES else "all",
    )


def _file() -> dict[str, object]:
    path = platformdirs.user_config_path("loki") / "config.toml"
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError):
        return {}


def _keymap(given: object) -> dict[str, str]:
    try:
        read = json.loads(given) if isinstance(given, str) else given
    except ValueError:
        return {}
    return {str(name): str(keys) for name, keys in read.items()} if isinstance(read, dict) else {}

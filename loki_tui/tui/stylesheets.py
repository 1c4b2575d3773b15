"""Where the stylesheets are: inside the package in a wheel, at the top level in a checkout."""

from __future__ import annotations

from pathlib import Path, PurePath

import loki_tui

_PACKAGE = Path(loki_tui.__file__).parent

STYLES = next(path for path in (_PACKAGE / "styles", _PACKAGE.parent / "styles") if path.is_dir())
"""Directory of the `.tcss` files."""


def stylesheets() -> list[str | PurePath]:
    """All stylesheets, in cascade order: a screen may overrule a widget."""
    return [
        STYLES / "app.tcss",
        *sorted(STYLES.glob("widgets/*.tcss")),
        *sorted(STYLES.glob("screens/*.tcss")),
    ]

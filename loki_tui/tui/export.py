"""The screen as a picture or as text, for a report or a colleague."""

from __future__ import annotations

import io
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console
from textual import on
from textual.app import App
from textual.events import DeliveryComplete, DeliveryFailed

if TYPE_CHECKING:
    from loki_tui.tui.app import Left


class Exporting(App["Left"]):
    """An application that saves its screen, and says where to."""

    def action_export(self, form: str) -> None:
        """Save this screen as a picture or as text; in a browser, that is a download."""
        content = screen_as_svg(self) if form == "svg" else screen_as_text(self)
        name = f"loki-{datetime.now().astimezone():%Y%m%d-%H%M%S}.{'svg' if form == 'svg' else 'txt'}"
        self.deliver_text(
            io.StringIO(content), save_filename=name, save_directory=_directory(), open_method="download", name=name
        )

    @on(DeliveryComplete)
    def _saved(self, event: DeliveryComplete) -> None:
        self.notify(f"Saved as {event.path or event.name}", markup=False)

    @on(DeliveryFailed)
    def _not_saved(self, event: DeliveryFailed) -> None:
        self.notify(f"It could not be saved: {event.exception}", severity="error", markup=False)


def _directory() -> Path:
    """Where downloads go, or home: on a server there is seldom a directory for them."""
    from platformdirs import user_downloads_path  # noqa: PLC0415 (when it is wanted)

    downloads = user_downloads_path()
    return downloads if downloads.is_dir() else Path.home()


def screen_as_svg(app: App[Left]) -> str:
    """The screen as an SVG picture."""
    return app.export_screenshot(title="Loki")


def screen_as_text(app: App[Left]) -> str:
    """The screen as lines of text, without colours."""
    width, height = app.size
    console = Console(
        width=width, height=height, file=io.StringIO(), record=True, color_system=None, legacy_windows=False
    )
    # The library exports pictures only; this is what its own export prints.
    console.print(app.screen._compositor.render_update(full=True))  # noqa: SLF001
    return "\n".join(line.rstrip() for line in console.export_text().splitlines()) + "\n"

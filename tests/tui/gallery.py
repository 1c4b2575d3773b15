"""Golden pictures: how they are kept, and how many of one application are compared at once."""

from __future__ import annotations

import inspect
import pickle
import re
from pathlib import Path

import pytest
import pytest_textual_snapshot as plugin  # type: ignore[import-untyped]
from rich.console import Console
from syrupy.assertion import SnapshotAssertion
from syrupy.location import PyTestLocation

from loki_tui.tui.app import LokiApp
from loki_tui.tui.themes import themes
from tests.tui.until import Pausing

TESTS = Path(__file__).parents[1]
SNAPSHOTS = TESTS.parent / "snapshots"
THEMES = tuple(theme.name for theme in themes())
SIZES = {"80x24": (80, 24), "120x36": (120, 36), "200x60": (200, 60)}
"""What everything is made to look right at."""

_CLIPPED = re.compile(r' clip-path="url\(#terminal-line-\d+\)"')
_REDUNDANT = re.compile(
    r'<clipPath id="terminal-line-\d+">.*?</clipPath>\n?'  # of a line, which nothing leaves
    r"|<text [^>]*>\n</text>"  # the end of a line
    r"|@font-face \{.*?\}\s*",  # from the network, which a viewer should not be sent to
    re.DOTALL,
)
_BEHIND = re.compile(r'<rect fill="([^"]+)" x="([\d.]+)" y="([\d.]+)" width="([\d.]+)" ([^>]*)/>')
"""What is behind a piece of text: colour, place, size, the rest."""


class GoldenSVG(plugin.SVGImageExtension):  # type: ignore[misc]
    """Pictures in the top-level `snapshots/`, in directories like those of the tests."""

    file_extension = "svg"

    def serialize(self, data: object, **given: object) -> str:
        """A picture as it is kept: without what no viewer shows, a third smaller."""
        picture = _REDUNDANT.sub("", _CLIPPED.sub("", super().serialize(data, **given)))
        return _in_one(picture.replace("&#160;", "\N{NO-BREAK SPACE}"))

    @classmethod
    def dirname(cls, *, test_location: PyTestLocation) -> str:
        """Where the pictures of a module of tests are."""
        return str(SNAPSHOTS / Path(test_location.filepath).relative_to(TESTS).with_suffix(""))


def _in_one(picture: str) -> str:
    """A picture in which what is behind several pieces of one line, in one colour, is one piece."""
    lines: dict[tuple[str, str, str], list[tuple[float, float]]] = {}
    for colour, x, y, width, rest in _BEHIND.findall(picture):
        pieces, begin, end = lines.setdefault((colour, y, rest), []), float(x), float(x) + float(width)
        if pieces and abs(pieces[-1][1] - begin) < 0.1:
            begin = pieces.pop()[0]
        pieces.append((begin, end))
    whole = [
        f'<rect fill="{colour}" x="{begin:g}" y="{y}" width="{end - begin:g}" {rest}/>'
        for (colour, y, rest), pieces in lines.items()
        for begin, end in pieces
    ]
    first = _BEHIND.search(picture)
    return (
        picture
        if first is None
        else picture[: first.start()] + "\n".join(whole) + _BEHIND.sub("", picture[first.start() :])
    )


class Gallery:
    """Compares pictures with those that are kept: says which of them differ in the end, not at the first.

    Each goes into the report that the snapshot plug-in writes.

    Args:
        kept: Those of the test.
        test: Which that is.
    """

    def __init__(self, kept: SnapshotAssertion, test: pytest.Item) -> None:
        self._kept = kept.use_extension(GoldenSVG)
        self._test = test
        self._taken: list[str] = []
        self._differing: list[str] = []

    def take(self, app: LokiApp, name: str) -> None:
        """Compare what an application shows.

        Args:
            app: The application, at rest.
            name: The picture's, within the test.
        """
        picture = picture_of(app)
        same = self._kept(name=name) == picture
        self._taken.append(name)
        if not same:
            self._differing.append(name)
        self._report(name, picture, same=same)

    async def take_in_every_theme(self, app: LokiApp, pilot: Pausing, name: str) -> None:
        """Go through the themes, with a picture of each; in the end it is the first one again."""
        for theme in (*THEMES[1:], THEMES[0]):
            await change_theme(app, pilot, theme)
            self.take(app, f"{name} {theme}")

    def close(self) -> None:
        """See whether all were as they are kept."""
        assert self._taken, "no picture was taken"
        assert not self._differing, f"{len(self._differing)} of {len(self._taken)} differ: {self._differing}"

    def _report(self, name: str, picture: str, *, same: bool) -> None:
        """Leave what the report is made from; see `pytest_textual_snapshot.retrieve_svg_diffs`."""
        path, line, test = self._test.reportinfo()
        compared = self._kept.executions[self._kept.num_executions - 1]
        console = Console(legacy_windows=False, force_terminal=True)
        data = (
            same,
            str(compared.final_data or ""),
            picture,
            plugin.PseudoApp(plugin.PseudoConsole(console.legacy_windows, console.size)),
            path,
            line,
            f"{test}[{name}]",
            inspect.getdoc(getattr(self._test, "function", None)) or "",
            "",
            compared.final_data is not None,
        )
        place = plugin.node_to_report_path(self._test)
        place.with_name(f"{place.name}_{name}").write_bytes(pickle.dumps(data))


def picture_of(app: LokiApp) -> str:
    """What an application shows, as an SVG."""
    return app.export_screenshot(title=app.title, simplify=True)


async def change_theme(app: LokiApp, pilot: Pausing, theme: str) -> None:
    """Take another theme, and wait until everything is in its colours."""
    app.theme = theme
    # The styles are worked out in one turn and painted in another.
    await pilot.pause()
    await pilot.pause()

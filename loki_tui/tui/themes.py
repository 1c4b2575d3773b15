"""Themes: the only place that names colours.

Each theme gives the stylesheets the same few variables. None of them tells by colour alone: good,
bad and stale things also differ in their words and signs, so a theme is free to be monochrome.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from rich.style import Style
from textual.color import Color
from textual.theme import Theme

from loki_tui.tui.rows import Tone

ThemeName = Literal["dark", "light", "contrast", "ansi"]
Weights = Literal["none", "bold", "dim"]
"""Nothing; what is good or wants a look is bold; that, and what matters less is dim, too."""


def _variables(
    *, quiet: str, good: str, bad: str, warn: str, accent: str, edge: str, weights: Weights
) -> dict[str, str]:
    """What the stylesheets use beyond Textual's own variables.

    Args:
        quiet: Colour of what matters less.
        good: Of success.
        bad: Of failure.
        warn: Of what wants a look.
        accent: Of what can be acted on.
        edge: Of borders.
        weights: What tones also differ by, where colours are few.
    """
    return {
        "quiet": quiet,
        "good": good,
        "bad": bad,
        "warn": warn,
        "accented": accent,
        "edge": edge,
        "weights": weights,
    }


_COLOURS: Mapping[Tone, str] = {
    "quiet": "quiet", "good": "good", "bad": "bad", "warn": "warn", "accent": "accented", "alert": "warn",
    "add": "good", "del": "bad", "hunk": "accented",
    "keyword": "accented", "string": "good", "comment": "quiet", "number": "warn",
}  # fmt: skip
"""Tone to the variable that names its colour; others have the foreground's."""


def style_of(tone: Tone, variables: Mapping[str, str]) -> Style:
    """How a tone looks, apart from what is behind it.

    Args:
        tone: The tone.
        variables: Of the theme in force.
    """
    name = _COLOURS.get(tone)
    colour = Color.parse(variables[name]).rich_color if name is not None else None
    weights = variables.get("weights", "none")
    return Style(
        color=colour,
        bold=True if tone in {"loud", "bad"} or (weights != "none" and tone in {"good", "warn"}) else None,
        dim=True if weights == "dim" and tone == "quiet" else None,
        italic=True if tone == "comment" else None,
        reverse=True if tone == "alert" else None,
    )


def themes() -> tuple[Theme, ...]:
    """Every theme there is."""
    return (_dark(), _light(), _contrast(), _ansi())


def _dark() -> Theme:
    return Theme(
        name="dark",
        primary="#7aa2f7",
        secondary="#565f89",
        accent="#e0af68",
        warning="#e0af68",
        error="#f7768e",
        success="#9ece6a",
        foreground="#c0caf5",
        background="#16161e",
        surface="#1a1b26",
        panel="#24283b",
        variables=_variables(
            quiet="#8790b9", good="#9ece6a", bad="#f7768e", warn="#e0af68", accent="#7dcfff", edge="#3b4261",
            weights="none",
        ),
    )  # fmt: skip


def _light() -> Theme:
    return Theme(
        name="light",
        primary="#2e5cb8",
        secondary="#8a93ab",
        accent="#835510",
        warning="#835510",
        error="#b3261e",
        success="#2f6b2f",
        foreground="#2a2f3a",
        background="#f6f6f3",
        surface="#eeeeea",
        panel="#e2e2dd",
        dark=False,
        variables=_variables(
            quiet="#5a6272", good="#2f6b2f", bad="#b3261e", warn="#835510", accent="#1f5f8b", edge="#b9bdc7",
            weights="none",
        ),
    )  # fmt: skip


def _contrast() -> Theme:
    return Theme(
        name="contrast",
        primary="#ffffff",
        secondary="#ffffff",
        accent="#ffff00",
        warning="#ffff00",
        error="#ffa8a8",
        success="#80ff80",
        foreground="#ffffff",
        background="#000000",
        surface="#000000",
        panel="#303030",
        variables=_variables(
            quiet="#d0d0d0", good="#80ff80", bad="#ffa8a8", warn="#ffff00", accent="#80ffff", edge="#ffffff",
            weights="bold",
        ),
    )  # fmt: skip


def _ansi() -> Theme:
    """The terminal's own sixteen colours, on its own background."""
    return Theme(
        name="ansi",
        primary="ansi_blue",
        secondary="ansi_cyan",
        accent="ansi_yellow",
        warning="ansi_yellow",
        error="ansi_red",
        success="ansi_green",
        foreground="ansi_default",
        background="ansi_default",
        surface="ansi_default",
        panel="ansi_default",
        boost="ansi_default",
        ansi=True,
        variables={
            # The library's own styles name these two, and stop without them.
            "ansi-background": "ansi_default",
            "ansi-foreground": "ansi_default",
            **_variables(
                quiet="ansi_default", good="ansi_green", bad="ansi_red", warn="ansi_yellow", accent="ansi_cyan",
                edge="ansi_default", weights="dim",
            ),
        },
    )  # fmt: skip


def fitting_theme(environ: Mapping[str, str]) -> ThemeName:
    """The theme for a terminal as it describes itself.

    Sixteen colours unless it says it has more; the light theme where COLORFGBG tells of a light
    background. Everything else is dark, as most terminals are.
    """
    terminal = environ.get("TERM", "")
    many = environ.get("COLORTERM") in ("truecolor", "24bit") or "256" in terminal or "direct" in terminal
    if not many or environ.get("NO_COLOR"):
        return "ansi"
    background = environ.get("COLORFGBG", "").rpartition(";")[2]
    return "light" if background in ("7", "15") else "dark"

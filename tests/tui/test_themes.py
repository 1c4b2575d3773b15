"""Whether what the themes name can be read."""

from __future__ import annotations

import pytest
from textual.color import Color
from textual.theme import Theme

from loki_tui.tui.themes import style_of, themes

LEAST = {"dark": 4.5, "light": 4.5, "contrast": 7.0}
"""Theme to the contrast of text that the Web Content Accessibility Guidelines 2.1 ask for, at AA and at AAA."""
TEXTS = ("quiet", "good", "bad", "warn", "accented")


def brightness(colour: Color) -> float:
    """Relative luminance, as the guidelines define it."""
    red, green, blue = (
        part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in colour.normalized
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    """Contrast ratio, as the guidelines define it."""
    darker, lighter = sorted((brightness(Color.parse(one)), brightness(Color.parse(other))))
    return (lighter + 0.05) / (darker + 0.05)


def backgrounds(theme: Theme) -> tuple[str, ...]:
    assert theme.background
    assert theme.surface
    assert theme.panel
    return theme.background, theme.surface, theme.panel


@pytest.mark.parametrize("name", LEAST)
def test_every_text_stands_out_from_everything_it_is_written_on(name: str) -> None:
    (theme,) = (theme for theme in themes() if theme.name == name)
    texts = {"foreground": theme.foreground or "", **{text: theme.variables[text] for text in TEXTS}}
    faint = {
        (text, background): round(contrast(colour, background), 2)
        for text, colour in texts.items()
        for background in backgrounds(theme)
        if contrast(colour, background) < LEAST[name]
    }
    assert not faint


@pytest.mark.parametrize("name", LEAST)
def test_no_theme_with_colours_of_its_own_dims_them(name: str) -> None:
    (theme,) = (theme for theme in themes() if theme.name == name)
    assert not style_of("quiet", theme.variables).dim

from __future__ import annotations

from loki_tui.core.docstrings import attribute_docstrings


class Sample:
    """A class with attributes."""

    first: int
    """The first,
    on two lines."""
    second: int = 2
    third = 3
    """Not annotated."""


def test_the_text_under_annotated_attributes_is_read() -> None:
    assert attribute_docstrings(Sample) == {"first": "The first, on two lines."}

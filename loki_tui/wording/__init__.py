"""How things are said to a person, alike on every face: events as lines, and the words for amounts and ages."""

from __future__ import annotations

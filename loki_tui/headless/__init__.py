"""The face without a screen: events as lines or JSON."""

from __future__ import annotations

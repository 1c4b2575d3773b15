"""Decides what happens next. Sees the world only through `engine.ports`."""

from __future__ import annotations

"""Loki: mission control for autonomous coding agents. Importing this does nothing."""

from __future__ import annotations

__version__ = "0.1.0"

"""Adapters that answer `engine.ports.Model`."""

from __future__ import annotations

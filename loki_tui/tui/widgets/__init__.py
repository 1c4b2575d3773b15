"""Widgets: they show rows and say what a person did; none knows the application or an engine."""

from __future__ import annotations

"""Agents that are somebody else's programs: what the engine asks of them, and how their work becomes the run's."""

from __future__ import annotations

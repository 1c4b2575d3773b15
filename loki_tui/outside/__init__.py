"""Agents that are somebody else's programs: the protocols that they speak."""

from __future__ import annotations

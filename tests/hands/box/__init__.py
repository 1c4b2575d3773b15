"""Tests of what runs beside the agent."""

from __future__ import annotations

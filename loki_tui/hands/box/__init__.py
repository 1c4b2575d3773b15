"""What runs beside the agent, confined: the standard library alone, so that any container with Python can hold it."""

from __future__ import annotations

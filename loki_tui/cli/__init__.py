"""The `loki` command."""

from __future__ import annotations

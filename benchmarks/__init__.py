"""Measurements: what Loki costs, beside what it could cost at best. Run by hand, never by tests."""

from __future__ import annotations

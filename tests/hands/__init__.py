"""Tests of the hands."""

from __future__ import annotations

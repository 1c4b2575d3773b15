"""The composition root: builds an engine with its adapters, and the client that watches and steers it."""

from __future__ import annotations

"""The vocabulary: events, state, settings, money, actions, errors. Pure: no input, no output."""

from __future__ import annotations

"""Screens: what is wired together of widgets, and what keys do there."""

from __future__ import annotations

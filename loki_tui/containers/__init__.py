"""Containers: hands in boxes of a container engine, Docker's or one that speaks its API."""

from __future__ import annotations

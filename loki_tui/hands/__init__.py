"""The workspace: every command and file operation of an agent, in a confined process of its own."""

from __future__ import annotations

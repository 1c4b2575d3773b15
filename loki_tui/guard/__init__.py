"""What may be done: the risk of an action, and what must not be written down. Pure."""

from __future__ import annotations

"""What each pane says: plain functions from a picture to rows. Nothing here knows a widget."""

from __future__ import annotations

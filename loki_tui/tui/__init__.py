"""The full-screen application: folded state in, intents out. The only package that knows Textual."""

from __future__ import annotations

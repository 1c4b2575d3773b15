"""What a shell command would run: a syntax tree, and an abstract run over it. Pure: it starts nothing."""

from __future__ import annotations

"""What outlives the process: the journal, state paths, checkpoints."""

from __future__ import annotations

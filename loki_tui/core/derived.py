"""What tools make of sources beside them: nobody's work, so it is in no checkpoint and no commit of a run."""

from __future__ import annotations

from typing import Final

IGNORES: Final = "__pycache__/\n*.py[cod]\n.pytest_cache/\n.mypy_cache/\n.ruff_cache/\n"
"""Git's patterns for it: they hold where no `.gitignore` has them, too. What is tracked all the same stays tracked."""

"""Runs every check there is, in order, and stops at the first that fails.

The tests come last, so that the output ends with their own summary.
"""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).parent.parent
BIN = Path(sys.executable).parent

STEPS = {
    "format": ["ruff", "format", "--check", "."],
    "lint": ["ruff", "check", "."],
    "types": ["mypy"],
    "types of scripts": ["mypy", ".ci/check.py", ".ci/base_image.py", "docs/generate.py"],
    "import contracts": ["lint-imports", "--no-cache"],
    "docs are current": ["python", "docs/generate.py", "--check"],
    # Hundreds of programs are started by tests; none should have to compile what it is made of.
    "compiled": ["python", "-m", "compileall", "-q", "loki_tui"],
    # Tests marked as one group share what is costly to set up.
    "tests": ["pytest", "-q", "-n", "auto", "--dist", "loadgroup"],
}
"""Name to command; each is a program of this environment."""

LIMIT_SECONDS = 4800
"""No step takes this long unless it hangs."""


def main() -> int:
    """Run the steps.

    Returns:
        What the failing step exited with; 0 where all passed.
    """
    for name, (program, *arguments) in STEPS.items():
        started = time.monotonic()
        print(f"── {name}", flush=True)
        try:
            code = subprocess.run(
                [BIN / program, *arguments], cwd=ROOT, check=False, stdin=subprocess.DEVNULL, timeout=LIMIT_SECONDS
            ).returncode
        except subprocess.TimeoutExpired:
            code = 124
        if code:
            print(f"FAILED: {name} ({time.monotonic() - started:.1f} s)", flush=True)
            return code
        if name != "tests":
            print(f"   passed in {time.monotonic() - started:.1f} s", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())

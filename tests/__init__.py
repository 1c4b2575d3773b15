"""The tests, and what has to hold before any of their modules is imported."""

from __future__ import annotations

import os
import sys

# A version manager's `python3` is a script of many programs that looks for the real one, and does so each time that a
# project under test starts it. The real one is this one.
_OWN = f"{sys.base_prefix}/bin"
if "PATH" in os.environ and _OWN not in os.environ["PATH"].split(os.pathsep):
    os.environ["PATH"] = os.pathsep.join([_OWN, os.environ["PATH"]])

# Where nothing compiled may be kept, as is common in images, each program under test compiles all of Loki whenever it
# is started: a second of work each time. Hands and what they run have an environment of their own, so that nothing
# changes there.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False

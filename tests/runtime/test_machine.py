"""The machine as the engine sees it."""

from __future__ import annotations

import os
import subprocess
import sys
import time

from loki_tui.engine.ports import Machine
from loki_tui.runtime.machine import ThisMachine
from loki_tui.runtime.vitals import WINDOW_SECONDS

BURNER = "print(1, flush=True)\nwhile True: pass\n"


def test_the_first_sample_already_measures_and_takes_no_longer_than_that() -> None:
    machine: Machine = ThisMachine()
    with subprocess.Popen([sys.executable, "-c", BURNER], stdout=subprocess.PIPE) as burner:
        assert burner.stdout is not None
        burner.stdout.readline()
        began = time.monotonic()
        sample = machine.sample()
        took = time.monotonic() - began
        burner.kill()
    # Other work on the machine may leave it less than a core, but never nothing.
    assert sample.run_cpu_percent > 5
    assert sample.cpu_percent > 0
    assert WINDOW_SECONDS <= took < 5


def test_the_runs_own_processes_are_this_one_and_all_below_it() -> None:
    machine = ThisMachine()
    alone = machine.sample().run_rss_bytes
    size = 150 * 2**20
    grandchild = f"b = b'x' * {size}; print(1, flush=True); input()"
    child = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {grandchild!r}])"
    with subprocess.Popen([sys.executable, "-c", child], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdout.readline()
        assert machine.sample().run_rss_bytes > alone + size
        process.stdin.write(os.linesep.encode())

"""Load of real processes: what they burn and hold is seen, also of those that have ended or just end."""

from __future__ import annotations

import os
import select
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

import psutil
import pytest

from loki_tui.core.vocabulary import Sample
from loki_tui.runtime.vitals import WINDOW_SECONDS, Vitals

MEGABYTE = 2**20

BURN = "import os\nwhile sum(os.times()[:2]) < {seconds}: pass\n"
"""A program that uses so much CPU time and ends."""

PARENT = f"""
import subprocess, sys
held = b"x" * (50 * {MEGABYTE})
for line in sys.stdin:
    if line.startswith("burn"):
        subprocess.run([sys.executable, "-c", {BURN.format(seconds=0.4)!r}], check=True)
    elif line.startswith("hold"):
        child = subprocess.Popen([sys.executable, "-c", "b = b'x' * (80 * {MEGABYTE}); print(1, flush=True); input()"],
                                 stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        child.stdout.readline()
    elif line.startswith("leave"):
        child.kill()  # and it is not waited for: it stays as a zombie
    print("done", flush=True)
"""
"""A process that does as it is told: has a child burn and end, has one hold memory, leaves it unburied."""


class Told:
    """That process."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.process = process

    def to(self, what: str) -> None:
        """Have it done."""
        assert self.process.stdin
        assert self.process.stdout
        self.process.stdin.write(f"{what}\n")
        self.process.stdin.flush()
        assert self.process.stdout.readline() == "done\n"


@contextmanager
def telling() -> Iterator[Told]:
    with subprocess.Popen(
        [sys.executable, "-c", PARENT], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        told = Told(process)
        told.to("begin")
        yield told
        process.kill()


def read(vitals: Vitals) -> Sample:
    sample = vitals.read()
    assert sample is not None
    return sample


def burn(seconds: float) -> None:
    """Use CPU time in this process."""
    until = time.process_time() + seconds
    while time.process_time() < until:
        pass


def test_this_process_burns_what_it_burns() -> None:
    vitals = Vitals(os.getpid())
    began, used = time.monotonic(), time.process_time()
    burn(0.5)
    sample = read(vitals)
    # The machine is shared, so that half a second of work may take longer.
    expected = 100 * (time.process_time() - used) / (time.monotonic() - began)
    assert sample.run_cpu_percent == pytest.approx(expected, abs=15)
    assert 0 < sample.cpu_percent <= 100
    assert 0 < sample.memory_percent < 100
    assert sample.run_rss_bytes >= 5 * MEGABYTE


def test_the_first_reading_knows_no_cpu_yet_and_a_hasty_one_repeats_the_last() -> None:
    vitals = Vitals(os.getpid())
    assert read(vitals).run_cpu_percent == 0.0
    burn(2 * WINDOW_SECONDS)
    sample = read(vitals)
    assert sample.run_cpu_percent > 0
    assert read(vitals).run_cpu_percent == sample.run_cpu_percent


def test_a_command_that_began_and_ended_between_two_readings_counts() -> None:
    with telling() as parent:
        vitals = Vitals(parent.process.pid)
        began = time.monotonic()
        parent.to("burn")
        sample = read(vitals)
        took = time.monotonic() - began
        assert sample.run_cpu_percent * took / 100 >= 0.3
        assert psutil.Process(parent.process.pid).children() == []


def test_what_children_hold_counts_and_what_has_ended_does_not() -> None:
    with telling() as parent:
        vitals = Vitals(parent.process.pid)
        alone = read(vitals).run_rss_bytes
        assert alone >= 50 * MEGABYTE
        parent.to("hold")
        assert read(vitals).run_rss_bytes >= alone + 80 * MEGABYTE
        (child,) = psutil.Process(parent.process.pid).children()
        handle = os.pidfd_open(child.pid)
        parent.to("leave")
        assert select.select([handle], [], [], 10)[0], "it has not ended"
        os.close(handle)
        assert read(vitals).run_rss_bytes < alone + 40 * MEGABYTE


def test_a_process_that_is_gone_has_no_vitals() -> None:
    with telling() as parent:
        vitals = Vitals(parent.process.pid)
        assert vitals.read() is not None
        parent.process.kill()
        parent.process.wait()
        assert vitals.read() is None
        assert Vitals(parent.process.pid).read() is None


def test_where_no_engine_lives_there_is_nothing_to_read() -> None:
    assert Vitals(None).read() is None


def test_a_zombie_is_gone() -> None:
    with subprocess.Popen([sys.executable, "-c", ""]) as process:
        os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
        assert Vitals(process.pid).read() is None

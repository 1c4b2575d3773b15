"""Measures Loki beside the floor, and prints one table: `python -m benchmarks.run [--quick] [NAME…]`."""

from __future__ import annotations

import argparse
import os
import platform
import sys
from collections.abc import Callable, Iterator

from benchmarks import (
    approving,
    boxes,
    commands,
    confinement,
    cost,
    dashboard,
    faults,
    hands,
    journal,
    looking_back,
    screen,
    soak,
    start,
    streams,
    turns,
    verifying,
)
from benchmarks.figures import QUICK, Effort, Figure, table

BENCHMARKS: dict[str, Callable[[Effort], Iterator[Figure]]] = {
    "turns": turns.measure,
    "start": start.measure,
    "cost": cost.measure,
    "faults": faults.measure,
    "hands": hands.measure,
    "confinement": confinement.measure,
    "boxes": boxes.measure,
    "commands": commands.measure,
    "journal": journal.measure,
    "looking_back": looking_back.measure,
    "screen": screen.measure,
    "approving": approving.measure,
    "dashboard": dashboard.measure,
    "soak": soak.measure,
    "verifying": verifying.measure,
    "streams": streams.measure,
}


def main() -> int:
    parser = argparse.ArgumentParser(description="Measure Loki beside a bare loop over the same SDK.")
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"which, of {', '.join(BENCHMARKS)}; all by default")
    parser.add_argument("--quick", action="store_true", help="once each and little of it, to see that it works")
    arguments = parser.parse_args()
    if unknown := sorted(set(arguments.names) - BENCHMARKS.keys()):
        parser.error(f"there is no benchmark {', '.join(unknown)}")
    effort = QUICK if arguments.quick else Effort()
    print(f"{_machine()}\n")
    figures: list[Figure] = []
    for name in arguments.names or BENCHMARKS:
        print(f"measuring: {name}", file=sys.stderr)
        for figure in BENCHMARKS[name](effort):
            print(f"  {figure}", file=sys.stderr)
            figures.append(figure)
    print(table(figures))
    return 0 if all(figure.met for figure in figures) else 1


def _machine() -> str:
    load = ", ".join(f"{value:.1f}" for value in os.getloadavg())
    return f"{os.cpu_count()} cores, Linux {platform.release()}, Python {platform.python_version()}, load {load}"


if __name__ == "__main__":
    sys.exit(main())

"""What it costs to hold commands against the rules: each of the suite's table, and what is too much to be analysed."""

from __future__ import annotations

import time
import tomllib
from collections.abc import Iterator
from pathlib import Path

from benchmarks.figures import Effort, Figure, median
from loki_tui.core.blocking import DEFAULT_BLOCKED
from loki_tui.hands.shell_policy import ShellPolicy

_TABLE = Path(__file__).parents[1] / "tests/guard/shell/table.toml"


def measure(effort: Effort) -> Iterator[Figure]:
    policy = ShellPolicy(DEFAULT_BLOCKED, root="/w/project", home="/home/ada")
    groups = tomllib.loads(_TABLE.read_text(encoding="utf-8"))["group"]
    commands = [command for group in groups for command in group["commands"]]
    chosen = commands if effort.repetitions > 1 else commands[::10]
    taken = sorted(_seconds(policy, command) * 1000 for command in chosen)
    yield Figure("a command held against the rules, median", "ms", median(taken), target=10)
    yield Figure("the same, 95th percentile", "ms", taken[int(len(taken) * 0.95)])
    large = {
        "10,000 commands": ";".join(f"echo a{number}" for number in range(10_000)),
        "10,000 commands in 20 kB": "a;" * 10_000,
        "a megabyte": "echo " + "x" * 1_000_000,
    }
    for name, command in large.items():
        assert policy.decide(command).verdict == "ask"
        worst = max(_seconds(policy, command) for _ in range(effort.repetitions))
        yield Figure(f"{name}, until it is asked about", "s", worst, target=1)
    thousand = "\n".join(f"echo a{number}" for number in range(1_000))
    assert policy.decide(thousand).verdict == "allow"
    yield Figure(
        "1,000 commands, decided", "s", median(_seconds(policy, thousand) for _ in range(effort.repetitions)), target=1
    )


def _seconds(policy: ShellPolicy, command: str) -> float:
    began = time.perf_counter()
    policy.decide(command)
    return time.perf_counter() - began

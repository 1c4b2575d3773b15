"""One contestant at work on one script, measured from outside."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Literal

from benchmarks import scenario
from benchmarks.processes import MemoryWatch
from benchmarks.scenario import Project, make_project

Body = dict[str, Any]
Contestant = Literal["ours", "floor"]

BOTH: tuple[Contestant, ...] = ("floor", "ours")

PATIENCE = 300.0
"""Seconds that a trial may take."""

_ROOT = Path(__file__).parent.parent


@dataclass(frozen=True, slots=True)
class Trial:
    """What was measured."""

    exit_code: int
    output: str
    began: float
    arrivals: tuple[float, ...]
    """When each turn of the agent was asked for."""
    first: float
    """When anything was asked for first."""
    first_cpu: float
    """Processor seconds used by then."""
    cpu: dict[int, float]
    """Turn to the processor time used by then."""
    memory: int
    """Bytes."""
    billed: tuple[Body, ...]
    best: tuple[Body, ...]

    def wall(self, start: int, end: int) -> float:
        """Seconds a turn from one turn to another."""
        return (self.arrivals[end] - self.arrivals[start]) / (end - start)

    def busy(self, start: int, end: int) -> float:
        """Processor seconds a turn from one marked turn to another."""
        return (self.cpu[end] - self.cpu[start]) / (end - start)


def run_trial(
    who: Contestant,
    script: Sequence[Body],
    *,
    marks: Sequence[int] = (),
    blind: bool = True,
    settings: dict[str, str] | None = None,
) -> Trial:
    """Put a contestant to work in a fresh project until it ends.

    Args:
        who: Ours is asked for a plan first, which the floor is spared.
        script: Turns of the agent.
        marks: Turns, from 0, at which processor time is read.
        blind: The server does not look into requests, so that a turn costs it always the same.
        settings: Further environment variables.
    """
    ahead = 1 if who == "ours" else 0
    order = {
        "script": [scenario.plan(), *script] if who == "ours" else list(script),
        "marks": [0, *(mark + ahead for mark in marks)],
        "blind": blind,
    }
    with tempfile.TemporaryDirectory(prefix="loki-benchmark-", ignore_cleanup_errors=True) as scratch:
        project = make_project(Path(scratch))
        with _server(order) as server:
            # This checkout, whichever one is installed.
            ours = {"ANTHROPIC_BASE_URL": json.loads(_line(server))["url"], "PYTHONPATH": str(_ROOT)}
            done = _work(_command(who, project), project, server, {**ours, **(settings or {})})
            assert server.stdin is not None
            server.stdin.close()
            log = json.loads(_line(server))
    arrivals = log["arrivals"]
    if not arrivals:
        raise RuntimeError(f"{who} asked for nothing (exit code {done.exit_code}): {done.output}")
    return Trial(
        exit_code=done.exit_code,
        output=done.output,
        began=done.began,
        arrivals=tuple(arrivals[ahead:]),
        first=arrivals[0],
        first_cpu=log["cpu"]["0"],
        cpu={int(mark) - ahead: seconds for mark, seconds in log["cpu"].items()},
        memory=done.memory,
        billed=tuple(log["billed"]),
        best=tuple(log["best"]),
    )


@dataclass(frozen=True, slots=True)
class _Done:
    """What became of a process."""

    exit_code: int
    output: str
    began: float
    memory: int


def _work(command: list[str], project: Project, server: subprocess.Popen[bytes], settings: dict[str, str]) -> _Done:
    """Run a contestant to its end, and tell the server whom to measure."""
    with (project.scratch / "output").open("w+b") as output:
        began = time.monotonic()
        process = subprocess.Popen(
            command,
            cwd=project.root,
            env={**project.environment, **settings},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
        watch = MemoryWatch(process.pid)
        try:
            _tell(server, {"pid": process.pid})
            code = process.wait(timeout=PATIENCE)
        finally:
            process.kill()
            process.wait()
            memory = watch.stop()
        output.seek(0)
        return _Done(code, output.read().decode(errors="replace"), began, memory)


def run_both(
    script: Sequence[Body], *, marks: Sequence[int] = (), settings: dict[str, str] | None = None
) -> dict[Contestant, Trial]:
    """A trial of each, one after the other; both have to do all of the work."""
    trials = {who: run_trial(who, script, marks=marks, settings=settings) for who in BOTH}
    for who, trial in trials.items():
        if trial.exit_code or len(trial.arrivals) != len(script):
            raise RuntimeError(f"{who} ended with {trial.exit_code} after {len(trial.arrivals)} turns: {trial.output}")
    return trials


def _command(who: Contestant, project: Project) -> list[str]:
    if who == "ours":
        loki = Path(sys.executable).with_name("loki")
        return [str(loki), "--headless", "start", "prd.md", "--budget", "100"]
    floor = _ROOT / "benchmarks" / "floor.py"
    return [sys.executable, str(floor), scenario.MODEL, str(project.tools), "prd.md"]


@contextmanager
def _server(order: Body) -> Iterator[subprocess.Popen[bytes]]:
    command = [sys.executable, "-m", "benchmarks.server"]
    with subprocess.Popen(command, cwd=_ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as server:
        try:
            _tell(server, order)
            yield server
            server.wait(timeout=10)
        finally:
            server.kill()


def _tell(server: subprocess.Popen[bytes], message: Body) -> None:
    sink: IO[bytes] | None = server.stdin
    assert sink is not None
    sink.write(json.dumps(message).encode() + b"\n")
    sink.flush()


def _line(server: subprocess.Popen[bytes]) -> bytes:
    assert server.stdout is not None
    return server.stdout.readline()

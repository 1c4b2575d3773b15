"""Finding the tools of a phase in the hands' world, and running them to a report."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from dataclasses import dataclass

from loki_tui.engine.ports import ActionResult
from loki_tui.engine.qa.scene import Place, Scene

_LOOKING_SECONDS = 60.0
_LEAST_SECONDS = 1.0
_PROJECT = (".venv/bin", "venv/bin", "node_modules/.bin")
"""Where a project's own environment keeps programs."""
_ARGUMENT_BYTES = 60_000
"""Paths in one command; Linux takes 128 KiB."""

_LOOK = """
own=$(tr '\\0' '\\n' 2>/dev/null </proc/$PPID/cmdline | head -n 1)
for each in {places}; do
    case $each in
        OWN) each=${{own%/*}}/{name} ;;
        PATH) each=$(command -v {name}) || continue ;;
    esac
    [ -f "$each" ] && [ -x "$each" ] || continue
    if {quiet} timeout 20 "$each" {probe} >/dev/null 2>&1; then printf '%s' "$each"; exit; fi
done
exit 1
"""
"""Prints the first that works. Hands' own interpreter is the first word of the process that started the shell, and
what is installed for it lies beside it."""
QUIET = "SEMGREP_ENABLE_VERSION_CHECK=0 SEMGREP_SEND_METRICS=off"
"""Semgrep, even to say its version, asks its maker for a newer one, and without a network waits a minute and a half."""


@dataclass(frozen=True, slots=True)
class Ran:
    """A tool that was run."""

    result: ActionResult
    report: str | None
    """What it wrote where it was told to; none where it wrote nothing."""


async def find_scanner(place: Place, name: str, *, probe: str = "--version") -> str | None:
    """A tool that judges what an agent wrote: Loki's own, then the machine's, then the project's.

    Agents can write the project's environment, so that what is there may say whatever they like.

    Args:
        place: Where to look.
        name: Of the program.
        probe: Arguments that a working one answers with exit code 0; a shim of a version manager does not.
    """
    return await _find(place, name, ["OWN", "PATH", *(f"{directory}/{name}" for directory in _PROJECT)], probe)


async def find_tool(place: Place, name: str, *, probe: str = "--version") -> str | None:
    """A tool that has to fit the project: the project's, then the machine's, then Loki's own."""
    return await _find(place, name, [*(f"{directory}/{name}" for directory in _PROJECT), "PATH", "OWN"], probe)


async def _find(place: Place, name: str, places: Sequence[str], probe: str) -> str | None:
    look = _LOOK.format(places=" ".join(map(shlex.quote, places)), name=shlex.quote(name), probe=probe, quiet=QUIET)
    found = await place.run(look, timeout=_LOOKING_SECONDS)
    return shlex.quote(found.output.strip()) if found.ok and found.output.strip() else None


async def run_tool(place: Place, command: str, *, report: str, timeout: float) -> Ran:
    """Run a command that writes a report.

    Args:
        place: Where.
        command: Names its report `$REPORT`; what it prints is its output.
        report: Name of the file.
        timeout: Seconds.
    """
    path = f"{place.own}/{report}"
    # Not an exported variable: what is found in a process's environment could be found by others.
    result = await place.run(f'mkdir -p {place.own}; REPORT="$PWD/{path}"; {command}', timeout=timeout)
    return Ran(result, await place.read(path))


def seconds_left(scene: Scene) -> float:
    """What a phase may still take of its time limit."""
    return max(_LEAST_SECONDS, scene.settings.phase_timeout - scene.here.seconds)


def in_pieces(paths: Sequence[str]) -> list[str]:
    """Paths as arguments of as many commands as it takes; each begins with `./`, so that none is an option."""
    pieces: list[list[str]] = [[]]
    size = 0
    for path in paths:
        word = shlex.quote(f"./{path}")
        size += len(word.encode("utf-8", "surrogateescape")) + 1
        if size > _ARGUMENT_BYTES and pieces[-1]:
            pieces.append([])
            size = len(word)
        pieces[-1].append(word)
    return [" ".join(piece) for piece in pieces if piece]

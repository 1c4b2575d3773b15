"""The table's labels held against bash itself: commands are really run, with stubs for every program.

PATH holds nothing but stubs that write down how they were called, and a few real programs that only
start others. All of it runs in confined hands that can write a temporary directory and nothing else,
and commands that could name a program by its path, or do something without one, are left out.
"""

from __future__ import annotations

import posixpath
import re
import shlex
import shutil
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import pytest

from loki_tui.hands.workspace import HandsWorkspace, HandsWorkspaces
from tests.guard.shell.rulings import Row, table
from tests.support.hands import make_world

pytestmark = pytest.mark.xdist_group("table of commands")

_REAL = ("bash", "cat", "env", "nice", "nohup", "setsid", "sh", "stdbuf", "timeout", "xargs")
"""Programs that start others, or only print: the rest are stubs."""

_STUBS = (
    "apt-get awk basename cargo chgrp chmod chown cp crontab curl date dd diff dirname docker du find gcc git gh "
    "go grep halt head iptables jq kubectl ln ls lsblk make man mkdir mkfs mktemp mv node npm npx perl poweroff ps "
    "python python3 reboot rg rm rmdir rsync ruby sed shred shutdown sort ssh sudo systemctl tail tar tee touch true "
    "uniq unlink userdel vim wc wget wipefs"
)

_LEFT_OUT = re.compile(
    # Programs by their path, or looked for elsewhere; devices; what does something without a stub.
    r"/\S*bin|/lib|PATH|\bSHELL|command -p|"
    r"\bhash\b|/dev/|/proc|\bkill\b|\bpushd|\bcoproc|:\(\)|bomb|\bwhile\b|\buntil\b|"
    r"select|\btrap\b|\balias|\bfor \(\(|&\s*$|&\s*\)|\bdisown|\b(?:sudo|su|doas|ssh|find|watch|script|flock|strace|"
    r"ltrace|busybox|toybox|parallel|fd|uv|poetry|sg|runuser|chroot|unshare|nsenter|setpriv|systemd-run|chrt|taskset|"
    r"ionice|zsh|dash|python3?|perl|ruby|node|awk|git|tar|rsync|which|type|basename|dirname|tee|ls|cp|ln|mv|printf -v|"
    r"npm|npx|yarn|split|sort|php|lua|at now|crontab|unbuffer|zip|scp|mount|yes|seq|complete|fish|gcc|apt-get|rpm|"
    r"start-stop-daemon)\b|\\time|PROMPT|if false|"
    # What depends on where it is run, or stands behind what a stub does not do.
    r"\.\./\.\.|\$\{?PWD|~\+|chmod|"
    # A profile's PATH, files outside, a race, an empty environment; names that only look like patterns.
    r"bash -lc|bash /tmp|> >|exec -c|mapfile|'/\*'|\\/\\\*"
)
"""What is not run here."""

_DANGEROUS = [
    row for row in table() if row.verdict == "block" and row.rule == "rm -rf /" and not _LEFT_OUT.search(row.command)
]
_HARMLESS = [
    row for row in table() if row.verdict == "allow" and not _LEFT_OUT.search(row.command) and "rm" in row.command
]

_STUB = """#!{bash}
printf '%s\\0' "{name}" "$PWD" "$@" >> "$LOKI_CALLS"
printf '\\n\\0' >> "$LOKI_CALLS"
"""


@pytest.fixture
async def confined(tmp_path: Path) -> AsyncIterator[HandsWorkspace]:
    """Hands on a workspace with a stub of each program."""
    world = make_world(tmp_path)
    (world.workspace / "stubs").mkdir()
    for name in _STUBS.split():
        stub = world.workspace / "stubs" / name
        stub.write_text(_STUB.format(bash=shutil.which("bash"), name=name), encoding="utf-8")
        stub.chmod(0o755)
    for name in _REAL:
        found = shutil.which(name)
        assert found, name
        (world.workspace / "stubs" / name).symlink_to(found)
    hands = await HandsWorkspaces(world.demands()).open_agent()
    yield hands
    await hands.close()


async def calls(hands: HandsWorkspace, workspace: Path, command: str) -> list[list[str]]:
    """Run a command with stubs alone, and give the calls of `rm`: directory, then arguments."""
    told, place = workspace / "calls", workspace / "place"
    shutil.rmtree(place, ignore_errors=True)
    place.mkdir()
    (place / "x.txt").touch()
    told.unlink(missing_ok=True)
    bare = f"env -i PATH={workspace}/stubs HOME=/home/ada LOKI_CALLS={told}"
    script = f"cd {place}\nexec {bare} timeout 5 bash -c -- {shlex.quote(command)} </dev/null"
    await hands.perform("shell", {"command": script, "timeout_seconds": 10})
    if not told.exists():
        return []
    entries = told.read_bytes().decode(errors="replace").split("\n\0")
    found = [entry.split("\0")[:-1] for entry in entries if entry]
    return [words[1:] for words in found if words[0] == "rm"]


async def removing(hands: HandsWorkspace, workspace: Path, rows: Sequence[Row]) -> list[str]:
    """The commands among some that removed the root."""
    return [
        row.command
        for row in rows
        if any(removes_the_root(directory, words) for directory, *words in await calls(hands, workspace, row.command))
    ]


def removes_the_root(directory: str, arguments: list[str]) -> bool:
    """Whether a call of `rm` is about the root, or all that is in it.

    In confined hands the root cannot be listed, so that a pattern of all that is in it stays as it is.
    """
    operands = [word for word in arguments if not word.startswith("-")]
    recursive = any(re.fullmatch(r"-\w*[rR]\w*|--r\w*", word) for word in arguments)
    paths = [posixpath.normpath(posixpath.join(directory, word)).replace("//", "/") for word in operands]
    return recursive and any(path == "/" or re.fullmatch(r"/\.?[*?[!@][^/]*", path) for path in paths)


async def test_what_is_called_dangerous_removes_the_root(confined: HandsWorkspace, tmp_path: Path) -> None:
    commands = [row.command for row in _DANGEROUS]
    assert len(commands) >= 60
    removed = await removing(confined, tmp_path / "w", _DANGEROUS)
    assert sorted(set(commands) - set(removed)) == []


async def test_what_is_called_harmless_does_not(confined: HandsWorkspace, tmp_path: Path) -> None:
    assert len(_HARMLESS) >= 60
    assert await removing(confined, tmp_path / "w", _HARMLESS) == []

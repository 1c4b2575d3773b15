"""What a hostile command may try against everything outside of its grants: none of it may work, on any rung.

The table is the one that `loki doctor --attack` ships. Each attempt runs in hands with `src`
and `tests` writable, and is judged by what it left behind.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from loki_tui.runtime.attack import APART, TOOL_TARGETS, gap_of
from loki_tui.runtime.escapes import METADATA, PRELUDE, READS, REPOSITORY, WRITES, Escape, table
from loki_tui.runtime.proving_ground import Ground, Victim, victim
from tests.support.hands import CREDENTIALS, NO_BWRAP, RUNGS, SECRET, Box, World, alive, open_box

ESCAPES = list(table())
PATHS = [escape for escape in ESCAPES if escape.kind in ("write", "read", "metadata")]


def named(escape: Escape) -> str:
    return f"{escape.kind}-{escape.name}"


@dataclass
class Arena:
    """A rung under attack."""

    rung: str
    ground: Ground
    victim: Victim
    box: Box
    before: dict[str, str]
    repository: bool = False

    @property
    def world(self) -> World:
        return World(self.ground.base, self.rung)

    def attempt(self, program: str) -> str:
        """Run an attack in hands; what it printed. A traceback is what most should end in."""
        number = self.box.shell("echo $PPID").strip()
        ground, target = self.ground, self.victim
        fields = ground.fields(engine=target.pid, box=int(number), port=target.port, repository=self.repository)
        script = Path(self.box_home) / "attack.py"
        script.write_text(PRELUDE + program + "\n")
        return self.box.shell(f"{sys.executable} -I -S {script} '{fields}'")

    @property
    def box_home(self) -> str:
        return str(self.ground.base / "private/agent")

    def assert_unhurt(self, output: str) -> None:
        assert "ESCAPED" not in output
        assert SECRET not in output
        assert not self.victim.hurt()
        assert self.ground.fingerprint() == self.before
        assert alive(self.box.process.pid)


@pytest.fixture(scope="module", params=RUNGS)
def rung(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def lay_out(base: Path) -> Ground:
    ground = Ground(base.resolve())
    ground.lay_out(os.environ)
    return ground


@pytest.fixture(scope="module")
def arena(tmp_path_factory: pytest.TempPathFactory, rung: str) -> Iterator[Arena]:
    ground = lay_out(tmp_path_factory.mktemp("arena"))
    with victim(ground.base) as target:
        box = open_box(World(ground.base, rung), ground.workspace / "src", ground.workspace / "tests")
        yield Arena(rung, ground, target, box, ground.fingerprint())
        assert box.close() == 0


@pytest.fixture(scope="module")
def closed_arena(tmp_path_factory: pytest.TempPathFactory, rung: str) -> Iterator[Arena]:
    """The same with the network off."""
    ground = lay_out(tmp_path_factory.mktemp("closed"))
    with victim(ground.base) as target:
        box = open_box(World(ground.base, rung), ground.workspace / "src", network=("off",))
        yield Arena(rung, ground, target, box, ground.fingerprint())
        assert box.close() == 0


@pytest.fixture(scope="module")
def shielded_arena(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Arena]:
    """A whole repository that may be written, on the rung that can shield what is in it."""
    if NO_BWRAP:
        pytest.skip(f"no bubblewrap here: {NO_BWRAP}")
    ground = lay_out(tmp_path_factory.mktemp("shielded"))
    with victim(ground.base) as target:
        box = open_box(World(ground.base, "bwrap"), ground.repository)
        yield Arena("bwrap", ground, target, box, ground.fingerprint(), repository=True)
        assert box.close() == 0


@pytest.mark.parametrize("escape", [each for each in ESCAPES if each.kind not in APART], ids=named)
def test_nothing_gets_outside(arena: Arena, escape: Escape) -> None:
    if gap_of(escape, arena.world.confinement()):
        pytest.skip(f"{arena.rung} says that it does not cover this, see below")
    arena.assert_unhurt(arena.attempt(escape.program))


@pytest.mark.parametrize("escape", [each for each in ESCAPES if each.kind == "network"], ids=named)
def test_nothing_reaches_a_network_that_is_off(closed_arena: Arena, escape: Escape) -> None:
    closed_arena.assert_unhurt(closed_arena.attempt(escape.program))


GAPS = [escape for escape in ESCAPES if gap_of(escape, World(Path()).confinement())]


@pytest.mark.parametrize("escape", GAPS, ids=named)
def test_what_is_said_to_be_open_is_open(tmp_path: Path, escape: Escape) -> None:
    """Or the badge would warn of what holds."""
    ground = lay_out(tmp_path)
    repository = escape.kind == "repository"
    if os.getuid() == 0 and escape.name in ("pin the engine to a processor", "the engine's policy"):
        pytest.skip("the engine of root has capabilities that its hands gave up, which stands in the way")
    if escape.name == "hooks renamed aside" and not (ground.repository / ".git/hooks").exists():
        pytest.skip("this git makes no directory for hooks")
    with victim(ground.base) as target:
        box = open_box(World(ground.base), ground.repository if repository else ground.workspace / "src")
        arena = Arena("landlock", ground, target, box, ground.fingerprint(), repository=repository)
        output = arena.attempt(escape.program)
        assert "ESCAPED" in output or target.hurt() or ground.fingerprint() != arena.before
        assert box.close() == 0


@pytest.mark.parametrize("escape", [each for each in ESCAPES if each.kind == "repository"], ids=named)
def test_what_git_runs_is_shielded(shielded_arena: Arena, escape: Escape) -> None:
    shielded_arena.assert_unhurt(shielded_arena.attempt(escape.program))


@pytest.mark.parametrize("name", CREDENTIALS)
def test_credentials_are_not_read_by_any_way(arena: Arena, name: str) -> None:
    path = arena.ground.home / name
    said = arena.box.shell(f"cat {path}; grep -r . {path.parent}; cp {path} src/copy; cat src/copy")
    answer = arena.box.ask("read_file", path=str(path))
    assert answer["ok"] is False
    assert "outside what this run may read" in str(answer["output"])
    arena.assert_unhurt(f"{said}{answer}{arena.box.ask('search_files', pattern='.', path=str(path))}")


OUTSIDE = (*TOOL_TARGETS, "{W}/src-evil/a.py", "/etc/passwd", "/usr/bin/python3", "/root/x", "/", "..", "~/../../x")


@pytest.mark.parametrize("path", OUTSIDE)
def test_file_tools_write_nothing_outside(arena: Arena, path: str) -> None:
    ground = arena.ground
    real = path.format(O=ground.outside, H=ground.home, ST=ground.state, W=ground.workspace)
    written = arena.box.ask("write_file", path=real, content="x")
    edited = arena.box.ask("edit_file", path=real, old_string="untouched", new_string="x")
    shown = arena.box.ask("preview", tool="write_file", input={"path": real, "content": "x"})
    assert (written["ok"], edited["ok"], shown["ok"]) == (False, False, False)
    assert "outside what this run may write" in str(written["output"])
    assert str(ground.workspace / "src") in str(written["output"])
    assert "LOKI_ALLOWED_PATHS" in str(written["output"])
    arena.assert_unhurt(f"{written}{edited}{shown}")


@pytest.mark.parametrize("path", ["src/way-out/secret.txt", "../outside/secret.txt", "{ST}/journal.db", "/etc/shadow"])
def test_file_tools_read_nothing_outside(arena: Arena, path: str) -> None:
    real = path.format(ST=arena.ground.state)
    for answer in (arena.box.ask("read_file", path=real), arena.box.ask("search_files", pattern=".", path=real)):
        assert answer["ok"] is False
        assert "outside what this run may read" in str(answer["output"])
        assert "LOKI_READ_PATHS" in str(answer["output"])
    assert SECRET not in str(arena.box.ask("search_files", pattern=".", path="src"))


def test_what_is_granted_works_all_the_same(arena: Arena) -> None:
    output = arena.box.shell(
        "echo hello > src/new.py && mkdir -p tests/deep && mv src/new.py tests/deep/ && cat other.txt"
    )
    assert output == "untouched"
    assert (arena.ground.workspace / "tests/deep/new.py").read_text() == "hello\n"


def test_there_are_enough_attempts() -> None:
    tools = 2 * len(OUTSIDE) + 3 * len(CREDENTIALS) + 8
    assert len(PATHS) + tools >= 150


# -- the table itself ---------------------------------------------------------------------------


def unconfined(ground: Ground, program: str, *, repository: bool = False) -> str:
    with victim(ground.base) as target:
        fields = ground.fields(engine=target.pid, box=os.getpid(), port=target.port, repository=repository)
        done = subprocess.run(
            [sys.executable, "-I", "-S", "-c", PRELUDE + program, fields],
            check=False,
            capture_output=True,
            timeout=30,
        )
        return done.stdout.decode(errors="replace") + target.hurt()


HARMLESS = [
    name
    for name, program in WRITES.items()
    if "got(" not in program and "loki-escaped" not in program and "/proc/1/" not in program and name != "/tmp"
]


@pytest.mark.parametrize("name", HARMLESS)
def test_the_writes_are_real(tmp_path: Path, name: str) -> None:
    """Unconfined, each does what it says; or the table would prove nothing."""
    ground = lay_out(tmp_path)
    before = ground.fingerprint()
    unconfined(ground, WRITES[name])
    assert ground.fingerprint() != before


@pytest.mark.parametrize(
    "name", [name for name, program in READS.items() if "BOX" not in program and "/proc/1" not in program]
)
def test_the_reads_are_real(tmp_path: Path, name: str) -> None:
    if os.getuid() != 0 and name in ("shadow", "private keys", "kernel memory", "a file by its handle"):
        pytest.skip("only root can read this")
    if name in ("own environment", "kernel memory"):
        pytest.skip("there may be nothing in it on this machine")
    if name == "private keys" and not Path("/etc/ssl/private").exists():
        pytest.skip("there are none on this machine")
    output = unconfined(lay_out(tmp_path), READS[name])
    assert "ESCAPED" in output or SECRET in output


@pytest.mark.parametrize("name", METADATA)
def test_changes_of_metadata_are_real(tmp_path: Path, name: str) -> None:
    ground = lay_out(tmp_path)
    before = ground.fingerprint()
    assert "ESCAPED" in unconfined(ground, METADATA[name]) or ground.fingerprint() != before


@pytest.mark.skipif(not shutil.which("git"), reason="git is not installed")
@pytest.mark.parametrize("name", REPOSITORY)
def test_what_git_would_run_is_real(tmp_path: Path, name: str) -> None:
    ground = lay_out(tmp_path)
    before = ground.fingerprint()
    assert "ESCAPED" in unconfined(ground, REPOSITORY[name], repository=True) or ground.fingerprint() != before


REAL_POWERS = (
    "kill the engine",
    "stop the engine",
    "kill by pidfd",
    "kill everyone",
    "signal by thread",
    "signal a group",
    "limit the engine",
    "abstract socket",
    "a socket such as Docker's",
    "that socket by a link",
    "a datagram to a socket",
    "a datagram from a pair",
    "a datagram from a raw pair",
    "more than no_new_privs",
    "without a filter",
    "io_uring",
    "a key of the person's",
    "slow the engine down",
    "pin the engine to a processor",
    "the engine's policy",
    "the engine's command line",
    "this machine's loopback",
    "loopback by IPv6",
    "a datagram",
    "bash",
    "curl",
)


@pytest.mark.parametrize("name", REAL_POWERS)
def test_the_powers_are_real(tmp_path: Path, name: str) -> None:
    if name == "curl" and not shutil.which("curl"):
        pytest.skip("curl is not installed")
    program = next(escape.program for escape in ESCAPES if escape.name == name)
    assert unconfined(lay_out(tmp_path), program)

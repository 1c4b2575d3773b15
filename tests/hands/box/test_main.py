from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

import loki_tui
from tests.support.hands import Box, World, box_policy

PACKAGE = Path(loki_tui.__file__).parent


def test_the_greeting_says_what_holds(world: World) -> None:
    box = Box(box_policy(world))
    assert box.greeting["rung"] == "landlock"
    assert box.greeting["ready"] == box.process.pid
    assert isinstance(box.greeting["abi"], int)
    assert box.greeting["abi"] >= 3
    assert box.close() == 0


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"least_abi": 99}, "ABI"),
        ({"rung": "bubblewrap"}, "no confinement"),
        ({"rung": None}, "`rung` must be"),
        ({"read": "everything"}, "`read` must be"),
        ({"environment": None}, "`environment` must be"),
        ({"root": "/does/not/exist"}, "No such file"),
    ],
)
def test_what_cannot_be_kept_is_refused_before_anything_runs(world: World, change: dict[str, object], why: str) -> None:
    box = Box(box_policy(world) | change)
    assert why in str(box.greeting["refused"])
    assert box.close() == 126


def test_a_first_line_that_is_no_policy_is_refused(world: World) -> None:
    box = Box([1, 2])  # type: ignore[arg-type]
    assert "refused" in box.greeting
    assert box.close() == 126


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"no json",
        b"[]",
        b"{}",
        b'{"id": 1}',
        b'{"id": "x", "op": "shell", "input": {}}',
        b"[" * 100_000,
        b'{"id": 1, "op": "cancel", "input": {"target": "x"}}',
        b"\xff\xfe",
    ],
)
def test_odd_lines_are_answered_and_do_no_harm(box: Box, line: bytes) -> None:
    box.say_raw(line)
    assert "misunderstood" in box.hear()
    assert box.shell("echo still here") == "still here\n"


@pytest.mark.parametrize(
    ("op", "given"),
    [
        ("dance", {}),
        ("shell", {}),
        ("shell", {"command": 5}),
        ("shell", {"command": "a\0b"}),
        ("shell", {"command": "\ud800"}),
        ("shell", {"command": "x" * 10_000_000}),
        ("shell", {"command": ":", "timeout_seconds": 0}),
        ("shell", {"command": ":", "timeout_seconds": "soon"}),
        ("shell", {"command": ":", "background": "yes"}),
        ("read_file", {"path": None}),
        ("read_file", {"path": "\ud800"}),
        ("read_file", {"path": "a", "offset": -1}),
        ("write_file", {"path": "a"}),
        ("edit_file", {"path": "other.txt", "old_string": ["x"], "new_string": ""}),
        ("list_files", {"path": 1}),
        ("list_files", {"glob": 1}),
        ("search_files", {"pattern": None}),
    ],
)
def test_odd_inputs_are_answered(box: Box, op: str, given: dict[str, object]) -> None:
    answer = box.ask(op, **given)
    assert answer["ok"] is False
    assert answer["output"]
    assert box.shell("echo still here") == "still here\n"


def test_it_runs_from_an_archive_with_the_standard_library_alone(world: World) -> None:
    archive = world.base / "box.zip"
    with zipfile.ZipFile(archive, "w") as bundle:
        shared = ("__init__.py", "hands/__init__.py", "core/__init__.py", "core/terminal.py")
        for path in [*(PACKAGE / name for name in shared), *PACKAGE.glob("hands/box/*.py")]:
            bundle.write(path, path.relative_to(PACKAGE.parent))
    program = (
        f"import sys; sys.path.insert(0, {str(archive)!r}); import loki_tui.hands.box.main as m;"
        "from loki_tui.hands.box.search import program; assert 'def walk' in program();"
        "print(m.__file__); print(*sorted({n.partition('.')[0] for n in sys.modules} - sys.stdlib_module_names))"
    )
    argv = [sys.executable, "-I", "-S", "-c", program]
    done = subprocess.run(argv, capture_output=True, text=True, check=True, timeout=30)
    where, others = done.stdout.splitlines()
    assert where.startswith(str(archive))
    assert set(others.split()) <= {"__main__", "loki_tui", "_distutils_hack"}


def test_it_takes_little_memory(world: World) -> None:
    box = Box(box_policy(world))
    assert box.shell("echo at work") == "at work\n"
    status = Path(f"/proc/{box.process.pid}/status").read_text()
    resident = int(status.partition("VmRSS:")[2].split()[0])
    assert resident < 20_000  # kB; 13,500 on the machine it was made on
    box.close()


def test_the_private_temporary_directory_is_emptied_even_of_a_very_deep_tree(world: World) -> None:
    box = Box(box_policy(world))
    program = "import os; os.chdir(os.environ['TMPDIR']); [(os.mkdir('d'), os.chdir('d')) for _ in range(1100)]"
    assert box.ask("shell", command=f'/usr/bin/python3 -I -S -c "{program}"')["ok"]
    assert box.close() == 0
    assert list((world.base / "tmp").iterdir()) == []

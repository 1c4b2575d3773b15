"""What people install: the wheel, built from the sdist, in an environment of its own."""

from __future__ import annotations

import re
import site
import subprocess
import sys
import venv
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

import loki_tui

ROOT = Path(__file__).parent.parent

pytestmark = pytest.mark.xdist_group("package")


def run(*command: str | Path, timeout: float = 60) -> str:
    """The output of a command that has to succeed, from a directory that is nobody's."""
    arguments = list(map(str, command))
    done = subprocess.run(
        arguments, cwd="/", check=False, capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=timeout
    )
    assert done.returncode == 0, f"{arguments}: {done.stdout}{done.stderr}"
    return done.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built by way of the sdist so that nothing is missing from either."""
    dist = tmp_path_factory.mktemp("dist")
    run(sys.executable, "-m", "build", "--no-isolation", "--outdir", dist, ROOT, timeout=110)
    (built,) = dist.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def loki(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The installed program; the dependencies are those at hand, so that nothing is downloaded."""
    home = tmp_path_factory.mktemp("venv")
    venv.create(home, with_pip=False, symlinks=True)
    python = home / "bin" / "python"
    run(sys.executable, "-m", "pip", "--python", python, "install", "--quiet", "--no-deps", "--no-index", wheel)
    (packages,) = (home / "lib").glob("python*/site-packages")
    (packages / "dependencies.pth").write_text("\n".join(site.getsitepackages()), encoding="utf-8")
    where = run(python, "-c", "import loki_tui; print(loki_tui.__file__)").strip()
    assert Path(where).is_relative_to(home)
    return home / "bin" / "loki"


def subcommands(text: str) -> list[str]:
    """The names a help page lists under Commands."""
    _, _, listing = text.partition("\nCommands:\n")
    return re.findall(r"^  ([a-z][a-z-]*)\b", listing, re.MULTILINE)


def help_pages(loki: Path, *command: str) -> Iterator[tuple[str, ...]]:
    """Ask every command below one for its help."""
    text = run(loki, *command, "--help")
    assert "Usage: loki" in text
    yield command
    for name in subcommands(text):
        yield from help_pages(loki, *command, name)


def test_the_wheel_holds_the_package_and_its_data(wheel: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())
    sources = {
        str(file.relative_to(ROOT))
        for file in (ROOT / "loki_tui").rglob("*")
        if file.is_file() and "__pycache__" not in file.parts
    }
    assert sources <= names
    assert {name.split("/")[0] for name in names if ".dist-info/" not in name} == {"loki_tui"}


def test_the_installed_program_knows_its_version(loki: Path) -> None:
    assert loki_tui.__version__ in run(loki, "version")
    assert loki_tui.__version__ in run(loki, "--version")


def test_every_command_explains_itself(loki: Path) -> None:
    pages = {" ".join(page) for page in help_pages(loki)}
    assert {"start", "stop", "pause", "resume", "steer", "status", "logs", "runs", "config", "demo", "version"} <= pages
    assert {"checkpoint list", "checkpoint show", "checkpoint restore", "approvals list"} <= pages

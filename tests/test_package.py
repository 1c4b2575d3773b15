"""What people install: the wheel, built from the sdist, in an environment of its own."""

from __future__ import annotations

import json
import os
import re
import site
import subprocess
import sys
import venv
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.main import get_command

import loki_tui
from loki_tui.cli.app import app

ROOT = Path(__file__).parent.parent

OUTSIDE = dict(os.environ)
"""As it was before tests were held apart from the network: pip finds its index by it."""

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


_EACH = """
import json, os, sys
from loki_tui.__main__ import main
import loki_tui.cli.app

for command in json.loads(sys.argv[1]):
    source, sink = os.pipe()
    if os.fork() == 0:
        os.dup2(sink, 1)
        sys.argv = ["loki", *command, "--help"]
        code = 1
        try:
            main()
        except SystemExit as left:
            code = left.code
        finally:
            sys.stdout.flush()
            os._exit(code or 0)
    os.close(sink)
    with open(source) as page:
        text = page.read()
    assert os.wait()[1] == 0, command
    print(json.dumps(text))
"""
"""The program once for each command, in a process of its own; what all of them import is imported once."""


def help_pages(loki: Path) -> Iterator[tuple[str, ...]]:
    """Ask every command there is for its help, level by level."""
    level: list[tuple[str, ...]] = [()]
    while level:
        pages = map(json.loads, run(loki.with_name("python"), "-c", _EACH, json.dumps(level)).splitlines())
        below: list[tuple[str, ...]] = []
        for command, text in zip(level, pages, strict=True):
            assert f"Usage: {' '.join(('loki', *command))}" in text
            yield command
            below += [(*command, name) for name in subcommands(text)]
        level = below


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
    assert "Usage: loki" in run(loki, "--help")
    pages = {" ".join(page) for page in help_pages(loki)}
    assert {"start", "stop", "pause", "resume", "steer", "status", "logs", "runs", "config", "demo", "version"} <= pages
    assert {"checkpoint list", "checkpoint show", "checkpoint restore", "approvals list"} <= pages
    assert {"doctor", "watchdog status", "watchdog run", "secrets validate", "notify test", "completion"} <= pages


def test_every_option_and_argument_is_explained() -> None:
    unexplained = [
        f"{' '.join(path)} {parameter.name}"
        for path, command in commands(get_command(app), ())
        for parameter in command.params
        if not getattr(parameter, "hidden", False) and not (getattr(parameter, "help", None) or "").strip()
    ]
    assert unexplained == []


def commands(command: Any, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], Any]]:
    """A command and all below it."""
    yield path, command
    for name, each in getattr(command, "commands", {}).items():
        assert (each.help or "").strip(), f"{name} says nothing of itself"
        yield from commands(each, (*path, name))


def test_the_version_is_that_of_the_package(wheel: Path, loki: Path) -> None:
    (metadata,) = (name for name in zipfile.ZipFile(wheel).namelist() if name.endswith("dist-info/METADATA"))
    told = zipfile.ZipFile(wheel).read(metadata).decode()
    (version,) = re.findall(r"^Version: (.+)$", told, re.MULTILINE)
    assert run(loki, "--version") == f"loki {version}\n"


@pytest.mark.timeout(300)
def test_the_demo_runs_from_the_wheel_alone(loki: Path) -> None:
    out = run(loki, "--headless", "demo", "--speed", "0", timeout=240)
    assert "COMPLETED" in out


@pytest.mark.parametrize(("typed", "offered"), [("loki watchd", "watchdog"), ("loki council fo", "force-review")])
def test_bash_completes_commands(loki: Path, typed: str, offered: str) -> None:
    script = f"""
        export PATH={loki.parent}:$PATH; source <(loki completion bash); COMP_WORDS=({typed})
        COMP_CWORD=$((${{#COMP_WORDS[@]}} - 1)); _loki_completion loki; echo "${{COMPREPLY[@]}}"
    """
    assert run("bash", "-c", script).split() == [offered]


@pytest.mark.parametrize("shell", ["zsh", "fish"])
def test_other_shells_are_answered(loki: Path, shell: str, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "complete_" + shell in run(loki, "completion", shell)
    monkeypatch.setenv("_LOKI_COMPLETE", f"complete_{shell}")
    monkeypatch.setenv("_TYPER_COMPLETE_ARGS", "loki watch")
    monkeypatch.setenv("_TYPER_COMPLETE_FISH_ACTION", "get-args")
    assert "watchdog" in run(loki)


@pytest.mark.timeout(600)
def test_pip_installs_it_with_all_it_needs(wheel: Path, tmp_path: Path) -> None:
    """As a person would, in a fresh environment; what was tested with is what is installed."""
    venv.create(tmp_path / "fresh", with_pip=False, symlinks=True)
    python = tmp_path / "fresh/bin/python"
    install = [sys.executable, "-m", "pip", "--python", str(python), "install", "--quiet", "--no-input"]
    done = subprocess.run(
        [*install, "-c", str(ROOT / "constraints.txt"), f"{wheel}[keyring]"],
        check=False, capture_output=True, text=True, timeout=500, env=OUTSIDE,
    )  # fmt: skip
    if done.returncode and "No matching distribution" not in done.stderr.replace(wheel.name, ""):
        pytest.skip(f"no index of packages can be reached: {done.stderr.strip().splitlines()[-1][:200]}")
    assert done.returncode == 0, done.stderr
    assert loki_tui.__version__ in run(tmp_path / "fresh/bin/loki", "--version")
    assert "anthropic" in run(python, "-c", "import anthropic, keyring, httpx2; print(anthropic.__name__)")
    assert "COMPLETED" in run(tmp_path / "fresh/bin/loki", "--headless", "demo", "--speed", "0", timeout=200)

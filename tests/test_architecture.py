"""What is really loaded, seen from outside: contracts on imports cannot see what runs at import."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent

HEAVY = (
    "anthropic",
    "git",
    "genai_prices",
    "typer",
    "rich",
    "textual",
    "sqlite3",
    "watchfiles",
    "psutil",
    "tomlkit",
    "docker",
)
"""What the pure layers have no business with."""


def loaded(code: str, *options: str) -> set[str]:
    """The modules that are loaded after some code ran in a new interpreter."""
    report = "import sys, json; sys.__stdout__.write(chr(10) + json.dumps(sorted(sys.modules)))"
    answer = subprocess.run(
        [sys.executable, *options, "-c", f"import sys; sys.path.insert(0, {str(ROOT)!r})\n{code}\n{report}"],
        check=True,
        capture_output=True,
        text=True,
        timeout=60,
    )
    return set(json.loads(answer.stdout.splitlines()[-1]))


def modules(*packages: str) -> list[str]:
    """Every module of some packages, by name."""
    files = (file for package in packages for file in (ROOT / package).rglob("*.py"))
    return sorted(".".join(file.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__") for file in files)


def below(names: set[str], *tops: str) -> list[str]:
    return sorted(name for name in names if name in tops or name.startswith(tuple(f"{top}." for top in tops)))


def test_importing_the_package_does_nothing() -> None:
    names = loaded("import loki_tui")
    assert below(names, "loki_tui") == ["loki_tui"]
    assert not below(names, "pydantic", "asyncio", *HEAVY)


def test_the_pure_layers_load_nothing_that_touches_the_world() -> None:
    imports = "\n".join(f"import {name}" for name in modules("loki_tui/core", "loki_tui/guard", "loki_tui/engine"))
    assert not below(loaded(imports), *HEAVY)


def test_the_adapters_load_no_model_sdk_until_it_is_called() -> None:
    imports = "\n".join(f"import {name}" for name in modules("loki_tui/models", "loki_tui/hands", "loki_tui/store"))
    assert not below(loaded(imports), "anthropic", "genai_prices", "typer", "textual")


def test_nothing_speaks_to_a_container_engine_until_one_is_wanted() -> None:
    names = loaded("import loki_tui.runtime.build, loki_tui.runtime.sandbox, loki_tui.cli.app, loki_tui.cli.sandbox")
    assert not below(names, "docker", "requests", "loki_tui.containers")


def test_what_runs_beside_the_agent_is_standard_library() -> None:
    names = modules("loki_tui/hands/box")
    assert names
    # As it is started: without site-packages and without the person's environment.
    after = loaded("\n".join(f"import {name}" for name in names), "-I", "-S")
    foreign = {name for name in after if name.split(".")[0] not in sys.stdlib_module_names and name != "__main__"}
    shared = {"loki_tui.core", "loki_tui.core.terminal"}
    assert foreign == {"loki_tui", "loki_tui.hands", *shared, *names}
    assert not below(after, "asyncio")


@pytest.mark.parametrize("argument", ["version", "--version"])
def test_the_version_is_said_without_loading_anything(argument: str) -> None:
    code = (
        f"sys.argv = ['loki', {argument!r}]\nfrom loki_tui.__main__ import main\ntry: main()\nexcept SystemExit: pass"
    )
    assert not below(loaded(code), "typer", "click", "pydantic", "asyncio", "platformdirs", *HEAVY)

"""What git in a private home is told of the person whose work is done there."""

from __future__ import annotations

from pathlib import Path

from loki_tui.hands.policy import Demands


def introduce_to_git(home: Path, root: Path, demands: Demands) -> None:
    """Give git in a private home what it needs to commit as the person would: whose work it is, and how."""
    config = home / ".gitconfig"
    if config.exists():
        return
    ignores = home / ".gitignore"
    ignores.write_text(demands.git_ignores, encoding="utf-8")
    name, address = demands.identity
    settings = (
        ("safe.directory", str(root)),
        ("user.name", name),
        ("user.email", address),
        ("core.excludesFile", str(ignores)),
        *demands.git_settings,
    )
    config.write_text("".join(map(_entry, settings)), encoding="utf-8")


def _entry(setting: tuple[str, str]) -> str:
    """A setting as a section of its own, the way git-config reads it."""
    section, _, rest = setting[0].partition(".")
    subsection, _, key = rest.rpartition(".")
    head = f"{section} {_quoted(subsection)}" if subsection else section
    return f"[{head}]\n\t{key} = {_quoted(setting[1])}\n"


def _quoted(value: str) -> str:
    """A value as git-config reads it back."""
    escaped = value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'

"""A person's git, as tests drive it: with an identity, and without this machine's configuration."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

ENVIRONMENT = {
    "PATH": os.environ["PATH"],
    "HOME": "/nonexistent",
    "LC_ALL": "C.UTF-8",
    "GIT_AUTHOR_NAME": "Ada",
    "GIT_AUTHOR_EMAIL": "ada@example.org",
    "GIT_COMMITTER_NAME": "Ada",
    "GIT_COMMITTER_EMAIL": "ada@example.org",
    "GIT_CONFIG_GLOBAL": "/dev/null",
    "GIT_CONFIG_NOSYSTEM": "1",
}


def git(root: Path, *arguments: str) -> str:
    """Run git there as the person would."""
    done = subprocess.run(
        ["git", *arguments], cwd=root, env=ENVIRONMENT, capture_output=True, text=True, timeout=30, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.rstrip("\n")


def repository(root: Path, files: dict[str, str] | None = None) -> Path:
    """A repository on branch `main`, with one commit of these files where there are any."""
    write(root, {})
    git(root, "init", "--quiet", "--initial-branch=main")
    if files is not None:
        write(root, files)
        git(root, "add", "--all")
        git(root, "commit", "--quiet", "--message=Start")
    return root


def write(root: Path, files: dict[str, str]) -> None:
    """Write files, making their directories."""
    root.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)


def state(root: Path) -> dict[str, str]:
    """Everything below a directory but `.git`: modes, link targets and contents by path."""
    found: dict[str, str] = {}
    for path in sorted(root.rglob("*")):
        name = str(path.relative_to(root))
        if ".git" in path.relative_to(root).parts or (path.is_dir() and not path.is_symlink()):
            continue
        if path.is_symlink():
            found[name] = f"-> {path.readlink()}"
        elif path.is_file():
            executable = "x" if path.stat().st_mode & 0o100 else "-"
            found[name] = f"{executable} {path.read_bytes()!r}"
        else:
            found[name] = "special"
    return found

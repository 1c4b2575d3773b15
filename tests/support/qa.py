"""Places and scenes for QA phases: small projects on disk with real hands on them."""

from __future__ import annotations

import difflib
import os
import pwd
import shutil
import sys
import tempfile
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

from loki_tui.core.settings import Settings
from loki_tui.engine.ports import Workspace
from loki_tui.engine.qa.scene import OpenCheckout, Place, Scene
from loki_tui.hands.environment import TOOLCHAINS
from loki_tui.hands.policy import Demands
from loki_tui.hands.workspace import HandsWorkspaces
from tests.support.runs import DEFAULTS

PASSED = ("PYTEST_DISABLE_PLUGIN_AUTOLOAD",)
"""This environment has plug-ins for pytest that no project of a test has a use for, and each run would load."""

Files = Mapping[str, str]
"""Paths and what is in them."""


def lay_out(root: Path, files: Files) -> Path:
    """Write files below a directory, which need not be there."""
    root.mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        if text.startswith("#!"):
            path.chmod(0o755)
    return root


def settings_of(**given: object) -> Settings:
    """Settings of a run, with what a test wants otherwise."""
    return Settings.model_validate({**DEFAULTS, **given})


@asynccontextmanager
async def place_of(tmp_path: Path, files: Files) -> AsyncIterator[Place]:
    """Real hands on a new directory with these files, gone with the context's end."""
    workspace = await _opener(tmp_path, files)()
    try:
        yield Place(workspace)
    finally:
        await workspace.close()


@asynccontextmanager
async def scene_of(tmp_path: Path, files: Files, base: Files | None = None, **settings: object) -> AsyncIterator[Scene]:
    """A scene with real hands on a checkout of these files, and as many fresh ones as are asked for.

    Args:
        tmp_path: Where the checkouts are made.
        files: The checkpoint's.
        base: The base's; none where there is no base.
        settings: Those a test wants otherwise.
    """
    confinement = str(settings.get("confinement", "auto"))
    open_fresh = _opener(tmp_path, files, confinement)
    before = base or {}
    changed = tuple(sorted(name for name in {*files, *before} if files.get(name) != before.get(name)))
    workspace = await open_fresh()
    try:
        yield Scene(
            settings=settings_of(**settings),
            here=Place(workspace),
            open_fresh=open_fresh,
            open_base=None if base is None else _opener(tmp_path, base, confinement),
            diff="".join(_diff(name, before.get(name), files.get(name)) for name in changed),
            changed=changed,
        )
    finally:
        await workspace.close()


def _opener(tmp_path: Path, files: Files, confinement: str = "auto") -> OpenCheckout:
    async def open_checkout() -> Workspace:
        root = lay_out(Path(tempfile.mkdtemp(prefix="checkout-", dir=tmp_path)), files)
        private = Path(tempfile.mkdtemp(prefix="private-", dir=tmp_path))
        demands = Demands(root=root, private=private, environ=environment(), confinement=confinement, pass_env=PASSED)
        return await HandsWorkspaces(demands).open_checkout(root)

    return open_checkout


def environment() -> dict[str, str]:
    """That of a person whose Python is the one that these tests run with: it has pytest, and starts at once."""
    path = os.pathsep.join([f"{sys.prefix}/bin", os.environ["PATH"]])
    return {**_toolchains(), **os.environ, "PATH": path, **dict.fromkeys(PASSED, "1")}


def _toolchains() -> dict[str, str]:
    """Where toolchains are in the home of whoever runs the tests: each test has another."""
    home = Path(pwd.getpwuid(os.getuid()).pw_dir)
    return {name: str(home / place) for name, place in TOOLCHAINS.items() if (home / place).is_dir()}


def _diff(name: str, before: str | None, after: str | None) -> str:
    """A file's part of a unified diff, as git writes it."""
    old, new = ((text or "").splitlines(keepends=True) for text in (before, after))
    paths = ("/dev/null" if before is None else f"a/{name}", "/dev/null" if after is None else f"b/{name}")
    lines = difflib.unified_diff(old, new, *paths)
    whole = "".join(line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n" for line in lines)
    return f"diff --git a/{name} b/{name}\n{whole}"


def needs(program: str) -> str:
    """Why a test that takes a program is skipped; empty where it is there."""
    return "" if shutil.which(program) else f"no {program} here"

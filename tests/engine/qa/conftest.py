"""Programs that hands find, and tools of other ecosystems where they can be had."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tests.support import installing


@pytest.fixture
def plain_path(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """A search path with this environment's interpreter and the system's programs; a shim of a version manager
    works nowhere but in its owner's home."""
    places = [f"{sys.prefix}/bin", "/usr/local/bin", "/usr/bin", "/bin"]
    monkeypatch.setenv("PATH", ":".join(places))
    return places


@pytest.fixture(scope="session")
def node_modules() -> Path:
    try:
        return installing.node_modules()
    except installing.UnreachableError as error:
        pytest.skip(str(error))


@pytest.fixture(scope="session")
def schemathesis() -> Path:
    try:
        return installing.schemathesis()
    except installing.UnreachableError as error:
        pytest.skip(str(error))

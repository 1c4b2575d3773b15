"""A project that a dashboard serves."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import trustme

from loki_tui.runtime.client import Project
from loki_tui.runtime.surroundings import Surroundings
from tests.dashboard.issuing import CLIENT, Issuer, issuing
from tests.dashboard.visiting import Visitor, settings_for, visiting
from tests.support.answers import WRITES, cassette
from tests.support.program import Program, project
from tests.support.runs import FACTS_ALONE_HERE


@pytest.fixture
def loki(tmp_path: Path) -> Program:
    """The program, in a project of its own, with a model that is a recording."""
    recording = cassette(tmp_path / "cassette.jsonl", *WRITES)
    workspace = project(tmp_path / "project")
    given = {"LOKI_PROVIDER": "replay", "LOKI_CASSETTE": str(recording), "LOKI_MODEL": "claude-sonnet-5-5"}
    return Program(workspace=workspace, home=Path(os.environ["HOME"]), variables={**given, **FACTS_ALONE_HERE})


@pytest.fixture
def place(loki: Program) -> Project:
    """The same project, as this process sees it."""
    return Surroundings.here(loki.environ, loki.workspace).project


@pytest.fixture
async def issuer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Issuer]:
    """A provider whose authority this machine trusts."""
    authority = trustme.CA()
    (tmp_path / "ca.pem").write_bytes(authority.cert_pem.bytes())
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))
    async with issuing(authority) as issuer:
        yield issuer


@pytest.fixture
async def visitor(issuer: Issuer, place: Project) -> AsyncIterator[Visitor]:
    """Somebody without a token at a dashboard that the provider signs in for."""
    settings = settings_for(oidc_issuer=issuer.url, oidc_client_id=CLIENT)
    async with visiting(place, settings=settings) as visitor:
        assert visitor.token is None
        yield visitor

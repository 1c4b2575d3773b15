"""The demo's project."""

from __future__ import annotations

import shutil

from loki_tui.models.cassette import load_cassette
from loki_tui.runtime.demonstration import CASSETTE, demo_environment, make_project
from tests.support.git import git


def test_the_project_is_a_clean_repository_with_a_prd() -> None:
    directory = make_project()
    try:
        assert git(directory, "status", "--porcelain", "--branch") == "## main"
        assert git(directory, "ls-files") == "prd.md"
    finally:
        shutil.rmtree(directory)


def test_no_setting_of_the_person_leads_it_astray() -> None:
    environ = {"PATH": "/bin", "LOKI_DIR": "/mine", "LOKI_MAX_ITERATIONS": "1", "LOKI_CONFINEMENT": "none"}
    assert demo_environment(environ) == {"PATH": "/bin", "LOKI_CONFINEMENT": "none"}


def test_it_is_held_as_the_person_says() -> None:
    held = {"LOKI_CONFINEMENT": "docker", "LOKI_SANDBOX_IMAGE": "mine:latest", "LOKI_SANDBOX_MEMORY": "2g"}
    assert demo_environment({**held, "LOKI_SANDBOX_READONLY": "true"}) == held


def test_the_recording_can_be_played() -> None:
    load_cassette(CASSETTE)

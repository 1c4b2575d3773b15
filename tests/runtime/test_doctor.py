from __future__ import annotations

import os

from loki_tui.runtime.doctor import Check, examine
from tests.support.hands import NO_BWRAP


def found(
    *, confinement: str = "auto", network: tuple[str, ...] = ("on",), path: str | None = None
) -> dict[str, Check]:
    environ = {**os.environ, "PATH": path} if path is not None else os.environ
    return {check.name: check for check in examine(environ, confinement=confinement, network=network)}


def test_what_works_here_is_good() -> None:
    checks = found()
    for name in ("Python", "git", "Landlock", "system call filter", "confinement", "network off"):
        assert checks[name].standing == "good", checks[name]
    assert checks["bubblewrap"].standing == ("missing" if NO_BWRAP else "good")
    assert "open to" in checks["confinement"].found


def test_what_stops_loki_is_bad_and_what_it_does_without_is_missing() -> None:
    assert found(path="/nowhere")["git"].standing == "bad"
    assert found(confinement="docker")["confinement"].standing == "bad"
    assert found(confinement="none", network=("off",))["confinement"].standing == "bad"

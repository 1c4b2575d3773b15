"""Looks at this machine: what Loki needs, which confinement works, and why another does not."""

from __future__ import annotations

import platform
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path

from loki_tui.core.errors import ConfinementError, LokiError
from loki_tui.core.setting_types import NETWORK_OFF
from loki_tui.core.settings import Settings
from loki_tui.hands.box.confine import landlock_abi
from loki_tui.hands.box.libc import LimitsError
from loki_tui.hands.box.seccomp import Openings, assemble
from loki_tui.hands.bubble import find_bubblewrap, version_of
from loki_tui.hands.rungs import choose, trouble_with_bwrap, trouble_with_landlock
from loki_tui.runtime.boxed import boxes_of
from loki_tui.runtime.checks import basics, storage
from loki_tui.runtime.checks.check import Check
from loki_tui.runtime.checks.docker import docker
from loki_tui.runtime.checks.network import port, tls
from loki_tui.runtime.checks.provider import provider
from loki_tui.runtime.surroundings import Surroundings
from loki_tui.runtime.webhooks import channels_of
from loki_tui.runtime.whereabouts import project_here
from loki_tui.store.project import Project

_HOSTS = ("example.com",)


def examine(environ: Mapping[str, str], *, live: bool = False) -> list[Check]:
    """Look at everything. What is wrong with one thing, settings included, keeps nothing else from being looked at.

    Args:
        environ: The person's environment.
        live: Whether the provider is asked about the key.
    """
    project, placed = _project(environ)
    settings, set_up = _settings(environ, project)
    asked, skew = provider(settings, environ, live=live)
    stored = storage.state(project.state) if project is not None else []
    return [
        basics.python(),
        basics.git(environ),
        basics.identity(environ),
        *set_up,
        *placed,
        *asked,
        _webhooks(environ),
        basics.budget(settings),
        *stored,
        *limits(environ, settings),
        *docker(environ, demanded=settings.confinement == "docker", image=settings.sandbox_image),
        port(settings.dashboard_port),
        tls(settings.tls_cert, settings.tls_key),
        basics.clock(datetime.now(UTC), latest=_latest(project), skew=skew),
        basics.terminal(environ),
    ]


def limits(environ: Mapping[str, str], settings: Settings) -> list[Check]:
    """Look at what can hold agents here.

    Args:
        environ: The person's environment.
        settings: Those that are in force.
    """
    return [
        _bubblewrap(),
        _landlock(),
        _filter(),
        _asked("confinement", lambda: _held(environ, settings)),
        _asked("network off", lambda: f"held by {choose('auto', NETWORK_OFF).name}", optional=True),
        _asked("network to hosts", lambda: f"held by {choose('auto', _HOSTS).name} and a proxy", optional=True),
    ]


def _project(environ: Mapping[str, str]) -> tuple[Project | None, list[Check]]:
    try:
        return project_here(environ), []
    except LokiError as error:
        return None, [Check("project", "bad", error.message, fix=error.hint)]


def _settings(environ: Mapping[str, str], project: Project | None) -> tuple[Settings, list[Check]]:
    """The settings in force; where they cannot be used, the defaults, so that the rest can be looked at."""
    if project is None:
        return Settings(), []
    try:
        settings = Surroundings(environ, project).settings()
    except LokiError as error:
        return Settings(), [Check("settings", "bad", error.message, fix=error.hint)]
    changed = len(settings.changed())
    return settings, [Check("settings", "good", f"valid, {changed or 'none'} changed from the defaults")]


def _webhooks(environ: Mapping[str, str]) -> Check:
    """Whoever is to be told; a run does not start with an address that is none."""
    try:
        found = [channel.name for channel in channels_of(environ)]
    except LokiError as error:
        return Check("webhooks", "bad", error.message, fix=error.hint)
    said = f"{', '.join(found)}; not tried, loki notify test does" if found else "none set up"
    return Check("webhooks", "good", said)


def _latest(project: Project | None) -> datetime | None:
    moment = None if project is None else storage.latest_event(project.state)
    return None if moment is None else datetime.fromtimestamp(moment, UTC)


def _bubblewrap() -> Check:
    trouble = trouble_with_bwrap()
    if trouble:
        return Check("bubblewrap", "missing", trouble, fix="Install bubblewrap, and allow user namespaces.")
    return Check("bubblewrap", "good", str(find_bubblewrap()), version_of(find_bubblewrap()))


def _landlock() -> Check:
    trouble = trouble_with_landlock()
    if trouble:
        return Check("Landlock", "missing", trouble, fix="Use a kernel of 5.19 or newer, with landlock among its LSMs.")
    return Check("Landlock", "good", "in the kernel", f"ABI {landlock_abi()}")


def _filter() -> Check:
    try:
        program = assemble(Openings(network=False, unix_sockets=False), machine=platform.machine())
    except LimitsError as error:
        return Check("system call filter", "missing", str(error))
    return Check("system call filter", "good", f"{len(program.code)} instructions for {platform.machine()}")


def _held(environ: Mapping[str, str], settings: Settings) -> str:
    boxes = boxes_of(Path.cwd(), environ, settings) if settings.confinement == "docker" else None
    rung = choose(settings.confinement, settings.network, boxes=boxes)
    held = rung.describe(writable=(), exposed=())
    gaps = f"; open to {'; '.join(held.uncovered)}" if held.uncovered else ""
    return f"{held.rung} {held.detail}".strip() + gaps


def _asked(name: str, ask: Callable[[], str], *, optional: bool = False) -> Check:
    try:
        return Check(name, "good", ask())
    except ConfinementError as error:
        return Check(name, "missing" if optional else "bad", error.message, fix=error.hint)

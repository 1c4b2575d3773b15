"""Hands in a box of a container engine: what is mounted in it, whose it is, and what its commands see."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import loki_tui
from loki_tui.core.setting_types import NETWORK_OFF, NETWORK_ON
from loki_tui.engine.boxes import Boxes, BoxKind, BoxOrder, Mount
from loki_tui.hands.bubble import OWN
from loki_tui.hands.egress import PROXY, PROXY_ADDRESS
from loki_tui.hands.environment import command_environment, travelling
from loki_tui.hands.grants import TEMPORARY, within
from loki_tui.hands.mounts import plan
from loki_tui.hands.policy import Demands, Policy
from loki_tui.hands.rungs import Rung

PACKAGE_IN_BOX = "/opt/loki-hands"
"""Where a box finds the program of the hands; an image has none, so that no image is ever too old."""
_USER = "loki"
_ROOTS_HOME = Path("/root")
_PLACES = frozenset({"HOME", "TMPDIR", "USER", "LOGNAME", "LANG", "PATH"})


@dataclass(frozen=True, slots=True)
class Boxing:
    """How one pair of hands comes into a box."""

    boxes: Boxes
    kind: BoxKind

    def order(self, policy: Policy, rung: Rung, *, command: tuple[str, ...], proxy: Path | None = None) -> BoxOrder:
        """The box that keeps a policy; what it is to write becomes its user's.

        Args:
            policy: What is granted; its paths are real.
            rung: How hands are confined.
            command: What is run in it.
            proxy: The directory with the socket of the proxy.
        """
        user = owner_of(policy.root)
        private = [place for place in (policy.home, policy.tmp, proxy) if place is not None and place not in TEMPORARY]
        _hand_over(private, user)
        planned = plan(policy, beside=policy.read, own=OWN)
        mounts = {place: mount for place, mount in planned.items() if place not in OWN}
        if proxy is not None:
            mounts[PROXY] = Mount(PROXY, proxy)
        package = Path(loki_tui.__file__).resolve().parent
        mounts[Path(PACKAGE_IN_BOX)] = Mount(Path(PACKAGE_IN_BOX, package.name), package)
        return BoxOrder(
            kind=self.kind,
            command=command,
            mounts=tuple(sorted(mounts.values(), key=lambda mount: len(mount.path.parts))),
            user=user,
            scratch=tuple(_scratch(mounts, user)),
            network=rung.network == NETWORK_ON,
        )


def owner_of(root: Path) -> tuple[int, int]:
    """User and group of a box: whoever owns the workspace, as far as it is ours to say.

    What is written in the workspace then belongs to its owner, even where Loki itself is root.
    """
    if os.geteuid() != 0:
        return os.geteuid(), os.getegid()
    status = root.stat()
    return status.st_uid, status.st_gid


def box_environment(demands: Demands, boxes: Boxes, *, home: Path, tmp: Path) -> Mapping[str, str]:
    """The environment of commands in a box: the image's, and of the person's what means the same there.

    Args:
        demands: What holds for the whole run.
        boxes: Say what the image wants.
        home: The private home.
        tmp: The private temporary directory.
    """
    named = demands.network not in (NETWORK_ON, NETWORK_OFF)
    person = travelling(demands.environ, connected=boxes.connected)
    passed = {name: demands.environ[name] for name in demands.pass_env if name in demands.environ}
    base = {"USER": _USER, "LOGNAME": _USER, **person, "PATH": boxes.environment.get("PATH", "")}
    proxy = PROXY_ADDRESS if named else ""
    return {**boxes.environment, **command_environment(base, person=home, home=home, tmp=tmp, proxy=proxy), **passed}


def shell_environment(environment: Mapping[str, str]) -> Mapping[str, str]:
    """Of what commands see, what a person's shell is to see too: its places, not that nobody is there."""
    return {name: value for name, value in environment.items() if name in _PLACES or name.startswith("XDG_")}


def _scratch(mounts: Iterable[Path], user: tuple[int, int]) -> Iterator[Path]:
    """Where programs expect to write, and what would bar another user's way to what is mounted below it."""
    yield from TEMPORARY
    if user[0] != 0 and any(within(path, _ROOTS_HOME) for path in mounts):
        yield _ROOTS_HOME


def _hand_over(places: Iterable[Path], user: tuple[int, int]) -> None:
    """Give private places, and what Loki put into them, to the user of a box, where that is another than ours."""
    if user[0] == os.geteuid():
        return
    for place in places:
        for path in (place, *place.iterdir()):
            os.chown(path, *user, follow_symlinks=False)

"""The ways hands can be confined: which of them work here, what each covers, and which one is taken."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from loki_tui.core.errors import ConfinementError
from loki_tui.core.setting_types import NETWORK_OFF, NETWORK_ON
from loki_tui.core.vocabulary import Confinement
from loki_tui.engine.boxes import Boxes
from loki_tui.hands.box.confine import SCOPES_SINCE, landlock_abi
from loki_tui.hands.bubble import find_bubblewrap, trouble_with, version_of

LEAST_ABI = 3
"""Before Landlock ABI 3 (Linux 6.2) any file outside could be emptied with `truncate(2)`."""
_LEAST_ABI_WITHIN = 1
"""Within mounts of its own, bubblewrap's or a container's, which are read-only themselves."""

_LEFT_BEHIND = "what agents leave in the workspace for your own tools to run later"
_GIT_OPEN = f"{_LEFT_BEHIND}, hooks and configuration of git included"
_GIT_SHUT = f"{_LEFT_BEHIND}, but for the repository's hooks and configuration"
_LANDLOCK_LEAVES = (
    "existence, size, modes, times and attributes of files outside",
    "shared memory in /dev/shm",
    "names and scheduling of your other processes",
    _GIT_OPEN,
)
_OLD_LANDLOCK_LEAVES = ("signals to your other processes",)
_BWRAP_LEAVES = (_GIT_SHUT,)
_NO_SCOPES = "abstract unix sockets"
_NONE_LEAVES = ("everything this user may do",)

_NO_UNIX_SOCKETS = (
    "unix sockets (Python's multiprocessing.Manager and forkserver, tmux, databases and agents on a socket)"
)
_NO_LOOPBACK = "the network, loopback included (a server that tests start, for one)"
_NO_DEBUGGING = "ptrace (debuggers, strace, leak sanitizers)"


@dataclass(frozen=True, slots=True)
class Rung:
    """How hands are confined."""

    name: Literal["landlock", "bwrap", "docker", "none"]
    abi: int = 0
    """Version of Landlock; 0 where it takes no part."""
    network: tuple[str, ...] = NETWORK_ON
    """What commands reach; as the setting of that name."""
    program: str = ""
    """Where bubblewrap is."""
    box: str = ""
    """What a container engine says of its boxes."""

    @property
    def own_mounts(self) -> bool:
        """Whether hands have a root of their own, in which only what is granted is there."""
        return self.name in ("bwrap", "docker")

    @property
    def own_network(self) -> bool:
        """Whether hands have a loopback of their own, and this machine's is out of their reach."""
        return self.name == "docker" or (self.name == "bwrap" and self.network != NETWORK_ON)

    @property
    def least_abi(self) -> int:
        """The version of Landlock below which hands refuse."""
        return LEAST_ABI if self.name == "landlock" else _LEAST_ABI_WITHIN

    @property
    def hosts(self) -> tuple[str, ...]:
        """The only ones that can be reached, where it is by name."""
        return () if self.network in (NETWORK_ON, NETWORK_OFF) else self.network

    @property
    def inet_sockets(self) -> bool:
        """Whether sockets of the internet families can be made; in a namespace of their own they reach nothing."""
        return self.name != "landlock" or self.network == NETWORK_ON

    @property
    def unix_sockets(self) -> bool:
        """Whether sockets with a path can be made. Landlock cannot tell one path's from another's."""
        return self.name != "landlock"

    def describe(
        self, *, writable: Sequence[Path], exposed: Sequence[str], repository: Path | None = None
    ) -> Confinement:
        """What every face shows of it.

        Args:
            writable: Where hands may write.
            exposed: Credentials that lie in what hands may read.
            repository: A git directory that they only read, as in worktrees of parallel runs; none where theirs is in
                what they may write.
        """
        leaves = tuple(_GIT_SHUT if repository and leaf == _GIT_OPEN else leaf for leaf in self._leaves())
        return Confinement(
            rung=self.name,
            detail=", ".join(self._details()),
            uncovered=(*leaves, *(f"{name}, which lies where hands may read" for name in exposed)),
            writable=tuple(map(str, writable)),
            network=self.network,
            without=tuple(self._without()),
        )

    def _details(self) -> Iterator[str]:
        if self.program:
            yield version_of(self.program)
        if self.box:
            yield self.box
        if self.abi:
            yield f"Landlock ABI {self.abi}" if self.own_mounts else f"ABI {self.abi}"
        if self.network == NETWORK_OFF:
            yield "network off"
        elif self.hosts:
            yield f"network to {len(self.hosts)} {'host' if len(self.hosts) == 1 else 'hosts'} only"

    def _leaves(self) -> Iterator[str]:
        if self.name == "none":
            yield from _NONE_LEAVES
            return
        if self.network == NETWORK_ON:
            yield "the network, this machine's own services included"
        if self.name == "landlock":
            yield from _LANDLOCK_LEAVES
            if self.abi < SCOPES_SINCE:
                yield from _OLD_LANDLOCK_LEAVES
        else:
            yield from _BWRAP_LEAVES
            if self.network == NETWORK_ON and self.abi < SCOPES_SINCE:
                yield _NO_SCOPES

    def _without(self) -> Iterator[str]:
        if self.name == "none":
            return
        yield _NO_DEBUGGING
        if not self.unix_sockets:
            yield _NO_UNIX_SOCKETS
        if not self.inet_sockets:
            yield _NO_LOOPBACK


def choose(demanded: str, network: tuple[str, ...] = NETWORK_ON, *, boxes: Boxes | None = None) -> Rung:
    """The rung that settings demand, the best that works here for `auto`. Nothing is confined by asking.

    Args:
        demanded: The setting `LOKI_CONFINEMENT`.
        network: The setting `LOKI_NETWORK`.
        boxes: The container engine, where one was asked for.

    Raises:
        ConfinementError: It is not to be had, cannot hold the network, or there is none of that name.
    """
    match demanded:
        case "none":
            return _unconfined(network)
        case "landlock":
            return _landlock(network)
        case "bwrap":
            return _bwrap(network)
        case "auto":
            if not trouble_with_bwrap():
                return _bwrap(network)
            return _landlock(network)
        case "docker":
            return _docker(network, boxes)
        case _:
            raise ConfinementError(
                f"There is no confinement {demanded!r}.",
                hint="LOKI_CONFINEMENT is auto, landlock, bwrap, docker or none.",
            )


def available() -> list[str]:
    """The rungs that work on this machine, best first."""
    rungs = [("bwrap", trouble_with_bwrap()), ("landlock", trouble_with_landlock())]
    return [*(name for name, trouble in rungs if not trouble), "none"]


def trouble_with_bwrap() -> str:
    """Why bubblewrap cannot hold hands here, to follow a colon; empty where it can. Tried out once a process."""
    program = find_bubblewrap()
    if not program:
        return "it is not installed"
    if landlock_abi() < _LEAST_ABI_WITHIN:
        return "the kernel has no Landlock, which tells single files apart within it"
    return trouble_with(program)


def trouble_with_landlock() -> str:
    """Why Landlock cannot hold hands here, to follow a colon; empty where it can."""
    abi = landlock_abi()
    if abi >= LEAST_ABI:
        return ""
    return f"this kernel offers only ABI {abi}, and {LEAST_ABI} is needed (Linux 6.2)" if abi else "the kernel has none"


def _unconfined(network: tuple[str, ...]) -> Rung:
    if network != NETWORK_ON:
        raise ConfinementError(
            f"LOKI_NETWORK={','.join(network)} cannot be kept where nothing confines commands.",
            hint="Unset LOKI_CONFINEMENT=none, or say LOKI_NETWORK=on.",
        )
    return Rung("none")


def _landlock(network: tuple[str, ...]) -> Rung:
    if trouble := trouble_with_landlock():
        raise ConfinementError(
            f"Nothing confines agents here, so that they could write and read anything you can. Landlock: {trouble}. "
            f"Bubblewrap: {trouble_with_bwrap()}.",
            hint="Use Linux 6.2 or newer with Landlock enabled, or, in a machine or container that holds nothing else, "
            "say LOKI_CONFINEMENT=none.",
        )
    rung = Rung("landlock", landlock_abi(), network)
    if rung.hosts:
        raise ConfinementError(
            f"Only bubblewrap can hold commands to the hosts that LOKI_NETWORK names: {trouble_with_bwrap()}."
            if trouble_with_bwrap()
            else "Only bubblewrap can hold commands to the hosts that LOKI_NETWORK names, and Landlock is demanded.",
            hint="Install bubblewrap and let LOKI_CONFINEMENT be auto or bwrap, or say LOKI_NETWORK=off or on.",
        )
    return rung


def _bwrap(network: tuple[str, ...]) -> Rung:
    if trouble := trouble_with_bwrap():
        raise ConfinementError(
            f"Bubblewrap cannot confine agents here: {trouble}.",
            hint="Install bubblewrap and allow unprivileged user namespaces, or leave LOKI_CONFINEMENT at auto, which "
            "then takes Landlock.",
        )
    return Rung("bwrap", landlock_abi(), network, find_bubblewrap())


def _docker(network: tuple[str, ...], boxes: Boxes | None) -> Rung:
    """Boxes of a container engine: of the two settings on the network, the narrower holds."""
    if boxes is None:
        raise ConfinementError(
            "LOKI_CONFINEMENT=docker is not available here.", hint=f"What is: {', '.join(available())}."
        )
    if landlock_abi() < _LEAST_ABI_WITHIN:
        raise ConfinementError(
            "LOKI_CONFINEMENT=docker needs Landlock too, which tells single files apart within a box: the kernel has "
            "none.",
            hint=f"Use Linux 5.13 or newer with Landlock enabled. What works here: {', '.join(available())}.",
        )
    reach = NETWORK_OFF if network == NETWORK_ON and not boxes.connected else network
    return Rung("docker", landlock_abi(), reach, box=boxes.detail)

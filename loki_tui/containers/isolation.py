"""What holds a container and what does not, read from what the engine says it really made, not from what was asked."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from loki_tui.core.terminal import one_line

_MIB = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Trait:
    """One thing that holds, or does not."""

    name: str
    holds: bool
    detail: str = ""

    @property
    def phrase(self) -> str:
        """As it is told."""
        return f"{self.name}: {self.detail}" if self.detail else self.name


def isolation_of(inspected: Mapping[str, object], *, seccomp: bool) -> list[Trait]:
    """Every trait of a container.

    Args:
        inspected: What the engine says of it.
        seccomp: Whether the engine has a filter of its own.
    """
    host = _table(inspected, "HostConfig")
    options = [str(option) for option in _list(host, "SecurityOpt")]
    return [
        Trait("root cannot be written", host.get("ReadonlyRootfs") is True),
        Trait("no capabilities", _no_capabilities(host)),
        Trait("no new privileges", any(option.startswith("no-new-privileges") for option in options)),
        Trait(
            "filter of system calls",
            seccomp and not any("seccomp=" in option for option in options) and host.get("Privileged") is not True,
            "the engine's own",
        ),
        _network(host),
        _limit("limit on memory", host.get("Memory"), _MIB, "MiB"),
        _limit("limit on CPU", host.get("NanoCpus"), 10**9, "CPUs"),
        _limit("limit on processes", host.get("PidsLimit"), 1, "at once"),
        Trait("the engine's socket is not in it", not any(_is_engine(path) for path, _ in mounts_of(inspected))),
        Trait("log is bounded", "max-size" in _table(_table(host, "LogConfig"), "Config")),
    ]


def mounts_of(inspected: Mapping[str, object]) -> list[tuple[str, bool]]:
    """Places of this machine that are seen in a container, and whether they can be written."""
    mounts = (mount for mount in _list(inspected, "Mounts") if isinstance(mount, dict) and mount.get("Type") == "bind")
    return sorted((one_line(str(mount.get("Source", ""))), mount.get("RW") is True) for mount in mounts)


def user_of(inspected: Mapping[str, object]) -> str:
    """Whom a container runs as, by number."""
    return one_line(str(_table(inspected, "Config").get("User") or "0:0"))


def open_ends(inspected: Mapping[str, object]) -> Iterator[str]:
    """What no container of this kind holds, one phrase each."""
    yield "the kernel is this machine's own: a hole in it is a way out"
    yield "what is written in the workspace is there for your own tools to run later"
    if user_of(inspected).startswith("0:"):
        yield "its root is this machine's root, without capabilities: the workspace belongs to root"
    if _table(inspected, "HostConfig").get("NetworkMode") != "none":
        yield "the network, this machine's own services included"


def _network(host: Mapping[str, object]) -> Trait:
    mode = one_line(str(host.get("NetworkMode") or "default"))
    return Trait("no network but its own loopback", mode == "none", "" if mode == "none" else mode)


def _limit(name: str, value: object, unit: int, word: str) -> Trait:
    limited = isinstance(value, int) and value > 0
    return Trait(name, limited, f"{int(str(value)) / unit:g} {word}" if limited else "")


def _no_capabilities(host: Mapping[str, object]) -> bool:
    dropped = {str(name).upper() for name in _list(host, "CapDrop")}
    # Podman names each one it dropped.
    all_gone = "ALL" in dropped or len(dropped) > 10
    return all_gone and not _list(host, "CapAdd") and host.get("Privileged") is not True


def _is_engine(path: str) -> bool:
    return path.endswith(("docker.sock", "podman.sock"))


def _table(given: Mapping[str, object], name: str) -> Mapping[str, object]:
    value = given.get(name)
    return value if isinstance(value, dict) else {}


def _list(given: Mapping[str, object], name: str) -> Sequence[object]:
    value = given.get(name)
    return value if isinstance(value, list) else ()

"""What one pair of hands may touch: settings and environment turned into a list of real paths."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from pydantic import JsonValue

from loki_tui.core.errors import ConfinementError, UsageError
from loki_tui.core.messages import JsonObject
from loki_tui.core.setting_types import NETWORK_OFF, NETWORK_ON
from loki_tui.hands.egress import DOOR_PORT, DOOR_SOCKET, PROXY, PROXY_ADDRESS, PROXY_PORT, PROXY_SOCKET
from loki_tui.hands.environment import command_environment
from loki_tui.hands.grants import DEVICES, PRIVATE_TERMINALS, SHARED_MEMORY, TEMPORARY, overlaps, readable, within
from loki_tui.hands.rungs import Rung


@dataclass(frozen=True, slots=True, kw_only=True)
class Demands:
    """What a person demands of hands, for a whole run."""

    root: Path
    """The workspace."""
    private: Path
    """The run's own directory; private homes are made in it."""
    environ: Mapping[str, str]
    """The person's environment, whole."""
    protected: tuple[Path, ...] = ()
    """Never granted: the state directory."""
    lent: tuple[Path, ...] = ()
    """Granted although it lies in what is protected: a worktree of Loki's own."""
    repository: Path | None = None
    """The git directory of that worktree's repository, in which agents look and do not write."""
    confinement: str = "auto"
    network: tuple[str, ...] = NETWORK_ON
    """What commands reach: `on`, `off`, or hosts."""
    allowed_paths: tuple[str, ...] = ()
    """Where agents may write; the workspace where there are none."""
    read_paths: tuple[str, ...] = ()
    pass_env: tuple[str, ...] = ()
    command_seconds: float = 600.0
    """How long a command may take that names no time itself."""
    identity: tuple[str, str] = ("Loki", "loki@localhost")
    """Name and address for commits that commands make."""
    git_settings: tuple[tuple[str, str], ...] = ()
    """Name and value of the person's own settings that commits depend on."""
    git_ignores: str = ""
    """The person's own ignore patterns."""
    gateway: bool = False
    """Whether a program in the hands is to reach a server of the engine's."""
    uncovered: tuple[str, ...] = ()
    """What is not held whatever holds the hands, one phrase each: for the badge."""

    @property
    def home(self) -> Path:
        """The person's own."""
        return Path(self.environ.get("HOME") or Path.home()).resolve()


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """What one pair of hands is told before anything else. All paths are real."""

    root: Path
    home: Path
    tmp: Path
    writable: tuple[Path, ...]
    """Where work may be written, beside the private directories."""
    read: tuple[Path, ...]
    environment: Mapping[str, str]
    command_seconds: float
    nothing: Path
    """An empty file, to stand for one that is not to be read."""
    sealed: tuple[Path, ...] = ()
    """What is kept from being written although it lies in `writable`, where the rung has mounts of its own."""
    masked: tuple[Path, ...] = ()
    """What is hidden although it lies in what may be read, where the rung has mounts of its own."""
    private: tuple[Path, ...] = ()
    """Directories everyone may write that the rung makes anew for these hands."""
    spelled: tuple[str, ...] = ()
    """Paths as the person wrote them, before links were followed."""
    looked_into: Path | None = None
    """A repository in which commands look and do not write; for a kind word where they try."""
    doored: bool = False
    """Whether there is a door to a server of the engine's."""

    def message(self, rung: Rung, *, mark: str, proxied: bool = False) -> JsonObject:
        """The first line for the hands.

        Args:
            rung: How they are to be confined.
            mark: Tells their processes from all others.
            proxied: Whether a proxy waits for them.
        """
        own = (self.home, self.tmp, SHARED_MEMORY, *self.private)
        devices = (*DEVICES, *(PRIVATE_TERMINALS if rung.own_mounts else ()))
        return {
            "rung": rung.name,
            "least_abi": rung.least_abi,
            "inet_sockets": rung.inet_sockets,
            "unix_sockets": rung.unix_sockets,
            "network": list(rung.network),
            "forward": list(self._forwards(proxied=bool(rung.hosts) and proxied)),
            "mark": mark,
            "root": str(self.root),
            "home": str(self.home),
            "tmp": str(self.tmp),
            "read": [str(path) for path in self.read],
            # What the person has is not in an image, unless it was granted.
            "whole_image": rung.name == "docker",
            "write": [str(path) for path in (*self.writable, *own) if path.exists()],
            "devices": [str(path) for path in devices if path.exists()],
            "sealed": [str(path) for path in self.sealed],
            "looked_into": [str(self.looked_into)] if self.looked_into else [],
            "shown": [str(path) for path in self.writable],
            "environment": dict(self.environment),
            "command_seconds": self.command_seconds,
        }

    def _forwards(self, *, proxied: bool) -> Iterator[JsonValue]:
        """Ports on the hands' own loopback, and the sockets that what comes to them is carried to."""
        if proxied:
            yield [PROXY_PORT, f"{PROXY}/{PROXY_SOCKET}"]
        if self.doored:
            yield [DOOR_PORT, f"{PROXY}/{DOOR_SOCKET}"]


def agent_paths(demands: Demands) -> tuple[Path, ...]:
    """Where agents may write: real paths that exist.

    Raises:
        UsageError: A path is not there.
        ConfinementError: A path would open what is protected.
    """
    root = _real(demands.root, "The workspace")
    named = [_real(root / _at_home(path, demands.home), "LOKI_ALLOWED_PATHS") for path in demands.allowed_paths]
    granted = tuple(dict.fromkeys(named)) or (root,)
    for path in (root, *granted):
        lent = any(within(path, place.resolve()) for place in demands.lent)
        _shield(path, (demands.private,) if lent else (*demands.protected, demands.private))
    return granted


def system_paths(demands: Demands) -> tuple[Path, ...]:
    """What may be read whatever the workspace: the system and toolchains."""
    return readable(demands.environ, home=demands.home, shielded=demands.protected)


def added_paths(demands: Demands) -> tuple[Path, ...]:
    """What the person adds to what may be read.

    Raises:
        UsageError: A path that was added is not there.
        ConfinementError: It would open what is protected.
    """
    root = _real(demands.root, "The workspace")
    named = [_real(root / _at_home(path, demands.home), "LOKI_READ_PATHS") for path in demands.read_paths]
    for path in named:
        _shield(path, demands.protected)
    return (*named, demands.repository.resolve()) if demands.repository else tuple(named)


def make_policy(
    demands: Demands, *, root: Path, read: Sequence[Path], writable: Sequence[Path], home: Path, tmp: Path
) -> Policy:
    """The policy of one pair of hands, as far as every rung can keep it.

    Args:
        demands: What holds for the whole run.
        root: Where commands start; readable.
        read: Real paths that may be read beside it.
        writable: Real paths that may be written.
        home: The private home; it exists.
        tmp: The private temporary directory; it exists.
    """
    named = demands.network not in (NETWORK_ON, NETWORK_OFF)
    environment = command_environment(
        demands.environ,
        person=demands.home,
        home=home,
        tmp=tmp,
        pass_env=demands.pass_env,
        proxy=PROXY_ADDRESS if named else "",
    )
    nothing = demands.private / "nothing"
    nothing.touch(exist_ok=True)
    return Policy(
        root=root,
        home=home,
        tmp=tmp,
        writable=tuple(writable),
        read=tuple(dict.fromkeys([*read, root])),
        environment=environment,
        command_seconds=demands.command_seconds,
        nothing=nothing.resolve(),
        spelled=(str(demands.root), demands.environ.get("HOME", ""), *demands.allowed_paths, *demands.read_paths),
        looked_into=demands.repository.resolve() if demands.repository else None,
    )


def with_own_mounts(policy: Policy, *, sealed: Sequence[Path], masked: Sequence[Path]) -> Policy:
    """The same policy with what only a rung with mounts of its own can keep.

    Args:
        policy: What every rung can keep.
        sealed: What is kept from being written.
        masked: What is hidden.
    """
    granted = [path for path in (*policy.read, policy.root) if not any(within(path, own) for own in policy.writable)]
    # Landlock knows no exception: were `/tmp` granted, so would be what is mounted read-only below it.
    private = [place for place in TEMPORARY if not any(within(path, place) for path in granted)]
    return replace(policy, sealed=tuple(sealed), masked=tuple(masked), private=tuple(private))


def _at_home(path: str, home: Path) -> Path:
    """A path a person wrote, with a leading `~` for their own home."""
    return home / path.removeprefix("~").lstrip("/") if path == "~" or path.startswith("~/") else Path(path)


def _real(path: Path, name: str) -> Path:
    try:
        return path.resolve(strict=True)
    except (OSError, RuntimeError, ValueError) as error:
        raise UsageError(
            f"{name}: {path} cannot be used: {getattr(error, 'strerror', None) or error}.",
            hint="Create it first, or correct the setting: only what exists can be granted.",
        ) from error


def _shield(path: Path, protected: Iterable[Path]) -> None:
    for secret in protected:
        if overlaps(path, secret.resolve()):
            raise ConfinementError(
                f"{path} cannot be granted to agents: Loki's own state or a key is kept in {secret}.",
                hint="Keep Loki's state (LOKI_DIR) and files with keys (such as ANTHROPIC_API_KEY_FILE) outside of it.",
            )

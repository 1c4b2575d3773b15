"""Boxes for hands: containers with nothing in them but an image and what was granted; implements `engine.boxes.Boxes`.

What holds a box: a root that cannot be written, no capabilities, no way to gain any, the engine's own filter of system
calls (one of ours would replace it, and be weaker), limits on processes, memory and CPU, and no network unless it was
asked for. Nothing is pulled: an image that is not here is a person's to fetch or to build.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from docker.errors import ImageNotFound
from docker.types import HostConfig, LogConfig
from docker.types import Mount as DockerMount

from loki_tui.containers.attached import AttachedProcess
from loki_tui.containers.census import Census, labels_of
from loki_tui.containers.engine import OTHER_RUNGS, Engine, explained
from loki_tui.core.errors import ConfinementError
from loki_tui.core.terminal import one_line
from loki_tui.engine.boxes import BoxOrder, Mount

PROCESSES = 1024
"""Processes and threads at once, in one box: a build uses hundreds, a fork bomb all it gets."""
_SCRATCH_BYTES = 512 * 1024 * 1024
_SHARED_BYTES = 256 * 1024 * 1024
"""Shared memory: browsers want more than the 64 MiB that engines give."""
_LOG_BYTES = "1m"
_LOG_FILES = "2"
_MASK_BYTES = 4096
_NAME_CHARS = 40
_NOT_FOUND = 127
"""What a box exits with where there is no such program."""
_NEEDS = f"Has the image Python 3.11 or newer, as python3? {OTHER_RUNGS}"


@dataclass(frozen=True, slots=True, kw_only=True)
class BoxLimits:
    """What the settings `LOKI_SANDBOX_*` say."""

    image: str
    cpus: float
    memory: str
    network: Literal["none", "bridge"]
    read_only: bool


class DockerBoxes:
    """Starts boxes for one workspace.

    Args:
        engine: The container engine.
        limits: Of every box.
        workspace: Whose boxes they are.
        run: The run they belong to; empty for none.

    Raises:
        ConfinementError: The image is not here.
    """

    def __init__(self, engine: Engine, limits: BoxLimits, *, workspace: Path, run: str = "") -> None:
        self._engine = engine
        self._limits = limits
        self._workspace = workspace
        self._run = run
        self._census = Census(engine)
        self.environment: Mapping[str, str] = _environment_of(engine, limits.image)

    @property
    def detail(self) -> str:
        """Engine, image and limits."""
        limits = self._limits
        return f"{self._engine.name}, {one_line(limits.image)}, {limits.cpus:g} CPUs, {limits.memory} memory"

    @property
    def connected(self) -> bool:
        """Whether boxes have a network."""
        return self._limits.network != "none"

    @property
    def read_only(self) -> bool:
        """Whether agents may not write the workspace."""
        return self._limits.read_only

    async def start(self, order: BoxOrder, *, line_bytes: int) -> AttachedProcess:
        """Start a box and what runs in it; see `engine.boxes.Boxes`."""
        container = await asyncio.to_thread(self.create, order)
        process = AttachedProcess(
            self._engine.api,
            container,
            line_bytes=line_bytes,
            explain=self._explain,
        )
        try:
            with explained("start a box", hint=_NEEDS):
                await process.begin()
        except BaseException:
            await asyncio.to_thread(self._census.remove, container)
            raise
        return process

    def _explain(self, code: int, out_of_memory: bool) -> str:
        if code == _NOT_FOUND:
            return f"\nThe image {one_line(self._limits.image)} has no python3; it needs Python 3.11 or newer."
        return f"\nIts box ran out of memory (LOKI_SANDBOX_MEMORY={self._limits.memory})." if out_of_memory else ""

    async def sweep(self) -> None:
        """Remove what boxes of dead engines left of this workspace."""
        await asyncio.to_thread(self._census.clean, self._workspace)

    def open(self, order: BoxOrder) -> str:
        """Start a box that goes on without us; its name.

        Raises:
            ConfinementError: The engine refuses.
        """
        container = self.create(order)
        try:
            with explained("start a box", hint=_NEEDS):
                self._engine.api.start(container)
                return str(self._engine.api.inspect_container(container)["Name"]).lstrip("/")
        except ConfinementError:
            self._census.remove(container)
            raise

    def create(self, order: BoxOrder) -> str:
        """Make a container, which is not started; its id.

        Raises:
            ConfinementError: The engine refuses.
        """
        api = self._engine.api
        user = (0, 0) if self._engine.rootless and not self._engine.podman else order.user
        with explained("make a box"):
            made = api.create_container(
                self._limits.image,
                command=list(order.command[1:]),
                entrypoint=[order.command[0]],
                user=f"{user[0]}:{user[1]}",
                environment=dict(order.environment),
                stdin_open=order.kind != "shell",
                name=f"loki-{(self._run or self._workspace.name)[:_NAME_CHARS]}-{order.kind}-{secrets.token_hex(3)}",
                hostname="box",
                working_dir="/",
                host_config=self._host_config(order),
                labels=labels_of(self._workspace, run=self._run, kind=order.kind),
                # A person's proxies, and the passwords in them, are none of a box's business.
                use_config_proxy=False,
            )
        return str(made["Id"])

    def _host_config(self, order: BoxOrder) -> HostConfig:
        limits = self._limits
        config = self._engine.api.create_host_config(
            init=True,
            read_only=True,
            cap_drop=["ALL"],
            security_opt=["no-new-privileges:true"],
            pids_limit=PROCESSES,
            mem_limit=limits.memory,
            memswap_limit=limits.memory,
            nano_cpus=round(limits.cpus * 1e9),
            shm_size=_SHARED_BYTES,
            ipc_mode="private",
            network_mode=limits.network if order.network else "none",
            tmpfs={str(place): f"rw,exec,nosuid,nodev,mode=1777,size={_SCRATCH_BYTES}" for place in order.scratch},
            mounts=[_mounted(mount) for mount in order.mounts],
            log_config=LogConfig(type="json-file", config={"max-size": _LOG_BYTES, "max-file": _LOG_FILES}),
        )
        if self._engine.user_namespace:
            config["UsernsMode"] = self._engine.user_namespace
        return config


def _environment_of(engine: Engine, image: str) -> dict[str, str]:
    """What an image has its programs see."""
    with explained("look at the image"):
        try:
            config = engine.api.inspect_image(image).get("Config") or {}  # type: ignore[no-untyped-call]
        except ImageNotFound as error:
            name = one_line(image)
            raise ConfinementError(
                f"The image {name} (LOKI_SANDBOX_IMAGE) is not on this machine.",
                hint=f"In a checkout of Loki: docker build -t {name} -f Dockerfile.sandbox . — or name one that has "
                f"Python 3.11, git and bash. {OTHER_RUNGS}",
            ) from error
    pairs = (str(entry).partition("=") for entry in config.get("Env") or [])
    return {name: value for name, _, value in pairs}


def _mounted(mount: Mount) -> DockerMount:
    if mount.source is None:
        return DockerMount(str(mount.path), None, type="tmpfs", read_only=True, tmpfs_size=_MASK_BYTES)
    return DockerMount(str(mount.path), str(mount.source), type="bind", read_only=not mount.writable)

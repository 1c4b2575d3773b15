"""Where a parallel run's worktrees lie in its state directory, and what is done there without git.

Names of files are all that is touched here: nothing that an agent wrote is read or followed.
"""

from __future__ import annotations

import asyncio
import os
import stat
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from loki_tui.core.slugs import slug
from loki_tui.hands.boxing import owner_of
from loki_tui.hands.worktrees.admin import read_small
from loki_tui.store.files import PRIVATE, writing
from loki_tui.store.paths import RunDirectories

_OUTGOING = "outgoing-"
_FOUND = "found-"
_TRIES = 10_000


@dataclass(frozen=True, slots=True)
class Room:
    """Where one worktree lies, and what belongs to it."""

    directories: RunDirectories
    key: str
    """Its name as a file's."""

    @classmethod
    def of(cls, directories: RunDirectories, name: str) -> Room:
        """Where the worktree of a name lies, whatever the name."""
        return cls(directories, slug(name))

    @property
    def root(self) -> Path:
        """The worktree itself."""
        return self.directories.worktrees / self.key

    @property
    def home(self) -> Path:
        """The private home of its hands."""
        return self.directories.grounds / self.key / "home"

    @property
    def verify(self) -> Path:
        """Its clean checkouts."""
        return self.directories.grounds / self.key / "verify"

    def prepare(self, *, workspace: Path) -> None:
        """Make what is missing; the worktree belongs to whoever the person's workspace belongs to.

        Raises:
            UsageError: The state directory cannot be written.
            JournalError: The disk is full.
        """
        with writing(self.root):
            for path in (self.root, self.home, self.verify):
                path.mkdir(mode=PRIVATE, parents=True, exist_ok=True)
            if os.geteuid() == 0 and not any(self.root.iterdir()):
                os.chown(self.root, *owner_of(workspace))

    def lend(self, installed: Iterable[Path]) -> None:
        """Link what the person installed, where the worktree has nothing of that name."""
        with writing(self.root):
            for place in installed:
                if not os.path.lexists(self.root / place.name):
                    (self.root / place.name).symlink_to(place)

    @property
    def there(self) -> bool:
        """Whether there is a directory."""
        return self.root.is_dir() and not self.root.is_symlink()

    @property
    def pointed(self) -> bool:
        """Whether there is a directory with something in it that says where its repository is."""
        return self.there and os.path.lexists(self.root / ".git")

    @property
    def occupied(self) -> bool:
        """Whether something stands where the worktree belongs, an empty directory not counted."""
        return os.path.lexists(self.root) and not (self.there and not any(self.root.iterdir()))

    def set_aside(self, path: Path) -> Path:
        """Move what is in the way to a place where it is kept, and say where.

        Raises:
            UsageError: The state directory cannot be written.
        """
        return self._move(path, _FOUND)

    def point(self, directory: Path) -> bool:
        """See to it that the worktree's `.git` is the file that git made; whether it was.

        An agent may have put anything in its place; that is kept aside.

        Args:
            directory: The git directory of this worktree.
        """
        entry = self.root / ".git"
        wanted = f"gitdir: {directory}\n"
        if read_small(entry) == wanted:
            return True
        with writing(self.root):
            if os.path.lexists(entry):
                self.set_aside(entry)
            descriptor = os.open(entry, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o644)
            with os.fdopen(descriptor, "w", errors="surrogateescape") as file:
                file.write(wanted)
        return False

    def move_out(self) -> None:
        """Take the worktree's directory away at once; `clear` then removes it."""
        if os.path.lexists(self.root):
            self._move(self.root, _OUTGOING)

    async def clear(self) -> None:
        """Remove what was moved out, of this worktree or, by a process that died, of another one of the run."""
        aside = self.directories.aside
        gone = [str(path) for path in aside.glob(f"{_OUTGOING}*")] if aside.is_dir() else []
        if not gone:
            return
        # Not shutil.rmtree: a tree a thousand deep, which an agent can make, exhausts its stack.
        for command in (("chmod", "-R", "u+rwX", "--"), ("rm", "-rf", "--")):
            process = await asyncio.create_subprocess_exec(
                *command, *gone, stderr=asyncio.subprocess.DEVNULL, stdin=asyncio.subprocess.DEVNULL
            )
            await process.wait()

    def _move(self, path: Path, prefix: str) -> Path:
        aside = self.directories.aside
        with writing(aside):
            aside.mkdir(mode=PRIVATE, parents=True, exist_ok=True)
            if path.is_dir() and not path.is_symlink():
                # A directory that its owner cannot write cannot be moved to another one.
                path.chmod(stat.S_IMODE(path.stat().st_mode) | stat.S_IRWXU)
            for number in range(1, _TRIES):
                target = aside / f"{prefix}{self.key}-{number}"
                if not os.path.lexists(target):
                    path.rename(target)
                    return target
        raise AssertionError("unreachable: nobody has so many")

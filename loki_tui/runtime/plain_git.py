"""Git that only looks, on a repository that nobody vouches for, without hands.

Whoever checks a receipt may have nothing but git, and an agent may have written what git would run there. So git
never sees the repository as one: it looks from a git directory of ours, which lasts as long as the question and
has a configuration of its own, through to the repository's objects and refs. No line of the repository's
configuration is read, so nothing that it names is run, and nothing is fetched that a partial clone lacks.
"""

from __future__ import annotations

import hashlib
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from loki_tui.core.errors import RepositoryError
from loki_tui.runtime.delivery import git_places

_SECONDS = 120
"""How long one command may take."""

_SHALLOW_BYTES = 4 * 2**20
"""More commits than fit in here no clone is cut off at."""

_OBJECT = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")

_CONFIG = {
    "sha1": "[core]\n\trepositoryFormatVersion = 0\n\tbare = true\n",
    "sha256": "[core]\n\trepositoryFormatVersion = 1\n\tbare = true\n[extensions]\n\tobjectFormat = sha256\n",
}

_ENVIRONMENT = {
    "GIT_ALLOW_PROTOCOL": "none",
    "GIT_ATTR_NOSYSTEM": "1",
    "GIT_CONFIG_GLOBAL": "/dev/null",
    "GIT_CONFIG_NOSYSTEM": "1",
    # Parents are what the commits say they are, objects what their names say.
    "GIT_GRAFT_FILE": "/dev/null",
    "GIT_NO_LAZY_FETCH": "1",
    "GIT_NO_REPLACE_OBJECTS": "1",
    "GIT_OPTIONAL_LOCKS": "0",
    "GIT_TERMINAL_PROMPT": "0",
    "LC_ALL": "C.UTF-8",
}


@contextmanager
def plain_git(directory: Path, environ: Mapping[str, str], *, object_format: str) -> Iterator[PlainGit]:
    """Git on the repository around a directory, for as long as the context lasts.

    Args:
        directory: In the repository, or its git directory.
        environ: The person's variables; those of git are left out.
        object_format: How the repository names objects: sha1 or sha256.

    Raises:
        RepositoryError: There is no git, or no repository.
    """
    git = shutil.which("git", path=environ.get("PATH"))
    if git is None:
        raise RepositoryError("git cannot be run.", hint="Install git, and have it on PATH.")
    common = _common_directory(directory)
    with tempfile.TemporaryDirectory(prefix="loki-looking-") as room:
        place = Path(room)
        try:
            shallow = _look_through(place, common, object_format)
        except OSError as error:
            raise RepositoryError(f"The repository {common} cannot be read: {error.strerror}.") from error
        variables = {name: value for name, value in environ.items() if not name.startswith("GIT_")}
        variables |= {**_ENVIRONMENT, "GIT_DIR": room, "GIT_OBJECT_DIRECTORY": str(common / "objects")}
        yield PlainGit(git, variables, common=common, shallow=shallow)


def _look_through(place: Path, common: Path, object_format: str) -> bool:
    """Make a git directory with the refs of another; whether history is cut off in that one."""
    (place / "HEAD").write_text("ref: refs/heads/nothing\n")
    (place / "config").write_text(_CONFIG.get(object_format, _CONFIG["sha1"]))
    (place / "refs").symlink_to(common / "refs")
    (place / "packed-refs").symlink_to(common / "packed-refs")
    shallow = common / "shallow"
    if not shallow.is_file():
        return False
    with shallow.open("rb") as file:
        (place / "shallow").write_bytes(file.read(_SHALLOW_BYTES))
    return True


def _common_directory(directory: Path) -> Path:
    """The git directory that holds objects and branches, of the repository around a directory."""
    start = directory.expanduser().resolve()
    for candidate in (start, *start.parents):
        places = git_places(candidate)
        common = places[-1] if places else candidate
        if all((common / name).exists() for name in ("HEAD", "objects", "refs")):
            return common
    raise RepositoryError(f"There is no git repository in {directory}.", hint="Name the clone to look into: --repo DIR")


class PlainGit:
    """Looks things up in one repository; see `plain_git`.

    Args:
        git: The program.
        environment: Its variables.
        common: The repository's git directory.
        shallow: Whether history is cut off somewhere.
    """

    def __init__(self, git: str, environment: Mapping[str, str], *, common: Path, shallow: bool) -> None:
        self._git = git
        self._environment = environment
        self._common = common
        self.shallow = shallow
        """Whether history is cut off somewhere."""

    def kind(self, name: str) -> str | None:
        """What an object is, such as `commit`; none where it is not here."""
        if not _OBJECT.fullmatch(name):
            return None
        found = self._run("cat-file", "-t", name)
        return found.stdout.decode().strip() if found.returncode == 0 else None

    def tree(self, commit: str) -> str:
        """The tree of a commit.

        Raises:
            RepositoryError: The commit is not here.
        """
        return self._ask("rev-parse", "--verify", f"{_named(commit)}^{{tree}}").decode().strip()

    def empty_tree(self) -> str:
        """The name of the tree without entries, which depends on how objects are named here."""
        return self._ask("hash-object", "-t", "tree", "--stdin").decode().strip()

    def descends(self, commit: str, ancestor: str) -> bool:
        """Whether a commit grew from another one, as far as is known here.

        Raises:
            RepositoryError: One of them is not here.
        """
        answer = self._run("merge-base", "--is-ancestor", _named(ancestor), _named(commit))
        if answer.returncode not in (0, 1):
            raise _failure("merge-base", answer)
        return answer.returncode == 0

    def count(self, since: str, until: str) -> int:
        """How many commits lie behind one up to another.

        Raises:
            RepositoryError: One of them is not here.
        """
        return int(self._ask("rev-list", "--count", _named(until), f"^{_named(since)}"))

    def digest(self, *command: str) -> str:
        """SHA-256 of all that a command prints.

        Raises:
            RepositoryError: It failed.
        """
        return hashlib.sha256(self._ask(*command)).hexdigest()

    def records(self, *command: str) -> int:
        """How many records a command prints that it ends with NUL each.

        Raises:
            RepositoryError: It failed.
        """
        return self._ask(*command).count(b"\0")

    def refs(self) -> dict[str, str]:
        """Full name of every branch, remote ones too, to the commit it is at."""
        listed = self._ask("for-each-ref", "--format=%(objectname) %(refname)", "refs/heads", "refs/remotes")
        pairs = (line.split(" ", 1) for line in listed.decode(errors="replace").splitlines())
        return {name: commit for commit, name in pairs}

    def holders(self, commit: str) -> list[str]:
        """Branches that have a commit in their history.

        Raises:
            RepositoryError: It is not here.
        """
        listed = self._ask(
            "for-each-ref", "--format=%(refname)", "--contains", _named(commit), "refs/heads", "refs/remotes"
        )
        return listed.decode(errors="replace").splitlines()

    def _ask(self, *arguments: str) -> bytes:
        answer = self._run(*arguments)
        if answer.returncode != 0:
            raise _failure(arguments[0], answer)
        return answer.stdout

    def _run(self, *arguments: str) -> subprocess.CompletedProcess[bytes]:
        try:
            return subprocess.run(
                [self._git, "--no-pager", *arguments],
                stdin=subprocess.DEVNULL,
                capture_output=True,
                check=False,
                cwd="/",
                env=dict(self._environment),
                timeout=_SECONDS,
            )
        except subprocess.TimeoutExpired as error:
            raise RepositoryError(f"git {arguments[0]} did not finish within {_SECONDS} s.") from error
        except (OSError, ValueError) as error:
            raise RepositoryError(f"git cannot be run on {self._common}: {error}.") from error


def _named(name: str) -> str:
    """A name that is an object's and no option's."""
    if not _OBJECT.fullmatch(name):
        raise RepositoryError(f"{name[:80]!r} is no object's name.")
    return name


def _failure(command: str, answer: subprocess.CompletedProcess[bytes]) -> RepositoryError:
    said = answer.stderr.decode(errors="replace").strip()[-2000:]
    return RepositoryError(f"git {command} failed: {said or f'exit code {answer.returncode}'}")

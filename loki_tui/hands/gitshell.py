"""Runs git in hands, and gets exact answers through an output that is meant for people.

What hands return is one text: bounded, without control characters, standard error mixed in.
So an answer stands between two marks, lists are asked for in pages, and paths stay in git's
own quoted form, which is plain ASCII.
"""

from __future__ import annotations

import ast
import secrets
import shlex
from collections.abc import Mapping

from loki_tui.core.errors import RepositoryError
from loki_tui.core.messages import JsonObject
from loki_tui.engine.ports import ActionResult, Workspace
from loki_tui.hands.locks import refusal

_TIMEOUT = 300
"""Seconds that one script may take."""
_PAGE = 100
"""Lines of a list that are asked for at once."""
_SAID_LIMIT = 2000
"""Characters of git's own words in an error."""

_SETTINGS = {
    "advice.addEmbeddedRepo": "false",
    "core.fsmonitor": "false",
    "core.hooksPath": "/dev/null",
    "core.quotePath": "true",
    "core.safecrlf": "false",
    "gc.auto": "0",
    # Hands in a container, or started by root, may find a repository that is another user's.
    "safe.directory": "*",
}

_ENVIRONMENT = {
    "GIT_LITERAL_PATHSPECS": "1",
    "GIT_OPTIONAL_LOCKS": "0",
    # What git says is matched below, so it speaks English.
    "LC_ALL": "C.UTF-8",
}


class GitShell:
    """Scripts of git commands, run in one workspace's hands.

    Args:
        workspace: Hands that may write the repository's git directory.
    """

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._settings = dict(_SETTINGS)
        self._environment = {**_ENVIRONMENT, **_variables(self._settings)}
        self._directory = "."

    def configure(self, settings: Mapping[str, str]) -> None:
        """Have git take these settings too, whatever a configuration says."""
        self._settings |= settings
        self._environment |= _variables(self._settings)

    def settle(self, *, git_directory: str, work_tree: str) -> None:
        """Look for no repository from now on: it is this one, whatever its configuration says later."""
        self._environment |= {"GIT_DIR": git_directory, "GIT_WORK_TREE": work_tree}
        self._directory = work_tree

    def write_to(self, directory: str, *, beside: str) -> None:
        """Have new objects go to a directory that will be thrown away.

        Args:
            directory: Where they go.
            beside: The objects of the repository.
        """
        self._environment |= {"GIT_OBJECT_DIRECTORY": directory, "GIT_ALTERNATE_OBJECT_DIRECTORIES": beside}

    async def ask(self, script: str, *, environment: Mapping[str, str] | None = None) -> str:
        """What a script prints on standard output, without the newlines at its end.

        Raises:
            RepositoryError: It failed; says what git said.
            loki_tui.core.errors.WorkspaceError: The hands are gone.
        """
        result, answer = await self._run(script, environment)
        if answer is None:
            raise _failure(result)
        return answer

    async def look_up(self, script: str) -> str | None:
        """Like `ask`; none where it ends with exit code 1, by which git says no.

        Raises:
            RepositoryError: Something else went wrong.
            loki_tui.core.errors.WorkspaceError: The hands are gone.
        """
        result, answer = await self._run(script, None)
        if answer is None and result.exit_code != 1:
            raise _failure(result)
        return answer

    async def lines(self, script: str) -> list[str]:
        """All lines that a script prints, however many; it is run once a page.

        Raises:
            RepositoryError: It failed.
            loki_tui.core.errors.WorkspaceError: The hands are gone.
        """
        found: list[str] = []
        while True:
            first = len(found) + 1
            page = await self.ask(f"{script} | sed -n '{first},{first + _PAGE - 1}p'")
            found += page.splitlines()
            if len(found) < first + _PAGE - 1:
                return found

    async def _run(self, script: str, environment: Mapping[str, str] | None) -> tuple[ActionResult, str | None]:
        mark = f"loki-{secrets.token_hex(8)}"
        variables = {**self._environment, **(environment or {})}
        exports = " ".join(f"{name}={shlex.quote(value)}" for name, value in variables.items())
        lines = (
            f"export {exports}",
            f"cd -- {shlex.quote(self._directory)} || exit",
            f"answer=$({script}\n) || exit",
            f"printf '\\n%s\\n%s\\n%s\\n' {mark} \"$answer\" {mark}",
        )
        tool_input: JsonObject = {"command": "\n".join(lines), "timeout_seconds": _TIMEOUT}
        result = await self._workspace.perform("shell", tool_input)
        _, opened, rest = result.output.partition(f"\n{mark}\n")
        answer, closed, _ = rest.partition(f"\n{mark}")
        return result, answer if result.exit_code == 0 and opened and closed else None


def _variables(settings: Mapping[str, str]) -> dict[str, str]:
    """Settings as git reads them from its environment, where they outrank every file."""
    return {
        "GIT_CONFIG_COUNT": str(len(settings)),
        **{f"GIT_CONFIG_KEY_{number}": key for number, key in enumerate(settings)},
        **{f"GIT_CONFIG_VALUE_{number}": value for number, value in enumerate(settings.values())},
    }


def quoted(*words: str) -> str:
    """Words of a command line."""
    return shlex.join(words)


def fed(*lines: str, to: str) -> str:
    """A command that reads these lines."""
    return f"printf '%s\\n' {quoted(*lines)} | {to}"


def legible(path: str) -> str:
    """A path as git quotes it, made legible where that is safe to show."""
    if not path.startswith('"'):
        return path
    # Git quotes as C does, and bytes in Python take the same escapes.
    raw: bytes = ast.literal_eval(f"b{path}")
    text = raw.decode(errors="replace")
    return text if text.isprintable() else path


def _failure(result: ActionResult) -> RepositoryError:
    said = result.output.strip()
    if result.timed_out:
        return RepositoryError(
            f"git did not finish within {_TIMEOUT} s.",
            hint="Ignore huge directories in .gitignore, then `loki resume`.",
        )
    if result.exit_code == 127:
        return RepositoryError("git cannot be run in the workspace.", hint="Install git, and have it on PATH.")
    if (locked := refusal(said)) is not None:
        return locked
    if ".lock': File exists" in said:
        return RepositoryError(
            f"Another git holds a lock in the repository: {said[-_SAID_LIMIT:]}",
            hint="Let it finish. If none runs, remove the file that is named; then `loki resume`.",
        )
    hint = "Rename the branch that stands in its way." if "; cannot create" in said else ""
    return RepositoryError(
        f"git failed in the workspace: {said[-_SAID_LIMIT:] or f'exit code {result.exit_code}'}", hint=hint
    )

"""The rules on commands as the engine asks them: parses by shfmt, in a process of its own and within bounds."""

from __future__ import annotations

import asyncio
import importlib.metadata
import json
import shutil
import subprocess
import sysconfig
from collections.abc import Iterable
from functools import cache
from pathlib import Path

from loki_tui.core.blocking import DEFAULT_BLOCKED
from loki_tui.core.errors import LokiError
from loki_tui.core.vocabulary import Ruling
from loki_tui.guard.blocked import BlockedRules, judge
from loki_tui.guard.shell.kinds import TooMuchError, UnreadableError
from loki_tui.guard.shell.nodes import Script
from loki_tui.guard.shell.quick import quick_script
from loki_tui.guard.shell.reading import SyntaxTreeError, read_script

_SHORT = 4_096
"""Bytes of code that cannot take long to parse; for them only a parser that hangs is waited for in vain."""
_PATIENCE = 20.0
_LONG_PATIENCE = 0.7
"""Seconds that longer code may take: ten thousand commands would take a whole one."""
_MAX_TREE = 4_000_000
"""Bytes of a syntax tree that is read: some 2,700 commands."""

_DEFAULT = frozenset(DEFAULT_BLOCKED)


class ShellPolicy:
    """What the rules say of shell commands; the adapter behind `loki_tui.engine.ports.CommandPolicy`.

    Args:
        rules: As written.
        root: The directory commands begin in, where no other is said.
        home: Their `HOME`.
        source: Where rules that are not Loki's own come from.

    Raises:
        UsageError: One of them is no rule.
        LokiError: There is no parser.
    """

    def __init__(
        self, rules: Iterable[str], *, root: Path | str, home: Path | str, source: str = "LOKI_BLOCKED_COMMANDS"
    ) -> None:
        self._rules = BlockedRules(
            ((rule, "default" if rule in _DEFAULT else source) for rule in rules), root=str(root), home=str(home)
        )
        shfmt()

    @property
    def rules(self) -> BlockedRules:
        """The rules in force."""
        return self._rules

    async def judge(self, command: str, *, root: str) -> Ruling:
        """Whether a command may run; what cannot be parsed or decided is to be asked about."""
        return await asyncio.to_thread(self.decide, command, root=root)

    def decide(self, command: str, *, root: str | None = None) -> Ruling:
        """The same, at once."""
        rules = self._rules if root is None else self._rules.beginning_in(root)
        return judge(command, rules, parse=parse)


def parse(code: str) -> Script:
    """The nodes of some code of bash.

    Raises:
        UnreadableError: It is none.
        TooMuchError: It is more than is followed.
    """
    plain = quick_script(code)
    if plain is not None:
        return plain
    data = code.encode(errors="replace")
    tree = _tree(data, patience=_PATIENCE if len(data) <= _SHORT else _LONG_PATIENCE)
    try:
        return read_script(json.loads(tree))
    except RecursionError as error:
        raise TooMuchError("it is nested too deeply") from error
    except (SyntaxTreeError, ValueError) as error:
        raise UnreadableError(str(error)) from error


def _tree(code: bytes, *, patience: float) -> bytes:
    """What shfmt makes of some code."""
    try:
        answer = subprocess.run(
            [shfmt(), "--to-json", "--language-dialect=bash"],
            input=code,
            capture_output=True,
            # It needs nothing of the engine's, and keys least of all.
            env={},
            timeout=patience,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise TooMuchError("it is more than can be analysed in time") from error
    except OSError as error:
        raise UnreadableError(f"the parser cannot be run: {error.strerror}") from error
    if answer.returncode != 0:
        said = answer.stderr.decode(errors="replace").strip().partition("\n")[0]
        raise UnreadableError(said[:200] or f"the parser ended with {answer.returncode}")
    if len(answer.stdout) > _MAX_TREE:
        raise TooMuchError("it has more commands than are followed")
    return answer.stdout


@cache
def shfmt() -> str:
    """The parser's program, which a Python package brings.

    Raises:
        LokiError: It is not there.
    """
    beside = Path(sysconfig.get_path("scripts")) / "shfmt"
    if beside.is_file():
        return str(beside)
    found = next((path for path in _packaged() if path.name == "shfmt" and path.is_file()), None) or shutil.which(
        "shfmt"
    )
    if found is None:
        raise LokiError(
            "There is no shfmt, so no command can be held against the rules on commands.",
            hint="Install it: pip install shfmt-py",
        )
    return str(found)


def _packaged() -> Iterable[Path]:
    """The files of the package, wherever it was installed."""
    try:
        files = importlib.metadata.files("shfmt-py") or ()
    except importlib.metadata.PackageNotFoundError:
        return ()
    return (Path(str(file.locate())) for file in files)

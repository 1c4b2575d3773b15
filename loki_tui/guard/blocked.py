"""Blocked commands: whether a shell command may run, by the rules of a person or of Loki.

The command is parsed and run abstractly, and each program it would run is held against the rules.
What cannot be decided is to be asked about. This stops mistakes and lazy tricks; what a command can
really do is decided by the confinement of the hands.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from loki_tui.core.errors import UsageError
from loki_tui.core.vocabulary import Ruling
from loki_tui.guard.covering import Covered, CoveredBombs, CoveredCalls, CoveredFiles, covered
from loki_tui.guard.shell.kinds import Call, Doubt, Event, ForkBomb, Parse, TooMuchError, UnreadableError, Write
from loki_tui.guard.shell.machine import Machine
from loki_tui.guard.shell.state import State
from loki_tui.guard.shell.text import cleaned, summary, suspicious

MAX_COMMAND = 262_144
"""Characters of a command that is analysed; a longer one is asked about."""

_COMMENT_GOES_ON = re.compile(r"(^|[\s;&|()])(#[^\n]*?)\\+(?=\n)")


@dataclass(frozen=True, slots=True)
class BlockedRule:
    """One rule, ready to be held against commands."""

    text: str
    """As it was written."""
    source: str
    covers: Covered


class BlockedRules:
    """All rules in force.

    Args:
        rules: Each as written, with its source.
        root: The directory that commands begin in.
        home: Their `HOME`.

    Raises:
        UsageError: One of them is no rule.
    """

    def __init__(self, rules: Iterable[tuple[str, str]], *, root: str, home: str) -> None:
        self.root = root
        self.home = home
        self._written = tuple(rules)
        self._elsewhere: dict[str, BlockedRules] = {}
        self.rules = tuple(_rule(text, source, root=root, home=home) for text, source in self._written)
        self._by_program: dict[str, list[BlockedRule]] = {}
        self._patterns: list[BlockedRule] = []
        for rule in self.rules:
            if isinstance(rule.covers, CoveredCalls) and "*" not in rule.covers.program:
                self._by_program.setdefault(rule.covers.program.lower(), []).append(rule)
            else:
                self._patterns.append(rule)

    def beginning_in(self, root: str) -> BlockedRules:
        """The same for commands that begin in another directory, such as the worktree of a stream."""
        if root == self.root:
            return self
        if root not in self._elsewhere:
            self._elsewhere[root] = BlockedRules(self._written, root=root, home=self.home)
        return self._elsewhere[root]

    def about(self, event: Event) -> Iterator[BlockedRule]:
        """The rules that may cover something that would happen."""
        yield from self._patterns
        if isinstance(event, Call):
            name = event.words[0].lower()
            yield from self._by_program.get(name, ())
            while "." in name:
                name = name.rpartition(".")[0]
                yield from self._by_program.get(name, ())


def _rule(text: str, source: str, *, root: str, home: str) -> BlockedRule:
    try:
        return BlockedRule(text, source, covered(text, root=root, home=home))
    except ValueError as error:
        raise UsageError(
            f"{str(error)[:1].upper()}{str(error)[1:]}.",
            hint="A rule is a program with its words, such as `rm -rf /`; docs/security.md has more.",
        ) from error


class _FoundError(Exception):
    """A rule blocks the command: nothing more need be known."""

    def __init__(self, ruling: Ruling) -> None:
        super().__init__(ruling.why)
        self.ruling = ruling


class _Judge:
    """Holds what a command would do against the rules."""

    def __init__(self, rules: BlockedRules) -> None:
        self._rules = rules
        self.asks: list[Ruling] = []

    def observe(self, event: Event) -> None:
        """Take in something that would happen.

        Raises:
            _FoundError: A rule blocks it.
        """
        if isinstance(event, Doubt):
            self.ask(event.why)
            return
        for rule in self._rules.about(event):
            answer = rule.covers.covers(event)
            if answer is True:
                why = f"It would {_described(event)}, which the rule `{rule.text}` blocks."
                raise _FoundError(Ruling(verdict="block", rule=rule.text, why=why, source=rule.source))
            if answer is None:
                why = f"It may {_described(event)}, which the rule `{rule.text}` could be about; there is no telling."
                self.asks.append(Ruling(verdict="ask", rule=rule.text, why=why, source=rule.source))

    def ask(self, why: str) -> None:
        """Note that something cannot be decided."""
        self.asks.append(Ruling(verdict="ask", why=f"It cannot be decided: {why}."))


def _described(event: Call | Write | ForkBomb) -> str:
    match event:
        case Call(words, _, alike):
            text = summary(" ".join(words), 100)
            return f"do what `{text}` does" if alike else f"run `{text}`"
        case Write(path):
            return f"write to {summary(path, 100)}"
        case ForkBomb(name):
            return f"have the function {summary(name, 20)} start itself without an end"


def judge(command: str, rules: BlockedRules, *, parse: Parse) -> Ruling:
    """Whether a command may run.

    Args:
        command: For bash.
        rules: Those in force.
        parse: Parses code of bash.
    """
    court = _Judge(rules)
    found = suspicious(command)
    if found is not None:
        court.ask(f"it has {found} in it")
    if len(command) > MAX_COMMAND:
        court.ask(f"it has more than {MAX_COMMAND:,} characters")
        return court.asks[0]
    try:
        for reading in _readings(cleaned(command)):
            _run(reading, court, rules, parse)
    except _FoundError as error:
        return error.ruling
    return court.asks[0] if court.asks else Ruling(verdict="allow")


def _readings(command: str) -> list[str]:
    """What is to be parsed for one command.

    The parser takes a backslash at the end of a comment for one that joins lines; bash does not.
    """
    other = _COMMENT_GOES_ON.sub(r"\1\2", command) if "#" in command and "\\\n" in command else command
    return [command] if other == command else [command, other]


def _run(code: str, court: _Judge, rules: BlockedRules, parse: Parse) -> None:
    state = State(home=rules.home, start=rules.root, cwd=frozenset({rules.root}))
    machine = Machine(parse=parse, observe=court.observe)
    try:
        machine.run(parse(code), state)
    except UnreadableError as error:
        court.ask(f"it is no command that bash would understand ({error})")
    except TooMuchError as error:
        court.ask(str(error))
    except RecursionError:
        court.ask("it is nested too deeply")


# -- for people ---------------------------------------------------------------------------------


def explain(rule: BlockedRule) -> Iterator[str]:
    """What a rule covers, in sentences."""
    match rule.covers:
        case CoveredBombs():
            yield "Functions that start themselves several times, or beside themselves, whatever their name."
        case CoveredFiles(file):
            yield f"Whatever writes to {file.text}: redirections, tee, dd, cp, mv, shred and others."
        case CoveredCalls() as calls:
            yield from _explained(calls)


def _explained(calls: CoveredCalls) -> Iterator[str]:
    if calls.whole:
        yield f"Every run of {calls.program}, and of {calls.program}.something."
    else:
        yield f"Runs of {calls.program} that have all of these, in any order and spelling:"
    if calls.verbs:
        yield f"  leading words: {' '.join(calls.verbs)}"
    if calls.flags:
        yield f"  options: {' '.join(sorted(calls.flags))}"
    for each in calls.operands:
        what = "that path, what holds it, or all in it" if each.wide else "that path" if each.path else "that word"
        yield f"  operand: {each.prefix}{each.text or '…'}{f' ({what})' if each.text else ' (any value)'}"
    yield "By whatever name and wrapper: absolute paths, sudo, env, xargs, sh -c, eval, functions, pipes into a shell."

"""The abstract run: follows every way through a command's code, and tells of each program that would be run.

Both ways of a condition are followed, and loops for a few rounds. What a command prints is kept
where it is known, since it may become a word, a file or another shell's input.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace

from loki_tui.guard.shell.calling import Caller
from loki_tui.guard.shell.declaring import assign, declare
from loki_tui.guard.shell.kinds import (
    Call,
    Doubt,
    Event,
    ForkBomb,
    Invocation,
    Observe,
    Parse,
    TooMuchError,
    UnreadableError,
    Write,
)
from loki_tui.guard.shell.nodes import (
    Binary,
    Case,
    Command,
    Declare,
    For,
    Function,
    Group,
    If,
    Plain,
    Process,
    Script,
    Simple,
    Statement,
    While,
    Word,
    Words,
    Wrapped,
)
from loki_tui.guard.shell.redirecting import redirected
from loki_tui.guard.shell.state import State, values
from loki_tui.guard.shell.text import ANY, DISK, WORDS, bounded, computes, known
from loki_tui.guard.shell.words import Expander

MAX_STATEMENTS = 3_000
"""Statements that are followed, in all rounds of all loops together."""
MAX_DEPTH = 24
"""Functions, substitutions and shells within one another."""
_ROUNDS = 2
"""Of a loop without an end that is known."""
_STDIN = "/dev/fd/0"
_FEW = 4
"""Items of a loop that are followed one by one."""


class Machine:
    """Runs code abstractly.

    Args:
        parse: Parses code, also what `sh -c` and its kin are given.
        observe: Told of everything that would happen; what it raises ends the run.
    """

    def __init__(self, *, parse: Parse, observe: Observe) -> None:
        self._parse = parse
        self._observe = observe
        self._statements = 0
        self._depth = 0
        self._perhaps = 0
        self._guessing = False
        self._running: list[str] = []
        self._caller = Caller(self)

    def tell(self, event: Event) -> None:
        """Tell of something that would happen."""
        if self._guessing:
            if not isinstance(event, Call):
                return
            event = replace(event, guessed=True)
        if self._perhaps and isinstance(event, Call | Write):
            event = replace(event, certain=False)
        self._observe(event)

    @contextmanager
    def perhaps(self) -> Iterator[None]:
        """What is run meanwhile is run only if something is read as it may be meant."""
        self._perhaps += 1
        yield
        self._perhaps -= 1

    @contextmanager
    def guess(self) -> Iterator[bool]:
        """What is run meanwhile is run only if a program is a wrapper that is not known as one."""
        before, self._guessing = self._guessing, True
        with self.perhaps():
            yield not before
        self._guessing = before

    def code(self, text: str, state: State, stdin: str | None = None) -> str:
        """Run code; of code that is unknown or unreadable, tell of a doubt."""
        if not text.strip():
            return ""
        if ANY in text or WORDS in text:
            # What is known of it runs all the same.
            self.tell(Doubt("it runs code that is put together from something unknown"))
        try:
            script = self._parse(text)
        except UnreadableError:
            self.tell(Doubt("it runs code that cannot be read as a shell's"))
            return ANY
        return self.run(script, state, stdin)

    def run(self, script: Script, state: State, stdin: str | None = None) -> str:
        """Run statements, one after the other.

        Returns:
            What they print.

        Raises:
            TooMuchError: It is more than is followed.
        """
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise TooMuchError("it is nested too deeply")
        printed = []
        for statement in script:
            printed.append(self._statement(statement, state, stdin))
            if state.remains:
                state.cwd, state.remains = values(state.cwd | state.remains), frozenset()
        self._depth -= 1
        return bounded("".join(printed))

    def call(self, invocation: Invocation, *, functions: bool = True) -> str:
        """Run a command whose words are known."""
        return self._caller.call(invocation, functions=functions)

    def function(self, name: str, body: Statement, invocation: Invocation) -> str:
        """Run a function's body with its arguments."""
        if self._running.count(name) >= _ROUNDS:
            self.tell(Doubt(f"its function {name} calls itself, deeper than is followed"))
            return ANY
        self._running.append(name)
        state, arguments = invocation.state, invocation.state.arguments
        state.arguments = invocation.arguments
        printed = self.run((body,), state, invocation.stdin)
        state.arguments = arguments
        self._running.pop()
        return printed

    def expander(self, state: State) -> Expander:
        """What expands words in a state."""
        return Expander(state, output=self._output, file=self._file)

    # -- statements ----------------------------------------------------------------------------

    def _statement(self, statement: Statement, state: State, stdin: str | None) -> str:
        self._statements += 1
        if self._statements > MAX_STATEMENTS:
            raise TooMuchError(f"it has more than {MAX_STATEMENTS} commands")
        stdin = state.files.get(_STDIN) if stdin is None else stdin
        if not statement.redirects:
            return self._command(statement.command, state, stdin)
        streams = redirected(self, statement.redirects, state, stdin)
        if _is_exec(statement.command) and streams.stdin is not None:
            # `exec` alone keeps its redirections for all that follows.
            state.files[_STDIN] = streams.stdin
        return streams.taken(self._command(statement.command, state, streams.stdin), state)

    def _command(self, command: Command | None, state: State, stdin: str | None) -> str:
        match command:
            case Simple():
                return self._simple(command, state, stdin)
            case Binary():
                return self._binary(command, state, stdin)
            case Group(body, apart):
                return self.run(body, state.subshell() if apart else state, stdin)
            case If() | While() | For() | Case():
                return self._branching(command, state, stdin)
            case Function():
                self._define(command, state)
            case Declare():
                declare(self, command, state)
            case Words(words):
                self._look(words, state)
            case Wrapped(Statement() as statement, apart):
                return self._statement(statement, state.subshell() if apart else state, stdin)
            case _:
                # Redirections alone print what they read: `$(<file)`.
                return (stdin or "").replace(DISK, ANY)
        return ""

    def _define(self, command: Function, state: State) -> None:
        state.functions[command.name] = (command.body,)
        if command.name == "command_not_found_handle":
            # It is called for any name there is no program of.
            self.run((command.body,), state.copy())
        if _calls_itself_without_end(command.name, command.body):
            self.tell(ForkBomb(command.name))

    def _simple(self, command: Simple, state: State, stdin: str | None) -> str:
        ways = self.expander(state).commands(command.words)
        if not command.words:
            for assignment in command.assignments:
                assign(self, assignment, state)
            return ""
        if len(ways) == 1:
            return self._caller.simple(command, Invocation(ways[0], state, stdin))
        before, printed = state.copy(), set[str]()
        for number, words in enumerate(ways):
            branch = before.copy() if number else state
            printed.add(self._caller.simple(command, Invocation(words, branch, stdin)))
            if number:
                state.meet(branch)
        return printed.pop() if len(printed) == 1 else ANY

    def _binary(self, command: Binary, state: State, stdin: str | None) -> str:
        if command.operator in ("|", "|&"):
            printed = self._statement(command.left, state.subshell(), stdin)
            return self._statement(command.right, state.subshell(), printed)
        first = self._statement(command.left, state, stdin)
        way = state.copy()
        second = self._statement(command.right, way, stdin)
        if command.operator == "&&":
            # Where it goes on is where both were done: what a failure would leave behind was there before.
            state.become(way)
        else:
            state.meet(way)
        return bounded(first + second)

    # -- branches and loops --------------------------------------------------------------------

    def _branching(self, command: If | While | For | Case, state: State, stdin: str | None) -> str:
        match command:
            case If(condition, then, other):
                self.run(condition, state, stdin)
                return self._either([then, other], state, stdin)
            case Case(subject, branches):
                self._look([subject], state)
                for patterns, _ in branches:
                    self._look(patterns, state)
                return self._either([*(body for _, body in branches), ()], state, stdin)
            case While(condition, body):
                printed = ""
                for _ in range(_ROUNDS):
                    before = state.copy()
                    self.run(condition, state, stdin)
                    printed = self.run(body, state, stdin)
                    state.meet(before)
                return ANY if printed else ""
            case For():
                return self._for(command, state, stdin)

    def _either(self, ways: Sequence[Script], state: State, stdin: str | None) -> str:
        """Follow each of some ways from the same point, and go on from all of them."""
        before, printed = state.copy(), set[str]()
        for number, way in enumerate(ways):
            branch = before.copy() if number else state
            printed.add(self.run(way, branch, stdin))
            if number:
                state.meet(branch)
        return printed.pop() if len(printed) == 1 else ANY

    def _for(self, command: For, state: State, stdin: str | None) -> str:
        self._look(command.words, state)
        if command.items is None:
            items = (WORDS,) if state.arguments is None else state.arguments
        else:
            items = self.expander(state).words(command.items)
        if not command.name:
            items = (ANY,)
        if 0 < len(items) <= _FEW and all(map(known, items)):
            rounds: list[tuple[str, ...]] = [(item,) for item in items]
        else:
            rounds = [tuple(ANY if WORDS in item else item for item in items)] * _ROUNDS if items else []
        printed = []
        for item in rounds:
            before = state.copy()
            if command.name:
                state.assign(command.name, values(item))
            printed.append(self.run(command.body, state, stdin))
            if len(items) > _FEW:
                state.meet(before)
        return bounded("".join(printed)) if len(items) <= _FEW else ANY

    # -- words ---------------------------------------------------------------------------------

    def _look(self, words: Sequence[Word], state: State) -> None:
        """Expand words for what runs in them."""
        expander = self.expander(state)
        for word in words:
            if any(computes(text) for text in expander.texts(word)):
                self.tell(Doubt("it has code in a computation"))

    def _output(self, body: Script, state: State) -> str:
        return self.run(body, state.subshell())

    def _file(self, process: Process, state: State) -> str:
        """Run what stands behind a file's name, and note what is read from it."""
        name = f"/dev/fd/{len(state.files) + 60}"
        if process.reads:
            state.files[name] = self.run(process.body, state.subshell())
        else:
            self.run(process.body, state.subshell(), ANY)
        return name


def _is_exec(command: Command | None) -> bool:
    return isinstance(command, Simple) and command.words == (Word((Plain("exec"),)),)


def _calls_itself_without_end(name: str, body: Statement) -> bool:
    """Whether a function starts more of itself than one, or itself beside itself."""
    return _own_calls(name, body, forked=False) > 0


def _own_calls(name: str, statement: Statement, *, forked: bool) -> int:
    """How many calls of a function in a statement run beside the one that makes them."""
    forks = forked or statement.background
    match statement.command:
        case Simple(_, (Word((part,)), *_)) if getattr(part, "text", None) == name:
            return int(forks)
        case Binary(operator, left, right):
            beside = forks or operator in ("|", "|&")
            return _own_calls(name, left, forked=beside) + _own_calls(name, right, forked=beside)
        case Group(inner, apart):
            return sum(_own_calls(name, each, forked=forks or apart) for each in inner)
        case If(condition, then, other):
            return sum(_own_calls(name, each, forked=forks) for each in (*condition, *then, *other))
        case While(condition, inner):
            return sum(_own_calls(name, each, forked=forks) for each in (*condition, *inner))
        case For(_, _, inner):
            return sum(_own_calls(name, each, forked=forks) for each in inner)
    return 0

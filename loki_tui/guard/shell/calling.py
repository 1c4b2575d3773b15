"""A simple command: which program its name means, and what that program would run in turn."""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping

from loki_tui.guard.shell import builtins, effects, embedding, interpreters, launchers, outputs, shells, wrappers
from loki_tui.guard.shell.declaring import assign
from loki_tui.guard.shell.kinds import Call, Doubt, Handler, Invocation, Shell, TooMuchError
from loki_tui.guard.shell.nodes import Plain, Simple
from loki_tui.guard.shell.state import State
from loki_tui.guard.shell.text import ANY, CLASS, WORDS, has_globs, known

_VERSION = re.compile(r"[-.\d]+$")

MAX_CALLS = 10_000
"""Calls that are followed: of wrappers in wrappers whose command could begin at any word, each doubles the ways."""

_HANDLERS: Mapping[str, Handler] = {
    **effects.HANDLERS,
    **outputs.HANDLERS,
    **interpreters.HANDLERS,
    **shells.HANDLERS,
    **wrappers.HANDLERS,
    **launchers.HANDLERS,
    **builtins.HANDLERS,
}


class Caller:
    """Runs simple commands for a shell."""

    def __init__(self, shell: Shell) -> None:
        self._shell = shell
        self._calls = 0

    def simple(self, command: Simple, invocation: Invocation) -> str:
        """Run a command whose words are expanded, with the variables it is given."""
        state = invocation.state
        before = {item.name: state.variables.get(item.name) for item in command.assignments}
        for assignment in command.assignments:
            assign(self._shell, assignment, state)
        alias = _alias(command, state)
        if alias is not None:
            rest = " ".join(word if not known(word) else shlex.quote(word) for word in invocation.arguments)
            with_alias = state.copy()
            del with_alias.aliases[invocation.words[0]]
            self._shell.code(f"{alias} {rest}", with_alias, invocation.stdin)
        printed = self.call(invocation)
        for name, value in before.items():
            state.variables.pop(name, None)
            if value is not None:
                state.variables[name] = value
        return ANY if alias is not None else printed

    def call(self, invocation: Invocation, *, functions: bool = True) -> str:
        """Run a command whose words are known."""
        if not invocation.words:
            return ""
        self._calls += 1
        if self._calls > MAX_CALLS:
            raise TooMuchError(f"it may come to more than {MAX_CALLS:,} commands")
        name, state = invocation.words[0], invocation.state
        if not functions or name not in state.functions:
            return self._program(invocation)
        printed = ANY
        for body in state.functions[name]:
            if body is None:
                self._program(invocation)
            else:
                printed = self._shell.function(name, body, invocation)
        return printed if len(state.functions[name]) == 1 else ANY

    def _program(self, invocation: Invocation) -> str:
        """Run a program or a builtin."""
        name, state = invocation.words[0], invocation.state
        _, slash, base = name.rpartition("/")
        if not known(base):
            return self._unnamed(invocation)
        if name == CLASS:
            base = "["
        elif has_globs(name):
            self._shell.tell(Doubt("the program it runs is named by a pattern"))
            return ANY
        paths = state.paths(name) if slash else ()
        # A link, or a way through directories, may end in another name.
        program = paths[0].rpartition("/")[2] if paths else base
        for path in (name, *paths):
            if path in state.programs:
                program = state.programs[path]
            elif slash and path in state.files:
                return shells.run_text(self._shell, state.files[path], invocation)
        return self._run(invocation.of((program, *invocation.arguments)))

    def _run(self, invocation: Invocation) -> str:
        program = invocation.words[0]
        self._shell.tell(Call(invocation.words, invocation.where))
        embedding.look(self._shell, invocation)
        handler = _HANDLERS.get(program) or _HANDLERS.get(_VERSION.sub("", program))
        if handler is None and program.startswith("ld-linux"):
            handler = wrappers.run_rest
        if handler is not None:
            return handler(self._shell, invocation)
        return wrappers.guess(self._shell, invocation)

    def _unnamed(self, invocation: Invocation) -> str:
        """Run what is named by something unknown; where that may be nothing, its first argument is run."""
        self._shell.tell(Doubt("the program it runs is named by something unknown"))
        if invocation.words[0] in (WORDS, ANY) and len(invocation.words) > 1:
            self.call(invocation.of(invocation.arguments))
        return ANY


def _alias(command: Simple, state: State) -> str | None:
    """What an alias stands for, where the command's name is one."""
    first = command.words[0].parts
    if len(first) == 1 and isinstance(first[0], Plain):
        return state.aliases.get(first[0].text)
    return None

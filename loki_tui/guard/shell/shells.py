"""Shells as programs: code in an argument, on standard input, or in a file that the same command wrote."""

from __future__ import annotations

import re
from collections.abc import Mapping

from loki_tui.guard.shell import foreign
from loki_tui.guard.shell.kinds import Doubt, Handler, Invocation, Shell
from loki_tui.guard.shell.text import ANY, DISK, WORDS, wild
from loki_tui.guard.shell.words import Fields

_NAMES = "sh bash dash ash zsh ksh ksh93 mksh pdksh yash fish csh tcsh rbash hush busybox-sh"
_VALUED = frozenset({"-o", "+o", "-O", "+O", "--rcfile", "--init-file"})
_SHEBANG = re.compile(r"#!\s*(\S+)(?:\s+(?:-S\s+)?(\S+))?[^\n]*")


def _shell(shell: Shell, invocation: Invocation) -> str:
    """Run `sh` and its kin."""
    code, rest = _parted(invocation.arguments)
    state = invocation.state.subshell()
    if any(word.startswith(WORDS) for word in invocation.arguments[:1]):
        shell.tell(Doubt("a shell is given something unknown to run"))
    if code:
        if not rest:
            return ""
        state.arguments = rest[2:]
        state.variables["0"] = frozenset(rest[1:2]) or frozenset({"bash"})
        return shell.code(rest[0], state, invocation.stdin)
    if rest and rest[0] != "-":
        if rest[0].startswith(("/dev/stdin", "/dev/fd/0", "/proc/self/fd/0")):
            return _read(shell, invocation, rest[1:])
        if invocation.state.read(rest[0]) == DISK:
            return ANY
        return run_text(shell, invocation.state.read(rest[0]), invocation.of(rest))
    return _read(shell, invocation, rest[1:])


def _parted(arguments: Fields) -> tuple[bool, Fields]:
    """Whether code is given, and what follows the options."""
    place, code = 0, False
    while place < len(arguments):
        word = arguments[place]
        if word in ("--", "-"):
            place += 1
            break
        if not word.startswith(("-", "+")):
            break
        place += 2 if word in _VALUED else 1
        if word.startswith("-") and not word.startswith("--"):
            if word == "-s":
                return False, ("-", *arguments[place:])
            code |= "c" in word
            # An `o` in a cluster takes a word too.
            place += int(len(word) > 2 and word.endswith(("o", "O")))
    return code, arguments[place:]


def _read(shell: Shell, invocation: Invocation, arguments: Fields) -> str:
    """Run what comes on standard input."""
    if not invocation.stdin or invocation.stdin == DISK:
        return ""
    state = invocation.state.subshell()
    state.arguments = arguments
    return shell.code(invocation.stdin, state)


def run_text(shell: Shell, text: str, invocation: Invocation) -> str:
    """Run the text of a script that this command wrote itself, in whatever language it is."""
    if text == DISK:
        return ANY
    found = _SHEBANG.match(text)
    if found is not None:
        named = found[2] if found[1].endswith("/env") and found[2] else found[1]
        program = named.rpartition("/")[2]
        if program not in HANDLERS:
            if wild(program) or not foreign.look(shell, program, text, invocation):
                shell.tell(Doubt(f"it runs a script of its own making with {program}"))
            return ANY
    if wild(text):
        shell.tell(Doubt("it runs a script of which the text is not known"))
        if text in (ANY, WORDS):
            return ANY
    state = invocation.state.subshell()
    state.arguments = invocation.arguments
    return shell.code(text, state, invocation.stdin)


HANDLERS: Mapping[str, Handler] = dict.fromkeys(_NAMES.split(), _shell)
"""Every shell that reads code as bash does, or nearly so."""

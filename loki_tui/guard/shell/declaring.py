"""Assignments, `export` and its kin; and those variables that other programs take for commands to run."""

from __future__ import annotations

from collections.abc import Iterable

from loki_tui.guard.shell.kinds import Doubt, Shell
from loki_tui.guard.shell.nodes import Assignment, Declare
from loki_tui.guard.shell.state import State
from loki_tui.guard.shell.text import ANY, WORDS, computes, known, names, wild

_COMMANDS = names(
    "PAGER GIT_PAGER MANPAGER EDITOR VISUAL GIT_EDITOR GIT_SEQUENCE_EDITOR GIT_SSH_COMMAND GIT_SSH GIT_EXTERNAL_DIFF "
    "GIT_ASKPASS SSH_ASKPASS SUDO_ASKPASS PROMPT_COMMAND BROWSER LESSOPEN LESSCLOSE RSYNC_RSH CVS_RSH "
    "GIT_PROXY_COMMAND FCEDIT SUDO_EDITOR SYSTEMD_PAGER SYSTEMD_EDITOR TAR_OPTIONS"
)
"""Variables whose value is a command that some program runs."""

_LOADERS = names(
    "LD_PRELOAD LD_AUDIT BASH_ENV ENV SHELLOPTS BASHOPTS PERL5OPT PERL5DB PYTHONSTARTUP PYTHONHOME RUBYOPT "
    "JAVA_TOOL_OPTIONS _JAVA_OPTIONS GIT_EXEC_PATH GIT_TEMPLATE_DIR GIT_CONFIG_GLOBAL GIT_CONFIG_SYSTEM "
    "GIT_CONFIG_PARAMETERS LD_LIBRARY_PATH DYLD_INSERT_LIBRARIES GCONV_PATH"
)
"""Variables whose value is code, or a file of it, that another program loads."""

_HARMLESS = frozenset({"", "/dev/null"})

_SEARCHED = ("/usr/", "/opt/", "/bin", "/sbin", "/snap/", "/nix/", "/root/.", "/home/")
_TOOLS = ("/bin", "/sbin", "/.bin", "/Scripts")


def assign(shell: Shell, assignment: Assignment, state: State) -> None:
    """Give a variable its value."""
    expander, name = shell.expander(state), assignment.name
    for word in assignment.index:
        expander.texts(word)
    if assignment.items is not None:
        items = expander.words(assignment.items)
        before = state.arrays.get(name, (WORDS,) if name in state.variables else ())
        state.variables.pop(name, None)
        state.arrays[name] = (*before, *items) if assignment.append else items
        return
    found = expander.texts(assignment.value) if assignment.value is not None else frozenset({""})
    if assignment.index:
        items = state.arrays.get(name, ())
        state.arrays[name] = (*items, *found) if assignment.append else (*items, WORDS)
        return
    if assignment.append:
        found = frozenset(old + new for old in state.value(name) for new in found)
    state.assign(name, found)
    check_variable(shell, name, found, state)


def declare(shell: Shell, command: Declare, state: State) -> None:
    """Run `declare`, `export` and their kin."""
    for item in command.items:
        if isinstance(item, Assignment):
            if item.value is not None or item.items is not None:
                assign(shell, item, state)
            continue
        for word in shell.expander(state).texts(item):
            if computes(word):
                shell.tell(Doubt("it declares a name with code in it"))
            if "=" in word:
                assign_text(shell, word, state)
            elif word.startswith(("-", "+")) and "n" in word and command.variant != "export":
                shell.tell(Doubt("it gives a variable a second name"))


def assign_text(shell: Shell, text: str, state: State) -> None:
    """Take in `NAME=VALUE` that is a word, as of `env` and `export`."""
    name, _, value = text.partition("=")
    if not known(name):
        shell.tell(Doubt("it sets a variable whose name is unknown"))
    elif name.startswith("BASH_FUNC_") or name.endswith("()"):
        shell.tell(Doubt("it passes a function on in a variable"))
    else:
        state.assign(name, [value])
        check_variable(shell, name, [value], state)


def check_variable(shell: Shell, name: str, found: Iterable[str], state: State) -> None:
    """Tell what a variable makes other programs run."""
    for value in found:
        if name == "PATH":
            _check_path(shell, value)
        elif name in _COMMANDS and value not in _HARMLESS:
            if wild(value):
                shell.tell(Doubt(f"it sets {name}, a command that others run, to something unknown"))
            else:
                shell.code(value, state.copy())
        elif name in _LOADERS and value not in _HARMLESS:
            shell.tell(Doubt(f"it sets {name}, which makes other programs load code"))
        elif name == "PS4" and ("$(" in value or "`" in value):
            shell.tell(Doubt("it sets PS4, in which code runs"))
        elif name == "NODE_OPTIONS" and any(word in value for word in ("-r", "--import", "--loader", ANY)):
            shell.tell(Doubt("it sets NODE_OPTIONS, which makes other programs load code"))


def _check_path(shell: Shell, value: str) -> None:
    """Doubt a search path with a directory that may hold anything."""
    parts = value.split(":")
    for part in parts:
        installed = part.startswith(_SEARCHED) or (part.endswith(_TOOLS) and ".." not in part)
        # What PATH was before is unknown, and nothing new.
        if not installed and part not in (ANY, WORDS):
            shell.tell(Doubt("it has programs looked for in a directory that may hold anything"))
            return

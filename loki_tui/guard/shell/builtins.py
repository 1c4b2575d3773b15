"""The shell's own commands that change what is known, or run something."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from loki_tui.guard.shell.declaring import assign_text
from loki_tui.guard.shell.kinds import Call, Doubt, Handler, Invocation, Shell
from loki_tui.guard.shell.places import normal
from loki_tui.guard.shell.state import State, values
from loki_tui.guard.shell.text import ANY, DISK, WORDS, known, wild
from loki_tui.guard.shell.words import ansi

_Change = Callable[[Shell, Invocation, State], None]


def _cd(shell: Shell, invocation: Invocation, state: State) -> None:
    operands = [word for word in invocation.arguments if not word.startswith("-") or word == "-"]
    target = operands[0] if operands else state.home
    before = state.cwd
    if target == "-":
        state.cwd = state.variables.get("OLDPWD", frozenset({ANY}))
    elif "CDPATH" in state.variables and not target.startswith(("/", "./", "../")):
        state.cwd = values((*(_within(target, cwd) for cwd in before), ANY))
    else:
        state.cwd = values(
            normal(target, cwd, state.links) if not wild(target) else _within(target, cwd) for cwd in before
        )
    state.variables["OLDPWD"] = before
    # It may fail, and what is joined to it by `&&` is then not run. Where all began is nothing to be afraid of.
    state.remains = before - {state.start}
    del shell


def _within(target: str, cwd: str) -> str:
    return normal(target.replace(WORDS, ANY), cwd)


def _pushd(shell: Shell, invocation: Invocation, state: State) -> None:
    if invocation.words[0] == "popd" or not invocation.arguments:
        state.cwd = values(state.cwd | state.variables.get("OLDPWD", frozenset({ANY})))
    else:
        _cd(shell, invocation, state)


def _set(shell: Shell, invocation: Invocation, state: State) -> None:
    del shell
    words = invocation.arguments
    if "--" in words[:1]:
        state.arguments = words[1:]
    elif words and not words[0].startswith(("-", "+")):
        state.arguments = None if words[0].startswith(WORDS) else words
    elif "--" in words:
        state.arguments = words[words.index("--") + 1 :]


def _shift(shell: Shell, invocation: Invocation, state: State) -> None:
    del shell
    if state.arguments is not None:
        count = invocation.arguments[0] if invocation.arguments else "1"
        unsure = not count.isdecimal() or WORDS in "".join(state.arguments)
        state.arguments = None if unsure else state.arguments[int(count[:6]) :]


def _unset(shell: Shell, invocation: Invocation, state: State) -> None:
    del shell
    for name in invocation.arguments:
        if name == "-f":
            continue
        state.functions.pop(name, None)
        state.arrays.pop(name, None)
        state.assign(name, [""])
        state.gone |= {name}


def _alias(shell: Shell, invocation: Invocation, state: State) -> None:
    del shell
    for word in invocation.arguments:
        name, equals, value = word.partition("=")
        if equals:
            state.aliases[name] = value


def _export(shell: Shell, invocation: Invocation, state: State) -> None:
    for word in invocation.arguments:
        if "=" in word:
            assign_text(shell, word, state)


def _read(shell: Shell, invocation: Invocation, state: State) -> None:
    """Take in a line: each of those there are, where they are known."""
    del shell
    names, skip, array = [], False, False
    for word in invocation.arguments:
        if skip:
            skip = False
        elif word.startswith("-"):
            skip = word[-1] in "adinNptu" and word[-1] != "a"
            array |= "a" in word[1:]
        else:
            names.append(word)
    text = invocation.stdin
    for number, name in enumerate(names or ["REPLY"]):
        if text is None or wild(text) or array:
            state.assign(name, [ANY])
            continue
        lines = [line.split(None, len(names) - 1) if len(names) > 1 else [line.strip()] for line in text.splitlines()]
        state.assign(name, [line[number] if number < len(line) else "" for line in lines] or [""])
    if array or invocation.words[0] != "read":
        for name in names or ["MAPFILE"]:
            lines_known = text is not None and not wild(text) and not array
            state.arrays[name] = tuple((text or "").splitlines()) if lines_known else (WORDS,)
            state.variables.pop(name, None)


def _getopts(shell: Shell, invocation: Invocation, state: State) -> None:
    del shell
    for name in (*invocation.arguments[1:2], "OPTARG"):
        state.assign(name, [ANY])


def _trap(shell: Shell, invocation: Invocation, state: State) -> None:
    words = [word for word in invocation.arguments if word != "--"]
    if len(words) > 1 and words[0] not in ("-", "-p", "-l"):
        shell.code(words[0], state.copy())


def _hash(shell: Shell, invocation: Invocation, state: State) -> None:
    del shell
    words = invocation.arguments
    if len(words) > 2 and words[0] == "-p":
        for name in words[2:]:
            state.programs[name] = words[1].rpartition("/")[2]


def _enable(shell: Shell, invocation: Invocation, state: State) -> None:
    del state
    if "-f" in invocation.arguments:
        shell.tell(Doubt("it loads a builtin from a file"))


# -- what runs something ------------------------------------------------------------------------


def _eval(shell: Shell, invocation: Invocation) -> str:
    words = invocation.arguments[1:] if invocation.arguments[:1] == ("--",) else invocation.arguments
    return shell.code(" ".join(words), invocation.state, invocation.stdin)


def _source(shell: Shell, invocation: Invocation) -> str:
    """Run a file in this very shell."""
    if not invocation.arguments:
        return ANY
    name, state = invocation.arguments[0], invocation.state
    stdin = name.startswith(("/dev/stdin", "/dev/fd/0", "/proc/self/fd/0"))
    text = invocation.stdin or "" if stdin else state.read(name)
    if text == DISK:
        return ANY
    if wild(text):
        shell.tell(Doubt("it runs a script of which the text is not known"))
        return ANY
    arguments = state.arguments
    state.arguments = invocation.arguments[1:] or arguments
    printed = shell.code(text, state, invocation.stdin)
    state.arguments = arguments
    return printed


def _command(shell: Shell, invocation: Invocation) -> str:
    """Run `command` or `builtin`: the program of a name, whatever function has it too."""
    words = invocation.arguments
    while words and words[0].startswith("-"):
        if words[0] != "--" and set("vV") & set(words[0]):
            return _located(words[1:])
        words = words[1:]
    return shell.call(invocation.of(words), functions=False) if words else ""


def _located(names: tuple[str, ...]) -> str:
    """What `command -v` and `which` print."""
    return "".join(f"/usr/bin/{name.rpartition('/')[2]}\n" if known(name) else f"{ANY}\n" for name in names)


def _which(shell: Shell, invocation: Invocation) -> str:
    del shell
    return _located(tuple(word for word in invocation.arguments if not word.startswith("-")))


def _coproc(shell: Shell, invocation: Invocation) -> str:
    return shell.call(invocation.of(invocation.arguments)) if invocation.arguments else ""


def _kept(change: _Change) -> Handler:
    def handler(shell: Shell, invocation: Invocation) -> str:
        change(shell, invocation, invocation.state)
        return ""

    return handler


# -- what prints something ----------------------------------------------------------------------


def _echo(shell: Shell, invocation: Invocation) -> str:
    del shell
    words, escapes, newline = list(invocation.arguments), False, "\n"
    while words and re.fullmatch(r"-[neE]+", words[0]):
        escapes |= "e" in words[0]
        newline = "" if "n" in words[0] else newline
        words.pop(0)
    text = " ".join(words)
    return (ansi(text.replace("\\c", "")) if escapes else text) + newline


_FORMAT = re.compile(r"%%|%[-+ 0#']*(?:\d+|\*)?(?:\.(?:\d+|\*))?([a-zA-Z])")


def _printf(shell: Shell, invocation: Invocation) -> str:
    del shell
    words, state = list(invocation.arguments), invocation.state
    name = words[1] if len(words) > 1 and words[0] == "-v" else None
    words = words[2:] if name is not None else words
    words = words[1:] if words[:1] == ["--"] else words
    text = _formatted(words[0], words[1:]) if words else ""
    if name is None:
        return text
    state.assign(name, [text])
    return ""


def _formatted(template: str, words: list[str]) -> str:
    if wild(template) or len(template) > 4000:
        return ANY
    rest, printed = list(words), ""

    def replaced(found: re.Match[str]) -> str:
        if found[0] == "%%":
            return "%"
        word = rest.pop(0) if rest else ""
        return ansi(word) if found[1] in "bq" else word

    # A format without a place for words is used once; one with places until none are left.
    for _ in range(64):
        count = len(rest)
        printed += _FORMAT.sub(replaced, ansi(template))
        if not rest or len(rest) == count:
            return printed
    return ANY


def _pwd(shell: Shell, invocation: Invocation) -> str:
    del shell
    cwd = invocation.state.cwd
    return f"{next(iter(cwd))}\n" if len(cwd) == 1 else f"{ANY}\n"


def _kill(shell: Shell, invocation: Invocation) -> str:
    """Run `kill`, whose `-1` may be a signal or all processes there are."""
    words = invocation.arguments
    if words[:1] == ("-s",) or words[:1] == ("-n",):
        words = (f"-{words[1]}" if len(words) > 1 else "-15", *words[2:])
    if words != invocation.arguments:
        shell.tell(Call(("kill", *words), invocation.where))
    return ""


HANDLERS: Mapping[str, Handler] = {
    "cd": _kept(_cd),
    "pushd": _kept(_pushd),
    "popd": _kept(_pushd),
    "set": _kept(_set),
    "shift": _kept(_shift),
    "unset": _kept(_unset),
    "alias": _kept(_alias),
    "export": _kept(_export),
    "readonly": _kept(_export),
    "declare": _kept(_export),
    "typeset": _kept(_export),
    "local": _kept(_export),
    "read": _kept(_read),
    "mapfile": _kept(_read),
    "readarray": _kept(_read),
    "getopts": _kept(_getopts),
    "trap": _kept(_trap),
    "hash": _kept(_hash),
    "enable": _kept(_enable),
    "eval": _eval,
    "source": _source,
    ".": _source,
    "command": _command,
    "builtin": _command,
    "which": _which,
    "coproc": _coproc,
    "echo": _echo,
    "printf": _printf,
    "pwd": _pwd,
    "kill": _kill,
}
"""Every builtin that matters here."""

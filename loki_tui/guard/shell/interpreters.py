"""Interpreters as programs: the code in their arguments, on standard input, or in a file this command wrote."""

from __future__ import annotations

import re
from collections.abc import Mapping

from loki_tui.guard.shell import foreign
from loki_tui.guard.shell.kinds import Doubt, Handler, Invocation, Shell
from loki_tui.guard.shell.text import ANY, DISK, WORDS

_CODE: Mapping[str, str] = {
    **dict.fromkeys(("python", "pypy", "ipython", "python2", "python3", "pypy3"), "c"),
    "perl": "eE",
    "ruby": "e",
    **dict.fromkeys(("node", "nodejs", "bun", "tsx", "ts-node"), "ep"),
    "php": "rBRE",
    **dict.fromkeys(("lua", "luajit"), "e"),
    **dict.fromkeys(("Rscript", "R", "julia", "elixir", "scala", "groovy", "racket", "ghc", "osascript"), "e"),
    "expect": "c",
    "guile": "c",
}
"""Letters of options whose value is code, by program."""

_LONG = frozenset({"--eval", "--print", "--execute", "-eval", "eval", "--command"})
_VALUED = frozenset({"-X", "-W", "-Q", "-I", "-r", "-C", "-E", "-d", "--require", "--import", "--loader", "-M"})
"""Options of some interpreter that take a value of their own, in no other a word that looks like code."""
_VERSION = re.compile(r"[-.\d]+$")
_SED_RUNS = re.compile(
    r"(?:^|[;{}\n])\s*(?:\d+|\$|/(?:[^/\\]|\\.)*/)?(?:,(?:\d+|\$|/(?:[^/\\]|\\.)*/))?\s*!?\s*e(?:\s|$)|"
    r"(?:^|[;{}\n\s\d/])s([^\w\s])(?:(?!\1)[^\\]|\\.)*+\1(?:(?!\1)[^\\]|\\.)*+\1[gpiImM0-9]*e"
)


def _interpreter(shell: Shell, invocation: Invocation) -> str:
    """Run an interpreter: its code is read as far as it can be."""
    program = invocation.words[0]
    letters = _CODE.get(program) or _CODE.get(_VERSION.sub("", program)) or "e"
    codes, script = _parted(invocation.arguments, letters)
    for code in codes:
        foreign.look(shell, program, code, invocation)
    if codes:
        return ANY
    if script is None or script == "-":
        if invocation.stdin and invocation.stdin != DISK:
            foreign.look(shell, program, invocation.stdin, invocation)
        return ANY
    if script.startswith(WORDS):
        shell.tell(Doubt(f"{program} is given something unknown to run"))
    text = invocation.state.read(script)
    if text != DISK:
        foreign.look(shell, program, text, invocation)
    return ANY


def _parted(arguments: tuple[str, ...], letters: str) -> tuple[list[str], str | None]:
    """The code in some arguments, and the script they name where there is none."""
    codes: list[str] = []
    place = 0
    while place < len(arguments):
        word = arguments[place]
        name, equals, value = word.partition("=")
        place += 1
        if name in _LONG:
            codes.append(value if equals else "".join(arguments[place : place + 1]))
            place += not equals
        elif word in _VALUED and word[1:] not in letters:
            place += 1
        elif word.startswith("-") and not word.startswith("--") and len(word) > 1:
            found = re.match(rf"-[A-Za-z0-9]*?([{letters}])(.*)", word, re.DOTALL)
            if found is not None:
                codes.append(found[2] or "".join(arguments[place : place + 1]))
                place += not found[2]
                # What follows belongs to the code, but perl and ruby take more of it.
                if letters == "c":
                    break
            elif word == "-m":
                return codes, "-m"
        elif not word.startswith("--"):
            return codes, word
    return codes, None


def _awk(shell: Shell, invocation: Invocation) -> str:
    """Run `awk`: its program is its first operand, or in files."""
    place, program = 0, invocation.words[0]
    arguments = invocation.arguments
    while place < len(arguments) and arguments[place].startswith("-") and arguments[place] != "--":
        word = arguments[place]
        if word[:2] in ("-f", "-E"):
            name = word[2:] or "".join(arguments[place + 1 : place + 2])
            text = invocation.stdin or "" if name in ("-", "/dev/stdin") else invocation.state.read(name)
            if text != DISK:
                foreign.look(shell, program, text, invocation)
            return ANY
        place += 2 if word in ("-F", "-v", "-i", "-l") else 1
    if arguments[place : place + 1] == ("--",):
        place += 1
    for code in arguments[place : place + 1]:
        foreign.look(shell, program, code, invocation)
    return ANY


def _sed(shell: Shell, invocation: Invocation) -> str:
    """Run `sed`, whose `e` runs a command."""
    scripts: list[str] = []
    operands: list[str] = []
    words = list(invocation.arguments)
    while words:
        word = words.pop(0)
        if word in ("-e", "--expression") or re.fullmatch(r"-[nrEsuz]+e", word):
            scripts += words[:1]
            words = words[1:]
        elif word.startswith("--expression="):
            scripts.append(word.partition("=")[2])
        elif word in ("-f", "--file"):
            text = "".join(invocation.state.read(name) for name in words[:1])
            scripts += [text] if text != DISK else [""]
            words = words[1:]
        elif not word.startswith("-"):
            operands.append(word)
    for script in scripts or operands[:1]:
        if _SED_RUNS.search(script):
            shell.tell(Doubt("sed is given a command to run"))
    return ANY


_NAMES = frozenset(foreign.LANGUAGES) - {"awk", "gawk", "mawk", "nawk", "original-awk"}

HANDLERS: Mapping[str, Handler] = {
    **dict.fromkeys(_NAMES, _interpreter),
    **dict.fromkeys(("awk", "gawk", "mawk", "nawk", "original-awk"), _awk),
    "sed": _sed,
    "gsed": _sed,
}
"""All of them."""

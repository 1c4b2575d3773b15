"""Programs that change nothing and of whose output something is known: it may become a word or code."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from loki_tui.guard.shell.kinds import Handler, Invocation, Shell
from loki_tui.guard.shell.options import GIT_GLOBAL, scan
from loki_tui.guard.shell.text import ANY, BELOW, DISK, NAME, WORDS, known, names, only

_PLAIN = names(
    "date whoami hostname id uname nproc wc arch tty logname users groups getconf expr bc sha256sum md5sum sha1sum "
    "cksum uuidgen lscpu stat du df free uptime pgrep pidof jobs fuser"
)
"""Their output is figures and plain names, as far as it is a word of its own."""


def _plain(shell: Shell, invocation: Invocation) -> str:
    del shell, invocation
    return f"{NAME}\n"


def _cat(shell: Shell, invocation: Invocation) -> str:
    del shell
    names = [word for word in invocation.arguments if not word.startswith("-") or word == "-"]
    texts = [invocation.stdin or "" if name == "-" else invocation.state.read(name) for name in names]
    if names and texts == [DISK] * len(texts) and all(name.endswith((".pid", "pidfile")) for name in names):
        return f"{NAME}\n"
    return "".join(texts if names else [invocation.stdin or ""]).replace(DISK, ANY)


def _mktemp(shell: Shell, invocation: Invocation) -> str:
    del shell
    parent = next((word for word in invocation.arguments if word.startswith("/") and known(word)), "")
    return f"{parent.rpartition('/')[0] or '/tmp'}/{NAME}\n"


def _basename(shell: Shell, invocation: Invocation) -> str:
    del shell
    words = [word for word in invocation.arguments if not word.startswith("-")]
    if len(words) not in (1, 2):
        return ANY
    name = words[0].rstrip("/").rpartition("/")[2]
    return (name if known(name) else NAME).removesuffix(words[1] if len(words) > 1 else "") + "\n"


def _dirname(shell: Shell, invocation: Invocation) -> str:
    del shell
    words = [word for word in invocation.arguments if not word.startswith("-")]
    if len(words) != 1 or not known(words[0]):
        return ANY
    return (words[0].rstrip("/").rpartition("/")[0] or ("/" if words[0].startswith("/") else ".")) + "\n"


def _realpath(shell: Shell, invocation: Invocation) -> str:
    del shell
    words = [word for word in invocation.arguments if not word.startswith("-")]
    found = {path for word in words[:1] for path in invocation.state.paths(word)}
    return f"{only(found)}\n" if found else ANY


def _seq(shell: Shell, invocation: Invocation) -> str:
    del shell
    words = [word for word in invocation.arguments if not word.startswith("-")]
    if not words or not all(word.isdecimal() and len(word) < 4 for word in words):
        return f"{NAME}\n"
    numbers = [*map(int, words)]
    first, last = (1, numbers[0]) if len(numbers) == 1 else (numbers[0], numbers[-1])
    step = max(numbers[1], 1) if len(numbers) == 3 else 1
    return "".join(f"{number}\n" for number in range(first, last + 1, step))


_GIT: Mapping[str, Callable[[list[str]], str]] = {
    "rev-parse": lambda words: f"{ANY}\n" if any("top" in word or "dir" in word for word in words) else f"{NAME}\n",
    "branch": lambda words: f"{NAME}\n" if "--show-current" in words else ANY,
    "describe": lambda _: f"{NAME}\n",
    "symbolic-ref": lambda _: f"{NAME}\n",
    "merge-base": lambda _: f"{NAME}\n",
    "rev-list": lambda _: f"{NAME}\n",
    "ls-files": lambda _: f"{BELOW}\n",
    "diff": lambda words: f"{BELOW}\n" if any(word.startswith("--name-only") for word in words) else ANY,
}


def _git(shell: Shell, invocation: Invocation) -> str:
    del shell
    verb, *words = scan(invocation.arguments, GIT_GLOBAL).operands or [""]
    return _GIT[verb](words) if verb in _GIT else ANY


def _filter(shell: Shell, invocation: Invocation) -> str:
    """Run what passes on some of the lines it reads, when these are names of files."""
    del shell
    text = invocation.stdin or ""
    marks = {BELOW, NAME}
    lines = text.splitlines()
    paths = bool(lines) and all(marks & set(line) and not {ANY, WORDS, DISK} & set(line) for line in lines)
    operands = [word for word in invocation.arguments if not word.startswith("-")]
    return text if paths and len(operands) <= 1 else ANY


def _silent(shell: Shell, invocation: Invocation) -> str:
    del shell, invocation
    return ""


HANDLERS: Mapping[str, Handler] = {
    **dict.fromkeys(_PLAIN, _plain),
    **dict.fromkeys(names("true false : test [ sleep wait exit return break continue umask ulimit"), _silent),
    **dict.fromkeys(names("grep egrep fgrep head tail sort uniq"), _filter),
    "cat": _cat,
    "tac": _cat,
    "mktemp": _mktemp,
    "basename": _basename,
    "dirname": _dirname,
    "realpath": _realpath,
    "readlink": _realpath,
    "seq": _seq,
    "git": _git,
}
"""All of them."""

"""Commands in the options of programs that are no wrappers: `git -c alias.x='!…'`, `tar --to-command=…` and such."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from loki_tui.guard.shell.kinds import Doubt, Invocation, Shell
from loki_tui.guard.shell.options import GIT_GLOBAL, options, scan
from loki_tui.guard.shell.text import ANY, WORDS, computes, names, wild

_GIT_RUNS = re.compile(
    r"(?:alias\..+|core\.(?:pager|editor|sshcommand|fsmonitor|askpass|gitproxy)|pager\..+|sequence\.editor|diff\.external|"
    r"diff\..+\.(?:command|textconv)|difftool\..+\.cmd|mergetool\..+\.cmd|merge\..+\.driver|"
    r"filter\..+\.(?:clean|smudge|process)|"
    r"credential\.(?:.+\.)?helper|gpg\.(?:.+\.)?program|"
    r"uploadpack\.packobjectshook|remote\..+\.(?:uploadpack|receivepack|vcs)|"
    r"sendemail\..*cmd|interactive\.difffilter|trailer\..+\.(?:command|cmd)|submodule\..+\.update|"
    r"browser\..+\.cmd|man\..+\.cmd|"
    r"web\.browser|tar\..+\.command|gui\.tool\..+)",
    re.IGNORECASE,
)
"""Settings of git whose value is, or may be, a command."""

_GIT_LOADS = re.compile(
    r"(?:core\.(?:hookspath|attributesfile|worktree)|include\.path|includeif\..+|init\.templatedir|"
    r"protocol\.(?:.+\.)?allow)",
    re.IGNORECASE,
)
"""Settings of git that make it read others, or hooks, from elsewhere."""

_HARMLESS = names(
    "true false cat less more nano vi vim code simple-diff store cache osxkeychain manager input-only update merge "
    "none rebase checkout delta diff-so-fancy"
) | {"", "0", "1", "/dev/null"}

_COMPUTING = names("let test [ printf read unset declare typeset local export readonly mapfile readarray getopts wait")
"""Builtins that take a word for the name of a variable, and so compute an index in it."""

_CODE_OPTIONS: Mapping[str, str] = {
    "tar": "--to-command -I --use-compress-program --rsh-command --rmt-command --info-script -F --new-volume-script",
    "bsdtar": "--use-compress-program",
    "zip": "-TT --unzip-command",
    "sort": "--compress-program",
    "split": "--filter",
    "scp": "-S -D",
    "sftp": "-S -D",
    "man": "-P --pager -H --html",
    "rsync": "--rsync-path",
    "wget": "--use-askpass",
    "openssl": "-engine",
    "compgen": "-C -F -W",
    "complete": "-C",
    "mapfile": "-C",
    "readarray": "-C",
    "npx": "-c --call",
    "nix-shell": "--run --command",
    "fish": "--command --init-command -C",
    "vim": "-c --cmd",
    "vi": "-c",
    "nvim": "-c --cmd",
    "ex": "-c",
    "emacs": "--eval -eval --execute",
    "make": "--eval",
    "gmake": "--eval",
}
"""Options whose value is a command, by program."""


def look(shell: Shell, invocation: Invocation) -> None:
    """Tell what a program's options would have it run."""
    program = invocation.words[0]
    if program in _COMPUTING and any(map(computes, invocation.arguments)):
        shell.tell(Doubt(f"{program} is given a name with code in it"))
    special = _SPECIAL.get(program)
    if special is not None:
        special(shell, invocation)
    elif program in _CODE_OPTIONS:
        for value in _values(invocation, _CODE_OPTIONS[program]):
            _run(shell, invocation, value)


def _values(invocation: Invocation, names: str) -> list[str]:
    """What some options of a program are given."""
    wanted = frozenset(names.split())
    clusters = not any(len(name) > 2 and not name.startswith("--") for name in wanted)
    found = scan(invocation.arguments, options(names, clusters=clusters))
    return [value for name, value in found.flags if name in wanted and value is not None]


def _run(shell: Shell, invocation: Invocation, code: str) -> None:
    if wild(code):
        shell.tell(Doubt(f"{invocation.words[0]} is given something unknown to run"))
    shell.code(code, invocation.state.subshell())


# -- git ----------------------------------------------------------------------------------------


def _git(shell: Shell, invocation: Invocation) -> None:
    head = scan(invocation.arguments, GIT_GLOBAL)
    for name, value in head.flags:
        if name == "-c" and value is not None:
            key, _, setting = value.partition("=")
            _git_setting(shell, invocation, key, setting)
        elif name in ("--config-env", "--exec-path") and value is not None:
            shell.tell(Doubt(f"git is given {name}, which may make it run anything"))
    if not head.operands:
        return
    verb, *rest = head.operands
    if verb in (ANY, WORDS):
        shell.tell(Doubt("git is given something unknown to do"))
    reader = _GIT_VERBS.get(verb)
    if reader is not None:
        reader(shell, invocation, rest)


def _git_setting(shell: Shell, invocation: Invocation, key: str, value: str) -> None:
    """Tell what a setting makes git run."""
    if wild(key):
        shell.tell(Doubt("git is given a setting whose name is unknown"))
    elif _GIT_LOADS.fullmatch(key) and value != "/dev/null":
        shell.tell(Doubt(f"git is told to read {key.lower()} from elsewhere"))
    elif _GIT_RUNS.fullmatch(key) and value not in _HARMLESS:
        alias = key.lower().startswith("alias.")
        if value.startswith("!") or not alias:
            _run(shell, invocation, value.removeprefix("!"))
        else:
            # An alias of git's own: it stands for the words it is made of.
            shell.code(f"git {value}", invocation.state.subshell())


def _git_config(shell: Shell, invocation: Invocation, rest: list[str]) -> None:
    words = scan(rest, options("-f --file --blob --type --default --comment")).operands
    words = words[1:] if words[:1] in (["set"], ["add"]) else words
    if len(words) > 1:
        _git_setting(shell, invocation, words[0], words[1])


def _git_code(names: str) -> Callable[[Shell, Invocation, list[str]], None]:
    """Reads a verb of which some options are given commands."""

    def read(shell: Shell, invocation: Invocation, rest: list[str]) -> None:
        for value in _values(invocation.of(("git", *rest)), names):
            _run(shell, invocation, value)

    return read


def _git_command(*before: str) -> Callable[[Shell, Invocation, list[str]], None]:
    """Reads a verb behind which, and behind some words, a command stands."""

    def read(shell: Shell, invocation: Invocation, rest: list[str]) -> None:
        words = [word for word in rest if word not in ("--recursive", "--quiet", "-q")]
        if not before or words[:1] == [before[0]]:
            command = words[1:] if before else words
            if len(command) == 1:
                _run(shell, invocation, command[0])
            elif command:
                shell.call(invocation.of(tuple(command)), functions=False)

    return read


def _git_clone(shell: Shell, invocation: Invocation, rest: list[str]) -> None:
    for name, value in scan(rest, options("-c --config -u --upload-pack --template -b -o --depth")).flags:
        if name in ("-c", "--config") and value is not None:
            key, _, setting = value.partition("=")
            _git_setting(shell, invocation, key, setting)
        elif name in ("-u", "--upload-pack") and value is not None:
            _run(shell, invocation, value)
    if any(word.startswith("ext::") for word in rest):
        shell.tell(Doubt("git is given an address that is a command"))


_GIT_VERBS: Mapping[str, Callable[[Shell, Invocation, list[str]], None]] = {
    "config": _git_config,
    "submodule": _git_command("foreach"),
    "bisect": _git_command("run"),
    "rebase": _git_code("-x --exec"),
    "filter-branch": _git_code(
        "--tree-filter --index-filter --msg-filter --env-filter --commit-filter --parent-filter --setup"
    ),
    "difftool": _git_code("-x --extcmd"),
    "grep": _git_code("-O --open-files-in-pager"),
    "clone": _git_clone,
    "fetch": _git_clone,
    "pull": _git_clone,
    "ls-remote": _git_clone,
    "push": _git_code("--receive-pack --exec"),
}


# -- others -------------------------------------------------------------------------------------


def _tar(shell: Shell, invocation: Invocation) -> None:
    for word in invocation.arguments:
        name, _, value = word.partition("=")
        if name.startswith("--checkpoint-a") or word.startswith("exec="):
            code = value if name.startswith("--") else word
            if code.startswith("exec=") or wild(code):
                _run(shell, invocation, code.removeprefix("exec="))
    for value in _values(invocation, _CODE_OPTIONS["tar"]):
        _run(shell, invocation, value)


def _make(shell: Shell, invocation: Invocation) -> None:
    for word in invocation.arguments:
        name, equals, value = word.partition("=")
        if equals and name in ("SHELL", ".SHELLFLAGS", "MAKEFLAGS", "MAKE"):
            shell.tell(Doubt(f"make is given another {name}"))
        elif equals and "$(shell" in value:
            shell.tell(Doubt("make is given code in a variable"))
    stdin = invocation.stdin
    named = {"-f", "--file", "--makefile"} & set(invocation.arguments)
    if any(word in ("-f-", "--file=-") or (word == "-" and named) for word in invocation.arguments) and stdin:
        shell.tell(Doubt("make is given its rules by another command"))
    if any(value for value in _values(invocation, _CODE_OPTIONS["make"])):
        shell.tell(Doubt("make is given rules in an option"))
    _own_file(shell, invocation, "Makefile", "makefile", "GNUmakefile")


def _own_file(shell: Shell, invocation: Invocation, *names: str) -> None:
    """Doubt a program that runs what this very command wrote, where that is more than plain text can tell."""
    state = invocation.state
    chosen = _values(invocation, "-f --file --makefile --justfile") or list(names)
    if any(path in state.files for name in chosen for path in state.paths(name)):
        shell.tell(Doubt(f"{invocation.words[0]} runs rules that the same command wrote"))


def _editor(shell: Shell, invocation: Invocation) -> None:
    given = [word for word in invocation.arguments if word.startswith("+")] + [invocation.stdin or ""]
    for value in (*_values(invocation, "-c --cmd"), *given):
        if "!" in value or "system(" in value or "term" in value or wild(value):
            shell.tell(Doubt(f"{invocation.words[0]} is given a command to run"))


_BANG = re.compile(r"(?m)^\s*\+?(?:!|\\!|\.?shell\b|\.system\b|pipe\b|source\b|python\b|system\b|platform shell)")


def _banged(shell: Shell, invocation: Invocation) -> None:
    """Debuggers, databases and pagers, which run what follows a mark."""
    if any(_BANG.search(text) for text in (*invocation.arguments, invocation.stdin or "")):
        shell.tell(Doubt(f"{invocation.words[0]} is given a command to run"))


def _network(shell: Shell, invocation: Invocation) -> None:
    """`nc` and `socat`, which may give a connection to a program."""
    words = invocation.arguments
    if any(re.search(r"(?i)^-\w*[ec]$|--(?:sh-)?exec|(?:^|[,-])(?:EXEC|SYSTEM|SHELL):", word) for word in words):
        shell.tell(Doubt(f"{invocation.words[0]} is given a program for a connection"))


def _compiler(shell: Shell, invocation: Invocation) -> None:
    """`gcc`, which runs its passes by a wrapper: words between commas."""
    for value in _values(invocation, "-wrapper"):
        _run(shell, invocation, value.replace(",", " "))


_INVOKES = re.compile(r"(?is)(?:-invoke(?:-\w+)?|::post-invoke\S*)(?:::[^=]*)?=(.*)|%\((.*)\)")


def _packages(shell: Shell, invocation: Invocation) -> None:
    """`apt` and `rpm`, whose settings and macros may hold commands."""
    for found in filter(None, map(_INVOKES.search, invocation.arguments)):
        _run(shell, invocation, found[1] or found[2] or "")


def _emacs(shell: Shell, invocation: Invocation) -> None:
    if _values(invocation, "--eval -eval --execute"):
        shell.tell(Doubt("emacs is given code to run"))


def _just(shell: Shell, invocation: Invocation) -> None:
    _own_file(shell, invocation, "justfile", "Justfile", "Taskfile.yml")


def _package(shell: Shell, invocation: Invocation) -> None:
    """`npm` and its kin run the scripts of a file."""
    for value in _values(invocation, "-c --call"):
        _run(shell, invocation, value)
    if any(word.startswith("--script-shell") for word in invocation.arguments):
        shell.tell(Doubt(f"{invocation.words[0]} is given another shell for its scripts"))
    _own_file(shell, invocation.of((invocation.words[0],)), "package.json")


_SPECIAL: Mapping[str, Callable[[Shell, Invocation], None]] = {
    "git": _git,
    "tar": _tar,
    "make": _make,
    "gmake": _make,
    "just": _just,
    "task": _just,
    "npm": _package,
    "pnpm": _package,
    "yarn": _package,
    **dict.fromkeys(("vim", "vi", "nvim", "ex", "view", "gvim", "ed"), _editor),
    "emacs": _emacs,
    **dict.fromkeys(("gcc", "g++", "cc", "c++"), _compiler),
    **dict.fromkeys(("apt", "apt-get", "aptitude", "rpm", "rpmbuild"), _packages),
    **dict.fromkeys(("gdb", "lldb", "less", "more", "sqlite3", "mysql", "mariadb", "psql", "ftp", "mail"), _banged),
    **dict.fromkeys(("nc", "ncat", "netcat", "socat"), _network),
}

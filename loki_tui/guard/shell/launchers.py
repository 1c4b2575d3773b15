"""Programs that run a command many times, or elsewhere: `find`, `xargs`, `parallel`, `ssh`, containers."""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping, Sequence

from loki_tui.guard.shell.kinds import Call, Doubt, Handler, Invocation, Shell
from loki_tui.guard.shell.options import options, scan
from loki_tui.guard.shell.text import ANY, BELOW, DISK, NAME, WORDS, has_globs, names, wild

_EXEC = frozenset({"-exec", "-execdir", "-ok", "-okdir"})
_FREE = names(
    "-mindepth -maxdepth -type -depth -d -xdev -mount -follow -noleaf -warn -nowarn -print -print0 -ls -delete -true "
    "-ignore_readdir_race -daystart -not -a -o -and -or ! ( ) -L -H -P"
)
"""What in `find` does not choose among files: all of one kind are as grave as all."""
_MAX_RUNS = 32

_XARGS = options(
    "-I -i -n -P -L -l -s -d -a -E -e --replace --max-args --max-procs --max-lines --max-chars --delimiter --arg-file",
    ignored="-0 -r -t -p -x -o --null --no-run-if-empty --verbose --interactive --exit --open-tty",
    permutes=False,
)
_SSH = options(
    "-b -c -D -E -e -F -I -i -J -L -l -m -O -o -p -P -Q -R -S -W -w -B",
    ignored="-1 -2 -4 -6 -A -a -C -f -G -g -K -k -M -N -n -q -s -T -t -V -v -X -x -Y -y",
    permutes=False,
)
_NUMBERS = {
    "lsof": re.compile(r"(?:^| )-[abnPUlw]*t"),
    "ps": re.compile(r"(?:^| )(?:-\w*)?o ?(?:p?pid|pgid|sid|tid)=?(?: |$)"),
}
"""Options with which their output is numbers of processes."""
_DAEMON = options(
    "-a -x -p -u -n -s -c -g -d -r -k -R -P -N -I --startas --exec --pidfile --pid --ppid --user --name --signal "
    "--chuid --group --chdir --chroot --umask --retry --procsched --nicelevel --iosched --output",
    ignored="--start --stop --status --background --make-pidfile --test --oknodo --quiet --verbose",
)
_PARALLEL = options(
    "-j -P -N -n -L -S -a -I -C -d --jobs --max-args --delay --timeout --colsep --arg-file --results --joblog "
    "--retries --sshlogin --tmpdir",
    permutes=False,
)


# -- find ---------------------------------------------------------------------------------------


def _find(shell: Shell, invocation: Invocation) -> str:
    """Run `find`: what it deletes, and what it runs for each file."""
    words = [
        word for word in invocation.arguments if word not in ("-L", "-H", "-P") and not re.match(r"-O\d|-D$", word)
    ]
    count = next((place for place, word in enumerate(words) if word.startswith(("-", "(", "!", ")"))), len(words))
    starts, rest = words[:count] or ["."], words[count:]
    chooses = _chooses(rest)
    found = [_below(start) if chooses else start for start in starts]
    if any(word in rest for word in ("-fprint", "-fprintf", "-fls")):
        shell.tell(Doubt("find writes a file of its own"))
    if "-delete" in rest:
        for path in found:
            shell.tell(Call(("rm", "-r", path), invocation.where, alike=True, certain=not chooses))
    for command in _commands(rest):
        for path in found[:_MAX_RUNS]:
            paths = [path] if chooses else [path, _below(path)]
            words = [item for word in command for item in (paths if word == "{}" else [word.replace("{}", path)])]
            shell.call(invocation.of(tuple(words), stdin=""), functions=False)
    end = "\0" if "-print0" in rest else "\n"
    return "".join(f"{path}{end}" for path in (*found, *map(_below, starts)))


def _below(start: str) -> str:
    return f"{start.rstrip('/')}/{BELOW}"


def _chooses(rest: Sequence[str]) -> bool:
    """Whether only some of the files are meant."""
    place = 0
    while place < len(rest):
        word = rest[place]
        if word in _EXEC:
            while place < len(rest) and rest[place] not in (";", "+"):
                place += 1
        elif word in ("-mindepth", "-maxdepth", "-type") or (
            word in ("-name", "-iname", "-path", "-wholename") and rest[place + 1 : place + 2] in (["*"], ["/*"])
        ):
            place += 1
        elif word not in _FREE:
            return True
        place += 1
    return False


def _commands(rest: Sequence[str]) -> list[list[str]]:
    """The commands that are run for files."""
    commands: list[list[str]] = []
    place = 0
    while place < len(rest):
        if rest[place] in _EXEC:
            end = place + 1
            while end < len(rest) and rest[end] != ";" and not (rest[end] == "+" and rest[end - 1] == "{}"):
                end += 1
            commands.append(list(rest[place + 1 : end]))
            place = end
        place += 1
    return [command for command in commands if command]


def _fd(shell: Shell, invocation: Invocation) -> str:
    """Run `fd`, which is given a command behind `-x` or `-X`."""
    for place, word in enumerate(invocation.arguments):
        if word in ("-x", "-X", "--exec", "--exec-batch") and (command := invocation.arguments[place + 1 :]):
            named = any("{}" in each for each in command)
            words = tuple(each.replace("{}", f"./{BELOW}") for each in command) + (() if named else (f"./{BELOW}",))
            shell.call(invocation.of(words, stdin=""), functions=False)
            return ANY
    return f"./{BELOW}\n"


# -- arguments from elsewhere -------------------------------------------------------------------


def _xargs(shell: Shell, invocation: Invocation) -> str:
    """Run `xargs`: its command with what it reads."""
    found = scan(invocation.arguments, _XARGS)
    command = found.operands or ["echo"]
    mark = found.value("-I", "--replace", "-i") or ("{}" if found.has("-I", "--replace", "-i") else None)
    lines = mark is not None or found.value("-d", "--delimiter") is not None
    items = _items(invocation.stdin, lines=lines, whole=found.has("-0", "--null"))
    if found.value("-a", "--arg-file") is not None:
        items = [WORDS]
    # One by one they may be told apart, together they may matter as well.
    groups = [[item] for item in items[:_MAX_RUNS]] if mark or found.has("-n", "-L", "--max-args") else [items]
    printed = ANY
    for group in groups:
        if mark is not None:
            text = group[0].replace(WORDS, ANY)
            words = tuple(word.replace(mark, text) for word in command)
        else:
            words = (*command, *group)
        printed = shell.call(invocation.of(words, stdin=""), functions=False)
    return printed if len(groups) == 1 else ANY


def _items(text: str | None, *, lines: bool = False, whole: bool = False) -> list[str]:
    """The arguments in what is read: words, or lines, or what stands between NUL bytes."""
    if text is None:
        return []
    if text in (ANY, WORDS, DISK):
        return [WORDS]
    if whole:
        return [WORDS if item == ANY else item for item in (part.strip("\n") for part in text.split("\0")) if item]
    if lines or "'" in text or '"' in text or "\\" in text:
        try:
            words = re.split(r"[\n\0]", text) if lines else shlex.split(text.replace("\0", " "))
        except ValueError:
            return [WORDS]
    else:
        words = re.split(r"[\s\0]+", text)
    return [WORDS if word == ANY else word for word in words if word]


def _parallel(shell: Shell, invocation: Invocation) -> str:
    """Run `parallel`: its command, or each line it reads, as code."""
    words = list(invocation.arguments)
    marks = [place for place, word in enumerate(words) if word in (":::", "::::", ":::+")]
    items = words[marks[0] + 1 :] if marks else _items(invocation.stdin, lines=True)
    if marks and words[marks[0]] == "::::":
        items = [ANY]
    command = " ".join(scan(words[: marks[0]] if marks else words, _PARALLEL).operands)
    for item in items[:_MAX_RUNS] or [""]:
        text = ANY if WORDS in item else item
        code = text.join(re.split(r"\{[#./%]*\}", command)) if "{" in command else f"{command} {text}"
        shell.code(code, invocation.state.subshell())
    if len(items) > _MAX_RUNS:
        shell.tell(Doubt("parallel is given more than is followed"))
    return ANY


# -- elsewhere ----------------------------------------------------------------------------------


def _ssh(shell: Shell, invocation: Invocation) -> str:
    """Run `ssh`: a limit on commands holds for other machines too."""
    found = scan(invocation.arguments, _SSH)
    for name, value in found.flags:
        setting, _, code = (value or "").replace("=", " ", 1).partition(" ")
        if name == "-o" and setting.lower() in ("proxycommand", "localcommand", "knownhostscommand") and code != "none":
            shell.code(code, invocation.state.subshell())
    state = invocation.state.subshell()
    state.cwd = frozenset({state.home})
    if len(found.operands) > 1:
        words = found.operands[2:] if found.operands[1] == "--" else found.operands[1:]
        return shell.code(" ".join(words), state, invocation.stdin)
    return shell.code(invocation.stdin, state) if invocation.stdin and invocation.stdin != DISK else ANY


def _elsewhere(shell: Shell, invocation: Invocation) -> str:
    """Run what runs a command in a container, another window or at another time, in whatever way it is told.

    Where in the words the command begins is not worked out: each place is tried, and what is found is asked about.
    """
    words = invocation.arguments
    for place in range(len(words)):
        if not words[place].startswith("-") and place < _MAX_RUNS and not wild(words[place]):
            with shell.perhaps():
                shell.call(invocation.of(words[place:], state=invocation.state.subshell()), functions=False)
                if " " in words[place]:
                    shell.code(words[place], invocation.state.subshell())
    if invocation.stdin and invocation.words[0] in ("at", "batch", "tmux", "screen", "crontab"):
        shell.code(re.sub(r"(?m)^(?:[\d*/,-]+\s+){5}|^@\w+\s+", "", invocation.stdin), invocation.state.subshell())
    return ANY


def _processes(shell: Shell, invocation: Invocation) -> str:
    """Run `lsof` or `ps`, whose output is numbers where they are told so."""
    del shell
    shape = _NUMBERS[invocation.words[0]]
    return f"{NAME}\n" if shape.search(" ".join(invocation.arguments)) else ANY


def _listing(shell: Shell, invocation: Invocation) -> str:
    """Run `ls`, whose output is names."""
    del shell
    operands = [word for word in invocation.arguments if not word.startswith("-")]
    if any(word.startswith("-") and set(word) & set("lRs") for word in invocation.arguments):
        return ANY
    return "".join(f"{word}\n" for word in operands if has_globs(word) or "." in word) + f"{NAME}\n"


def _daemon(shell: Shell, invocation: Invocation) -> str:
    """Run `start-stop-daemon`, which has the program in an option and its arguments behind `--`."""
    words = invocation.arguments
    options_end = words.index("--") if "--" in words else len(words)
    found = scan(words[:options_end], _DAEMON)
    program = found.value("-a", "--startas", "-x", "--exec")
    if program is None:
        return ANY
    return shell.call(invocation.of((program, *found.operands, *words[options_end + 1 :])), functions=False)


_CONTAINERS = "docker podman nerdctl kubectl oc lxc incus crictl buildah machinectl toolbox distrobox"
_WHOLE_DISK = re.compile(r"(?:-v|--volume=)?/[/.]*:|(?:--mount=)?(?:\S*,)?(?:src|source)=/[/.]*(?:,|$)")
_VERBS = frozenset({"run", "exec", "create", "debug", "shell", "enter", "start"})


def _container(shell: Shell, invocation: Invocation) -> str:
    """Run what a container is told to run."""
    place = next((place for place, word in enumerate(invocation.arguments) if word in _VERBS), None)
    if place is None:
        return ANY
    if any(map(_WHOLE_DISK.match, invocation.arguments)):
        shell.tell(Doubt("a container is given the whole file system, under another name"))
    return _elsewhere(shell, invocation.of((invocation.words[0], *invocation.arguments[place + 1 :])))


_ELSEWHERE = (
    "vagrant bwrap tmux screen at batch nix-shell nix chpst softlimit sshpass mosh gnome-terminal xterm kitty "
    "arch-chroot watchexec nodemon concurrently cross-env pm2 chronic ts sem inotifywait crontab"
)

HANDLERS: Mapping[str, Handler] = {
    **dict.fromkeys(_ELSEWHERE.split(), _elsewhere),
    **dict.fromkeys(_CONTAINERS.split(), _container),
    "find": _find,
    "fd": _fd,
    "fdfind": _fd,
    "start-stop-daemon": _daemon,
    "lsof": _processes,
    "ps": _processes,
    "xargs": _xargs,
    "parallel": _parallel,
    "ssh": _ssh,
    "ls": _listing,
}
"""All of them."""

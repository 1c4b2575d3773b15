"""Programs that run the command which follows their own options: `sudo`, `env`, `timeout` and some sixty more."""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping
from dataclasses import dataclass

from loki_tui.guard.shell.declaring import assign_text
from loki_tui.guard.shell.kinds import Doubt, Handler, Invocation, Shell
from loki_tui.guard.shell.options import PROGRAMS, Options, Scanned, options, scan
from loki_tui.guard.shell.places import normal
from loki_tui.guard.shell.state import State, values
from loki_tui.guard.shell.text import ANY, WORDS, known, names, wild

_ASSIGNMENT = re.compile(r"[A-Za-z_][^=/]*=")


@dataclass(frozen=True, slots=True)
class _Wrapper:
    options: Options
    skips: int = 0
    """Operands of its own that come before the command."""
    code: tuple[str, ...] = ()
    """Options whose value is code."""
    joins: bool = False
    """Whether the command's words are put together and read as code."""
    assigns: bool = False
    """Whether variables may be set before the command."""
    reads: bool = False
    """Whether without a command it runs a shell on standard input."""
    roots: bool = False
    """Whether `/` is another place for the command, which may be this one."""


def _wrapper(
    valued: str = "", flags: str = "", *, skips: int = 0, code: str = "", traits: str = "", same: str = ""
) -> _Wrapper:
    chosen = frozenset(traits.split())
    return _Wrapper(
        options(f"{valued} {code}", ignored=flags, same=same, permutes=False),
        skips=skips,
        code=tuple(code.split()),
        joins="joins" in chosen,
        assigns="assigns" in chosen,
        reads="reads" in chosen,
        roots="roots" in chosen,
    )


_MAX_GUESSES = 12
"""Words of an unknown program at which a command is looked for."""
_TALKS_ABOUT = names("man info tldr apropos whatis whereis which help")
"""Programs whose words are names of commands that are not run."""
_DIGITS = " ".join(f"-{digit}" for digit in range(10))

_WRAPPERS: Mapping[str, _Wrapper] = {
    "env": _wrapper(
        "-u -C --unset --chdir --argv0 -a",
        "-i -0 -v - --ignore-environment --null --debug --block-signal --default-signal --ignore-signal "
        "--list-signal-handling",
        code="-S --split-string",
        traits="assigns",
    ),
    "sudo": _wrapper(
        "-u -g -h -p -C -r -t -T -U -D -R -c -a --user --group --host --prompt --close-from --role --type "
        "--command-timeout --other-user --chdir --chroot --login-class --auth-type",
        "-A -b -E -e -H -i -K -k -l -n -P -S -s -v -V -B -N --askpass --background --preserve-env --set-home --login "
        "--non-interactive --stdin --shell --reset-timestamp --validate --bell --no-update",
        traits="assigns reads",
    ),
    "doas": _wrapper("-u -C -a", "-n -s -L", traits="reads"),
    "pkexec": _wrapper("--user -u", "--disable-internal-agent --keep-cwd", traits="reads"),
    "nohup": _wrapper(),
    "nice": _wrapper("-n --adjustment", _DIGITS),
    "ionice": _wrapper("-c -n -p -P -u --class --classdata --pid", "-t --ignore"),
    "chrt": _wrapper("-T -P -D", "-b -f -i -o -r -d -R -v -m -a --batch --fifo --idle --other --rr", skips=1),
    "taskset": _wrapper("", "-a -c -p --all-tasks --cpu-list --pid", skips=1),
    "timeout": _wrapper("-s -k --signal --kill-after", "-v -f -p --foreground --preserve-status --verbose", skips=1),
    "time": _wrapper("-f -o --format --output", "-p -a -v -q --portability --append --verbose --quiet"),
    "setsid": _wrapper("", "-c -f -w --ctty --fork --wait"),
    "stdbuf": _wrapper("-i -o -e --input --output --error"),
    "unbuffer": _wrapper("", "-p"),
    "chroot": _wrapper("--groups --userspec", "--skip-chdir", skips=1, traits="reads roots"),
    "strace": _wrapper(
        "-e -o -p -s -u -E -a -b -O -S -P -X -I -U --trace --output --attach --string-limit --user --env",
        "-f -ff -v -t -tt -T -y -c -C -q -r -x -i -k -D -n -Z -z -d -w -A -F --follow-forks --summary-only --quiet",
    ),
    "ltrace": _wrapper("-a -A -b -D -e -F -l -n -o -p -s -u -w -x", "-c -C -f -h -i -L -r -S -t -T -V"),
    "perf": _wrapper("-e -o -p -C -r -F -g --call-graph --output --event --repeat", "-a -d -v -i -n", skips=1),
    "valgrind": _wrapper("", "-q -v"),
    "nsenter": _wrapper(
        "-t -S -G --target --setuid --setgid",
        "-a -m -u -i -n -p -C -U -T -r -w -W -F -Z -e --all --mount --uts --ipc --net --pid --cgroup --user --time "
        "--root --wd --no-fork --preserve-credentials --env",
        traits="reads roots",
    ),
    "unshare": _wrapper(
        "-R -w -S -G --root --wd --setuid --setgid --propagation --setgroups --map-users --map-groups",
        "-m -u -i -n -p -U -C -T -f -r -c --mount --uts --ipc --net --pid --user --cgroup --time --fork "
        "--map-root-user --map-current-user --map-auto --mount-proc --kill-child --keep-caps",
        traits="reads roots",
    ),
    "setpriv": _wrapper(
        "--reuid --regid --groups --inh-caps --ambient-caps --bounding-set --securebits --pdeathsig --selinux-label",
        "--no-new-privs --clear-groups --keep-groups --init-groups --reset-env -d",
    ),
    "runuser": _wrapper(
        "-u -g -G -s --user --group --shell", "-l -m -p - --login", code="-c --command", traits="reads"
    ),
    "systemd-run": _wrapper(
        "-p -u -M -H -E --property --unit --slice --machine --host --uid --gid --setenv --working-directory "
        "--description --on-active --on-calendar --on-boot --service-type --nice",
        "-t -P -q -G -d -r -S --user --system --scope --pty --pipe --quiet --wait --collect --no-block --same-dir "
        "--remain-after-exit --send-sighup --no-ask-password --shell",
    ),
    "prlimit": _wrapper("-p -o", "-v -c -d -f -n -s -u -t"),
    "numactl": _wrapper("-i -N -m -C -p -w --interleave --cpunodebind --membind --physcpubind --preferred", "-l -s -b"),
    "cpulimit": _wrapper("-p -e -P -l -c --pid --exe --limit", "-z -b -f -i -m -v -q"),
    "cgexec": _wrapper("-g", "--sticky"),
    "flock": _wrapper(
        "-w -E --timeout --wait --conflict-exit-code",
        "-s -x -e -u -n -o -F --shared --exclusive --unlock --nonblock --nb --close --no-fork --verbose",
        skips=1,
        code="-c --command",
    ),
    "script": _wrapper(
        "-E -m -o -I -O -B -T -t --echo --logging-format --output-limit --log-in --log-out --log-io --log-timing",
        "-a -e -f -q --append --return --flush --force --quiet",
        code="-c --command",
        traits="reads",
    ),
    "watch": _wrapper(
        "-n -q --interval --equexit",
        "-b -c -C -d -e -g -p -r -t -w -x --beep --color --differences --errexit",
        traits="joins",
    ),
    "xvfb-run": _wrapper("-e -f -n -s -w -p --error-file --server-args --server-num --wait", "-a -l --auto-servernum"),
    "dbus-run-session": _wrapper("--dbus-daemon --config-file"),
    "fakeroot": _wrapper("-l -f -s -i -b --lib --faked", "-u -h"),
    "faketime": _wrapper("", "-m -f", skips=1),
    "proot": _wrapper("-r -b -m -w -q -k -v --rootfs --bind --cwd", "-0 -i --root-id", traits="roots"),
    "firejail": _wrapper("", "-c --quiet --private --noprofile"),
    "setarch": _wrapper("", "-R -v -X -B -F -L -I -Z -3 -S -T", skips=1),
    "linux32": _wrapper("", "-R -v -3"),
    "linux64": _wrapper("", "-R -v"),
    "rlwrap": _wrapper("-a -b -C -D -f -H -l -s -S -t -z", "-A -c -i -I -m -n -N -p -r -R"),
    "tini": _wrapper("-p -e", "-s -g -v -w"),
    "dumb-init": _wrapper("-r --rewrite", "-c -v --single-child"),
    "catchsegv": _wrapper(),
    "caffeinate": _wrapper("-t -w", "-d -i -m -s -u"),
    "gdb": _wrapper("-x -p -c -s -d --command --pid", "-q --quiet --batch --args -batch -q", code="-ex --eval-command"),
    "hyperfine": _wrapper(
        "-w -m -M -r -S -P -L -i --warmup --runs --min-runs --max-runs --export-json --export-markdown --style",
        "-N --show-output --ignore-failure",
        code="-p -s -c --prepare --setup --cleanup",
        traits="joins",
    ),
    "entr": _wrapper("", "-a -c -d -n -p -r -s -z", traits=""),
    "dotenv": _wrapper("-f --file -e", "--override run"),
    "direnv": _wrapper("", "", skips=2),
    "exec": _wrapper("-a", "-c -l"),
    "sg": _wrapper("", "", skips=1, code="-c"),
    "su": _wrapper(
        "-g -G -s -w --group --shell", "-l -m -p - -P -f --login --pty", code="-c --command", traits="reads"
    ),
    "busybox": _wrapper("", "--list --install --help"),
    "toybox": _wrapper(),
    "coreutils": _wrapper(),
}

_LEADING = {
    ("uv", "run"): "--with --python -p --project --directory --extra --group --env-file",
    ("poetry", "run"): "",
    ("pipenv", "run"): "",
    ("pdm", "run"): "",
    ("hatch", "run"): "",
    ("rye", "run"): "",
    ("bundle", "exec"): "",
    ("npm", "exec"): "--package -p",
    ("pnpm", "exec"): "",
    ("pnpm", "dlx"): "",
    ("yarn", "exec"): "",
    ("yarn", "dlx"): "",
    ("mise", "exec"): "",
    ("asdf", "exec"): "",
    ("rustup", "run"): "",
    ("conda", "run"): "-n -p --name --prefix --cwd",
    ("mamba", "run"): "-n -p --name --prefix --cwd",
    ("dotnet", "exec"): "",
    ("nix", "run"): "",
}
"""Programs that run a command behind a verb, with the options that take a value there."""


def _wrapped(shell: Shell, invocation: Invocation) -> str:
    """Run what a wrapper wraps."""
    name = invocation.words[0]
    wrapper = _WRAPPERS.get(name) or _Wrapper(options(permutes=False))
    # `su` takes its options behind the user as well.
    permutes = name in ("su", "runuser", "sg", "script", "flock") and "--" not in invocation.arguments
    found = scan(invocation.arguments, wrapper.options, permutes=permutes and _has_code(invocation, wrapper))
    state = _inner_state(invocation, wrapper, found)
    codes = [
        _code(option, value, found) for option, value in found.flags if option in wrapper.code and value is not None
    ]
    for code in codes:
        shell.code(code, state)
    rest = found.operands[wrapper.skips :]
    while wrapper.assigns and rest and _ASSIGNMENT.match(rest[0]):
        assign_text(shell, rest.pop(0), state)
    if codes:
        return ANY
    if not rest or name == "su":
        return shell.code(invocation.stdin, state) if wrapper.reads and invocation.stdin else ANY
    if found.unknown and len(rest) > 1:
        # The first word may be the value of an option that is not known.
        with shell.perhaps():
            shell.call(invocation.of(tuple(rest[1:]), state=state.copy()), functions=False)
    if wrapper.joins:
        return shell.code(" ".join(rest), state, invocation.stdin)
    return shell.call(invocation.of(tuple(rest), state=state), functions=False)


def _inner_state(invocation: Invocation, wrapper: _Wrapper, found: Scanned) -> State:
    """What the command finds: this shell's state, in another directory where the wrapper is told so."""
    state = invocation.state.subshell()
    if wrapper.roots:
        state.cwd = frozenset({"/"})
    directory = found.value("-C" if invocation.words[0] == "env" else "-D", "--chdir", "--working-directory", "--cwd")
    if directory is not None:
        state.cwd = values(normal(directory, cwd, state.links) for cwd in state.cwd)
    return state


def _code(option: str, value: str, found: Scanned) -> str:
    """The code an option is given; behind `env -S` all other words belong to it."""
    return " ".join((value, *_quoted(found.operands))) if option in ("-S", "--split-string") else value


def _has_code(invocation: Invocation, wrapper: _Wrapper) -> bool:
    return any(word.startswith(wrapper.code) for word in invocation.arguments) if wrapper.code else False


def _quoted(words: list[str]) -> list[str]:
    return [word if wild(word) else shlex.quote(word) for word in words]


def run_rest(shell: Shell, invocation: Invocation) -> str:
    """Run the words behind a name, whatever that is."""
    rest = scan(invocation.arguments, options("--library-path --preload --audit --argv0", permutes=False)).operands
    return shell.call(invocation.of(tuple(rest)), functions=False) if rest else ANY


def guess(shell: Shell, invocation: Invocation) -> str:
    """Look for a command among the words of a program that may be a wrapper: there are more than can be listed."""
    program, arguments = invocation.words[0], invocation.arguments
    if program in PROGRAMS or program in _TALKS_ABOUT:
        return ANY
    with shell.guess() as first:
        for place, word in enumerate(arguments[:_MAX_GUESSES] if first else ()):
            if not word.startswith(("-", "/dev/")) and known(word) and place + 1 < len(arguments):
                shell.call(invocation.of(arguments[place:], state=invocation.state.subshell()), functions=False)
    return ANY


def _led(shell: Shell, invocation: Invocation) -> str:
    """Run what stands behind a verb."""
    program, arguments = invocation.words[0], invocation.arguments
    for place, word in enumerate(arguments[:6]):
        valued = _LEADING.get((program, word))
        if valued is not None:
            rest = scan(arguments[place + 1 :], options(valued, permutes=False)).operands
            rest = rest[1:] if (program, word) == ("rustup", "run") else rest
            return shell.call(invocation.of(tuple(rest)), functions=False) if rest else ANY
        if word in (ANY, WORDS):
            shell.tell(Doubt(f"{program} is given something unknown to do"))
    return ANY


HANDLERS: Mapping[str, Handler] = {
    **dict.fromkeys((program for program, _ in _LEADING), _led),
    **dict.fromkeys(_WRAPPERS, _wrapped),
    "npx": run_rest,
    "bunx": run_rest,
    "uvx": run_rest,
    "pipx": run_rest,
}
"""Every wrapper."""

"""What is known of programs: which run whatever their arguments say, and which options of others are harmless.

A rule for `pytest *` is about tests, not about plug-ins loaded by `-p`. So a `*` stands for files,
directories and plain words, and for those options alone that are listed here.
"""

from __future__ import annotations

import re
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Options:
    """The options of one program that a `*` covers."""

    flags: frozenset[str]
    """Stand alone."""
    valued: frozenset[str]
    """Take a value that is held to what any argument is held to."""
    texts: frozenset[str]
    """Take a value that is a text and nothing else."""


def _options(flags: str = "", *, valued: str = "", texts: str = "") -> Options:
    return Options(frozenset(flags.split()), frozenset(valued.split()), frozenset(texts.split()))


_PYTEST = _options(
    "-q -v -s -x -l --quiet --verbose --exitfirst --lf --last-failed --ff --failed-first --nf --sw --stepwise "
    "--collect-only --co --no-header --no-summary --showlocals -ra -rA -rs -rf -rP --",
    valued="-n --tb --maxfail --durations --verbosity --color --timeout",
    texts="-k -m",
)
_MYPY = _options("--strict --pretty --no-incremental --show-error-codes --no-error-summary --", valued="-p -m")
_UNITTEST = _options("-v -q -f -b -c --verbose --quiet --failfast --buffer --locals", valued="-k")
_CARGO = _options(
    "-q -v --quiet --verbose --release --all --workspace --all-targets --all-features --no-default-features --lib "
    "--bins --tests --examples --doc --no-run --no-fail-fast --offline --locked --frozen --check --nocapture --",
    valued="-p -j --package --test --bin --example --features --jobs",
)
_GO = _options("-v -race -short -cover -failfast -json", valued="-count -timeout -p -cpu", texts="-run -bench -skip")
_LOOK = _options(
    "--stat --shortstat --numstat --oneline --patch --no-patch --name-only --name-status --cached --staged --graph "
    "--decorate --all --reverse --no-color --no-merges --summary -p -s -w -b -# --",
    valued="-n --max-count --unified",
    texts="--format --pretty --grep --author --since --until",
)

_ANYWHERE = {
    "git status": _options("-s -b -u --short --branch --porcelain --ignored --"),
    "git diff": _LOOK,
    "git log": _LOOK,
    "git show": _LOOK,
    "git add": _options("-A -u -v --all --update --verbose --"),
    "git commit": _options("-a -q -v -s --all --quiet --signoff --allow-empty --no-verify --", texts="-m --message"),
    "cargo build": _CARGO,
    "cargo check": _CARGO,
    "cargo clippy": _CARGO,
    "cargo fmt": _CARGO,
    "cargo test": _CARGO,
    "go build": _GO,
    "go fmt": _GO,
    "go test": _GO,
    "go vet": _GO,
    "cat": _options("-n -b -s -A"),
    "head": _options("-# -q -v", valued="-n -c"),
    "tail": _options("-# -q -v", valued="-n -c"),
    "ls": _options("-a -A -l -h -R -t -r -S -1 -d -F --all"),
    "wc": _options("-l -w -c -m -L"),
    "mkdir": _options("-p -v --parents --verbose"),
    "touch": _options("-c"),
    "grep": _options(
        "-r -R -n -i -l -L -c -E -F -G -P -o -w -x -v -h -H -q -s --color --",
        valued="-A -B -C -m --include --exclude --exclude-dir",
        texts="-e",
    ),
}

_OF_PYTHON = {
    "pytest": _PYTEST,
    "python -m pytest": _PYTEST,
    "python3 -m pytest": _PYTEST,
    "python -m unittest": _UNITTEST,
    "python3 -m unittest": _UNITTEST,
    "mypy": _MYPY,
    "python -m mypy": _MYPY,
    "python3 -m mypy": _MYPY,
    "ruff check": _options("--fix --diff --quiet --statistics -q --", valued="--select --ignore --output-format"),
    "ruff format": _options("--check --diff --quiet -q --"),
}

# A project's own environment is as much the agent's to change as the tests that are run in it.
_WIDE: dict[tuple[str, ...], Options] = {
    tuple(words.split()): options
    for words, options in (
        *_ANYWHERE.items(),
        *(
            (f"{place}{words}", options)
            for place in ("", ".venv/bin/", "venv/bin/")
            for words, options in _OF_PYTHON.items()
        ),
    )
}
"""Leading words to the options that may follow them. What is not here gets no suggestion beyond the command itself."""

_RUNNERS = frozenset(
    name
    for names in (
        # Shells, and their words that run others.
        "sh bash dash ash zsh ksh mksh fish csh tcsh rbash pwsh busybox toybox eval exec source command builtin trap",
        "alias",
        # Interpreters: an argument is a program, or a text with a way to start one (awk, sed, sqlite3).
        "python pypy ipython node nodejs deno bun ruby irb perl php lua luajit tclsh wish expect Rscript R julia java",
        "kotlin scala groovy dotnet mono erl elixir iex ghci runghc racket guile sbcl clojure osascript awk gawk mawk",
        "nawk sed m4 ed ex vi vim nvim emacs gdb lldb bc dc sqlite3 psql mysql mongo redis-cli",
        # Wrappers: what follows is the command that counts.
        "env sudo su doas pkexec nohup nice ionice chrt taskset time timeout setsid stdbuf unbuffer script watch xargs",
        "parallel flock chroot unshare nsenter setpriv runuser runcon systemd-run strace ltrace perf valgrind entr",
        "rlwrap find fd fdfind tar rsync ssh scp sshpass socat nc ncat screen tmux at batch crontab",
        # Build and task runners. `make CC=…`, `make -f …` and `--eval` are code in an argument; scripts of the
        # others hand their arguments to a shell, or take a plug-in or a configuration for one.
        "make gmake bmake cmake ninja just task rake gradle mvn ant bazel tox nox invoke poe npm npx pnpm yarn bunx",
        "corepack pip pipx uv uvx poetry pdm hatch conda mamba bundle gem composer cabal stack mix",
        # Known by some of their subcommands only: others run what an argument or a configuration says.
        "git go cargo docker podman kubectl helm terraform ansible gh aws",
    )
    for name in names.split()
)

_VERSION = re.compile(r"[\d.]+$")


def runs_others(program: str) -> bool:
    """Whether a program runs other programs, or code, that its arguments name."""
    name = program.rsplit("/", 1)[-1]
    return name in _RUNNERS or _VERSION.sub("", name) in _RUNNERS


def options_of(words: tuple[str, ...]) -> tuple[tuple[str, ...], Options] | None:
    """What is known of the program that these words start.

    Returns:
        The leading words that name it, and its options; none where it is not known.
    """
    for length in range(min(len(words), 3), 0, -1):
        if (known := _WIDE.get(words[:length])) is not None:
            return words[:length], known
    return None

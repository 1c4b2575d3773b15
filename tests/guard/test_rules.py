"""Commands that a person approves for a run: what a pattern covers, and above all what it does not."""

from __future__ import annotations

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from loki_tui.core.tools import Shell
from loki_tui.core.vocabulary import Risk, Rule
from loki_tui.guard.risk import risk_of
from loki_tui.guard.rules import BadPatternError, check, matches, suggest

SEVERITY = list(Risk)


def rule(pattern: str, *, tool: str = "shell", risk: Risk = Risk.RUN) -> Rule:
    return Rule(pattern=pattern, tool=tool, risk=risk, by="ada")


def covered(pattern: str, command: str, *, risk: Risk = Risk.RUN) -> bool:
    shell = Shell(command=command)
    return matches(rule(pattern, risk=risk), shell, risk_of(shell))


def suggested(command: str) -> str:
    shell = Shell(command=command)
    return suggest(shell, risk_of(shell))


# -- commands -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("pattern", "command"),
    [
        ("pytest *", "pytest"),
        ("pytest *", "pytest -q"),
        ("pytest *", "  pytest  -xvs   tests/test_a.py::test_b  "),
        ("pytest *", "pytest -k 'one and not (two or three)' -n4 --tb=short"),
        ("pytest *", 'pytest "tests/with space/test_a.py"'),
        ("pytest *", "pytest tests/test_*.py"),
        ("pytest tests/unit *", "pytest tests/unit -x"),
        ("python -m pytest *", "python -m pytest -q tests"),
        (".venv/bin/pytest *", ".venv/bin/pytest -q"),
        ("git commit *", "git commit -am 'Fix: it works; really && truly > ever'"),
        ("git commit *", 'git commit -m "Größe | Maße"'),
        ("git add *", "git add -A src tests/test_a.py"),
        ("git log *", "git log --oneline -5 main..HEAD"),
        ("cargo test *", "cargo test --release -p core parses"),
        ("go test *", "go test -race -run '^TestA$' ./..."),
        ("grep *", "grep -rn --include='*.py' needle src"),
        ("./check *", "./check src tests"),
        ("make test", "make test"),
        ("make test", " make test "),
        ("bash build.sh fast", "bash build.sh fast"),
        ("python -c 'print(1)'", "python -c 'print(1)'"),
    ],
)
def test_a_rule_covers_what_it_says(pattern: str, command: str) -> None:
    assert covered(pattern, command)


NASTY = {
    "git status": [
        "git status; rm -rf x",
        "git status\nrm x",
        "git status\rrm x",
        "git status && echo x",
        "git status || echo x",
        "git status | sh",
        "git status |& sh",
        "git status &",
        "git status & echo x",
        "git status > x",
        "git status >> x",
        "git status < x",
        "git status 2>&1",
        "git status <(echo x)",
        "git $(rm x)",
        "git status $(echo x)",
        "git status `echo x`",
        'git status "$(echo x)"',
        'git status "`echo x`"',
        "git status $HOME",
        "git status ${IFS}x",
        'git status "$HOME"',
        "git status $'\\n'",
        "git status #",
        "git status !x",
        "git status {a,b}",
        "git status ~",
        "git status ~root/x",
        "git status x\\",
        "git s\\tatus",
        "git 'status'",
        'git "status"',
        "g'i't status",
        '"git" status',
        "git status 'unfinished",
        'git status "unfinished',
        "git\tstatus",
        "git\u00a0status",
        "git\u2003status",
        "git\u3000status",
        "git\u200bstatus",
        "git status \u202ex",
        "\uff47\uff49\uff54 status",
        "g\u0456t status",
        "(git status)",
        "{ git status; }",
        "! git status",
        "time git status",
        "coproc git status",
        "if git status",
        "X=1 git status",
        "GIT_PAGER=evil git status",
        "PATH=. git status",
        "env git status",
        "sudo git status",
        "command git status",
        "exec git status",
        "nohup git status",
        "xargs git status",
        "sh -c 'git status'",
        "eval git status",
        "./git status",
        "/usr/bin/git status",
        "git -c core.pager=evil status",
        "git -C /etc status",
        "git --git-dir=/x status",
        "git --exec-path=. status",
        "git statusx",
        "git  status-x",
        "gi? status",
        "git stat*",
        "*",
        "git",
        " ",
    ],
    "git log": [
        "git log --output=x",
        "git log --ext-diff",
        "git log -p --textconv",
        "git -c core.pager='sh -c evil' log",
        "git log /etc/passwd",
        "git log -- ../other",
        "git log :/../x",
    ],
    "git commit": [
        "git commit -F /etc/passwd",
        "git commit --template=x",
        "git commit -e",
        "git commit -c HEAD",
        "git commit --amend",
        "git commit -m",
        "git commit -m --amend",
        "git commit -m 'one\ntwo'",
        "git commit --author='x' -m x",
    ],
    "pytest": [
        "pytest --rootdir=/ -p evil",
        "pytest -p evil",
        "pytest -pevil",
        "pytest -xp evil",
        "pytest -c other.ini",
        "pytest -o addopts=-pevil",
        "pytest --confcutdir=..",
        "pytest -W error::evil.Warning",
        "pytest --import-mode=append",
        "pytest @arguments",
        "pytest /etc",
        "pytest ../other",
        "pytest tests/../../other",
        "pytest '~/x'",
        "pytest --basetemp=/home",
        "pytest --tb=../x",
        "pytest --junitxml=x",
        "pytest .*",
        "pytest *",
        "pytest ?x",
        "pytest -*",
        "pytest tests/.*/x",
        "pytest tests/[ab].py",
        "pytest tests/'a'*",
        "pytest .git/hooks",
        "pytest -",
        "python pytest",
    ],
    "mkdir": ["mkdir /x", "mkdir -m 777 x", "mkdir ../x", "mkdir .git/x", "mkdir x/.GIT/y", "mkdir -p x/../../y"],
    "cargo test": ["cargo +evil test", "cargo test --config x=y", "cargo test --manifest-path ../x", "cargo run test"],
    "go test": ["go test -exec evil", "go test -toolexec=evil", "go test -o /x", "go test -ldflags x", "go run x"],
    "grep": ["grep -f /etc/passwd x", "grep x /etc/passwd", "grep -e", "grep --file=x y"],
    "./check": ["./check -x", "./check --eval=x", "./check /etc", "check src", "./check x=/etc", "./check a://b"],
}


@pytest.mark.parametrize(("start", "command"), [(start, command) for start in NASTY for command in NASTY[start]])
def test_a_rule_does_not_cover_what_only_looks_like_it(start: str, command: str) -> None:
    assert not covered(f"{start} *", command)


def test_the_nasty_cases_are_about_rules_that_exist() -> None:
    for start in NASTY:
        check(f"{start} *", "shell", Risk.RUN)


@pytest.mark.parametrize("command", ["make test ", "make  test", "make test x", "make tests", "make 'test'", "make"])
def test_an_exact_rule_covers_nothing_else(command: str) -> None:
    assert covered("make test", command) == (command.strip() == "make test")


def test_what_goes_on_in_the_background_is_never_covered() -> None:
    assert matches(rule("pytest *"), Shell(command="pytest"), Risk.RUN)
    assert not matches(rule("pytest *"), Shell(command="pytest", background=True), Risk.RUN)
    assert suggest(Shell(command="pytest", background=True), Risk.RUN) == ""


RUNNERS = (
    "bash sh python python3 python3.12 /usr/bin/python3 node perl ruby awk sed env sudo xargs find timeout nice make "
    "npm npx pip docker ssh tar sqlite3 eval exec source git go cargo busybox"
)


@pytest.mark.parametrize("program", RUNNERS.split())
def test_what_runs_others_is_covered_only_as_exactly_itself(program: str) -> None:
    with pytest.raises(BadPatternError, match="only exactly this command"):
        check(f"{program} *", "shell", Risk.RUN)
    with pytest.raises(BadPatternError, match="only exactly this command"):
        check(f"{program} x *", "shell", Risk.RUN)
    check(f"{program} x", "shell", Risk.RUN)
    assert not covered(f"{program} *", f"{program} x")


@pytest.mark.parametrize(
    ("pattern", "risk", "why"),
    [
        ("", Risk.RUN, "1 to 300"),
        ("x" * 301, Risk.RUN, "1 to 300"),
        ("ls\n*", Risk.RUN, "printable"),
        ("*", Risk.RUN, "simple"),
        (" *", Risk.RUN, "simple"),
        ("ls ", Risk.RUN, "simple"),
        ("ls; rm *", Risk.RUN, "simple"),
        ("ls * *", Risk.RUN, "simple"),
        ("ls  -l *", Risk.RUN, "single spaces"),
        ("ls 'a' *", Risk.RUN, "single spaces"),
        ("ls x* *", Risk.RUN, "single spaces"),
        ("X=1 ls *", Risk.RUN, "simple"),
        ("pytest -p *", Risk.RUN, "option"),
        ("pytest -n *", Risk.RUN, "option"),
        ("pytest /x *", Risk.RUN, "outside"),
        ("./check --with *", Risk.RUN, "option"),
        ("../check *", Risk.RUN, "outside"),
        ("/tmp/check *", Risk.RUN, "outside"),
        ("curl *", Risk.NETWORK, "exactly itself"),
        ("rm *", Risk.DESTRUCTIVE, "exactly itself"),
    ],
)
def test_a_pattern_that_is_none_is_refused_with_the_reason(pattern: str, risk: Risk, why: str) -> None:
    with pytest.raises(BadPatternError, match=why):
        check(pattern, "shell", risk)
    assert not covered(pattern, "ls", risk=risk)


@pytest.mark.parametrize("tool", ["", "delegate", "read_file"])
def test_there_are_patterns_for_commands_and_files_alone(tool: str) -> None:
    with pytest.raises(BadPatternError, match="no patterns for"):
        check("x", tool, Risk.RUN)


@pytest.mark.parametrize(
    ("command", "pattern"),
    [
        ("pytest -q tests/test_a.py", "pytest *"),
        ("git commit -m 'Add a thing'", "git commit *"),
        ("git status", "git status *"),
        (".venv/bin/python -m pytest -x", ".venv/bin/python -m pytest *"),
        ("ruff check --fix .", "ruff check *"),
        ("pytest --rootdir=/ -p evil", "pytest --rootdir=/ -p evil"),
        ("make test", "make test"),
        ("./check src", "./check src"),
        ("python -c 'print(1)'", "python -c 'print(1)'"),
        ("pip install requests", "pip install requests"),
        ("cat /etc/hostname", "cat /etc/hostname"),
        ("git status; rm x", ""),
        ("cd src && pytest", ""),
        ("pytest | tail", ""),
        ("pytest > out.txt", ""),
        ("rm -rf build", ""),
        ("sudo pytest", ""),
        ("cp a ../b", ""),
        ("git push --force", ""),
        ("echo " + "x" * 400, ""),
    ],
)
def test_a_suggestion_is_the_widest_that_is_safe(command: str, pattern: str) -> None:
    assert suggested(command) == pattern


# -- what holds for all -------------------------------------------------------------------------

PIECES = (
    "pytest git status commit log -m -p -q --output=x -c rm bash sh env X=1 src tests/a.py ../x /etc . .. ~ 'a b' "
    '"c;d" * ? x* ; && | > < $ $(x) ` # \\ ! { } ( ) @x - -- -xvs\n \t \u00a0 \u2003'
)
WORDS = st.sampled_from(PIECES.split(" "))
COMMANDS = st.lists(WORDS, min_size=1, max_size=7).map(" ".join) | st.text(min_size=1, max_size=40)


@given(COMMANDS)
def test_a_suggestion_covers_what_it_was_made_from(command: str) -> None:
    assume(command)
    shell = Shell(command=command)
    risk = risk_of(shell)
    if pattern := suggest(shell, risk):
        check(pattern, "shell", risk)
        assert matches(rule(pattern, risk=risk), shell, risk)


@given(COMMANDS, st.sampled_from(["pytest *", "git status *", "git commit *", "make x", "./check *", "mkdir *"]))
def test_nothing_covered_has_a_part_that_a_shell_would_do_more_with(command: str, pattern: str) -> None:
    assume(command)
    if covered(pattern, command):
        bare = "".join(part for number, part in enumerate(command.replace('"', "'").split("'")) if number % 2 == 0)
        assert not set(bare) & set(";&|<>$`(){}[]#!~\\\n\r\t")
        assert command.isprintable()
        assert command.strip().split(" ")[0] == pattern.split(" ", maxsplit=1)[0]


@given(COMMANDS, st.sampled_from(SEVERITY), st.sampled_from(SEVERITY))
def test_nothing_graver_than_what_a_rule_was_made_from_is_covered(command: str, risk: Risk, ceiling: Risk) -> None:
    assume(command)
    made = rule(command.strip(" "), risk=ceiling)
    if matches(made, Shell(command=command), risk):
        assert SEVERITY.index(risk) <= SEVERITY.index(ceiling)

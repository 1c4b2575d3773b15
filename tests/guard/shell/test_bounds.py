"""Commands that are too much, broken or hiding something: a ruling within its time, never an allowance by mistake."""

from __future__ import annotations

import time

import pytest

from tests.guard.shell.rulings import ruling, verdict

_PATIENCE = 5.0
"""Seconds; far more than any of these takes on a quiet machine (see the benchmark `commands`)."""


@pytest.mark.parametrize(
    ("name", "command"),
    [
        ("a megabyte of one word", "echo " + "x" * 1_000_000),
        ("a megabyte of quotes", "'" * 1_000_000),
        ("ten thousand commands", ";".join(f"echo {number}" for number in range(10_000))),
        ("ten thousand lines", "\n".join(["true"] * 10_000)),
        ("ten thousand pipes", "|".join(["cat"] * 10_000)),
        ("nested substitutions", "$(" * 300 + "ls" + ")" * 300),
        ("nested groups", "{ " * 2_000 + "ls" + "; }" * 2_000),
        ("open parentheses", "(" * 10_000),
        ("loops in loops", "for i in a b c d; do " * 9 + "ls" + "; done" * 9),
        ("a function that calls itself", "f() { f x; f y; }; f"),
        ("a value that grows", "x=aa;" + "x=$x$x;" * 40 + "$x"),
        ("wrappers in wrappers", "sudo " * 2_000 + "ls"),
        ("unbalanced quotes", "echo 'a"),
        ("unbalanced parentheses", "echo $(ls"),
        ("an open here-document", "cat <<'E"),
        ("a lonely operator", "&& ls"),
        ("a NUL byte", "ls\0 -l"),
        ("a carriage return", "ls\r\n"),
        ("an escape sequence", "ls \x1b[2J"),
        ("text from right to left", "ls \u202egnp.x"),
        ("an invisible character", "l\u200bs"),
        ("a character that is none", "ls \udcff"),
        ("a private character", "ls \U000f0000"),
    ],
)
def test_it_is_asked_about_and_soon(name: str, command: str) -> None:
    began = time.monotonic()
    found = ruling(command)
    assert found.verdict == "ask", name
    assert found.why.startswith("It cannot be decided: ")
    assert time.monotonic() - began < _PATIENCE


@pytest.mark.parametrize(
    "command",
    [
        "echo " + "{a,b}" * 30,
        "echo {1..1000000}",
        "echo " + "{" * 3_000 + "a,b" + "}" * 3_000,
        "x=" + "a" * 1_900 + "; echo ${x##*" + "a*" * 25 + "b}",
        "x=" + "a" * 1_900 + "; echo ${x//" + "a*" * 25 + "b/c}",
        "x=" + "*a" * 300 + "; rm -f build/$x.txt",
        "cat > x <<'E'\n" + "def f(x): return (x | y); z\n" * 4_000 + "E\n",
        "rm -rf build/" + "x/../" * 2_000 + "y",
        "perl -e '" + "s/" * 3_000 + "'",
        "sed '" + "s/a" * 3_000 + "' x",
        "python -c '" + "import " * 9_000 + "x'",
    ],
)
def test_what_is_only_long_takes_no_time(command: str) -> None:
    began = time.monotonic()
    assert verdict(command) == "allow"
    assert time.monotonic() - began < _PATIENCE


@pytest.mark.parametrize(
    "command",
    [
        "eval $'echo \\ud800'",
        "bash -c $'ls \\U000f0000'",
        "shift \u00b2; set -- a b; shift \u0663",
        "seq \u00b2",
        "a=(x); echo ${a[\u0661]}",
        "IFS=']^-\\'; x='a]b'; echo $x",
        "x=a; echo ${x#[z-a]} ${x%[} ${x:99:99} ${x:0:-1}",
        "printf %d%s%q%% 1; printf '%*s' 3 x; printf",
        "echo {a..Z} {1..2..0} {-05..5..5}",
        (
            "test; [; let; read; cd; pushd; popd; shift; unset; trap; eval; source; exec; command; env; sudo; "
            "xargs; find; git; tar; make; cp; mv; ln; tee; dd; curl; rsync; ssh; parallel; su; watch; flock; timeout; "
            "awk; sed; python"
        ),
        "git -c; git config; git submodule foreach; git rebase -x; git bisect run; git clone -c; tar -I; find -exec",
        "env -S; env -C; sudo -u; timeout 5; nice -n; xargs -I; xargs -d; ssh -o; script -c; awk -f; sed -e; vim -c",
    ],
)
def test_odd_words_break_nothing(command: str) -> None:
    assert verdict(command) in ("allow", "ask")


@pytest.mark.parametrize("command", ["", " ", "\n", "# nothing", ":", "\\\n"])
def test_nothing_is_nothing(command: str) -> None:
    assert verdict(command) == "allow"


@pytest.mark.parametrize("command", ["rm\0 -rf /", "rm -rf /\r\n", "rm -rf / \u200b", "rm -rf /; ls \x07"])
def test_what_hides_something_is_blocked_all_the_same(command: str) -> None:
    assert verdict(command) == "block"

"""A blocked command in random spellings, orders and wrappings: never allowed."""

from __future__ import annotations

import shlex

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.guard.shell.rulings import verdict

_LETTERS = st.sampled_from(["{}", "'{}'", '"{}"', "\\{}", "$'{}'", "''{}", '{}""'])


@st.composite
def spelled(draw: st.DrawFn, word: str) -> str:
    """One word in another spelling that bash reads alike."""
    way = draw(st.sampled_from(["letters", "hex", "octal", "whole", "echo", "printf", "default", "braces"]))
    match way:
        case "letters":
            return "".join(draw(_LETTERS).format(letter) for letter in word)
        case "hex":
            return "$'" + "".join(f"\\x{ord(letter):02x}" for letter in word) + "'"
        case "octal":
            return "$'" + "".join(f"\\{ord(letter):03o}" for letter in word) + "'"
        case "echo":
            return f"$(echo {shlex.quote(word)})"
        case "printf":
            return f"`printf %s {word}`"
        case "default":
            return f"${{never_set_:-{word}}}" if draw(st.booleans()) else f'"{word}"'
        case "braces":
            return f"{{{word},{word}}}" if word == "/" else word
    return word


@st.composite
def removal(draw: st.DrawFn) -> str:
    """The removal of the root, its options and the path in some order and spelling."""
    flags = draw(
        st.sampled_from(
            [["-rf"], ["-fr"], ["-r"], ["-R", "-f"], ["-f", "-r"], ["--recursive"], ["--force", "--recur"], ["-vrf"]]
        )
    )
    path = draw(st.sampled_from(["/", "//", "/.", "/./", "/tmp/..", "/usr/../", "/*", "/../"]))
    name = draw(st.sampled_from(["rm", "/bin/rm", "/usr/bin/rm", "//bin/./rm"]))
    words = draw(st.permutations([*flags, path]))
    glob = "*" in path
    return " ".join([draw(spelled(name)), *(word if glob and word == path else draw(spelled(word)) for word in words)])


_PLAIN_WRAPS = [
    "{}",
    "sudo {}",
    "env A=1 {}",
    "nohup {}",
    "nice -n 3 {}",
    "timeout 9 {}",
    "command {}",
    "exec {}",
    "setsid {}",
    "stdbuf -oL {}",
    "env -i X=1 {}",
    "busybox {}",
]
_CODE_WRAPS = [
    "{}",
    "ls; {}",
    "true && {}",
    "false || {}",
    "{} &",
    "({})",
    "{{ {}; }}",
    "! {}",
    "if x; then {}; fi",
    "while x; do {}; done",
    "for i in 1; do {}; done",
    "f() {{ {}; }}; f",
    "echo $({})",
    "cat <({})",
    "case x in *) {};; esac",
    "cd /tmp; {}",
    "trap : EXIT; {}",
    "ls | {{ {}; }}",
    "time {}",
]


@st.composite
def wrapped(draw: st.DrawFn) -> str:
    """A removal in wrappers, compound commands and shells, several deep."""
    code = draw(removal())
    for wrap in draw(st.lists(st.sampled_from(_PLAIN_WRAPS), max_size=2)):
        code = wrap.format(code)
    for _ in range(draw(st.integers(0, 3))):
        if draw(st.booleans()):
            code = draw(st.sampled_from(_CODE_WRAPS)).format(code)
        else:
            shell = draw(
                st.sampled_from(
                    ["sh -c {}", "bash -c {}", "eval {}", "echo {} | sh", "bash <<< {}", "env -S 'sh -c' {}"]
                )
            )
            # `echo` and `eval` of what has no escapes only: others would change it on the way.
            code = shell.format(shlex.quote(code))
    return code


@settings(max_examples=150)
@given(wrapped())
def test_no_spelling_of_removing_the_root_is_allowed(command: str) -> None:
    assert verdict(command) != "allow"


@settings(max_examples=60)
@given(removal())
def test_plain_spellings_are_blocked_and_not_only_asked_about(command: str) -> None:
    if "never_set_" not in command:
        assert verdict(command) == "block"


@settings(max_examples=80)
@given(wrapped())
def test_the_same_around_a_harmless_command_is_not_blocked(command: str) -> None:
    quoted = shlex.quote(command)
    assert verdict(f"echo {quoted}") == "allow"
    assert verdict(f"git commit -m {quoted}") == "allow"


@settings(max_examples=60)
@given(st.lists(st.sampled_from(["--force", "origin", "main", "-u", "--tags", "--dry-run", "-v"]), unique=True))
def test_a_forced_push_is_blocked_wherever_its_option_stands(words: list[str]) -> None:
    command = " ".join(["git push", *words])
    assert verdict(command) == ("block" if "--force" in words else "allow")


@settings(max_examples=300)
@given(st.text(st.sampled_from(list("rm -f/$(){}[]<>|&;'\"\\`*?~=#!%@:,.x1\n")), max_size=40))
def test_any_text_gets_a_ruling(text: str) -> None:
    found = verdict(text)
    assert found in ("allow", "ask", "block")

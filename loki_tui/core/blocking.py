"""Rules on commands as people write them: how a list of them is split, what each says, and which Loki has of its own.

What a rule covers is `loki_tui.guard.blocked`; here it is words, so that a rule that makes no sense is
refused with all other settings.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Annotated, TypeGuard

from pydantic import AfterValidator, BeforeValidator, Field
from pydantic_core import PydanticCustomError

from loki_tui.core.setting_types import Form

DEFAULTS_MARK = "@defaults"
"""Stands in a list for all of Loki's own rules."""

FORK_BOMB = ":(){ :|:& };:"
"""The rule on functions that start themselves without an end, whatever their name."""

DEFAULT_BLOCKED = (
    "rm -rf /",
    "rm -rf ~",
    *(f"rm -rf {path}" for path in ("/bin", "/boot", "/etc", "/home", "/lib", "/opt", "/root", "/usr", "/var")),
    "chmod -R /",
    "chown -R /",
    "chgrp -R /",
    "dd if=/dev/zero",
    *(
        f"> /dev/{disk}"
        for disk in ("sd*", "hd*", "vd*", "xvd*", "nvme*", "mmcblk*", "disk*", "mapper/*", "mem", "kmem")
    ),
    "> /proc/sysrq-trigger",
    "mkfs",
    "mke2fs",
    "mkswap",
    "wipefs",
    "blkdiscard",
    "lvremove",
    "vgremove",
    "pvremove",
    "cryptsetup luksFormat",
    "cryptsetup erase",
    "zpool destroy",
    "zfs destroy",
    FORK_BOMB,
    "shutdown",
    "reboot",
    "poweroff",
    "halt",
    "init 0",
    "init 6",
    "telinit",
    *(f"systemctl {verb}" for verb in ("poweroff", "reboot", "halt", "kexec", "suspend", "hibernate")),
    "kill -9 -1",
    "kill -1",
    "crontab -r",
    "iptables -F",
    "ip6tables -F",
    "nft flush",
    "ufw disable",
    "userdel",
    "groupdel",
    "git push --force",
    "git push --mirror",
)
"""Loki's own rules, in force where a person names none."""

MAX_RULE_CHARS = 1_000

_OPERATORS = re.compile(r"[;&|<>()`{}\n]|\$\(|\$\{")
_CLOSED = re.compile(r"'[^']*'|\"(?:[^\"\\]|\\.)*\"|\\.", re.DOTALL)
_WORD = re.compile(r"(?:'[^']*'|\"(?:[^\"\\]|\\.)*\"|\\.|[^\s'\"\\])+", re.DOTALL)
_UNQUOTED = re.compile(r"'([^']*)'|\"((?:[^\"\\]|\\.)*)\"|\\(.)|([^'\"\\]+)", re.DOTALL)


def rule_words(text: str) -> tuple[str, ...]:
    """The words of a rule, quotes gone.

    Raises:
        ValueError: It is no rule; says why, to follow the rule itself.
    """
    if not text.strip():
        raise ValueError("one of the rules is empty: take its comma away")
    if len(text) > MAX_RULE_CHARS:
        raise ValueError(f"a rule has more than {MAX_RULE_CHARS} characters")
    if not text.replace("\n", " ").replace("\t", " ").isprintable():
        raise ValueError("a rule has a character that cannot be seen")
    rest = _CLOSED.sub("", text)
    if any(mark in rest for mark in "'\"\\"):
        raise ValueError(f"the rule {text} has a quote that is not closed")
    if "".join(text.split()) == "".join(FORK_BOMB.split()):
        return (FORK_BOMB,)
    if (found := _OPERATORS.search(re.sub(r"^\s*>\s*", "", rest))) is not None:
        raise ValueError(
            f"the rule {text} has {found[0].strip() or 'a line break'} in it: a rule is one program with its words, or "
            "`> FILE`; put it in quotes where it is meant literally"
        )
    words = tuple(_UNQUOTED.sub(_text, word) for word in _WORD.findall(re.sub(r"^\s*>\s*", "> ", text)))
    if not words[0] or "=" in words[0] or words[0].startswith("-"):
        raise ValueError(f"the rule {text} does not begin with a program")
    if words[0] == ">" and len(words) != 2:
        raise ValueError(f"the rule {text} is about no file, or about several")
    return words


def _text(found: re.Match[str]) -> str:
    single, double, escaped, bare = found.groups()
    if double is not None:
        return re.sub(r"\\(.)", r"\1", double)
    return single if single is not None else escaped if escaped is not None else bare


def split_rules(text: str) -> Iterator[str]:
    """The rules of a comma-separated list; commas in quotes, or behind a backslash, belong to a rule."""
    start, place = 0, 0
    while place < len(text):
        closed = _CLOSED.match(text, place)
        if closed is not None:
            place = closed.end()
            continue
        if text[place] == ",":
            yield text[start:place].strip()
            start = place + 1
        place += 1
    yield text[start:].strip()


def _listed(value: object) -> object:
    """The rules in a text, or in an array of texts, Loki's own put in where they are named."""
    parts = list(split_rules(value)) if isinstance(value, str) else value
    if not isinstance(parts, list | tuple) or not _all_text(parts):
        return value
    return tuple(
        rule for part in parts for rule in (DEFAULT_BLOCKED if part.strip() == DEFAULTS_MARK else (part.strip(),))
    )


def _all_text(parts: list[object] | tuple[object, ...]) -> TypeGuard[list[str]]:
    return all(isinstance(part, str) for part in parts)


def _is_rule(text: str) -> str:
    try:
        rule_words(text)
    except ValueError as error:
        raise PydanticCustomError("rule", "{why}", {"why": str(error)}) from error
    if len(list(split_rules(text))) > 1:
        why = f"the rule {text} has a comma in it: put that in quotes, or make two rules of it"
        raise PydanticCustomError("rule", "{why}", {"why": why})
    return text


BlockedCommands = Annotated[
    tuple[Annotated[str, AfterValidator(_is_rule)], ...],
    BeforeValidator(_listed),
    Field(max_length=1_000),
    Form("a comma-separated list of commands, with commas of a command in quotes"),
]
"""Rules on commands: comma-separated, or an array in a file."""

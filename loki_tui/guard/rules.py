"""What a person approved for a whole run: patterns of commands and of files, and what they cover.

A rule is read so that it covers too little rather than too much:

- `pytest *`, `git commit *`: these words, then files, directories and plain words below the
  workspace and such options as `loki_tui.guard.programs` lists. Only one simple command is covered,
  see `loki_tui.guard.simple`.
- `make test`: without a `*` at its end, exactly this command and no other.
- `src/**`, `docs/*.md`: files to be written or edited, whichever tool does it. `*` and `?` stand within
  a name, `**` for any directories; neither for a name that begins with a dot. Nothing named
  `.git` is ever covered.

No rule covers an action of graver risk than the one it was made from. What actions can reach is
not decided here but by the confinement of the hands.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from fnmatch import fnmatchcase

from loki_tui.core.tools import EditFile, Shell, ToolInput, WriteFile
from loki_tui.core.vocabulary import Risk, Rule
from loki_tui.guard.programs import Options, options_of, runs_others
from loki_tui.guard.simple import Word, simple_command

__all__ = ["BadPatternError", "Rule", "check", "is_wide", "matches", "relative", "suggest"]

MAX_CHARS = 300
"""Characters of a pattern: one that a person cannot take in at a glance is none."""

FILE_TOOLS = frozenset({WriteFile.tool, EditFile.tool})

_MILDEST_FIRST = tuple(Risk)
_WIDE_END = " *"
# Beyond the workspace, or beyond what can be told from the words: absolute, home, above, an address,
# a file of arguments, the repository's own files.
_ELSEWHERE = re.compile(r"^[-@+:=%]|(?:^|[=:,])[/~]|(?:^|[/=:,])\.\.(?:$|[/=:,])|(?:^|[/=:,])\.git(?:$|[/=:,])", re.I)
_COUNT = re.compile(r"-\d+")


class BadPatternError(Exception):
    """A pattern that no rule can have; the text says why."""


def suggest(tool_input: ToolInput, risk: Risk, *, wide: bool = True) -> str:
    """The widest pattern that is safe to approve for a run beside this action.

    Args:
        tool_input: The action.
        risk: Its risk.
        wide: Whether it may cover other actions than exactly this one.

    Returns:
        Empty where there is none.
    """
    match tool_input:
        case Shell():
            candidates = _command_patterns(tool_input.command, risk)
        case WriteFile() | EditFile():
            candidates = _path_patterns(tool_input.path)
        case _:
            return ""
    for pattern in candidates:
        rule = _rule(pattern, tool_input.tool, risk)
        if len(pattern) <= MAX_CHARS and (wide or not is_wide(rule)) and matches(rule, tool_input, risk):
            return pattern
    return ""


def check(pattern: str, tool: str, risk: Risk) -> None:
    """See that there can be a rule of this pattern.

    Args:
        pattern: What a person wrote.
        tool: The tool of the action that it is to be made from.
        risk: The risk of that action.

    Raises:
        BadPatternError: There cannot.
    """
    if not pattern or len(pattern) > MAX_CHARS or not pattern.isprintable():
        raise BadPatternError(f"a pattern has 1 to {MAX_CHARS} printable characters")
    if tool == Shell.tool:
        _check_command(pattern, risk)
    elif tool in FILE_TOOLS:
        _check_path(pattern)
    else:
        raise BadPatternError(f"there are no patterns for {tool or 'a plan'}")


def matches(rule: Rule, tool_input: ToolInput, risk: Risk) -> bool:
    """Whether a rule covers an action.

    Args:
        rule: What was approved.
        tool_input: The action; its path, where it has one, relative to the workspace and with
            symbolic links resolved.
        risk: The action's risk.
    """
    if _MILDEST_FIRST.index(risk) > _MILDEST_FIRST.index(rule.risk):
        return False
    try:
        check(rule.pattern, rule.tool, rule.risk)
    except BadPatternError:
        return False
    match tool_input:
        case Shell(background=False, command=command):
            return rule.tool == Shell.tool and _covers_command(rule.pattern, command)
        case WriteFile(path=path) | EditFile(path=path):
            return rule.tool in FILE_TOOLS and _covers_path(rule.pattern, path)
        case _:
            return False


def is_wide(rule: Rule) -> bool:
    """Whether a rule covers more than one action."""
    return rule.pattern.endswith(_WIDE_END) if rule.tool == Shell.tool else "*" in rule.pattern or "?" in rule.pattern


def relative(tool_input: ToolInput, workspace: str) -> ToolInput:
    """An action with its path, where it has an absolute one below the workspace, relative to it."""
    if not isinstance(tool_input, WriteFile | EditFile) or not workspace:
        return tool_input
    below = tool_input.path.removeprefix(workspace.rstrip("/") + "/")
    return tool_input.model_copy(update={"path": below}) if below else tool_input


def _rule(pattern: str, tool: str, risk: Risk) -> Rule:
    return Rule(pattern=pattern, tool=tool, risk=risk, by="")


# -- commands -----------------------------------------------------------------------------------


def _command_patterns(command: str, risk: Risk) -> Iterator[str]:
    """Patterns for commands like this one, the widest first."""
    words = simple_command(command)
    if words is None or _MILDEST_FIRST.index(risk) > _MILDEST_FIRST.index(Risk.NETWORK):
        return
    known = options_of(tuple(word.text for word in words))
    if known is not None:
        yield " ".join(known[0]) + _WIDE_END
    yield command.strip(" ")


def _check_command(pattern: str, risk: Risk) -> None:
    words = simple_command(pattern.removesuffix(_WIDE_END))
    if words is None or pattern.strip(" ") != pattern:
        raise BadPatternError(
            "it is not one simple command: no operators, pipes, redirections, substitutions, variables or assignments"
        )
    if not pattern.endswith(_WIDE_END):
        return
    leading = tuple(word.text for word in words)
    if " ".join(leading) + _WIDE_END != pattern or not all(word.bare for word in words):
        raise BadPatternError("before its `*` it has plain words between single spaces")
    if _MILDEST_FIRST.index(risk) > _MILDEST_FIRST.index(Risk.RUN):
        raise BadPatternError(f"a command of risk {risk} can be approved for a run only as exactly itself")
    known = options_of(leading)
    if known is None and runs_others(leading[0]):
        raise BadPatternError(
            f"{leading[0]} runs what its arguments say, so only exactly this command can be approved for a run"
        )
    elsewhere = _ELSEWHERE.search(leading[0])
    if elsewhere or not _plain(words[len(known[0]) if known else 1 :], known[1] if known else None):
        raise BadPatternError("it has an option, or names a place outside the workspace, before its `*`")


def _covers_command(pattern: str, command: str) -> bool:
    words = simple_command(command)
    if words is None:
        return False
    if not pattern.endswith(_WIDE_END):
        return command.strip(" ") == pattern
    leading = tuple(pattern.removesuffix(_WIDE_END).split(" "))
    first, rest = words[: len(leading)], words[len(leading) :]
    if tuple(word.text for word in first) != leading or not all(word.bare for word in first):
        return False
    known = options_of(leading)
    return _plain(rest, known[1] if known else None)


def _plain(words: Sequence[Word], options: Options | None) -> bool:
    """Whether all of these are arguments that name something below the workspace, or harmless options.

    Args:
        words: What follows a program's name.
        options: The program's harmless ones; without them no option is.
    """
    rest = iter(words)
    for word in rest:
        if not word.text.startswith("-"):
            if _ELSEWHERE.search(word.text):
                return False
            continue
        wants = _option(word.text, options)
        if wants is None:
            return False
        if wants:
            value = next(rest, None)
            if value is None or value.text.startswith("-") or (wants == "value" and _ELSEWHERE.search(value.text)):
                return False
    return True


def _option(word: str, options: Options | None) -> str | None:
    """What a harmless option takes from the next word: nothing (empty), a value or a text; none for any other."""
    if options is None:
        return None
    name, separator, value = word.partition("=")
    if separator:
        held = name in options.texts or (name in options.valued | options.flags and not _ELSEWHERE.search(value))
        return "" if held else None
    if word in options.flags or ("-#" in options.flags and _COUNT.fullmatch(word)):
        return ""
    if word in options.valued:
        return "value"
    if word in options.texts:
        return "text"
    return _bundle(word, options)


def _bundle(word: str, options: Options) -> str | None:
    """The same for short options in one word, such as `-xvs`, `-am` or `-n4`."""
    if word == "-" or word.startswith("--"):
        return None
    for position, letter in enumerate(word[1:], start=1):
        name, after = f"-{letter}", word[position + 1 :]
        if name in options.flags:
            continue
        if name in options.valued and after.isdecimal():
            return ""
        if after:
            return None
        return "value" if name in options.valued else "text" if name in options.texts else None
    return ""


# -- files --------------------------------------------------------------------------------------


def _path_patterns(path: str) -> Iterator[str]:
    """Patterns for files like this one, the widest first."""
    names = _names(path)
    if names is None or any("*" in name or "?" in name for name in names):
        return
    above = names[:-1]
    if above and not any(name.startswith(".") for name in names):
        yield "/".join((*above, "**"))
    yield "/".join(names)


def _check_path(pattern: str) -> None:
    names = _names(pattern)
    if names is None or "/".join(names) != pattern:
        raise BadPatternError("it is a path within the workspace, such as src/**, without `..` and not into .git")
    if any("**" in name and name != "**" for name in names):
        raise BadPatternError("`**` stands for whole directories: src/**/test_*.py")


def _covers_path(pattern: str, path: str) -> bool:
    names = _names(path)
    return names is not None and _fits(names, pattern.split("/"))


def _names(path: str) -> tuple[str, ...] | None:
    """The names on a path below the workspace; none where it leads, or may lead, elsewhere."""
    if path.startswith(("/", "~")) or not path.isprintable():
        return None
    names = tuple(name for name in path.split("/") if name not in ("", "."))
    if not names or ".." in names or any(name.casefold() == ".git" for name in names):
        return None
    return names


def _fits(names: Sequence[str], pattern: Sequence[str]) -> bool:
    """Whether the names on a path are as a pattern says, each in its place.

    A table of one row, so that no pattern takes longer than the product of both lengths.
    """
    fit = [True] + [False] * len(names)
    """Whether the pattern so far fits the first 0, 1, 2 … names."""
    # At the end it stands for files, not for the directory itself.
    for wanted in (*pattern, "*") if pattern[-1] == "**" else pattern:
        previous, fit = fit, [False] * len(fit)
        if wanted == "**":
            reached = False
            for position, before in enumerate(previous):
                hidden = position > 0 and names[position - 1].startswith(".")
                reached = before or (reached and not hidden)
                fit[position] = reached
            continue
        for position, name in enumerate(names, start=1):
            fit[position] = previous[position - 1] and _named(name, wanted)
    return fit[-1]


def _named(name: str, wanted: str) -> bool:
    if name.startswith(".") and not wanted.startswith("."):
        return False
    # A bracket is an ordinary character of a file's name.
    return fnmatchcase(name, wanted.replace("[", "[[]"))

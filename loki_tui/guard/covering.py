"""What a rule covers: a program, with a verb, options and operands; a file that is written; a fork bomb.

One word is the program, and its kin with a dot (`mkfs.ext4`). More words narrow that down: what they
name has to be there, in whatever order and spelling, and what else is there does not matter. A `*`
in a word stands for any text, and a word that is `*` for anything.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase

from loki_tui.core.blocking import FORK_BOMB, rule_words
from loki_tui.guard.operands import Answer, Operand, best, operand
from loki_tui.guard.shell.kinds import Call, Event, ForkBomb, Write
from loki_tui.guard.shell.options import PROGRAMS, SUBCOMMANDS, Scanned, scan_program
from loki_tui.guard.shell.text import ANY, BELOW, WORDS, could_be, has_globs, known

_TREES = frozenset({"rm", "chmod", "chown", "chgrp", "shred", "rmdir", "unlink", "find", "rsync"})
"""Programs whose rules are about a file with all that holds it and all that is in it."""

_SIGNALS = {"HUP": "1", "INT": "2", "QUIT": "3", "KILL": "9", "TERM": "15", "STOP": "19"}
_VERB = re.compile(r"[A-Za-z][\w:.-]*")


@dataclass(frozen=True, slots=True)
class CoveredCalls:
    """Calls of a program."""

    program: str
    flags: frozenset[str]
    """Options that have to be there."""
    verbs: tuple[str, ...]
    """Words that have to lead, in this order."""
    operands: tuple[Operand, ...]

    @property
    def whole(self) -> bool:
        """Whether all calls of the program are meant."""
        return not self.flags and not self.verbs and not self.operands

    def covers(self, event: Event) -> Answer:
        """Whether something that would happen is covered."""
        if not isinstance(event, Call):
            return False
        named = _named(self.program, event.words[0], whole=self.whole)
        if named is False or (event.alike and not self.operands):
            return False
        fits = True if self.whole else self._fits(event)
        if fits is False or (event.guessed and (self.whole or fits is None)):
            return False
        return True if named and fits and event.certain else None

    def _fits(self, call: Call) -> Answer:
        words = call.words[1:]
        found = canonical(self.program, words)
        if self._does_other(found):
            return False
        rest, open_needs = self._behind_verbs(found.operands)
        deep = self.program == "rm" and any(BELOW in word for word in rest)
        # Files of all depths, one by one, come to the tree.
        open_needs += sum(
            not self._has_flag(flag, found) for flag in self.flags if not (deep and flag == "--recursive")
        )
        answers: list[Answer] = []
        for wanted in self.operands:
            candidates = (word for word in (*rest, *_values(found)) if not _free(word))
            answers.append(best(wanted.met_by(word, call.where) for word in candidates))
        open_needs += answers.count(False)
        if not open_needs:
            return None if None in answers else True
        # What is missing may be among what is unknown: one need for a word, any number for what may be many.
        free = [word for word in words if _free(word)]
        return None if open_needs <= len(free) or any(WORDS in word for word in free) else False

    def _does_other(self, found: Scanned) -> bool:
        """Whether the words say for sure that something else is done: another verb, or a signal that none feels."""
        if self.program == "kill":
            return _has_flag("-0", found)
        first = found.operands[:1]
        if self.program not in SUBCOMMANDS or not self.verbs or not first or found.unknown or not known(first[0]):
            return False
        return _place_of(self.verbs[0], first) is None

    def _behind_verbs(self, operands: Sequence[str]) -> tuple[Sequence[str], int]:
        """The operands behind the verbs, and how many verbs are missing."""
        missing = 0
        for number, verb in enumerate(self.verbs):
            leads = number == 0 and (self.program in SUBCOMMANDS or len(operands) > 0)
            place = _place_of(verb, operands[:1] if leads else operands)
            if place is None:
                missing += 1
            else:
                operands = operands[place + 1 :]
        return operands, missing

    def _has_flag(self, flag: str, found: Scanned) -> bool:
        if self.program == "git" and self.verbs == ("push",) and flag == "--force" and _forces(found):
            return True
        return _has_flag(flag, found)


def _free(word: str) -> bool:
    """Whether a word could be any option, verb or operand."""
    return not word.strip(f"{ANY}{WORDS}") or (word.startswith("-") and (ANY in word or WORDS in word))


def _named(program: str, name: str, *, whole: bool) -> Answer:
    """Whether a call's name is a rule's program."""
    if "*" in program:
        return fnmatchcase(name, program)
    if name == program or (whole and name.startswith(f"{program}.")):
        return True
    # Where file names have no case, it is the same program.
    lowered = name.lower()
    return None if lowered != name and (lowered == program or (whole and lowered.startswith(f"{program}."))) else False


def _has_flag(flag: str, found: Scanned) -> bool:
    wanted, equals, wanted_value = flag.partition("=")
    return any(
        _same_option(name, wanted) and (not equals or (value is not None and could_be(value, wanted_value)))
        for name, value in found.flags
    )


def _same_option(name: str, wanted: str) -> bool:
    """Whether an option is another one, an abbreviation of it that is not known to be one, or it with one dash."""
    abbreviated = len(name) > 4 and name.startswith("--") and wanted.startswith(name)
    return name == wanted or abbreviated or (len(wanted) > 3 and wanted.startswith("--") and name == wanted[1:])


def _values(found: Scanned) -> list[str]:
    """What options were given, as an operand of a rule may mean it."""
    return [text for name, value in found.flags if value is not None for text in (value, f"{name}={value}")]


def _forces(found: Scanned) -> bool:
    """Whether a push names what it forces by a plus sign."""
    return any(word.startswith("+") for word in found.operands[1:])


def _place_of(verb: str, words: Sequence[str]) -> int | None:
    """Where a verb stands."""
    for place, word in enumerate(words):
        if word == verb or ("*" in verb and known(word) and fnmatchcase(word, verb)):
            return place
    return None


def canonical(program: str, words: Sequence[str]) -> Scanned:
    """A program's words in one form."""
    if program in ("kill", "pkill", "killall"):
        return _signalled(words)
    return scan_program(program, words)


def _signalled(words: Sequence[str]) -> Scanned:
    """The words of `kill`: the first that looks like an option is the signal, all others are processes."""
    found = Scanned()
    rest = [word for word in words if word != "--"]
    if rest[:1] in (["-s"], ["-n"], ["--signal"]) and len(rest) > 1:
        rest = [f"-{rest[1]}", *rest[2:]]
    if rest and rest[0].startswith("-") and (len(rest) > 1 or rest[0] != "-1"):
        signal = rest.pop(0).lstrip("-").upper().removeprefix("SIG")
        found.flags.append((f"-{_SIGNALS.get(signal, signal)}", None))
    found.operands = rest
    return found


@dataclass(frozen=True, slots=True)
class CoveredFiles:
    """Files, whoever writes them."""

    file: Operand

    def covers(self, event: Event) -> Answer:
        """Whether something that would happen is covered."""
        if not isinstance(event, Write):
            return False
        answer = self.file.met_by(event.path, event.where)
        if answer is None:
            # Of any file with an unknown name one would have to ask each time: that is the kernel's to decide.
            directory = self.file.text.partition("*")[0].rpartition("/")[0]
            return None if event.path.startswith(f"{directory}/") else False
        certain = event.certain and not has_globs(event.path)
        return (True if certain else None) if answer else False


@dataclass(frozen=True, slots=True)
class CoveredBombs:
    """Functions that start themselves without an end."""

    def covers(self, event: Event) -> Answer:
        """Whether something that would happen is covered."""
        return isinstance(event, ForkBomb)


Covered = CoveredCalls | CoveredFiles | CoveredBombs


def covered(rule: str, *, root: str, home: str) -> Covered:
    """What a rule covers.

    Args:
        rule: As a person wrote it.
        root: What relative paths of rules are relative to.
        home: What `~` is.

    Raises:
        ValueError: It is no rule.
    """
    program, *rest = rule_words(rule)
    if program == FORK_BOMB:
        return CoveredBombs()
    if program == ">":
        path = rest[0] if "/" in rest[0] else f"./{rest[0]}"
        return CoveredFiles(operand(path, program=program, wide=False, root=root, home=home))
    program = program.rpartition("/")[2] or program
    words = [word for word in rest if word != "*"]
    found = canonical(program, words)
    ignored = PROGRAMS[program].ignored if program in PROGRAMS else frozenset()
    flags = {name if value is None else f"{name}={value}" for name, value in found.flags}
    flags = {flag for flag in flags if flag not in ignored} or flags
    verbs, operands = _verbs(program, found.operands)
    wide = program in _TREES
    return CoveredCalls(
        program,
        frozenset(flags),
        tuple(verbs),
        tuple(operand(word, program=program, wide=wide, root=root, home=home) for word in operands),
    )


def _verbs(program: str, operands: Sequence[str]) -> tuple[Sequence[str], Sequence[str]]:
    """The operands that say what a program does, and the others."""
    count = 0
    if program not in _TREES and program not in ("dd", "kill", "pkill", "killall"):
        while count < len(operands) and _VERB.fullmatch(operands[count].replace("*", "x")) and count < 3:
            count += 1
    # Of a program with verbs the first word is one whatever it looks like.
    count = max(count, 1) if program in SUBCOMMANDS and operands else count
    return operands[:count], operands[count:]

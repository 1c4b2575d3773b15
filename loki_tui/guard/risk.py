"""How much an action may do to the world: what an approval shows, and what has to wait for one.

The reading of a shell command is a first one, by its words. It errs towards more risk and
protects nothing: what a command can really reach is decided by the confinement of the hands.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from loki_tui.core.tools import EditFile, ListFiles, ReadFile, SearchFiles, Shell, ToolInput, WriteFile
from loki_tui.core.vocabulary import Permission, Risk

_MILDEST_FIRST = tuple(Risk)

_PROGRAMS = {
    name: risk
    for risk, names in {
        Risk.DESTRUCTIVE: "rm rmdir unlink shred dd wipefs fdisk parted truncate kill killall pkill shutdown reboot",
        Risk.OUTSIDE: "sudo su doas pkexec mount umount chroot nsenter unshare systemctl service crontab docker podman "
        "kubectl apt apt-get dpkg yum dnf apk pacman brew useradd usermod passwd iptables sysctl modprobe",
        Risk.NETWORK: "curl wget ssh scp sftp rsync ftp telnet nc ncat socat ping dig nslookup gh aws gcloud az twine "
        "npx pipx uvx",
    }.items()
    for name in names.split()
}
"""Programs that are enough by themselves, wherever they stand: behind `env`, `xargs` or `sh -c` too."""

_USES = {
    (program, word): risk
    for (programs, risk), words in {
        ("git", Risk.DESTRUCTIVE): "reset clean restore checkout -D drop clear --force -f filter-branch gc",
        ("git", Risk.NETWORK): "clone fetch pull push submodule ls-remote remote",
        ("find", Risk.DESTRUCTIVE): "-delete -exec -execdir",
        ("chmod chown chgrp", Risk.DESTRUCTIVE): "-R --recursive",
        ("pip pip3 uv npm pnpm yarn bun cargo gem poetry bundle composer go", Risk.NETWORK): (
            "install i ci add get update upgrade publish download sync fetch login"
        ),
    }.items()
    for program in programs.split()
    for word in words.split()
}
"""Programs that are enough in company of a certain word."""

_PLACES = frozenset({"cd", "cp", "install", "ln", "mkdir", "mv", "pushd", "rsync", "tee", "touch", "chmod", "chown"})
"""Programs that change or go to the places they are given."""

_OUTSIDE_PATH = re.compile(r"(?:/(?!dev/(?:null|stdout|stderr|tty)$)|~|\.\.(?:/|$)).*")
_REDIRECTION = re.compile(r"\d*>>?\|?\s*(\S+)")
_ADDRESS = re.compile(r"\b(?:https?|ftp|ssh|git)://")
_QUOTING = re.compile(r"""['"\\]""")
_SEPARATOR = re.compile(r"[;&|\n`(){}]|\$\(")


def risk_of(action: ToolInput) -> Risk:
    """The risk of one action. What nobody has classed counts as running something."""
    match action:
        case ReadFile() | ListFiles() | SearchFiles():
            return Risk.READ
        case WriteFile() | EditFile():
            return Risk.EDIT
        case Shell(command=command):
            return max(_risks_in(command), key=_MILDEST_FIRST.index)
    return Risk.RUN


def graver(risk: Risk, than: Risk) -> bool:
    """Whether a risk is above another."""
    return _MILDEST_FIRST.index(risk) > _MILDEST_FIRST.index(than)


def changes_state(risk: Risk) -> bool:
    """Whether an action of this risk can change anything at all."""
    return risk is not Risk.READ


def permission_for(risk: Risk, rules: Mapping[Risk, Permission], *, staged: bool) -> Permission:
    """What becomes of actions of a risk.

    Args:
        risk: Theirs.
        rules: A person's own, by class.
        staged: Whether autonomy is staged, in which all that changes state is asked about.
    """
    return rules.get(risk, "ask" if staged and changes_state(risk) else "allow")


def _risks_in(command: str) -> Iterator[Risk]:
    """What each part of a command line gives reason for."""
    yield Risk.RUN
    # Quoting is dropped rather than understood: the code in `sh -c "rm x"` is then words as well.
    plain = _QUOTING.sub("", command)
    if _ADDRESS.search(plain):
        yield Risk.NETWORK
    if any(_OUTSIDE_PATH.fullmatch(target) for target in _REDIRECTION.findall(plain)):
        yield Risk.OUTSIDE
    for part in _SEPARATOR.split(plain):
        words = part.split()
        names = [word.rsplit("/", 1)[-1] for word in words]
        for position, name in enumerate(names):
            if name.startswith("mkfs"):
                yield Risk.DESTRUCTIVE
            if name in _PROGRAMS:
                yield _PROGRAMS[name]
            if name in _PLACES and any(map(_OUTSIDE_PATH.fullmatch, words[position + 1 :])):
                yield Risk.OUTSIDE
            yield from (_USES[name, word] for word in words[position + 1 :] if (name, word) in _USES)

"""Says in words what a command's errno hides: which path or network was refused, and which setting decides it.

Programs print refusals in many ways, but nearly all in one line with the path and the system's
own words for the error. A remark claims only what holds whatever the program did: that a path
is not granted.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from contextlib import suppress

from loki_tui.core.terminal import visible
from loki_tui.hands.box.paths import Places
from loki_tui.hands.box.protocol import OperationError

_REFUSED = re.compile(
    r"permission denied(?! \()|operation not permitted|read-only file system|device or resource busy"
    r"|\bE(?:ACCES|PERM|ROFS)\b",
    re.IGNORECASE,
)
_MISSING = re.compile(r"no such file or directory|directory nonexistent|\bENOENT\b", re.IGNORECASE)
_NO_SOCKET = re.compile(r"address family not supported|\bEAFNOSUPPORT\b", re.IGNORECASE)
_NO_NETWORK = re.compile(
    r"could not resolve|couldn't resolve|name resolution|name or service not known|network is unreachable"
    r"|\b(?:EAI_AGAIN|ENETUNREACH|ENOTFOUND)\b",
    re.IGNORECASE,
)
_QUOTED = re.compile(r"'([^']+)'|\"([^\"]+)\"|\u2018([^\u2019]+)\u2019|`([^`']+)[`']")
_WORD = re.compile(r"[^\s:,;()\[\]'\"\u2018\u2019`]+")
_SPEAKER = re.compile(r"([^\s:]+): (?:line )?(?:\d+: )?")
_LINES = 400
_REMARKS = 3


class Remarks:
    """Reads outputs of commands for refusals.

    Args:
        places: What is granted.
        network: What commands reach: `on`, `off`, or hosts.
        unix_sockets: Whether sockets with a path can be had.
        boxed: Whether this is a container, which has a setting of its own for the network.
    """

    def __init__(self, places: Places, *, network: list[str], unix_sockets: bool, boxed: bool = False) -> None:
        self._places = places
        self._network = network
        self._unix_sockets = unix_sockets
        self._network_setting = "LOKI_SANDBOX_NETWORK or LOKI_NETWORK" if boxed else "LOKI_NETWORK"

    def on(self, output: str) -> str:
        """What there is to say of an output: a few lines in brackets, or nothing."""
        found: dict[str, None] = {}
        for line in output.splitlines()[-_LINES:]:
            if len(found) == _REMARKS:
                break
            found |= dict.fromkeys(self._of_paths(line))
        found |= dict.fromkeys(self._of_sockets(output))
        return "\n".join(f"[{remark}]" for remark in list(found)[: _REMARKS + 1])

    def _of_paths(self, line: str) -> Iterator[str]:
        if refused := _REFUSED.search(line):
            writing = True
        elif refused := _MISSING.search(line):
            writing = False
        else:
            return
        reals = list(self._resolved(_paths(line, refused.start())))
        objections = [self._places.out_of_reach(real) for real in reals]
        if writing:
            objections += [self._places.objection(real, writing=True) for real in reals]
        yield from (visible(objection) for objection in list(filter(None, objections))[:1])

    def _resolved(self, paths: Iterable[str]) -> Iterator[str]:
        for path in paths:
            with suppress(OperationError):
                yield self._places.resolve(path)

    def _of_sockets(self, output: str) -> Iterator[str]:
        no_socket, no_network = _NO_SOCKET.search(output), _NO_NETWORK.search(output)
        if self._network == ["off"] and (no_network or (no_socket and not self._unix_sockets)):
            yield f"The network is off for agents. A person can change {self._network_setting}."
        elif self._network != ["on"] and no_network:
            yield f"LOKI_NETWORK: only these hosts are reached, by HTTP(S)_PROXY: {', '.join(self._network)}."
        if no_socket and not self._unix_sockets:
            yield "Unix sockets cannot be made here: Landlock cannot tell one from another, bubblewrap can."


def _paths(line: str, end: int) -> list[str]:
    """What may be paths in an error's line: what is quoted, what has a slash, and a word right before the error.

    What stands at the beginning is most often the program that speaks, so it counts where nothing else is named.
    """
    found = [next(filter(None, match.groups())) for match in _QUOTED.finditer(line)]
    speaker = _SPEAKER.match(line)
    rest = line[speaker.end() :] if speaker else line
    for path in found:
        if path.startswith("/"):  # it may have spaces in it, and no part of it is meant then
            rest = rest.replace(path, " ")
    found += [word[0] for word in _WORD.finditer(rest) if "/" in word[0]]
    before = line[:end].rstrip(" :").rpartition(":")[2].strip()
    if before and " " not in before and "/" not in before and line[:end].rstrip(" ").endswith(":"):
        found.append(before)
    return found or ([speaker[1]] if speaker and "/" in speaker[1] else [])

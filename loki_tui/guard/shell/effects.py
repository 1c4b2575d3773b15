"""Programs that write files: which, and with what, where a later part of the command may run it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from loki_tui.guard.shell.kinds import Call, Handler, Invocation, Shell, Write
from loki_tui.guard.shell.options import GENERIC, PROGRAMS, Scanned, scan
from loki_tui.guard.shell.text import ANY, DISK, has_globs, known


def _write(shell: Shell, invocation: Invocation, path: str, text: str, *, append: bool = False) -> None:
    shell.tell(Write(path, invocation.where))
    invocation.state.write(path, text, append=append)


def _scanned(invocation: Invocation) -> Scanned:
    return scan(invocation.arguments, PROGRAMS.get(invocation.words[0], GENERIC))


def _copy(shell: Shell, invocation: Invocation) -> str:
    """Run `cp`, `mv`, `ln` or `install`: what is copied keeps being what it is."""
    found = _scanned(invocation)
    into = found.value("--target-directory")
    sources = found.operands if into is not None else found.operands[:-1]
    target = into if into is not None else (found.operands or [""])[-1]
    for source in sources:
        if invocation.words[0] == "mv" and known(source):
            # What is moved away is gone from where it was.
            shell.tell(Call(("rm", "-r", source), invocation.where, alike=True))
        for path in _targets(source, target):
            shell.tell(Write(path, invocation.where))
            _same(invocation, source, path, link=invocation.words[0] == "ln" and found.has("--symbolic"))
    return ""


def _targets(source: str, target: str) -> Sequence[str]:
    """Where a copy lands: at the target, or in it."""
    inside = f"{target.rstrip('/')}/{source.rstrip('/').rpartition('/')[2]}"
    if target.endswith("/"):
        return (inside,)
    return (target, inside)


def _same(invocation: Invocation, source: str, path: str, *, link: bool) -> None:
    """Note that a path holds what a source holds."""
    state = invocation.state
    if not known(source) or has_globs(source):
        return
    text = state.read(source)
    program = next((state.programs[path] for path in state.paths(source) if path in state.programs), None)
    for place in state.paths(path):
        if text != DISK:
            state.files[place] = text
            continue
        name = source.rpartition("/")[2]
        if program is not None or ("/" in source and name and name != path.rpartition("/")[2]):
            state.programs[place] = program or name
        if link:
            state.links[place] = state.paths(source)[0]


def _tee(shell: Shell, invocation: Invocation) -> str:
    found = _scanned(invocation)
    text = invocation.stdin or ""
    for path in found.operands:
        _write(shell, invocation, path, text, append=found.has("--append"))
    return text


def _dd(shell: Shell, invocation: Invocation) -> str:
    text = invocation.stdin or ""
    for word in invocation.arguments:
        name, _, value = word.partition("=")
        if name == "if":
            text = invocation.state.read(value).replace(DISK, ANY)
    for word in invocation.arguments:
        if word.startswith("of="):
            _write(shell, invocation, word[3:], text)
            return ""
    return text


def _download(shell: Shell, invocation: Invocation) -> str:
    """Run `curl` or `wget`: what they bring could be anything."""
    found = _scanned(invocation)
    addresses = [word for word in found.operands if "." in word]
    named = found.value("--output", "--output-document")
    if named is not None and named != "-":
        _write(shell, invocation, named, ANY)
    elif invocation.words[0] == "wget" or found.has("--remote-name", "--remote-name-all"):
        directory = found.value("--directory-prefix") or "."
        for address in addresses:
            _write(shell, invocation, f"{directory}/{address.partition('?')[0].rpartition('/')[2]}", ANY)
    return ANY


def _written(shell: Shell, invocation: Invocation) -> str:
    """Run what writes each file it is given."""
    for path in _scanned(invocation).operands:
        shell.tell(Write(path, invocation.where))
    return ANY


def _mount(shell: Shell, invocation: Invocation) -> str:
    """Run `mount`, which with `--bind` makes one place another one's."""
    del shell
    state, operands = invocation.state, _scanned(invocation).operands
    if {"--bind", "--rbind", "-B", "-R"} & set(invocation.arguments) and len(operands) == 2:
        for source in state.paths(operands[0]):
            state.links |= dict.fromkeys(state.paths(operands[1]), source)
    return ""


def _rsync(shell: Shell, invocation: Invocation) -> str:
    """Run `rsync`, which may also remove what is in its target and not in its source."""
    found = _scanned(invocation)
    code = found.value("--rsh")
    if code is not None:
        shell.code(code, invocation.state.subshell())
    if any(name.startswith(("--delete", "--del")) for name, _ in found.flags) and len(found.operands) > 1:
        shell.tell(Call(("rm", "-r", found.operands[-1]), invocation.where, alike=True))
    return ANY


HANDLERS: Mapping[str, Handler] = {
    **dict.fromkeys(("cp", "mv", "ln", "install"), _copy),
    **dict.fromkeys(("curl", "wget", "aria2c"), _download),
    **dict.fromkeys(("shred", "truncate", "badblocks", "blkdiscard", "sponge"), _written),
    "tee": _tee,
    "dd": _dd,
    "rsync": _rsync,
    "mount": _mount,
}
"""All of them."""

"""The hands: confine yourself, say so, then do what the engine asks until it is gone.

Started as a bare interpreter with the policy as the first line of its input. One thread reads
requests; each operation has a thread of its own; one thread starts all processes.
"""

from __future__ import annotations

import os
import select
import signal
import sys
import threading
from contextlib import suppress

from loki_tui.hands.box import search
from loki_tui.hands.box.commands import Commands, Job
from loki_tui.hands.box.confine import (
    SCOPES_SINCE,
    Grants,
    give_up_privileges,
    restrict_paths,
    restrict_signals,
)
from loki_tui.hands.box.files import Change, Files
from loki_tui.hands.box.finding import Finding
from loki_tui.hands.box.libc import LimitsError
from loki_tui.hands.box.paths import Places
from loki_tui.hands.box.processes import Processes
from loki_tui.hands.box.protocol import (
    Channel,
    Message,
    OperationError,
    ProtocolError,
    Request,
    Result,
    nested,
    read_request,
    seconds,
    text,
    whole,
    yes,
)
from loki_tui.hands.box.remarks import Remarks
from loki_tui.hands.box.seccomp import Openings, restrict_syscalls
from loki_tui.hands.box.talking import Talks

REFUSED_TO_START = 126
"""Exit code where the limits could not be applied: nothing was run."""

_CLEANING_SECONDS = 10.0


class Policy:
    """What the engine demands, as its first message says it."""

    def __init__(self, message: Message) -> None:
        self.rung = text(message, "rung")
        self.root = text(message, "root")
        self.home = text(message, "home")
        self.tmp = text(message, "tmp")
        self.mark = text(message, "mark")
        self.least_abi = whole(message, "least_abi", 1)
        self.command_seconds = seconds(message, "command_seconds", 600.0)
        self.shown = _strings(message, "shown")
        self.sealed = tuple(_strings(message, "sealed"))
        self.looked_into = tuple(_strings(message, "looked_into"))
        self.network = _strings(message, "network")
        self.openings = Openings(network=yes(message, "inet_sockets"), unix_sockets=yes(message, "unix_sockets"))
        self.forward = _pairs(message, "forward")
        self.grants = Grants(*(_strings(message, name) for name in ("read", "write", "devices")))
        if yes(message, "whole_image"):
            from loki_tui.hands.box.image import readable  # nothing but a box needs it

            self.grants = self.grants._replace(read=[*readable(), *self.grants.read])
        environment = message.get("environment")
        if not isinstance(environment, dict):
            raise OperationError("`environment` must be an object.")
        self.environment = {str(name): str(value) for name, value in environment.items()}


class Hands:
    """Serves requests until the engine closes or is gone."""

    def __init__(self, policy: Policy, channel: Channel, *, abi: int, searcher: str) -> None:
        scoped = abi >= SCOPES_SINCE
        self._channel = channel
        self._policy = policy
        self._processes = Processes(
            policy.environment, policy.mark, prepare=restrict_signals if scoped else lambda: None
        )
        places = Places(
            root=policy.root,
            home=policy.home,
            read=policy.grants.read,
            write=policy.grants.write if policy.rung != "none" else ["/"],
            shown=policy.shown,
            sealed=policy.sealed,
            looked_into=policy.looked_into,
        )
        logs = os.path.join(policy.tmp, "background")
        sockets, boxed = policy.openings.unix_sockets, policy.rung == "docker"
        remarks = Remarks(places, network=policy.network, unix_sockets=sockets, boxed=boxed)
        explain = remarks.on if policy.rung != "none" else lambda _output: ""
        self._commands = Commands(self._processes, shell=_shell(), logs=logs, explain=explain)
        self._talks = Talks(self._processes)
        self._files = Files(places)
        self._finding = Finding(places, self._commands, searcher)
        self._jobs: dict[int, Job] = {}
        self._lock = threading.Lock()

    def serve(self) -> None:
        """Read requests until the engine hangs up."""
        while True:
            try:
                message = self._channel.receive()
                if message is None:
                    return
                self._take_up(read_request(message))
            except (ProtocolError, OperationError) as error:
                self._channel.send({"misunderstood": str(error)})

    def clear_away(self) -> None:
        """End every process and empty the private temporary directory."""
        self._processes.thaw()
        self._processes.end_everything()
        with suppress(OSError):
            names = [os.path.join(self._policy.tmp, name) for name in os.listdir(self._policy.tmp)]
            if not names:
                return
            # Not shutil.rmtree: a tree a thousand deep, which an agent can make, exhausts its stack.
            rm = os.pidfd_open(os.posix_spawn(_which("rm"), ["rm", "-rf", "--", *names], {}))
            poller = select.poll()
            poller.register(rm, select.POLLIN)
            if not poller.poll(_CLEANING_SECONDS * 1000):
                signal.pidfd_send_signal(rm, signal.SIGKILL)

    def _take_up(self, request: Request) -> None:
        """Begin an operation, or do at once what needs no waiting."""
        match request.op:
            case "cancel":
                with self._lock:
                    if job := self._jobs.get(whole(request.input, "target", 0)):
                        job.cancel()
            case "feed":
                said = _optional(request.input, "text")
                self._talks.feed(whole(request.input, "target", 0), said)
            case "talk":
                self._talks.open(request.id)
                self._begin(request)
            case "freeze":
                self._processes.freeze()
                self._channel.send({"id": request.id, "result": {}})
            case "thaw":
                self._processes.thaw()
                with self._lock:
                    for job in self._jobs.values():
                        job.wake()
                self._channel.send({"id": request.id, "result": {}})
            case _:
                self._begin(request)

    def _begin(self, request: Request) -> None:
        send = (lambda said: self._channel.send({"id": request.id, "said": said})) if request.stream else None
        job = Job(request.id, send)
        with self._lock:
            self._jobs[request.id] = job
        threading.Thread(target=self._perform, args=(job, request), daemon=True).start()

    def _perform(self, job: Job, request: Request) -> None:
        """Do one operation and answer, whatever happens: the boundary of the hands."""
        try:
            result = self._operate(job, request.op, request.input)
        except OperationError as refusal:
            result = Result(ok=False, output=str(refusal))
        except OSError as error:
            result = Result(ok=False, output=f"{request.op} failed: {error}")
        except Exception as error:  # noqa: BLE001 - one operation's defect must not end the others
            sys.excepthook(*sys.exc_info())  # as traceback would print it, without its 8 ms of imports
            result = Result(ok=False, output=f"{request.op} failed within the hands: {error!r}")
        with self._lock:
            del self._jobs[request.id]
            job.close()
        self._channel.send({"id": request.id, "result": result._asdict()})

    def _operate(self, job: Job, op: str, given: Message) -> Result:
        """Do one operation.

        Raises:
            OperationError: It cannot be done.
        """
        match op:
            case "shell" if yes(given, "background"):
                return self._commands.start(job, text(given, "command"))
            case "shell":
                timeout = seconds(given, "timeout_seconds", self._policy.command_seconds)
                return self._commands.shell(job, text(given, "command"), timeout=timeout)
            case "talk":
                return self._talks.run(job, given)
            case "read_file":
                limit = None if given.get("limit") is None else whole(given, "limit", 1)
                return self._files.read(text(given, "path"), offset=whole(given, "offset", 1), limit=limit)
            case "fetch":
                return self._files.fetch(text(given, "path"), begin=whole(given, "begin", 1) - 1)
            case "write_file" | "edit_file":
                return self._files.make(self._change(op, given))
            case "preview":
                return self._files.preview(self._change(text(given, "tool"), nested(given, "input")))
            case "list_files":
                return self._finding.list(job, text(given, "path", "."), _optional(given, "glob"))
            case "search_files":
                path, glob = text(given, "path", "."), _optional(given, "glob")
                return self._finding.search(job, text(given, "pattern"), path, glob)
            case _:
                raise OperationError(f"There is no operation {op!r}.")

    def _change(self, tool: str, given: Message) -> Change:
        """What a tool that changes files would make of one.

        Raises:
            OperationError: It would fail, or is no such tool.
        """
        match tool:
            case "write_file":
                return self._files.rewriting(text(given, "path"), text(given, "content"))
            case "edit_file":
                old, new = text(given, "old_string"), text(given, "new_string")
                return self._files.editing(text(given, "path"), old, new, everywhere=yes(given, "replace_all"))
            case _:
                raise OperationError(f"There is no preview of {tool!r}.")


def main() -> None:
    """Run the hands; never returns."""
    channel = Channel()
    try:
        policy = Policy(channel.receive() or {})
        searcher = search.program()  # while this package can be read
        if policy.forward:
            from loki_tui.hands.box.forward import forward  # 4 ms, where a proxy waits alone

            for port, path in policy.forward:
                forward(port, path)
        abi = _confine(policy)
        os.chdir(policy.root)
    except (OperationError, LimitsError, ProtocolError, OSError) as error:
        channel.send({"refused": str(error)})
        sys.exit(REFUSED_TO_START)
    hands = Hands(policy, channel, abi=abi, searcher=searcher)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    channel.send({"ready": os.getpid(), "abi": abi, "rung": policy.rung, "read_only": _read_only(policy)})
    try:
        hands.serve()
    finally:
        hands.clear_away()
    # Taking the interpreter apart, object by object, would be a fifth of all that short-lived hands cost.
    os._exit(0)


def _confine(policy: Policy) -> int:
    """Apply the limits of a policy; the version of Landlock in force, 0 for none."""
    give_up_privileges()
    match policy.rung:
        case "none":
            return 0
        case "landlock" | "bwrap" | "docker":
            abi = restrict_paths(policy.grants, least_abi=policy.least_abi, network=policy.openings.network)
            restrict_syscalls(policy.openings)
            return abi
        case _:
            raise LimitsError(f"there is no confinement {policy.rung!r}")


def _read_only(policy: Policy) -> list[str]:
    """Paths meant to be written that are not, for the owner's or the mode's sake."""
    return [path for path in policy.shown if not os.access(path, os.W_OK)]


def _strings(message: Message, name: str) -> list[str]:
    value = message.get(name, [])
    if not isinstance(value, list):
        raise OperationError(f"`{name}` must be a list.")
    return [str(item) for item in value]


def _pairs(message: Message, name: str) -> list[tuple[int, str]]:
    pairs = message.get(name) or []
    if not isinstance(pairs, list):
        raise OperationError(f"`{name}` must be a list.")
    found: list[tuple[int, str]] = []
    for pair in pairs:
        match pair:
            case [int(port), str(path)]:
                found.append((port, path))
            case _:
                raise OperationError(f"`{name}` must hold a port and a path each.")
    return found


def _optional(given: Message, name: str) -> str | None:
    return text(given, name) if given.get(name) is not None else None


def _shell() -> str:
    """Bash, or where there is none whatever POSIX shell there is."""
    return _which("bash") if os.access(_which("bash"), os.X_OK) else _which("sh")


def _which(program: str) -> str:
    """A system program's path, from where every system has it; never from a directory agents write."""
    places = (f"/bin/{program}", f"/usr/bin/{program}", f"/usr/local/bin/{program}")
    return next((place for place in places if os.access(place, os.X_OK)), places[0])

"""A project's server while something calls it: started, waited for, and ended in one command of the hands."""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass
from enum import Enum

from loki_tui.core.vocabulary import Check, Verdict
from loki_tui.engine.ports import ActionResult
from loki_tui.engine.qa.documents import last_lines, one
from loki_tui.engine.qa.scene import Place
from loki_tui.engine.qa.servers import Server

START_SECONDS = 60.0
"""How long a server may take until it answers."""

_NO_ANSWER = 91
_ENDED = 92
_NO_PORT = 93
"""Exit codes of the script where the client was never run; tools have none of these."""

# Job control gives the server a process group of its own, which then ends as a whole.
_SCRIPT = r"""
set -m
own="$PWD/{own}"; mkdir -p "$own"
answers() {{ (exec 3<>"/dev/tcp/$1/$2") 2>/dev/null; }}
export HOST=127.0.0.1 PORT={port}
if [ -z "$PORT" ]; then
    for _ in 1 2 3 4 5 6 7 8 9; do
        PORT=$((20000 + RANDOM % 12000)); answers 127.0.0.1 $PORT || break
    done
fi
if answers 127.0.0.1 $PORT; then echo "port $PORT is taken by something else"; exit {no_port}; fi
bash "$own/serve.sh" >"$own/server.log" 2>&1 </dev/null & server=$!
quit() {{ kill -TERM -- -$server; kill -KILL -- -$server; wait $server; }} 2>/dev/null
base=
deadline=$((SECONDS + {seconds}))
while [ $SECONDS -lt $deadline ]; do
    for each in 127.0.0.1 localhost; do answers $each $PORT && base=http://$each:$PORT && break 2; done
    # Some take no port from anybody, and say which they took.
    said=$(grep -oaE '{said}' "$own/server.log" 2>/dev/null | head -n 1 | grep -oE '[0-9]+$')
    if [ -n "$said" ] && answers localhost $said; then base=http://localhost:$said; break; fi
    kill -0 $server 2>/dev/null || break
    sleep 0.1
done
if [ -z "$base" ]; then
    code={no_answer}; kill -0 $server 2>/dev/null || code={ended}
    quit; exit $code
fi
[ -n {url} ] && base={url}
export own BASE_URL="$base"
printf '%s' "$base" >"$own/base"
bash "$own/client.sh" </dev/null
code=$?
kill -0 $server 2>/dev/null || echo "the server ended meanwhile" >>"$own/server.log"
quit
exit $code
"""
_ENVIRONMENT = """
for each in venv/bin .venv/bin node_modules/.bin; do [ -d "$each" ] && PATH="$PWD/$each:$PATH"; done
export PATH
"""
"""As with the project's own environment activated; for its server alone, since agents can write what is in it."""
_SAID = r"https?://(localhost|127\.0\.0\.1|0\.0\.0\.0|\[::1?\])(:[0-9]+)"


class Start(Enum):
    """What became of a server's start."""

    ANSWERED = "answered"
    ENDED = "ended"
    SILENT = "silent"
    PORT_TAKEN = "port taken"
    NO_LOOPBACK = "no loopback"
    """The hands cannot open a port at all."""


@dataclass(frozen=True, slots=True)
class Served:
    """A client that was run against a server."""

    result: ActionResult
    """The client's, where the server answered."""
    start: Start
    log: str
    """What the server printed."""
    base: str
    """Where it answered."""


async def serve(place: Place, server: Server, client: str, *, timeout: float) -> Served:
    """Start a server, wait until it answers, run a client, end the server.

    Args:
        place: Where.
        server: How it is started.
        client: A command for bash, told the server's address by `$BASE_URL` and the engine's directory by `$own`.
        timeout: Seconds for all of it.
    """
    if any("loopback" in each for each in place.workspace.confinement.without):
        return Served(ActionResult(ok=False, output=""), Start.NO_LOOPBACK, "", "")
    # Files of their own: whatever brackets are in what a project declares, the script around it stays as it is.
    await place.write(f"{place.own}/serve.sh", f"{_ENVIRONMENT}{server.command}\n")
    await place.write(f"{place.own}/client.sh", f"{client}\n")
    script = _SCRIPT.format(
        own=place.own,
        port=server.port or "",
        seconds=int(min(START_SECONDS, max(1.0, timeout / 2))),
        said=_SAID,
        url=shlex.quote(server.url.rstrip("/")),
        no_answer=_NO_ANSWER,
        ended=_ENDED,
        no_port=_NO_PORT,
    )
    result = await place.run(script, timeout=timeout)
    log = await place.read(f"{place.own}/server.log") or ""
    base = await place.read(f"{place.own}/base") or ""
    return Served(result, _start(result, base), log, base)


def _start(result: ActionResult, base: str) -> Start:
    if base:
        return Start.ANSWERED
    if result.exit_code == _NO_PORT:
        return Start.PORT_TAKEN
    return Start.ENDED if result.exit_code == _ENDED else Start.SILENT


def unserved(name: str, server: Server, served: Served) -> Check:
    """What a phase comes to for which the server did not start."""
    end = last_lines(re.sub(r"\x1b\[[0-9;]*m", "", served.log))
    said = f", it says: {end}" if end else ", it says nothing"
    why = {
        Start.NO_LOOPBACK: "hands have no loopback with LOKI_NETWORK=off, but under bubblewrap they have",
        Start.PORT_TAKEN: "its port is taken by something else on this machine",
        Start.ENDED: f"it ended before it answered{said}",
    }.get(served.start, f"it did not answer{said}")
    told = f"the server was not to be reached ({server.where}): {why}"
    errs = server.declared and served.start is not Start.NO_LOOPBACK
    if not server.declared:
        told += "; LOKI_SERVE_COMMAND says how it is started"
    return Check(
        name=name,
        verdict=Verdict.ERROR if errs else Verdict.NOT_RUN,
        why=one(told),
        command=one(server.command),
        exit_code=None,
        seconds=served.result.seconds,
    )

"""The scripted Messages API in a process of its own, which also takes the measurements.

Every contestant is measured by the moments at which its requests arrive here, and by the
processor time its family has used by then. Spoken to in JSON lines by `benchmarks.trial`: an
order in, the address out, the contestant's process id in; at the end of input the log out.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from typing import Any

from benchmarks.caching import best_usages
from benchmarks.processes import cpu_seconds
from tests.support.messages_server import Break, MessagesServer, Refuse, Reply, Turn

Body = dict[str, Any]


class Recorder:
    """Plays turns in order, the last one for ever, and notes when each was asked for.

    Args:
        turns: What is answered.
        marks: Numbers of the requests, from 0, at which processor time is read.
    """

    def __init__(self, turns: list[Turn], *, marks: set[int]) -> None:
        self.pid: int | None = None
        self.arrivals: list[float] = []
        self.cpu: dict[int, float] = {}
        self._turns = turns
        self._marks = marks

    def __call__(self, _body: Body) -> Turn:
        """The next turn."""
        number = len(self.arrivals)
        self.arrivals.append(time.monotonic())
        if number in self._marks and self.pid is not None:
            self.cpu[number] = cpu_seconds(self.pid)
        return self._turns[min(number, len(self._turns) - 1)]


def turn_of(fields: Body) -> Turn:
    """A turn as `benchmarks.scenario` writes it down."""
    match fields:
        case {"refuse": given}:
            return Refuse(**given)
        case {"break": given}:
            return Break(given["how"], given["after"], Reply(tuple(given["reply"]["parts"])))
        case _:
            return Reply(tuple(fields["parts"]))


async def _serve() -> None:
    order = json.loads(sys.stdin.readline())
    recorder = Recorder([turn_of(fields) for fields in order["script"]], marks=set(order["marks"]))
    async with MessagesServer(recorder, blind=order["blind"]) as server:
        print(json.dumps({"url": server.url}), flush=True)
        while line := await asyncio.to_thread(sys.stdin.readline):
            recorder.pid = json.loads(line)["pid"]
        answered = [(seen.body, seen.usage["output_tokens"]) for seen in server.requests]
        log = {
            "arrivals": recorder.arrivals,
            "cpu": recorder.cpu,
            "billed": [seen.usage for seen in server.requests],
            "best": best_usages(answered),
        }
    print(json.dumps(log), flush=True)


if __name__ == "__main__":
    asyncio.run(_serve())

"""How much of this machine a client may take: rates, sizes, times and numbers, each said once."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable

BODY_BYTES = 64 * 1024
"""A request's body."""
HANDLER_SECONDS = 15.0
"""What a request may take, its body's way here included; streams and the terminal are apart."""
IDLE_SECONDS = 15.0
"""How long a connection may take to say what it wants, at first and again."""
CONNECTIONS = 1024
"""Open at once; more are closed as they come."""
STREAMS = 256
"""Streams of events at once."""
STALLED_SECONDS = 10.0
"""How long a client may take nothing of what a stream has for it."""
TERMINALS = 8
"""Applications in browsers at once: each is a process."""
BURST, RATE = 300, 60.0
"""Requests a client may make at once, and how many more a second; looking at health, and stopping, are not counted."""
CLIENTS = 4096
"""Clients remembered; the one that was quiet for the longest is forgotten first."""


class RateLimit:
    """A bucket of requests for each client, which fills up again as time goes by.

    Args:
        burst: What a bucket holds.
        rate: What comes back each second.
        clock: Seconds from some moment.
    """

    def __init__(self, *, burst: int = BURST, rate: float = RATE, clock: Callable[[], float] = time.monotonic) -> None:
        self._burst, self._rate, self._clock = burst, rate, clock
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()
        """Client to what was left, and when."""

    def take(self, client: str) -> float:
        """Take one request out of a client's bucket.

        Returns:
            Seconds until there is one again; 0 where there was.
        """
        now = self._clock()
        left, at = self._buckets.pop(client, (float(self._burst), now))
        left = min(float(self._burst), left + (now - at) * self._rate)
        wait = 0.0 if left >= 1 else (1 - left) / self._rate
        self._buckets[client] = (left if wait else left - 1, now)
        if len(self._buckets) > CLIENTS:
            self._buckets.popitem(last=False)
        return wait

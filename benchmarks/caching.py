"""What a series of requests would be billed with the best possible prompt caching."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from itertools import accumulate
from typing import Any

from tests.support.messages_rules import Link, links_of

Body = dict[str, Any]

_MINIMUM = 1024
"""Tokens a prefix must have to be cached."""


def best_usages(requests: Sequence[tuple[Body, int]]) -> list[Body]:
    """Usage with perfect foresight: what was sent before is read, what comes again is written, the rest is plain.

    Args:
        requests: Bodies and the output tokens of their answers, in order.
    """
    prompts = [_Prompt(str(body["model"]), links_of(body)) for body, _ in requests]
    usages = []
    for number, (prompt, (_, output)) in enumerate(zip(prompts, requests, strict=True)):
        read = max((prompt.shared_with(earlier) for earlier in prompts[:number]), default=0)
        kept = max((prompt.shared_with(later) for later in prompts[number + 1 :]), default=0)
        written = max(0, kept - read)
        usages.append(
            {
                "input_tokens": prompt.size - read - written,
                "cache_read_input_tokens": read,
                "cache_creation_input_tokens": written,
                "output_tokens": output,
            }
        )
    return usages


class _Prompt:
    """A prompt's prefixes and how long each is."""

    def __init__(self, model: str, links: Sequence[Link]) -> None:
        sizes = list(accumulate(link.tokens for link in links))
        self.size = sizes[-1]
        self._prefixes: dict[Hashable, int] = {
            (model, link.key): size for link, size in zip(links, sizes, strict=True) if size >= _MINIMUM
        }

    def shared_with(self, other: _Prompt) -> int:
        """Tokens of the longest prefix that both have."""
        return max((self._prefixes[prefix] for prefix in self._prefixes.keys() & other._prefixes.keys()), default=0)

"""What went wrong with a model request, from structured facts alone.

Statuses, headers and error types decide; prose does not, since a model may print "429" and a
provider may reword. One exception is marked as such below.
https://platform.claude.com/docs/en/api/errors
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from pydantic import JsonValue

from loki_tui.core.errors import ModelError, ModelFault
from loki_tui.core.messages import JsonObject, Usage

_BY_STATUS = {
    401: ModelFault.AUTH,
    402: ModelFault.AUTH,
    403: ModelFault.AUTH,
    404: ModelFault.UNKNOWN_MODEL,
    408: ModelFault.SERVER,
    409: ModelFault.SERVER,
    413: ModelFault.TOO_LONG,
    429: ModelFault.RATE_LIMITED,
    529: ModelFault.OVERLOADED,
}

_BY_TYPE = {
    "authentication_error": ModelFault.AUTH,
    "billing_error": ModelFault.AUTH,
    "permission_error": ModelFault.AUTH,
    "not_found_error": ModelFault.UNKNOWN_MODEL,
    "invalid_request_error": ModelFault.INVALID,
    "request_too_large": ModelFault.TOO_LONG,
    "rate_limit_error": ModelFault.RATE_LIMITED,
    "overloaded_error": ModelFault.OVERLOADED,
}
"""For an error in mid-stream, where no status tells any more."""

_TOO_LONG = re.compile(r"prompt is too long: \d+|input length and `max_tokens` exceed context limit: \d+")
"""How an overfull window is reported: a plain `invalid_request_error` with no code of its own.

The one place where wording decides, whole phrase and figure at the start, in the provider's own
error of a 400. To be wrong costs one needless compaction, not to look would cost the run.
"""

_SILENT = frozenset({ModelFault.CONNECTION, ModelFault.STALLED, ModelFault.TRUNCATED, ModelFault.MALFORMED})
"""Ends that leave open what the provider did; every other one is its own word that it refused."""

_HINTS = {
    ModelFault.AUTH: "Check ANTHROPIC_API_KEY and the account it belongs to. `loki demo` works without one.",
    ModelFault.UNKNOWN_MODEL: "Check the model's name, and ANTHROPIC_BASE_URL if you set it.",
    ModelFault.INVALID: "The request would fail again as it is; a newer version of Loki may know better.",
}

_SAID = 300
"""Characters of a provider's own words that are passed on."""


class Rejection(Exception):  # noqa: N818 - never leaves this package: `ModelError` does
    """A reason why there is no answer, not yet in the context of its request."""

    def __init__(self, fault: ModelFault, detail: str, *, retry_after: float | None = None, sent: bool = True) -> None:
        super().__init__(detail)
        self.fault = fault
        self.detail = detail
        self.retry_after = retry_after
        self.maybe_billed = sent and fault in _SILENT
        """Whether the request may have been worked on although nothing says so."""

    def error_of(self, who: str, *, usage: Usage | None, started: bool, secrets: Iterable[str]) -> ModelError:
        """The same for the engine.

        Args:
            who: Gave no answer.
            usage: What is known to have been used.
            started: Whether the answer had begun.
            secrets: Left out of what the provider said.
        """
        detail = self.detail
        for secret in secrets:
            detail = detail.replace(secret, "[key]")
        return ModelError(
            f"{who} gave no answer: {detail}.",
            fault=self.fault,
            retry_after=self.retry_after,
            usage=usage,
            billable=started or self.maybe_billed,
            hint=_HINTS.get(self.fault, ""),
        )


def refusal_of(status: int, headers: Mapping[str, str], body: object) -> Rejection:
    """The meaning of an HTTP status that is no success."""
    error = body.get("error") if isinstance(body, dict) else None
    said = _said(error) or (body if isinstance(body, str) else "")
    fault = _BY_STATUS.get(status)
    if fault is None:
        fault = ModelFault.SERVER if status >= 500 else ModelFault.INVALID
    if status == 400 and _TOO_LONG.match(said):
        fault = ModelFault.TOO_LONG
    if status >= 500 and isinstance(error, dict) and error.get("type") == "overloaded_error":
        fault = ModelFault.OVERLOADED
    detail = f"HTTP {status}" + (f", {_tidy(said)}" if said else "")
    return Rejection(fault, detail, retry_after=retry_after(headers))


def rejection_of(error: JsonObject) -> Rejection:
    """The meaning of an error event in a stream."""
    kind = error.get("type")
    fault = _BY_TYPE.get(kind, ModelFault.SERVER) if isinstance(kind, str) else ModelFault.SERVER
    return Rejection(fault, f"the stream reported {kind or 'an error'}, {_tidy(_said(error))}")


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds the provider asks us to wait, if it says so anywhere.

    A moment is compared with the response's own `date`, so that a wrong clock here does no harm.
    """
    now = _moment(headers.get("date")) or datetime.now(UTC)
    if said := headers.get("retry-after"):
        if re.fullmatch(r"\d{1,9}(\.\d+)?", said.strip()):
            return float(said)
        if until := _moment(said):
            return max(0.0, (until - now).total_seconds())
    limits = ("requests", "tokens", "input-tokens", "output-tokens")
    resets = [
        reset
        for limit in limits
        if headers.get(f"anthropic-ratelimit-{limit}-remaining") == "0"
        and (reset := _moment(headers.get(f"anthropic-ratelimit-{limit}-reset")))
    ]
    return max(0.0, (max(resets) - now).total_seconds()) if resets else None


def _moment(text: str | None) -> datetime | None:
    """A point in time, as HTTP or RFC 3339 writes it."""
    for parse in (datetime.fromisoformat, parsedate_to_datetime):
        try:
            moment = parse(text or "")
        except ValueError:
            continue
        return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return None


def _said(error: JsonValue) -> str:
    message = error.get("message") if isinstance(error, dict) else None
    return message if isinstance(message, str) else ""


def _tidy(text: str) -> str:
    """Foreign words on one line, printable and short."""
    line = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    return line if len(line) <= _SAID else line[:_SAID] + "…"

"""Moments as the journal stores them: whole microseconds since 1970, UTC, exact both ways."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


def utc_now() -> datetime:
    """The time, in UTC."""
    return datetime.now(UTC)


def to_micros(moment: datetime) -> int:
    """A moment as the journal stores it: microseconds since 1970, UTC, exact."""
    return (moment - _EPOCH) // _MICROSECOND


def from_micros(micros: int) -> datetime:
    """The moment that the journal stored."""
    return _EPOCH + micros * _MICROSECOND

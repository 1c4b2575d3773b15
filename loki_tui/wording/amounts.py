"""Amounts in words a person reads at a glance: times, ages, sizes, shares."""

from __future__ import annotations

from datetime import datetime, timedelta


def in_words(elapsed: timedelta) -> str:
    """A length of time, to the second below an hour and to the minute above."""
    minutes, seconds = divmod(max(0, int(elapsed.total_seconds())), 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours} h {minutes:02} min"
    return f"{minutes} min {seconds:02} s" if minutes else f"{seconds} s"


def age(then: datetime, now: datetime) -> str:
    """How long ago something was, roughly. What lies ahead (a clock was set back) is now."""
    seconds = (now - then).total_seconds()
    for size, unit in ((86_400, "d"), (3_600, "h"), (60, "min")):
        if seconds >= size:
            return f"{int(seconds // size)} {unit} ago"
    return "just now"


def until_text(until: datetime | None) -> str:
    """Until when something is waited for, by this machine's clock; empty where nobody knows."""
    return f"until {until.astimezone():%H:%M:%S}" if until is not None else ""


def in_bytes(count: int) -> str:
    """A size in the largest unit it has at least one of."""
    for exponent, unit in ((3, "GB"), (2, "MB"), (1, "kB")):
        if count >= 1000**exponent:
            return f"{count / 1000**exponent:.{0 if exponent < 3 else 1}f} {unit}"
    return f"{count} B"


def in_seconds(seconds: float) -> str:
    """How long an action took."""
    if seconds < 0.05:
        return "0 s"
    return f"{seconds:.1f} s" if seconds < 60 else in_words(timedelta(seconds=seconds))


def counted(count: int, noun: str) -> str:
    """A number of things, in words that fit it."""
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"


def percent(share: float) -> str:
    """A share as a whole number of percent; a little is not nothing, almost all is not all, too much is too much."""
    if share >= 10:
        return ">999 %"
    if 0 < share < 0.01:
        return "<1 %"
    if 0.99 < share < 1:
        return "99 %"
    return f"{share * 100:.0f} %"

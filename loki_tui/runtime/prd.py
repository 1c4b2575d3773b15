"""Reading the product requirements document."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from loki_tui.core.errors import PrdError

MAX_BYTES = 1_000_000
"""A PRD goes into every iteration's prompt; more than this fits no model's window."""

USUAL = ("PRD.md", "prd.md", "docs/PRD.md", "docs/prd.md", "REQUIREMENTS.md", "requirements.md", "SPEC.md", "spec.md")
"""Where a PRD is looked for when none is named."""


@dataclass(frozen=True, slots=True)
class Prd:
    """A PRD, read and found usable."""

    path: Path
    text: str


def read_prd(path: Path) -> Prd:
    """Read a PRD.

    Raises:
        PrdError: It is not there, not readable, empty, too large, or no UTF-8 text.
    """
    try:
        if path.is_dir():
            raise PrdError(f"The PRD {path} is a directory.", hint="Name the file, such as ./prd.md.")
        size = path.stat().st_size
        if size > MAX_BYTES:
            raise PrdError(
                f"The PRD {path} has {size:,} bytes; at most {MAX_BYTES:,} fit.",
                hint="Put what every iteration must know into the PRD and the rest into files it refers to.",
            )
        data = path.read_bytes()
    except FileNotFoundError as error:
        raise PrdError(f"There is no PRD at {path}.", hint="Check the path, or try `loki demo`.") from error
    except OSError as error:
        raise PrdError(f"The PRD {path} cannot be read: {error.strerror}.", hint="Check its permissions.") from error
    return Prd(path.resolve(), _decode(path, data))


def _decode(path: Path, data: bytes) -> str:
    if b"\0" in data:
        raise PrdError(f"The PRD {path} is a binary file.", hint="Give a text file, such as Markdown.")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise PrdError(
            f"The PRD {path} is not UTF-8 text (byte {error.start}).",
            hint="Convert it, for instance: iconv -f latin1 -t utf-8",
        ) from error
    if not text.strip():
        raise PrdError(f"The PRD {path} is empty.", hint="Write down what is to be built, then start again.")
    return text


def find_prd(directory: Path) -> Path:
    """The PRD of a project that names none.

    Raises:
        PrdError: There is none in the usual places.
    """
    for name in USUAL:
        if (path := directory / name).is_file():
            return path
    raise PrdError(
        f"No PRD was named, and there is none in {directory}.",
        hint=f"Say `loki start ./prd.md`. Looked for: {', '.join(USUAL)}.",
    )

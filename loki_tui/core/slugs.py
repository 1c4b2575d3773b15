"""Names that a model or a person made up, as names of directories and branches."""

from __future__ import annotations

import hashlib
import re
import unicodedata

LIMIT = 40
"""Characters of a slug: with a number behind it, and in a path of the state directory, it still fits everywhere."""

_DIGEST = 6
_OTHER = re.compile(r"[^a-z0-9]+")


def slug(words: str) -> str:
    """A name of small ASCII letters, digits and dashes, which is its own slug.

    Two different names have different slugs, also where a file system takes capitals for small letters: whatever is
    not kept as it is leaves a mark of the whole.
    """
    ascii_only = unicodedata.normalize("NFKD", words[:1000]).encode("ascii", "ignore").decode().lower()
    plain = _OTHER.sub("-", ascii_only).strip("-")
    if plain and plain == words and len(plain) <= LIMIT:
        return plain
    mark = hashlib.sha256(words.encode(errors="surrogatepass")).hexdigest()[:_DIGEST]
    kept = plain[: LIMIT - _DIGEST - 1].rstrip("-")
    return f"{kept}-{mark}" if kept else f"x-{mark}"

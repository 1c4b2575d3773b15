"""Text that breaks screens: what models, files and commands come up with, each piece for a reason.

Written in escapes where the characters themselves would be invisible, or would reorder this file.
"""

from __future__ import annotations

LONG_WORD = "x" * 10_000
"""A line without a place to break it."""

LONG_LINE = "a minified bundle; " * 527
"""A line of 10,013 characters."""

CJK = "\u6771\u4eac\u90fd\u306e\u5929\u6c17\u3001\ud55c\uad6d\uc5b4 \ud14d\uc2a4\ud2b8\u3001\u7b80\u4f53\u5b57"
"""Each takes two cells."""

FAMILY = "\U0001f469\u200d\U0001f469\u200d\U0001f467\u200d\U0001f466"
"""Four emoji joined into one, by a character that must not be shown."""

FLAGS = (
    "\U0001f1e9\U0001f1ea\U0001f1ef\U0001f1f5 \U0001f3f3\ufe0f\u200d\U0001f308 "
    "\U0001f3f4\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f"
)
"""Pairs of regional letters, a joined flag, and one spelt in invisible tags."""

EMOJI = (
    f"{FAMILY} {FLAGS} \U0001f44d\U0001f3fd \u2764\ufe0f 1\ufe0f\u20e3 \u263a \U0001fae0 "
    "\u26a0\ufe0f \u2714\ufe0f \u2764\ufe0e \U0001f468\U0001f3ff\u200d\U0001f9b0 \U0001f3fd \u2630"
)
"""Also skin tones, characters whose width a selector decides, and one whose width Unicode changed."""

HEBREW = "\u05e9\u05dc\u05d5\u05dd \u05e2\u05d5\u05dc\u05dd (123)"
ARABIC = "\u0645\u0631\u062d\u0628\u0627 \u0628\u0627\u0644\u0639\u0627\u0644\u0645 [456]"
"""Both are written from the right, their digits from the left."""

REORDERED = "exec('\u202ecod.exe\u202c')\u2066 \u2067isolated\u2069\u2069 \u061cmark"
"""Controls that show other text than what is there."""

COMBINING = (
    "Z\u0351\u036b\u0343\u036a\u0302\u036b\u033d\u034f\u0334\u0319\u0324\u031ealgo e\u0301 n\u0303 "
    "\u0915\u094d\u0937\u093f \u1112\u1161\u11ab "
    "\u0939\u093f\u0928\u094d\u0926\u0940 \u0ba4\u0bae\u0bbf\u0bb4\u0bcd \u0e01\u0e33 \u0e17\u0e35\u0e48"
)
"""Marks piled up on a letter, letters made of several characters, and vowels that take a cell of their own."""

MARKUP = (
    "[red]x[/] [/] [bold [link=https://example.com]click[/link] [@click=app.quit]q[/] "
    "\\[not] [[double]] [$error on 50%]"
)
"""Reads as markup where text is not told apart from it; the lone closing tag is an error there."""

ESCAPES = (
    "\x1b[31mred\x1b[0m \x1b[2J\x1b[H\x1b[3J\x1b[?1049l \x1b]0;a title\x07\x1b]8;;https://example.com\x1b\\link\x1b]8;;\x1b\\"
    " \x1b]52;c;ZWNobw==\x07 \x1bP+q544e\x1b\\ \x9b31m \x1bc \x1b[6n\x1b[c \x07\x08\x7f\x00"
)
"""Colours, clearing, leaving the screen, a title, a link, the clipboard, and questions a terminal would answer."""

TABS = "name\tvalue\n\tindented\n\t\ttwice\nmixed \t \tup\ttrailing\t"

INVISIBLE = (
    "zero\u200bwidth\u2060joiner\ufeff soft\u00adhyphen line\u2028separator paragraph\u2029separator no\u00a0break"
)

PROGRESS = "".join(f"\r{done:3}% [{'#' * (done // 4):25}]" for done in range(0, 101, 5)) + "\nb\x08bo\x08ol\x08ld\n"
"""A progress bar drawn over itself, and a heading struck twice."""

MISSING = "caf\ufffd \ufffd\ufffd"
"""What undecodable bytes have become."""

EVERY: dict[str, str] = {
    "long word": LONG_WORD,
    "long line": LONG_LINE,
    "CJK": CJK,
    "emoji": EMOJI,
    "Hebrew": HEBREW,
    "Arabic": ARABIC,
    "reordered": REORDERED,
    "combining": COMBINING,
    "markup": MARKUP,
    "escapes": ESCAPES,
    "tabs": TABS,
    "invisible": INVISIBLE,
    "progress": PROGRESS,
    "missing": MISSING,
    "blank": " \n\n  \n",
    "many lines": "\n".join(f"line {number}" for number in range(1, 501)),
}
"""All of it, by name, for tests that go through them."""

SHORT = " ".join((CJK, EMOJI, HEBREW, ARABIC, MARKUP, COMBINING))
"""A line of everything that a title could hold."""

ALL = "\n".join(EVERY.values())


def diff(path: str, *, hunks: int, lines: int = 12, note: str = "as agreed") -> str:
    """A unified diff of a file.

    Args:
        path: The file.
        hunks: Changes in it.
        lines: Of each.
        note: What an added line says.
    """
    parts = [f"--- a/{path}\n+++ b/{path}\n"]
    for hunk in range(hunks):
        start = 1 + hunk * 40
        parts.append(f"@@ -{start},{lines} +{start},{lines + 1} @@ def part_{hunk}():\n")
        parts += [f"     value_{number} = {number * hunk}\n" for number in range(lines - 1)]
        parts.append(f"-    return value_0  # {hunk}\n+    return value_1  # {hunk}\n+    # {note}\n")
    return "".join(parts)

"""Writes the reference pages that are made from code; with `--check`, says which are stale."""

from __future__ import annotations

import argparse
import inspect
import json
import sys
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path
from typing import get_args

from pydantic_core import to_jsonable_python

from loki_tui.core.docstrings import attribute_docstrings
from loki_tui.core.events import Event
from loki_tui.core.messages import Frozen
from loki_tui.core.settings_docs import FieldDoc, describe
from loki_tui.tui.actions import ACTIONS, HEADINGS, grouped

DOCS = Path(__file__).parent
NOTE = "<!-- Made by docs/generate.py: change the code, then run it. -->"

SETTINGS_INTRODUCTION = """\
# Settings

Every setting is an environment variable. The same name in lower case and without `LOKI_` is a key of
`~/.config/loki/config.toml`, your own file, and many are options of `loki start`. The command line stands above the
environment, the environment above your file. `loki config show` says what is in force and where it comes from;
`loki config set NAME VALUE` and `loki config unset NAME` change your file, and leave its comments as they are.

A `.loki.toml` at the top of a workspace can be written by agents. It may make a run stricter and choose the test
command, as the last column says, and nothing else. Where it asks for more than you set yourself, yours stands; where it
asks for more than the default, the start is refused.

An unknown name, a value out of bounds, an empty variable or settings that contradict each other stop the start, all of
them in one message. So does setting what is *not in force in this version*: Loki does not pretend.

Keys are no settings: `ANTHROPIC_API_KEY` (or `ANTHROPIC_AUTH_TOKEN`) and `ANTHROPIC_BASE_URL` are read where they are
used, and neither shown nor recorded. Nor are the addresses of webhooks, `LOKI_NOTIFY_WEBHOOK`, `LOKI_NOTIFY_SLACK` and
`LOKI_NOTIFY_DISCORD` (several with spaces between them), where whoever knows one may write, nor
`LOKI_OIDC_CLIENT_SECRET`, by which a provider knows the dashboard. Each of these may be in a file instead, as Docker
secrets are, named by the variable with `_FILE` behind it, such as `ANTHROPIC_API_KEY_FILE`.
"""

EVENTS_INTRODUCTION = """\
# Events

All that a run does is in its journal as one of these events; every screen and every report is made from them alone.
`loki logs --json` and `loki start --headless --json` print one a line, as a JSON object: `run`, `seq` (from 1, without
gaps), `at` (UTC), `stream` for parallel work, then the event's own `kind` and fields. Fields are only ever added, and
left out where they are null. Money is a string with an exact amount of US dollars.
"""

KEYS_INTRODUCTION = """\
# Keys

Everything that can be done in the application, with its key and the name by which `LOKI_KEYMAP` gives it another, such
as `LOKI_KEYMAP='{"run.pause": "ctrl+k"}'`. The application shows this list with `?`, and finds each by name with
`ctrl+p`. In every list, `up` and `down` (or `k` and `j`), `page up`, `page down`, `home`, `end`, `enter` do what they
say.
"""


def main() -> int:
    """Write the pages, or compare them with what is there.

    Returns:
        1 where `--check` finds a stale page.
    """
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; fail if a page is stale")
    check = parser.parse_args().check
    stale = []
    for name, text in pages().items():
        page = DOCS / name
        if page.exists() and page.read_text(encoding="utf-8") == text:
            continue
        stale.append(name)
        if not check:
            page.write_text(text, encoding="utf-8")
    print(f"{'stale' if check else 'written'}: {', '.join(stale)}" if stale else "current")
    return 1 if check and stale else 0


def pages() -> dict[str, str]:
    """Every page that is made from code: name to content."""
    return {"settings.md": settings_page(), "events.md": events_page(), "keys.md": keys_page()}


def keys_page() -> str:
    """The reference of keys, a table for each screen."""
    parts = [NOTE, "", KEYS_INTRODUCTION]
    for name, actions in grouped(ACTIONS).items():
        parts += [f"## {HEADINGS[name]}", "", "| key | what it does | name |", "|---|---|---|"]
        for action in actions:
            keys = " ".join(f"`{key}`" for key in action.shown.split())
            parts.append(f"| {keys} | {action.help} | `{action.id}` |".replace("`|`", "`\\|`"))
        parts.append("")
    return "\n".join(parts)


def settings_page() -> str:
    """The reference of settings, a table for each section."""
    parts = [NOTE, "", SETTINGS_INTRODUCTION]
    for section, docs in groupby(describe(), key=lambda doc: doc.section):
        parts += [
            f"## {section}",
            "",
            "| variable | default | takes | meaning | in `.loki.toml` |",
            "|---|---|---|---|---|",
        ]
        parts += [_settings_row(doc) for doc in docs]
        parts.append("")
    return "\n".join(parts)


def _settings_row(doc: FieldDoc) -> str:
    standing = "" if doc.in_force else " *Not in force in this version.*"
    default = f"`{doc.default}`" if doc.default else ""
    return f"| `{doc.variable}` | {default} | {doc.bounds} | {doc.meaning}{standing} | {doc.workspace} |"


def events_page() -> str:
    """The reference of events, module by module."""
    (union, *_) = get_args(Event)
    parts = [NOTE, "", EVENTS_INTRODUCTION]
    for module, kinds in groupby(sorted(get_args(union), key=_module), key=_module):
        parts += [f"## {_first_paragraph(sys.modules[module].__doc__).rstrip('.')}", ""]
        for kind in kinds:
            parts += [f"### `{kind.model_fields['kind'].default}`", "", _first_paragraph(kind.__doc__), ""]
            parts += [*_event_fields(kind), ""]
    return "\n".join(parts).rstrip() + "\n"


def _module(kind: type[Frozen]) -> str:
    return kind.__module__


def _first_paragraph(docstring: str | None) -> str:
    return " ".join((docstring or "").split("\n\n")[0].split())


def _event_fields(kind: type[Frozen]) -> Iterator[str]:
    """A row for each field; an event may have none."""
    meanings = attribute_docstrings(kind)
    fields = {name: field for name, field in kind.model_fields.items() if name != "kind"}
    if fields:
        yield "| field | type | default | meaning |"
        yield "|---|---|---|---|"
    for name, field in fields.items():
        written = inspect.get_annotations(kind)[name].replace("|", "\\|")
        default = "" if field.is_required() else f"`{json.dumps(to_jsonable_python(field.default))}`"
        yield f"| `{name}` | `{written}` | {default} | {meanings.get(name, '')} |"


if __name__ == "__main__":
    sys.exit(main())

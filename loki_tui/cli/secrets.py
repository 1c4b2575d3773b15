"""`loki secrets`: which keys there are, where they come from, and whether the provider takes them."""

from __future__ import annotations

import json as jsonlib
import os

import typer

from loki_tui.cli.options import Json
from loki_tui.cli.output import say
from loki_tui.wording.line import Line, Tone

app = typer.Typer(
    help="Which keys are set, from where, and whether they are good; never shown.",
    no_args_is_help=True,
    rich_markup_mode=None,
)

BAD, UNTOLD = 1, 3
"""What `loki secrets validate` exits with where a key is refused or missing, and where nobody could tell."""


@app.command()
def status(*, json: Json = False) -> None:
    """List every key that Loki uses: set or not, where it comes from, and its last four characters at most.

    Exits with 0, or with 1 where a key cannot be read. Whether a key is good, loki secrets validate says.
    """
    from loki_tui.core.errors import LokiError  # noqa: PLC0415 (imports when chosen)
    from loki_tui.runtime.keys import KEYS, PROVIDER_KEYS, find_key  # noqa: PLC0415

    wrong = False
    for name in KEYS:
        problem, key = "", None
        try:
            key = find_key(os.environ, name)
        except LokiError as error:
            problem, wrong = f"{error.message} {error.hint}".strip(), True
        # Of an address the end is what lets somebody in.
        tail = key.tail if key is not None and name in PROVIDER_KEYS else ""
        source = key.source if key is not None else ""
        if json:
            row = {"name": name, "set": key is not None, "source": source, "tail": tail, "problem": problem}
            say(jsonlib.dumps(row))
            continue
        told = problem or (f"set, from {source}" + (f", ends in {tail}" if tail else "") if key else "not set")
        tone: Tone = "bad" if problem else "good" if key else "quiet"
        say(Line(f"{name:<25}{told}", tone))
    if wrong:
        raise typer.Exit(BAD)


@app.command()
def validate(*, json: Json = False) -> None:
    """Ask the provider about every key that is set, with a real request that costs nothing.

    Exits with 0 where every key is accepted, with 1 where one is refused or there is none, and with 3 where nobody
    could tell, being offline for instance. Webhooks are not tried here: loki notify test does.
    """
    from loki_tui.core.errors import LokiError  # noqa: PLC0415 (imports when chosen)
    from loki_tui.runtime.checks.provider import probe_key  # noqa: PLC0415
    from loki_tui.runtime.keys import PROVIDER_KEYS, find_key  # noqa: PLC0415
    from loki_tui.runtime.surroundings import Surroundings  # noqa: PLC0415

    settings = Surroundings.here(os.environ).settings()
    answers: list[str] = []
    for name in PROVIDER_KEYS:
        try:
            key = find_key(os.environ, name)
        except LokiError as error:
            answer, detail = "unreadable", error.message
        else:
            if key is None:
                continue
            probe = probe_key(settings, os.environ, key)
            answer, detail = probe.answer, probe.detail
        answers.append(answer)
        _print(name, answer, detail, json=json)
    if not answers:
        _print(PROVIDER_KEYS[0], "missing", "no key is set; `loki demo` works without one", json=json)
    if not answers or {"refused", "unreadable"} & set(answers):
        raise typer.Exit(BAD)
    if set(answers) != {"valid"}:
        raise typer.Exit(UNTOLD)


def _print(name: str, answer: str, detail: str, *, json: bool) -> None:
    from loki_tui.runtime.secrets import redactor_of  # noqa: PLC0415 (imports when chosen)

    detail = redactor_of(os.environ).redact(detail)
    if json:
        say(jsonlib.dumps({"name": name, "answer": answer, "detail": detail}))
        return
    told = {"unreachable": "NOT VALIDATED, offline", "unclear": "NOT VALIDATED", "valid": "valid"}
    tone: Tone = "good" if answer == "valid" else "warn" if answer in told else "bad"
    say(Line(f"{name:<25}{told.get(answer, answer.upper())}: {detail}", tone))

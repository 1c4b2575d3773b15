"""`loki receipt`: the evidence of a run, shown, given away, signed, and checked by whoever was given it."""

from __future__ import annotations

import json as jsonlib
import os
from collections.abc import Iterator
from enum import IntEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from loki_tui.cli.options import Json
from loki_tui.cli.output import complain, remark, say
from loki_tui.wording.line import Line, Tone

if TYPE_CHECKING:
    from loki_tui.core.settings import Settings
    from loki_tui.engine.receipt import Receipt
    from loki_tui.runtime.findings import Finding
    from loki_tui.runtime.receipts import Target
    from loki_tui.runtime.surroundings import Surroundings

app = typer.Typer(help="The evidence of a run.", no_args_is_help=True, rich_markup_mode=None)

Which = Annotated[
    str | None,
    typer.Argument(metavar="FILE|RUN", help="A receipt's file, or a run's name; else the latest run that has one."),
]


class Checked(IntEnum):
    """What `loki receipt verify` exits with."""

    CLEAN = 0
    NOT_CLEAN = 1
    """It was changed, or what it is about has moved away from it."""
    FAILED = 3
    """It could not be checked: no repository, or nothing that can be read."""


@app.command("list")
def list_(*, json: Json = False) -> None:
    """List the runs that have a receipt, latest first."""
    from loki_tui.runtime.receipts import list_receipts  # noqa: PLC0415 (imports when chosen)
    from loki_tui.wording.receipts import headline_tone  # noqa: PLC0415

    some = False
    for listed in list_receipts(_around().project):
        some = True
        row = {
            "run": listed.run,
            "at": listed.at.isoformat(),
            "headline": listed.headline,
            "outcome": listed.outcome,
            "sha256": listed.digest,
        }
        text = f"{listed.run}  {listed.at.astimezone():%Y-%m-%d %H:%M}  {listed.headline}  ({listed.outcome or 'open'})"
        say(jsonlib.dumps(row) if json else Line(text, headline_tone(listed.headline)))
    if not some:
        remark("No run has a receipt yet: a run writes one when it ends.")


@app.command()
def show(
    which: Which = None,
    *,
    json: Annotated[bool, typer.Option("--json", help="The receipt itself, as it is signed and verified.")] = False,
    html: Annotated[
        Path | None, typer.Option("--html", metavar="FILE", help="Write it as a page that needs nothing else.")
    ] = None,
) -> None:
    """Show what a run came to, and what that rests on."""
    from loki_tui.core.errors import LokiError  # noqa: PLC0415 (imports when chosen)
    from loki_tui.runtime.receipts import find_receipt  # noqa: PLC0415
    from loki_tui.wording.receipts import receipt_lines  # noqa: PLC0415

    held = find_receipt(_around().project, which).held
    if json:
        say(held.data.decode().rstrip("\n"))
    if held.receipt is None:
        raise LokiError(f"The receipt cannot be shown: {held.problem}.", hint="loki receipt verify says more.")
    if not held.whole and html is None:
        remark(Line("This receipt was changed: it does not fit its own digest. loki receipt verify says more.", "bad"))
    if html is not None:
        if not held.whole:
            raise LokiError("No page is made of a receipt that was changed.", hint="loki receipt verify says more.")
        _write_page(held.receipt, html)
    elif not json:
        for line in receipt_lines(held.receipt):
            say(line)


@app.command()
def verify(
    which: Which = None,
    *,
    repo: Annotated[
        Path | None, typer.Option("--repo", metavar="DIR", help="The clone to look into; else the one here.")
    ] = None,
    allowed_signers: Annotated[
        Path | None,
        typer.Option("--allowed-signers", metavar="FILE", help="Who may sign; what they did not sign is not clean."),
    ] = None,
    run_tests: Annotated[
        bool, typer.Option("--run-tests", help="Measure what was delivered again, confined as in a run.")
    ] = False,
    json: Json = False,
) -> None:
    """Derive a receipt again from the repository: 0 clean, 1 changed or moved away from, 3 not to be checked.

    Needs nothing of the run's machine but the branch.
    """
    from loki_tui.core.errors import LokiError, UsageError  # noqa: PLC0415 (imports when chosen)

    try:
        target, findings = _verified(which, repo, allowed_signers, run_tests=run_tests)
    except UsageError:
        raise
    except LokiError as error:
        complain(error)
        raise typer.Exit(Checked.FAILED) from error
    _report(target, findings, json=json)


@app.command()
def sign(
    which: Which = None,
    *,
    key: Annotated[
        Path, typer.Option("--key", metavar="FILE", help="An SSH key: private, or public where the agent holds it.")
    ],
) -> None:
    """Sign a receipt with an SSH key, in git's own format; the signature goes beside it."""
    from loki_tui.core.errors import UsageError  # noqa: PLC0415 (imports when chosen)
    from loki_tui.runtime.receipts import find_receipt, keep_file  # noqa: PLC0415
    from loki_tui.runtime.signing import sign as sign_with  # noqa: PLC0415

    target = find_receipt(_around().project, which)
    if target.held.receipt is None or not target.held.whole:
        raise UsageError("This receipt was changed, so it is not signed.", hint="loki receipt verify says more.")
    path = keep_file(target)
    assert target.signature is not None
    sign_with(target.held.data, key=key.expanduser(), target=target.signature, environ=os.environ)
    say(str(path))
    say(str(target.signature))
    remark("Give both away together: loki receipt verify FILE --allowed-signers SIGNERS")


# -- showing ------------------------------------------------------------------------------------


def _write_page(receipt: Receipt, path: Path) -> None:
    from loki_tui.core.errors import UsageError  # noqa: PLC0415 (imports when chosen)
    from loki_tui.runtime.receipt_page import receipt_page  # noqa: PLC0415

    try:
        path.write_text(receipt_page(receipt), encoding="utf-8")
    except OSError as error:
        raise UsageError(f"{path} cannot be written: {error.strerror}.", hint="Name another file.") from error
    remark(f"The page is {path}.")


# -- checking -----------------------------------------------------------------------------------


def _verified(
    which: str | None, repo: Path | None, allowed: Path | None, *, run_tests: bool
) -> tuple[Target, list[Finding]]:
    from loki_tui.runtime.receipts import find_receipt  # noqa: PLC0415 (imports when chosen)
    from loki_tui.runtime.rederiving import check_all  # noqa: PLC0415
    from loki_tui.runtime.signing import allowed_signers, check_signature  # noqa: PLC0415

    around = _around(repo)
    target = find_receipt(around.project, which)
    directory = repo if repo is not None else around.project.workspace if target.stored else Path.cwd()
    findings = check_all(target.held, repository=directory, project=around.project, environ=os.environ)
    findings.append(
        check_signature(
            target.held.data,
            signature=target.signature,
            allowed=allowed or allowed_signers(os.environ),
            demanded=allowed is not None,
            environ=os.environ,
        )
    )
    if run_tests and target.held.receipt is not None:
        findings += _measured_again(around, around.settings(), target.held.receipt)
    return target, findings


def _measured_again(around: Surroundings, settings: Settings, receipt: Receipt) -> list[Finding]:
    import asyncio  # noqa: PLC0415 (imports when chosen)

    from loki_tui.runtime.remeasuring import measure_again  # noqa: PLC0415

    return asyncio.run(measure_again(around, settings, receipt.facts))


def _report(target: Target, findings: list[Finding], *, json: bool) -> None:
    from loki_tui.runtime.findings import clean  # noqa: PLC0415 (imports when chosen)

    receipt = target.held.receipt
    sound = clean(findings)
    headline = receipt.headline if receipt is not None else None
    if json:
        checks = [
            {
                "field": finding.field,
                "status": finding.status,
                "said": finding.said,
                "recorded": finding.recorded,
                "found": finding.found,
                "hint": finding.hint,
            }
            for finding in findings
        ]
        say(jsonlib.dumps({"run": target.held.run, "headline": headline, "clean": sound, "checks": checks}))
    else:
        for finding in findings:
            for line in _found(finding):
                say(line)
        say(_verdict(headline, findings, sound=sound))
    if not sound:
        raise typer.Exit(Checked.NOT_CLEAN)


_UNVOUCHED = (
    "agrees with itself and with the repository; what was measured is the word of whoever gave it to you, since it is "
    "not signed and the run's journal is not here"
)


def _found(finding: Finding) -> Iterator[Line]:
    tones: dict[str, Tone] = {"ok": "plain", "unknown": "quiet"}
    yield Line(f"{finding.status:9} {finding.field:10} {finding.said}", tones.get(finding.status, "bad"))
    if finding.hint and finding.status != "ok":
        yield Line(f"{'':20} {finding.hint}", "quiet")


def _verdict(headline: str | None, findings: list[Finding], *, sound: bool) -> Line:
    if sound:
        from loki_tui.wording.receipts import headline_tone  # noqa: PLC0415 (imports when chosen)

        vouched = any(finding.status == "ok" and finding.field in ("receipt", "signature") for finding in findings)
        kept = "is as it was made, and fits the repository" if vouched else _UNVOUCHED
        said = f"This receipt {kept}. It says: {headline}"
        return Line(said, headline_tone(headline or ""))
    changed = any(finding.status == "tampered" for finding in findings)
    word = "was tampered with" if changed else "does not fit the repository any more"
    return Line(f"This receipt {word}.", "bad")


def _around(directory: Path | None = None) -> Surroundings:
    from loki_tui.runtime.surroundings import Surroundings  # noqa: PLC0415 (imports when chosen)

    return Surroundings.here(os.environ, directory)

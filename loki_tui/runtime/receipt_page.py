"""A receipt as a page: one file that needs nothing else, runs nothing, and prints.

Whatever a receipt holds may be an agent's words, so all of it is escaped, and the page forbids itself scripts and
everything from elsewhere, should something get through all the same.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable, Iterator, Sequence
from html import escape
from pathlib import Path

from loki_tui.core.money import format_usd
from loki_tui.core.terminal import visible
from loki_tui.core.vocabulary import Finding, Verdict
from loki_tui.engine.receipt import DIFF, Facts, PhaseFact, Receipt, Sitting

_STYLE = Path(__file__).with_name("receipt_page.css")

_TONES = {"VERIFIED": "good", "VERIFIED WITH GAPS": "warn", "NOT VERIFIED": "bad"}

_FINDINGS = 20
"""Findings of one phase that the page has; the receipt has all."""


def receipt_page(receipt: Receipt) -> str:
    """The page of a receipt, as it stands in its file; nothing is checked here."""
    style = _STYLE.read_text(encoding="utf-8")
    allowed = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    policy = f"default-src 'none'; style-src 'sha256-{allowed}'; base-uri 'none'; form-action 'none'"
    body = "\n".join(_sections(receipt))
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta name="color-scheme" content="light dark">\n<meta name="referrer" content="no-referrer">\n'
        f"<title>{_text(receipt.headline)}: run {_text(receipt.run)}</title>\n"
        f"<style>{style}</style>\n</head>\n<body>\n<main>\n{body}\n</main>\n</body>\n</html>\n"
    )


def _sections(receipt: Receipt) -> Iterator[str]:
    yield _top(receipt)
    yield from _list("What speaks against it", receipt.against, "bad")
    yield from _list("Gaps: what nobody measured", receipt.gaps, "warn")
    yield from _list("Dropped where parallel streams conflicted", receipt.dropped, "warn")
    yield _delivered(receipt)
    yield _phases(receipt.facts)
    yield from _findings(receipt.facts.phases)
    yield _requirements(receipt)
    yield _opinions(receipt)
    yield _effort(receipt)
    yield _limits(receipt)
    yield _checking(receipt)


# -- pieces -------------------------------------------------------------------------------------


def _text(value: object) -> str:
    """Foreign text as it may stand in a page, in an attribute, too."""
    return escape(visible(str(value)))


def _code(value: object) -> str:
    return f"<code>{_text(value)}</code>" if value not in (None, "") else _nothing()


def _nothing() -> str:
    return '<span class="quiet">none</span>'


def _badge(word: str, tone: str) -> str:
    return f'<span class="badge {tone}">{_text(word)}</span>'


def _section(title: str, body: str, *, kind: str = "") -> str:
    return f'<section class="{kind}">\n<h2>{_text(title)}</h2>\n{body}\n</section>'


def _list(title: str, lines: Sequence[str], tone: str) -> Iterator[str]:
    if lines:
        items = "".join(f"<li>{_text(line)}</li>" for line in lines)
        yield _section(title, f'<ul class="{tone}">{items}</ul>')


def _pairs(rows: Iterable[tuple[str, str]]) -> str:
    """Names and what they stand for, which is markup already."""
    return "<dl>" + "".join(f"<dt>{_text(name)}</dt><dd>{value}</dd>" for name, value in rows) + "</dl>"


def _table(title: str, heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table whose cells are markup already; the first of a row names it."""
    head = "".join(f'<th scope="col">{_text(name)}</th>' for name in heads)
    body = "".join(
        f'<tr><th scope="row">{row[0]}</th>{"".join(f"<td>{cell}</td>" for cell in row[1:])}</tr>' for row in rows
    )
    # Wide tables scroll by themselves, by keyboard too.
    table = f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
    return f'<div class="wide" role="region" aria-label="{_text(title)}" tabindex="0">{table}</div>'


# -- sections -----------------------------------------------------------------------------------


def _top(receipt: Receipt) -> str:
    facts = receipt.facts
    made = f"{receipt.made_at:%Y-%m-%d %H:%M:%S} UTC"
    return (
        f'<header class="{_TONES[receipt.headline]}">\n<p class="kicker">Receipt of run {_text(receipt.run)}</p>\n'
        f"<h1>{_text(receipt.headline)}</h1>\n"
        f"<p>The run ended as <strong>{_text(facts.outcome)}</strong>: {_text(facts.reason)}.</p>\n"
        f'<p class="quiet">{_text(receipt.source.name)}, made {made} by Loki {_text(receipt.software.loki)}</p>\n'
        "</header>"
    )


def _delivered(receipt: Receipt) -> str:
    delivery = receipt.facts.delivery
    rows = [("Branch", _code(delivery.branch)), ("Made from", _code(delivery.origin))]
    rows += [("Commit", _code(delivery.commit)), ("Base commit", _code(delivery.base))]
    if delivery.changed is not None:
        rows.append(("Paths changed", _text(delivery.changed)))
    if delivery.unknown:
        rows.append(("Unknown", _text(delivery.unknown)))
    if delivery.differing:
        more = " and more" if delivery.more_differ else ""
        rows.append(("Not as measured", f"{', '.join(map(_code, delivery.differing))}{more}"))
    return _section("What was delivered", _pairs(rows))


def _phases(facts: Facts) -> str:
    heads = ("Phase", "Verdict", "Why", "Command", "Exit code", "Seconds")
    rows = [
        (
            _text(fact.name),
            _verdict(fact.verdict) if fact.tree in ("", facts.delivery.measured) else _badge("stale", "warn"),
            _text(fact.why),
            _commands(fact),
            "" if fact.exit_code is None else _text(fact.exit_code),
            f"{fact.seconds:.1f}" if fact.tree else "",
        )
        for fact in facts.phases
    ]
    note = '<p class="quiet">Measured by Loki in a clean checkout that no agent could reach.</p>'
    return _section("Facts", note + _table("Facts", heads, rows))


def _verdict(verdict: Verdict) -> str:
    tones = {Verdict.PASSED: "good", Verdict.FAILED: "bad", Verdict.ERROR: "bad"}
    return _badge(verdict.value.replace("_", " "), tones.get(verdict, "warn"))


def _commands(fact: PhaseFact) -> str:
    checks = "".join(
        f"<li>{_text(check.name)}: {_text(check.verdict.value.replace('_', ' '))}, {_text(check.why)}</li>"
        for check in fact.checks
    )
    return (_code(fact.command) if fact.command else "") + (f"<ul>{checks}</ul>" if checks else "")


def _findings(phases: Sequence[PhaseFact]) -> Iterator[str]:
    found = [(fact.name, fact.findings) for fact in phases if fact.findings]
    if found:
        parts = [f"<h3>{_text(name)}</h3>{_found(findings)}" for name, findings in found]
        yield _section("What phases found", "".join(parts))


def _found(findings: Sequence[Finding]) -> str:
    items = "".join(f"<li>{_finding(finding)}</li>" for finding in findings[:_FINDINGS])
    rest = len(findings) - _FINDINGS
    return f"<ul>{items}</ul>" + (f'<p class="quiet">and {rest} more, in the receipt</p>' if rest > 0 else "")


def _finding(finding: Finding) -> str:
    line = f":{finding.line}" if finding.line is not None else ""
    where = f" {_code(f'{finding.file}{line}')}" if finding.file else ""
    return f"<strong>{_text(finding.severity)}</strong>{where} {_text(finding.message)}"


def _requirements(receipt: Receipt) -> str:
    rows = [
        (
            _text(fact.id),
            _text(fact.title),
            _badge(fact.proof.value, "good" if fact.proof.value == "proven" else "bad"),
            "<br>".join(map(_code, fact.tests)) or _text(fact.evidence),
        )
        for fact in receipt.facts.requirements
    ]
    body = (
        _table("Requirements", ("Id", "Requirement", "Proof", "Shown by"), rows)
        if rows
        else "<p>None were planned.</p>"
    )
    return _section("Requirements", body)


def _opinions(receipt: Receipt) -> str:
    opinions = receipt.opinions
    parts = ['<p class="quiet">What models thought. None of it makes the headline any better.</p>']
    if opinions.review is not None:
        parts.append(f"<p>Code review: {_verdict(opinions.review.verdict)} {_text(opinions.review.why)}</p>")
    for review in opinions.reviews:
        void = f" (does not count: {_text(review.void)})" if review.void else ""
        tone = "good" if review.verdict == "pass" else "bad"
        charge = f" <span class='quiet'>{_text(review.charge)}</span>" if review.charge else ""
        parts.append(f"<h3>{_text(review.reviewer)} {_badge(review.verdict, tone)}{void}</h3>{charge}")
        parts.append(_found(review.findings) if review.findings else "")
    if opinions.council is not None:
        parts.append(_council(opinions.council))
    if opinions.calibration:
        caught = [f"{one.member} saw {one.caught} of {one.shown} planted defects" for one in opinions.calibration]
        parts.append(f"<p>{_text('; '.join(caught))}</p>")
    if len(parts) == 1:
        parts.append("<p>Nobody was asked.</p>")
    return _section("Opinions", "".join(parts), kind="apart")


def _council(sitting: Sitting) -> str:
    if sitting.approved is None:
        came = "came to no decision"
    else:
        word = "approved" if sitting.approved else "did not approve"
        came = f"{word}: {sitting.approving} votes for it, {sitting.needed} needed"
    rows = [
        (
            _text(vote.member),
            _badge(vote.verdict, "good" if vote.verdict == "approve" else "bad"),
            _text("; ".join(vote.reasons)) + (f" (does not count: {_text(vote.void)})" if vote.void else ""),
            "<br>".join(map(_code, vote.evidence)),
        )
        for vote in sitting.votes
    ]
    return f"<h3>The council {_text(came)}</h3>" + _table("Votes", ("Member", "Vote", "Reasons", "Evidence"), rows)


def _effort(receipt: Receipt) -> str:
    effort = receipt.effort
    cost = effort.cost
    spent = format_usd(cost.spent)
    if cost.unpriced:
        spent = f"at least {spent}: the price of {cost.unpriced} answers is not known"
    rows = [("Spent", _text(spent))]
    if cost.unconfirmed:
        rows.append(("May come on top", _text(format_usd(cost.unconfirmed))))
    rows.append(("Limit", _text("none" if cost.limit is None else format_usd(cost.limit))))
    rows += [(f"For {purpose}", _text(format_usd(amount))) for purpose, amount in cost.by_purpose.items()]
    rows += [("Iterations", _text(effort.iterations)), ("Actions", _text(effort.actions))]
    rows.append(("Elapsed", _text(f"{effort.seconds:,.0f} s, waits included")))
    rows.append(("Models", ", ".join(f"{_text(tier)} {_code(model)}" for tier, model in effort.models.items())))
    return _section("Cost", _pairs(rows))


def _limits(receipt: Receipt) -> str:
    limits, held = receipt.limits, receipt.limits.confinement
    rows = [("Iterations at most", _text(limits.max_iterations))]
    if held is not None:
        rows.append(("Confinement", _text(f"{held.rung} {held.detail}".strip())))
        rows.append(("Network", _text(", ".join(held.network))))
        rows.append(("Not covered", _text("; ".join(held.uncovered) or "nothing")))
    rows.append(("Actions refused", _text(limits.refused)))
    rows += [(name, _code(value)) for name, value in sorted(limits.settings.items())]
    return _section("Limits in force", _pairs(rows))


def _checking(receipt: Receipt) -> str:
    delivery = receipt.facts.delivery
    hashes = [
        ("This receipt", _code(receipt.digest)),
        ("PRD (SHA-256)", _code(receipt.source.prd)),
        ("Base tree", _code(delivery.base_tree)),
        ("Delivered tree", _code(delivery.tree)),
        ("Measured tree", _code(delivery.measured)),
        ("Difference (SHA-256)", _code(delivery.diff)),
        (f"Journal, {receipt.journal.events:,} events", _code(receipt.journal.digest)),
    ]
    hashes += [(fact.name, f"output {_code(fact.output)}") for fact in receipt.facts.phases if fact.output]
    before, after = delivery.base_tree or "BASE_TREE", delivery.tree or "TREE"
    steps = (
        f"<p>In a clone that has the branch:</p><pre>loki receipt verify receipt.json\ngit rev-parse "
        f"{_text(delivery.commit or 'COMMIT')}^{{tree}}\ngit {' '.join(DIFF)} {_text(before)} {_text(after)} | "
        "sha256sum</pre>"
        "<p>Trees and the difference follow from git. That commands printed what is said here does not: it stands on "
        "whoever signed the receipt, or on <code>loki receipt verify --run-tests</code>, which measures again.</p>"
    )
    return _section("How to check this", steps + _pairs(hashes))

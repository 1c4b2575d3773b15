"""The page of a receipt: it needs nothing, runs nothing, and shows what the receipt says."""

from __future__ import annotations

import base64
import hashlib
import re
from html.parser import HTMLParser

import pytest

from loki_tui.core.vocabulary import Finding, Proof, Verdict
from loki_tui.engine.qa.phase import REGRESSION, SECURITY
from loki_tui.engine.receipt import Facts, Receipt
from loki_tui.runtime.receipt_page import receipt_page
from tests.support import receipts as sample

VOID = {"meta", "br"}
FORBIDDEN = {"script", "link", "img", "iframe", "object", "embed", "svg", "form", "base", "video", "audio", "a"}


class Parsed(HTMLParser):
    """A page taken apart."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str]] = []
        self.text = ""
        self.open: list[str] = []
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += [(name, value or "") for name, value in attrs]
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag, "every element is closed where it was opened"

    def handle_data(self, data: str) -> None:
        self.text += data


def page_of(about: Facts | None = None) -> str:
    return receipt_page(sample.receipt(about))


@pytest.mark.parametrize("about", [sample.facts(), sample.mixed(), sample.facts(requirements=(), phases=())])
def test_a_page_needs_nothing_and_runs_nothing(about: Facts) -> None:
    page = page_of(about)
    parsed = Parsed(page)
    assert parsed.open == []
    assert FORBIDDEN.isdisjoint(parsed.tags)
    names = {name for name, _ in parsed.attributes}
    assert not {name for name in names if name.startswith("on") or name in {"src", "href", "style", "action"}}
    assert "url(" not in page
    assert "@import" not in page
    assert not re.search(r"https?://", page)


def test_its_policy_allows_its_own_style_alone() -> None:
    page = page_of()
    style = re.search(r"<style>(.*)</style>", page, re.DOTALL)
    assert style is not None
    digest = base64.b64encode(hashlib.sha256(style[1].encode()).digest()).decode()
    policy = next(value for name, value in Parsed(page).attributes if name == "content" and "default-src" in value)
    assert policy == f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"


@pytest.mark.parametrize(
    ("about", "headline"),
    [
        (sample.facts(), "VERIFIED"),
        (sample.facts(planned=False), "VERIFIED WITH GAPS"),
        (sample.mixed(), "NOT VERIFIED"),
    ],
)
def test_it_says_what_the_receipt_says(about: Facts, headline: str) -> None:
    receipt = sample.receipt(about)
    text = Parsed(receipt_page(receipt)).text
    assert receipt.headline == headline
    for said in (
        headline,
        *receipt.gaps,
        *receipt.against,
        *(fact.why for fact in about.phases),
        *(fact.title for fact in about.requirements),
        about.delivery.commit,
        about.delivery.diff,
        receipt.journal.digest,
        "no limit on size",
        "member-1 saw 2 of 3 planted defects",
        "$3.14",
        "bwrap",
        "loki receipt verify",
    ):
        assert said in text


def test_what_streams_lost_in_a_conflict_is_named() -> None:
    lost = "the resolution of the conflict between auth and <b>shop</b> dropped lines"
    assert lost in Parsed(receipt_page(sample.receipt(dropped=(lost,)))).text
    assert "parallel streams" not in page_of()


def test_opinions_are_apart_from_facts() -> None:
    page = page_of()
    facts, opinions = page.index("<h2>Facts</h2>"), page.index("<h2>Opinions</h2>")
    assert facts < opinions < page.index("reviewer-1")
    assert '<section class="apart">' in page


def test_a_stale_fact_is_not_green() -> None:
    about = sample.facts(phases=(sample.unit_tests(), sample.phase(REGRESSION, tree="0" * 40)))
    row = re.search(r'<tr><th scope="row">regression</th>.*?</tr>', page_of(about))
    assert row is not None
    assert "stale" in row[0]
    assert "passed" not in row[0]


EVIL = "<script>alert(1)</script><img src=x onerror=alert(1)>\"'><style>*{}</style>&lt;\x1b[31m\u202e"


def evil() -> Receipt:
    """A receipt whose every word an agent wrote."""
    about = sample.facts(
        reason=EVIL,
        delivery=sample.delivery(branch=EVIL, origin=EVIL, tree="1" * 40, differing=(EVIL,), unknown=EVIL),
        phases=(
            sample.unit_tests(why=EVIL, command=EVIL),
            sample.phase(
                SECURITY,
                Verdict.FAILED,
                EVIL,
                findings=(Finding(severity="high", file=EVIL, line=1, message=EVIL),),
            ),
            sample.phase(EVIL, why=EVIL),
        ),
        requirements=(
            sample.requirement(EVIL[:40], title=EVIL, tests=(EVIL,)),
            sample.requirement("R2", Proof.FAILING, evidence=EVIL, tests=()),
        ),
    )
    receipt = sample.receipt(about, run=EVIL)
    limits = receipt.limits.model_copy(update={"settings": {EVIL: EVIL}})
    return receipt.model_copy(update={"limits": limits})


def test_words_of_agents_are_words() -> None:
    page = receipt_page(evil())
    parsed = Parsed(page)
    assert parsed.open == []
    assert FORBIDDEN.isdisjoint(parsed.tags)
    assert parsed.tags.count("style") == 1
    assert not {name for name, _ in parsed.attributes if name.startswith("on")}
    assert parsed.text.count("<script>alert(1)</script>") > 15
    assert "\x1b" not in page
    assert "\u202e" not in page

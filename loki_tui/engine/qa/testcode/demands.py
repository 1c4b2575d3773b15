"""What one assertion demands, in languages that are read by their patterns."""

from __future__ import annotations

import re

from loki_tui.engine.qa.testcode.masking import STATEMENT, Code
from loki_tui.engine.qa.testcode.model import Assertion, Strength

_EXACT = re.compile(
    r"assert_eq|(?:assert)?_?(?:strict|deep|deepStrict|array|iterable|lines)?_?(?:equals?|same|eql?|eqv)(?:to)?(?:_?\w*)?"
    r"|to(?:be|equal|strictequal|matchobject|havelength|benull|beundefined|benan|match\w*snapshot|havebeen\w*with"
    r"|becloseto|have\w*)"
    r"|is(?:equalto|sameas|empty|null|zero|equal)?|has(?:size|length)|containsexactly\w*|assert(?:null|nil)|nil|empty|len"
    r"|zero|be|deepequal|assertequals|assertsame|equalvalues|jsoneq|error(?:is|contains)|throws\w*|assertthrows\w*|has\w*",
    re.IGNORECASE,
)
"""Names of what demands one value, in JUnit, AssertJ, testify, Jest, Chai, node:assert, Rust and their kin."""
_PRESENT = re.compile(
    r"tobe(?:truthy|falsy|defined|instanceof|typeof)|tohavebeencalled|tohavebeencalledonce|tothrow|(?:assert|is)?not_?(?:null|nil|empty)"
    r"|(?:is)?(?:in)?_?instance_?of|exist|ok|defined|isok|assertdoesnotthrow|notpanics|noerror|error|isobject|isdefined|exists|any",
    re.IGNORECASE,
)
_CONDITION = re.compile(
    r"assert!?|debug_assert!?|(?:assert_?)?(?:is)?(?:true|false)|ok|require|prop_assert!?", re.IGNORECASE
)
"""Names of what takes a condition: that says how much is demanded."""
_LITERAL = re.compile(r"""(?:[-+]?\d[\w.]*|true|false|null|nil|None|undefined|&?["'`].*)""", re.DOTALL)
_ALWAYS = re.compile(r"true|!false|1")
_OR_TRUE = re.compile(r"\|\|\s*true\)?$|^\(?true\s*\|\|")
_TRUTH = {"true", "false", "Boolean.TRUE", "Boolean.FALSE"}
_LINK = re.compile(r"\s*[?!]?\.\s*(\w+)\s*(\()?")
_OPENED = re.compile(r"(?:\.(?:unwrap|await|get)(?:\(\))?|\.expect\(.*\)|\?)+$")
"""At the end of what is asserted: how the value was taken out of what it came in."""
_COMPARED = re.compile(r"^(?P<left>.+?)\s*(?P<sign>===?|!==?|<=|>=|<|>)\s*(?P<right>.+)$", re.DOTALL)


def plain(text: str) -> str:
    """Source without its layout."""
    return re.sub(r" ?([(){}\[\],.;]) ?", r"\1", re.sub(r"\s+", " ", text)).strip(" ;")


def demand(code: Code, start: int, end: int, opening: int) -> Assertion:
    """What the assertion between two offsets demands.

    Args:
        code: The source.
        start: Where it begins.
        end: Where it ends.
        opening: Of its first bracket.
    """
    text, line = plain(code.text[start : min(end, start + STATEMENT)]), code.line(start)
    given = [plain(each) for each in code.arguments(opening)]
    name = code.text[start:opening].strip().rpartition(".")[2].rpartition("::")[2].rpartition("->")[2].strip("! ")
    chain = _chain(code, code.close(opening) + 1, end)
    if given and re.fullmatch(r"t|s\.T\(\)", given[0]):
        given = given[1:]  # testify is given the test first
    if chain and not re.match(r"expect_", name):
        return _chained(text, line, given, chain)
    if _CONDITION.fullmatch(name):
        return condition(given[0] if given else "", line, text=text, negative="alse" in name)
    if name.lower().startswith(("assertthrows", "throws", "panics")):
        given = given[1:] or given  # the first is what it raises
    subject = _OPENED.sub("", next((each for each in given if not _LITERAL.fullmatch(each)), ""))
    strength = _named(name)
    if len(given) >= 2 and strength is Strength.EXACT:
        strength = _of_two(given[0], given[1])
    return Assertion(text, subject, strength, line, width=max([1, *map(_width, given[:2])]))


def condition(test: str, line: int, *, text: str = "", negative: bool = False) -> Assertion:
    """What a condition demands that has to hold.

    Args:
        test: The condition.
        line: Where it stands.
        text: The whole assertion.
        negative: Whether it is the opposite that has to hold.
    """
    test = plain(test)
    whole = text or test
    if _holds_always(test, negative=negative):
        return Assertion(whole, "", Strength.TRIVIAL, line)
    compared = _COMPARED.match(test)
    if compared is None:
        equal = re.search(r"\.(?:equals|is_empty|isEmpty)\(", test)
        about = re.sub(r"^!|\.is_(?:some|ok|none|err)\(\)$|\s*(?:!=|instanceof)\s.*$", "", test)
        return Assertion(whole, about, Strength.EXACT if equal else Strength.PRESENCE, line)
    left, sign, right = compared["left"], compared["sign"], compared["right"]
    if sign.startswith("=="):
        strength = _of_two(left, right)
    else:
        strength = Strength.PRESENCE if right in {"null", "nil", "undefined"} else Strength.LOOSE
    subject = _OPENED.sub("", right if _LITERAL.fullmatch(left) else left)
    return Assertion(whole, subject, strength, line, width=max(_width(left), _width(right)))


def _holds_always(test: str, *, negative: bool) -> bool:
    if negative:
        return test == "false"
    return bool(_ALWAYS.fullmatch(test) or _OR_TRUE.search(test))


def _chain(code: Code, at: int, end: int) -> list[tuple[str, list[str]]]:
    """What is called one after the other from an offset on, each with what it is given: `.not.toBe(b)`."""
    links = []
    while at < end and (found := _LINK.match(code.masked, at, end)):
        at = found.end()
        given: list[str] = []
        if found[2]:
            given = [plain(each) for each in code.arguments(at - 1)]
            at = code.close(at - 1) + 1
        links.append((found[1], given))
    return links


def _chained(text: str, line: int, given: list[str], chain: list[tuple[str, list[str]]]) -> Assertion:
    """Of `expect(a).not.toBe(b)` and its kin."""
    subject = given[0] if given else ""
    names = [name for name, _ in chain]
    last, expected = chain[-1]
    first = expected[0] if expected else ""
    strength = _named(last)
    if _LITERAL.fullmatch(subject) and (not first or _LITERAL.fullmatch(first)):
        # What cannot hold is how a test fails where it should not have come.
        fails = subject in {"false", "0", "null"} or (bool(first) and subject != first)
        strength = Strength.LOOSE if fails else Strength.TRIVIAL
    elif _OR_TRUE.search(subject):
        strength = Strength.TRIVIAL
    elif "not" in names[:-1]:
        vague = last in {"toBeNull", "toBeUndefined", "toThrow", "null", "undefined", "toBeFalsy"}
        strength = Strength.PRESENCE if vague else Strength.LOOSE
    elif first in _TRUTH or first.startswith("expect.any") or last in {"true", "isTrue"}:
        strength = condition(subject, line).strength
    elif expected and strength is Strength.EXACT:
        strength = _of_two(subject, first)
    elif last == "toThrow" and expected:
        strength = Strength.LOOSE
    return Assertion(text, subject, strength, line, width=max([1, *map(_width, expected[:1])]))


def _named(name: str) -> Strength:
    if _PRESENT.fullmatch(name):
        return Strength.PRESENCE
    return Strength.EXACT if _EXACT.fullmatch(name) else Strength.LOOSE


def _of_two(left: str, right: str) -> Strength:
    """What it demands that two things are equal."""
    if left == right or (
        _LITERAL.fullmatch(left) and _LITERAL.fullmatch(right) and left.strip("&") == right.strip("&")
    ):
        return Strength.PRESENCE if "(" in left else Strength.TRIVIAL
    return Strength.EXACT if _TRUTH.isdisjoint({left, right}) else Strength.PRESENCE


def _width(text: str) -> int:
    """How many values a literal has, about."""
    return text.count(",") + 1 if re.search(r"[\[({]", text) else 1

"""The tests in a file of a language that is read by its patterns: JavaScript, Go, Rust, Java, C#, PHP and their kin."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import islice

from loki_tui.engine.qa.testcode.demands import condition, demand, plain
from loki_tui.engine.qa.testcode.languages import Language
from loki_tui.engine.qa.testcode.masking import STATEMENT, Code
from loki_tui.engine.qa.testcode.model import MAX_CHARACTERS, Assertion, Place, Source, Strength, Unit

_MOST_TESTS = 3_000
_MOST_ASSERTIONS = 300
"""Of one test. Whoever writes more hides something, or has a table written out."""
_OFTEN = 5
"""How often a text is looked through at most, for functions that tests call."""
_STRAYS = 200
"""Attributes of tests without a function, after which there will be none."""
_HEAD = 2_000
"""Longest that attributes and signature of a test may be."""
_SIGNATURE = re.compile(
    r"(?:\bfn\s+|\bfun\s+|(?<=\s))(`[^`\n]*`|[A-Za-z_]\w*)\s*(?:<[^<>()]*>\s*)?"
    r"\((?:[^{};()]|\([^{};()]*\))*\)[^{};()]*(?:=\s*\w+(?:\([^(){}]*\))?\s*)?\{"
)
_NEVER = re.compile(r"\bif\s*\(?\s*(?:false|0)\s*\)?\s*\{")
_RETURNS = re.compile(r"\{\s*return\s*;?\s*(?=[\n}])")
_TRY = re.compile(r"\btry\s*\{")
_REMEMBERS = re.compile(
    r"\b(?:throw|fail|expect|assert\w*|done|reject|verify)\b|Assert\.|\$this|\.(?:set|add|push|append)\s*\(|(?<![=!<>])=(?![=>])"
)
"""In what is done with a failure that was caught: it is raised, checked or kept for later."""
_TABLES = re.compile(
    r"\[\]\s*(?:struct\s*\{[^{}]*\}|[\w.*]+)\s*(?=\{)|(?:\bin\s+&?|\bof\s+|=\s*|(?:each|forEach|rows|cases)\s*\(?\s*)(?=\[)|@\w+Source\([^{)]*(?=\{)"
)
_CALL = re.compile(r"(?<![\w.$])[A-Za-z_$][\w$]*(?:(?:\.|::)[A-Za-z_$][\w$]*)*(?=\s*\()")
_IMPORT = re.compile(
    r"""^[ \t]*(?:import\s+(?P<names>[^;'"`]{1,1000}?)\s+from"""
    r"""|(?:const|let|var)\s+(?P<vars>[^=;]{1,1000}?)=\s*(?:await\s+)?(?:require|import)\s*\()\s*['"](?P<module>[^'"\n]+)['"]""",
    re.MULTILINE,
)
_MODULE_MOCK = re.compile(r"""\b(?:jest|vi)\s*\.\s*(?:mock|doMock|unstable_mockModule)\s*\(\s*['"]([^'"\n]+)['"]""")
_MEMBER_MOCK = re.compile(
    r"""(?:spyOn|stub|method|replace|mock\.method)\s*\(\s*([\w$.]+)\s*,\s*['"](\w+)['"][^;]{0,300}"""
)
_ASSIGNED_MOCK = re.compile(
    r"(?<![\w.$])([\w$]+(?:\.[\w$]+)?)\s*=\s*(?:jest|vi|sinon)\s*\.\s*\w+\s*\(|(?:const|let|var|function)\s+([\w$]+)\s*(?:=\s*\([^()]*\)\s*=>|\()"
)
_CLASS_MOCK = re.compile(r"\b(?:mock|mockk|spy)\s*(?:\(\s*|<)(\w+)")


@dataclass(frozen=True, slots=True)
class _Span:
    """Where a test stands, by offsets."""

    name: str
    head: int
    body: int
    end: int


def parse_lines(text: str, language: Language) -> Source | None:
    """The tests in a file of a language that has patterns; none where it is too long to be read."""
    if len(text) > MAX_CHARACTERS:
        return None
    code = Code.of(text, language.strings)
    whole = language.file_off.search(text if language.name == "go" else code.masked)
    mocks, imported = _mocks(code, language)
    focused: list[Place] = []
    if language.form == "call":
        units = tuple(_calls(code, language, mocks, focused))
    else:
        spans = _attributed(code, language) if language.form == "attribute" else _named(code, language)
        units = tuple(_unit(code, language, span, mocks) for span in islice(spans, _MOST_TESTS))
    return Source(
        units=(*units, *_helpers(code, language, {unit.name for unit in units})),
        disabled=Place(f"`{whole[0].strip()[:80]}`", code.line(whole.start())) if whole else None,
        focused=tuple(focused),
        imported=imported,
    )


def _named(code: Code, language: Language) -> Iterator[_Span]:
    last = -1
    for found in language.test.finditer(code.masked):
        if found.start() < last:
            continue  # what was never closed holds all that follows
        start, last = code.block(code.close(found.end() - 1))
        yield _Span(found[1], found.start(), start, last)


def _attributed(code: Code, language: Language) -> Iterator[_Span]:
    """Functions with a test's attribute; what stands between them and what is before belongs to their heads."""
    last, strays = -1, 0
    for found in language.test.finditer(code.masked):
        if found.start() < last:
            continue  # a second attribute of the same function
        head = _beginning(code, found.start())
        signature = _SIGNATURE.search(code.masked, found.end(), found.end() + _HEAD)
        if signature is None:
            strays += 1
            if strays > _STRAYS:
                return
            continue
        start = signature.end() - 1
        last = code.close(start) + 1
        yield _Span(code.text[signature.start(1) : signature.end(1)].strip("`"), head, start, last)


def _beginning(code: Code, offset: int) -> int:
    """Where what belongs to a function's head begins: after the code before it."""
    earliest = max(0, offset - _HEAD)
    return max(earliest, *(code.masked.rfind(letter, earliest, offset) + 1 for letter in ";}{"))


def _helpers(code: Code, language: Language, tests: set[str]) -> Iterator[Unit]:
    """Functions that tests may call to assert something."""
    looked_through = 0
    for found in islice(language.helper.finditer(code.masked), _MOST_TESTS):
        opening = found.end() - 1
        start, end = code.block(code.close(opening))
        looked_through += end - start
        if looked_through > _OFTEN * len(code.masked):
            return  # functions in functions in functions
        between = code.masked[code.close(opening) + 1 : start]
        if len(between) > 200 or ";" in between or "}" in between or language.test.search(code.masked, start, end):
            continue
        name = next((name for name in found.groups() if name), "")
        assertions = () if name in tests else tuple(_assertions(code, language, _Span(name, opening, start, end)))
        if assertions:
            yield Unit(name, code.line(found.start()), is_test=False, assertions=assertions)


def _unit(code: Code, language: Language, span: _Span, mocks: tuple[Place, ...]) -> Unit:
    head = code.masked[span.head : span.body]
    off = language.off.search(head)
    off_if = language.off_if.search(head)
    found = off or off_if
    disabled = Place(f"`{found[0].strip()}`", code.line(span.head + found.start())) if found else None
    conditional = bool(off_if and not off)
    if disabled is None:
        disabled, conditional = _stopped(code, language, span)
    return Unit(
        name=span.name,
        line=code.line(span.body),
        assertions=tuple(_assertions(code, language, span)),
        disabled=disabled,
        conditional=conditional,
        swallowed=tuple(_swallowed(code, language, span)),
        replaced=mocks,
        body=plain(code.text[span.body : span.end]),
        calls=Counter(found[0] for found in _CALL.finditer(code.masked, span.body, span.end)),
    )


def _stopped(code: Code, language: Language, span: _Span) -> tuple[Place | None, bool]:
    if stop := language.stop.search(code.masked, span.body, span.end):
        # On the body's own level it is sure to be reached.
        depth = code.masked.count("{", span.body, stop.start()) - code.masked.count("}", span.body, stop.start())
        shown = code.text[stop.start() : code.statement(stop.start())].strip()[:80]
        return Place(f"`{shown}`", code.line(stop.start())), depth > 1
    if leaves := _RETURNS.search(code.masked, span.body, min(span.end, span.body + 400)):
        between = code.masked[span.body : leaves.start()]
        if ";" not in between and "if" not in between.split() and between.count("{") == between.count("}"):
            return Place("`return` before anything is asserted", code.line(leaves.start())), False
    return None, False


def _assertions(code: Code, language: Language, span: _Span) -> Iterator[Assertion]:
    dead = [code.block(found.start()) for found in _NEVER.finditer(code.masked, span.body, span.end)]
    times = _rows(code, span)
    for found in islice(language.assertion.finditer(code.masked, span.body, span.end), _MOST_ASSERTIONS):
        if any(start <= found.start() < end for start, end in dead):
            continue
        if language.negated_if and re.match(r"[tb]\.", found[0]):
            yield replace(_by_if(code, found.start(), span), times=times)
            continue
        opening = found.end() - 1
        if code.masked[opening] not in "([{":  # Java's own `assert`
            end = code.statement(found.end())
            given = code.text[found.end() : end]
            test = given.rpartition(" : ")[0] or given
            yield replace(condition(test, code.line(found.start())), times=times)
            continue
        yield replace(demand(code, found.start(), code.statement(found.start()), opening), times=times)
    if panics := re.search(r"should_panic|\bexpected\s*=\s*[\w.]+", code.masked[span.head : span.body]):
        yield Assertion(panics[0], "", Strength.LOOSE, code.line(span.head), times=times)


def _by_if(code: Code, report: int, span: _Span) -> Assertion:
    """Of `if got != want { t.Errorf(...) }`: that the condition does not hold."""
    line = code.line(report)
    before = code.masked[max(span.body, report - 600) : report]
    found = re.search(r"\bif\s+(?:[^{};\n]*;\s*)?([^{};\n]+)\{[^{}]*\Z", before)
    if found is None:
        return Assertion(code.text[report : min(code.statement(report), report + STATEMENT)], "", Strength.LOOSE, line)
    offset = max(span.body, report - 600) + found.start(1)
    test = code.text[offset : offset + len(found[1])].strip()
    if test == "false":
        return Assertion(test, "", Strength.TRIVIAL, line)
    opposite = re.sub(r"!=", "==", test) if "!=" in test else test.replace("==", "!=")
    if re.search(r"\b(?:err|e)\s*==\s*nil", opposite):
        return Assertion(opposite, opposite, Strength.PRESENCE, line)
    return replace(condition(opposite, line), text=opposite)


def _rows(code: Code, span: _Span) -> int:
    """How many cases the longest table in a test has, its head included; 1 where it has none."""
    most = 1
    for found in islice(_TABLES.finditer(code.masked, span.head, span.end), 20):
        most = max(most, sum(1 for _ in islice(code.parts(found.end()), 2_000)))
    return most


def _swallowed(code: Code, language: Language, span: _Span) -> Iterator[Place]:
    tries = [found.start() for found in _TRY.finditer(code.masked, span.body, span.end)]
    for found in language.swallow.finditer(code.masked, span.body, span.end):
        place = Place(f"`{code.text[found.start() : found.end()].strip(' {(')}`", code.line(found.start()))
        if found[0].endswith("{"):
            tried = tries[bisect_left(tries, found.start()) - 1] if tries and tries[0] < found.start() else None
            start, end = code.block(found.end() - 1)
            handled = code.masked[start:end]
            forgets = not _REMEMBERS.search(handled)
            if tried is not None and forgets and language.assertion.search(code.masked, tried, found.start()):
                yield place
        else:
            yield place
    if language.form == "call":
        for found in re.finditer(r"\.catch\s*\(\s*\(?\w*\)?\s*=>\s*\{?\s*\}?\s*\)", code.masked[span.body : span.end]):
            yield Place("`.catch` that forgets", code.line(span.body + found.start()))


def _calls(code: Code, language: Language, mocks: tuple[Place, ...], focused: list[Place]) -> Iterator[Unit]:
    """Tests that are calls, such as `it("adds", () => { ... })`, in suites that are calls too."""
    suites: list[tuple[_Span, Place | None]] = []
    last = -1
    for found in islice(language.test.finditer(code.masked), _MOST_TESTS):
        span, rows = _call_span(code, found)
        if span is None or found.start() < last:
            continue
        if found[1] == "f" or re.search(r"\bonly\b", found[3]):
            focused.append(Place(f"`{found[0].strip(' (`')}`", code.line(found.start())))
        crossed = Place(f"`x{found[2]}`", code.line(found.start())) if found[1] == "x" else None
        if found[2] in {"describe", "context", "suite"}:
            off = language.off.search(code.masked, span.head, span.body)
            place = Place(f"`{found[2]}.{off[0]}`", code.line(off.start())) if off else None
            suites.append((span, crossed or place))
            continue
        last = span.end
        unit = _unit(code, language, span, mocks)
        around = [each for each in suites if each[0].head < found.start() < each[0].end]
        off_around = next((place for _, place in around if place), None)
        yield replace(
            unit,
            name=" > ".join([*(each.name for each, _ in around), span.name]),
            line=code.line(span.head),
            disabled=crossed or unit.disabled or off_around,
            conditional=unit.conditional and not crossed,
            assertions=tuple(replace(each, times=max(each.times, rows)) for each in unit.assertions),
        )


def _call_span(code: Code, found: re.Match[str]) -> tuple[_Span | None, int]:
    opening, rows = found.end() - 1, 1
    if re.search(r"\beach\b", found[3]):
        if code.masked[opening] == "`":
            end = code.masked.find("`", opening + 1)
            rows = max(1, code.text[opening:end].strip("`\n ").count("\n"))
        else:
            end = code.close(opening)
            table = code.masked.find("[", opening, end)
            rows = max(1, sum(1 for _ in code.parts(table))) if table >= 0 else 1
        following = re.compile(r"[)`]?\s*\(").match(code.masked, end)
        if following is None:
            return None, 1
        opening = following.end() - 1
    elif code.masked[opening] == "`":
        return None, 1
    parts = list(islice(code.parts(opening), 4))
    if not parts:
        return None, 1
    start, end = parts[0]
    name = re.sub(r"""^(['"`])(.*)\1$""", r"\2", code.text[start:end].strip(), flags=re.DOTALL)
    if len(parts) == 1:
        body = end
    else:
        body = code.masked.find("{", parts[-1][0], parts[-1][1])
        body = body if body >= 0 else parts[-1][0]
    return _Span(name, found.start(), body, code.close(opening)), rows


def _mocks(code: Code, language: Language) -> tuple[tuple[Place, ...], tuple[tuple[str, str], ...]]:
    """What a file puts something else in place of, and what its names were imported from."""
    if language.name == "java":
        found = (Place(each[1], code.line(each.start())) for each in _CLASS_MOCK.finditer(code.masked))
        return tuple(islice(found, 100)), ()
    if language.name != "script":
        return (), ()
    imported: dict[str, str] = {}
    for each in _IMPORT.finditer(code.text):
        for name in re.findall(r"[\w$]+(?=\s*(?:[,}]|$))", (each["names"] or each["vars"]).strip()):
            imported[name] = each["module"]
    places = []
    for each in islice(_MODULE_MOCK.finditer(code.text), 100):
        actual = "Actual" in code.text[each.start() : code.statement(each.start())]
        if each[1].startswith(".") and not actual:
            places += [Place(name, code.line(each.start())) for name, module in imported.items() if module == each[1]]
    for each in islice(_MEMBER_MOCK.finditer(code.text), 100):
        if re.search(r"mock(?:Return|Resolved|Rejected|Impl)|returns|resolves|=>|function", each[0]):
            places.append(Place(f"{each[1]}.{each[2]}", code.line(each.start())))
    for each in islice(_ASSIGNED_MOCK.finditer(code.masked), 300):
        places.append(Place(each[1] or each[2], code.line(each.start())))
    return tuple(places), tuple(sorted(imported.items()))

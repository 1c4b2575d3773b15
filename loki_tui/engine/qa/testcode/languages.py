"""How tests are written in languages that are read by their patterns."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from loki_tui.engine.qa.testcode import masking

_NOTHING = re.compile(r"(?!)")


@dataclass(frozen=True, slots=True)
class Language:
    """The patterns of one language. All but `off_text` are looked for where there is code."""

    name: str
    suffixes: tuple[str, ...]
    strings: re.Pattern[str]
    form: Literal["call", "attribute", "name"]
    """Whether a test is a call, a function with an attribute, or one with a name."""
    test: re.Pattern[str]
    """Begins a test."""
    assertion: re.Pattern[str]
    """Begins an assertion, and ends with its first bracket."""
    off: re.Pattern[str]
    """In a test's head: it does not run."""
    off_if: re.Pattern[str]
    """In a test's head: it does not run everywhere."""
    stop: re.Pattern[str]
    """In a test's body: it ends here, and counts as skipped."""
    helper: re.Pattern[str] = _NOTHING
    """Begins a function of any kind, and ends with the bracket of what it is given."""
    file_off: re.Pattern[str] = _NOTHING
    """Keeps a whole file from running."""
    swallow: re.Pattern[str] = _NOTHING
    """Catches the failure of an assertion. Ends with the bracket of what is done then."""
    negated_if: bool = False
    """Whether a test asserts by `if`, and reports what should not be."""


_SCRIPT = Language(
    name="script",
    suffixes=(".js", ".jsx", ".ts", ".tsx", ".mjs", ".cjs", ".mts", ".cts", ".vue", ".svelte"),
    strings=masking.SCRIPT,
    form="call",
    test=re.compile(
        r"(?:(?<![\w.$])|(?<=Deno\.)|(?<=\bQUnit\.))([xf]?)(it|test|specify|describe|context|suite)((?:\s*\.\s*[a-zA-Z]\w*)*)\s*[(`]"
    ),
    assertion=re.compile(
        r"(?<![\w.$])(?:expect(?:\.soft|\.poll)?|(?:assert|t|should)(?:\.[a-zA-Z]\w*)?|expect[A-Z]\w*|assert[A-Z]\w*)\s*\("
        r"|\.\s*expect\s*\(|\bthrow\s+new\s+(?:Assertion)?Error\s*\("
    ),
    off=re.compile(r"\b(?:skip|todo|fixme|fails|failing)\b(?!\s*:\s*false)"),
    off_if=re.compile(r"\b(?:skipIf|runIf)\b"),
    stop=re.compile(r"\b(?:this|t|ctx|test|it|context)\.(?:skip|fixme)\s*\("),
    helper=re.compile(
        r"\bfunction\s+([A-Za-z_$][\w$]*)\s*\(|\b(?:const|let|var)\s+([A-Za-z_$][\w$]*)\s*=\s*(?:async\s*)?(?:function\s*)?\("
    ),
    swallow=re.compile(r"\bcatch\s*(?:\([^()]*\))?\s*\{"),
)
_GO = Language(
    name="go",
    suffixes=(".go",),
    strings=masking.GO,
    form="name",
    test=re.compile(r"^func\s+(?:\([^()]*\)\s*)?((?:Test|Fuzz|Example)\w*)\s*\(", re.MULTILINE),
    assertion=re.compile(
        r"(?<![\w.])(?:(?:assert|require|is|qt|s|suite)\.[A-Z]\w*|is\.\w+|assert[A-Z]\w*|[tb]\.(?:Error|Fatal|Fail)\w*)\s*\("
    ),
    off=_NOTHING,
    off_if=_NOTHING,
    stop=re.compile(r"\b[tsb]\.Skip(?:f|Now)?\s*\(|\b[tsb]\.T\(\)\.Skip"),
    helper=re.compile(r"^func\s+(?!Test|Fuzz|Example)(\w+)\s*\(", re.MULTILINE),
    file_off=re.compile(r"^[ \t]*//(?:go:build|\s*\+build)\s+(?:ignore|never|none|disabled?)\b", re.MULTILINE),
    swallow=re.compile(r"\brecover\s*\(\s*\)\s*()"),
    negated_if=True,
)
_RUST = Language(
    name="rust",
    suffixes=(".rs",),
    strings=masking.RUST,
    form="attribute",
    test=re.compile(r"#\[\s*(?:\w+::)*(?:test|rstest|test_case|proptest|quickcheck)\b"),
    assertion=re.compile(r"(?<![\w.])(?:debug_|prop_)?assert(?:_\w+)?!\s*[(\[{]|\bpanic!\s*\(|\.unwrap_err\s*\("),
    off=re.compile(r"#\[\s*(?:ignore\b|should_panic|cfg\s*\(\s*(?:any\s*\(\s*\)|not\s*\(\s*test\s*\)|FALSE))"),
    off_if=re.compile(r"#\[\s*(?:cfg|cfg_attr)\s*\((?!\s*test\s*\))"),
    stop=_NOTHING,
    helper=re.compile(r"\bfn\s+(\w+)\s*(?:<[^<>()]*>\s*)?\("),
    file_off=re.compile(r"^#!\[\s*cfg\s*\(\s*(?:any\s*\(\s*\)|not\s*\(\s*test\s*\))", re.MULTILINE),
    swallow=re.compile(r"\bcatch_unwind\s*()\("),
)
_JAVA_ASSERTION = (
    r"(?<![\w.])(?:(?:Assert(?:ions)?|Truth|Mockito|BDDMockito|assertThat|StepVerifier)\.)?(?:assert\w*|verify\w*|fail|expect\w*|check|then)\s*\("
    r"|\bthrow\s+new\s+AssertionError\s*\(|(?<![\w.])assert\s*()(?=[\w(!\"])"
)
_JAVA = Language(
    name="java",
    suffixes=(".java", ".kt", ".groovy", ".scala"),
    strings=masking.JAVA,
    form="attribute",
    test=re.compile(
        r"@(?:org\.junit\.(?:jupiter\.api\.)?)?(?:Test|ParameterizedTest|RepeatedTest|TestFactory|Property)\b|\bpublic\s+void\s+(?=test\w*\s*\()"
    ),
    assertion=re.compile(_JAVA_ASSERTION),
    off=re.compile(r"@(?:Disabled|Ignore)\b|\benabled\s*=\s*false"),
    off_if=re.compile(r"@(?:Disabled|Enabled)(?:On|If|For)\w*"),
    stop=re.compile(
        r"\b(?:assumeTrue\s*\(\s*false|assumeFalse\s*\(\s*true|Assumptions\.abort|throw\s+new\s+SkipException)"
    ),
    helper=re.compile(r"(?:\b(?:void|boolean|private|static|fun)\s+)(\w+)\s*\("),
    file_off=re.compile(
        r"@(?:Disabled|Ignore)\b(?:\([^()]*\))?(?:\s*@\w+(?:\([^()]*\))?|\s+(?:public|final|internal|open))*\s*class\b"
    ),
    swallow=re.compile(
        r"\bcatch\s*\(\s*(?:final\s+)?(?:\w+\s*:\s*)?(?:[\w.]+\s*\|\s*)*(?:Throwable|Error|AssertionError|AssertionFailedError)\b[^()]*\)\s*\{"
    ),
)
_SHARP = Language(
    name="csharp",
    suffixes=(".cs",),
    strings=masking.JAVA,
    form="attribute",
    test=re.compile(r"\[\s*(?:Fact|Theory|Test|TestMethod|TestCase)\b"),
    assertion=re.compile(
        r"(?<![\w.])(?:Assert|CollectionAssert|StringAssert)(?:\.\w+)\s*\(|\.\s*Should\s*\(\)\s*\.\s*\w+\s*\("
    ),
    off=re.compile(r"\[\s*Ignore\b|\bSkip\s*=|\bExplicit\b"),
    off_if=re.compile(r"\[\s*(?:Platform|SkippableFact|Conditional\w*)\b"),
    stop=re.compile(r"\bAssert\.(?:Ignore|Inconclusive|Skip)\s*\("),
    swallow=re.compile(
        r"\bcatch\s*(?:\(\s*(?:Exception|System\.Exception|XunitException|AssertionException)\b[^()]*\))?\s*\{"
    ),
)
_PHP = Language(
    name="php",
    suffixes=(".php",),
    strings=masking.PHP,
    form="name",
    test=re.compile(r"\bfunction\s+(test\w*|it_\w+)\s*\("),
    assertion=re.compile(r"(?:\$this\s*->|self::|static::)\s*(?:assert\w*|expectException\w*|fail)\s*\("),
    off=_NOTHING,
    off_if=_NOTHING,
    stop=re.compile(r"markTest(?:Skipped|Incomplete)\s*\("),
    swallow=re.compile(
        r"\bcatch\s*\(\s*\\?(?:Throwable|Exception|ExpectationFailedException|AssertionFailedError)\b[^()]*\)\s*\{"
    ),
)
LANGUAGES = (_SCRIPT, _GO, _RUST, _JAVA, _SHARP, _PHP)


def language_of(path: str) -> Language | None:
    """The language of a file, by its name; none where it is not read by patterns."""
    return next((each for each in LANGUAGES if path.endswith(each.suffixes)), None)


_TEST_FILES = re.compile(
    r"(?:^|/)(?:test[^/]*\.pyi?|[^/]*_tests?\.py|conftest\.py|[^/]+[._-](?:test|spec|tests|e2e|cy)\.[cm]?[jt]sx?"
    r"|[^/]+_test\.go|(?:[^/]*(?:Tests?|TestCase|IT|Spec)|Test[A-Z0-9_][^/]*)\.(?:java|kt|groovy|scala|cs|php)"
    r"|[^/]+_(?:test|spec)\.(?:rb|exs|dart|cc|cpp|c)|test_[^/]+\.(?:rb|c|cc|cpp)|[^/]+\.(?:bats|feature))$"
)
_TEST_FOLDERS = re.compile(
    r"(?:^|/)(?:tests?|__tests__|specs?|e2e|testing)/(?:.*/)?[^/]+\.(\w+)$|(?:^|/)src/(?:test|androidTest)/.+\.(\w+)$"
)
_SOURCES = {
    "py",
    "js",
    "jsx",
    "ts",
    "tsx",
    "mjs",
    "cjs",
    "mts",
    "cts",
    "go",
    "rs",
    "java",
    "kt",
    "groovy",
    "scala",
    "cs",
    "php",
    "rb",
}


def is_test_file(path: str) -> bool:
    """Whether a file is one of tests, or of what tests use, by its name."""
    if _TEST_FILES.search(path):
        return True
    found = _TEST_FOLDERS.search(path)
    return bool(found and (found[1] or found[2]) in _SOURCES)


def is_runnable_name(path: str) -> bool:
    """Whether runners look for tests in a file of this name, and not only tests for what they use."""
    return bool(_TEST_FILES.search(path)) or not path.endswith(".py")

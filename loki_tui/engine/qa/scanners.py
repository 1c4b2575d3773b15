"""Tools that look for vulnerabilities in source code: when each is for a project, how it is run, what it says."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from loki_tui.engine.qa.documents import at, fields, items, load, load_lines, text, whole
from loki_tui.engine.qa.tooling import QUIET

LOCAL_RULES = (".semgrep.yml", ".semgrep.yaml", "semgrep.yml", "semgrep.yaml")
SECURITY_PLUGINS = ("eslint-plugin-security", "eslint-plugin-no-unsanitized", "@microsoft/eslint-plugin-sdl")
_SECURITY_RULE = re.compile(r"^(security|no-unsanitized|@microsoft/sdl)/")


@dataclass(frozen=True, slots=True)
class Issue:
    """One thing that a tool found."""

    rule: str
    file: str
    """As the tool has it: relative, or with a directory before it."""
    line: int | None
    message: str
    grave: bool
    """Of high severity, and at least of medium confidence."""
    code: str = ""
    """The line it is about, where the tool shows it."""
    silenced: bool = False
    """Whether a comment asks for it to be passed over."""


@dataclass(frozen=True, slots=True)
class Scanner:
    """One tool."""

    name: str
    remedy: str
    """How to get it."""
    suffixes: tuple[str, ...]
    """Of the files it is for."""
    command: str
    """With `{program}` and `{paths}`; writes its report to `$REPORT`."""
    parse: Callable[[str], list[Issue] | None]
    """What its report says; none where that is no report of it."""
    probe: str = "--version"
    ours: bool = True
    """Whether one from outside the project is taken first: what an agent can write may say whatever it likes."""


def parse_bandit(report: str) -> list[Issue] | None:
    """Bandit's JSON, by its formatter of that name."""
    document = load(report)
    if "results" not in fields(document):
        return None
    return [*map(_bandit_issue, items(at(document, "results"))), *_unread_by_bandit(document)]


def _bandit_issue(result: object) -> Issue:
    number, shown = whole(at(result, "line_number")), at(result, "code")
    lines = dict(_numbered(shown if isinstance(shown, str) else ""))
    reached = [lines.get(line, "") for line in items(at(result, "line_range")) if isinstance(line, int)]
    code = lines.get(number or 0, "")
    return Issue(
        rule=text(at(result, "test_id")),
        file=_plain(at(result, "filename")),
        line=number,
        message=text(at(result, "issue_text")),
        grave=at(result, "issue_severity") == "HIGH" and at(result, "issue_confidence") in {"HIGH", "MEDIUM"},
        code=code,
        silenced=any("nosec" in line for line in (code, *reached)),
    )


def _numbered(code: str) -> Iterator[tuple[int, str]]:
    for line in code.splitlines():
        number, _, rest = line.partition(" ")
        if number.isascii() and number.isdigit() and len(number) < 10:
            yield int(number), rest.strip()


def _unread_by_bandit(document: object) -> Iterator[Issue]:
    for error in items(at(document, "errors")):
        why = text(at(error, "reason")) or "it says not why"
        message = f"bandit could not look at it: {why}"
        yield Issue("unread", _plain(at(error, "filename")), None, message, grave=False)


def parse_semgrep(report: str) -> list[Issue] | None:
    """Semgrep's JSON."""
    document = load(report)
    if "results" not in fields(document):
        return None
    return [
        Issue(
            rule=text(at(result, "check_id")),
            file=_plain(at(result, "path")),
            line=whole(at(result, "start", "line")),
            message=text(at(result, "extra", "message")),
            grave=at(result, "extra", "severity") in {"ERROR", "HIGH", "CRITICAL"},
            code=text(at(result, "extra", "lines")),
        )
        for result in items(at(document, "results"))
    ]


def parse_eslint(report: str) -> list[Issue] | None:
    """ESLint's JSON: only rules of the plug-ins that are about security."""
    document = load(report)
    if not isinstance(document, list):
        return None
    return [
        Issue(
            rule=text(at(message, "ruleId")),
            file=_plain(at(result, "filePath")),
            line=whole(at(message, "line")),
            message=text(at(message, "message")),
            grave=at(message, "severity") == 2,
        )
        for result in document
        for message in items(at(result, "messages"))
        if _SECURITY_RULE.match(text(at(message, "ruleId")))
    ]


def parse_clippy(report: str) -> list[Issue] | None:
    """Cargo's messages: what Clippy takes to be outright wrong. None where the project does not compile."""
    messages = load_lines(report)
    finished = [at(message, "success") for message in messages if at(message, "reason") == "build-finished"]
    found = list(_clippy_issues(messages))
    return found if found or finished == [True] else None


def _clippy_issues(messages: Sequence[object]) -> Iterator[Issue]:
    for message in messages:
        rule = text(at(message, "message", "code", "code"))
        if at(message, "reason") != "compiler-message" or not rule.startswith("clippy::"):
            continue
        if at(message, "message", "level") != "error":
            continue
        spans = [span for span in items(at(message, "message", "spans")) if at(span, "is_primary") is True]
        where = spans[0] if spans else None
        said, line = text(at(message, "message", "message")), whole(at(where, "line_start"))
        yield Issue(rule, _plain(at(where, "file_name")), line, said, grave=True)


def parse_gosec(report: str) -> list[Issue] | None:
    """The JSON of gosec."""
    document = load(report)
    if "Issues" not in fields(document):
        return None
    return [
        Issue(
            rule=text(at(issue, "rule_id")),
            file=_plain(at(issue, "file")),
            line=_first_number(text(at(issue, "line"))),
            message=text(at(issue, "details")),
            grave=at(issue, "severity") == "HIGH" and at(issue, "confidence") in {"HIGH", "MEDIUM"},
            code=text(at(issue, "code")),
            silenced=bool(at(issue, "nosec")),
        )
        for issue in items(at(document, "Issues"))
    ]


def _first_number(said: str) -> int | None:
    match = re.match(r"[0-9]{1,9}", said)
    return int(match[0]) if match else None


def _plain(path: object) -> str:
    return path.removeprefix("./") if isinstance(path, str) else ""


BANDIT = Scanner(
    name="bandit",
    remedy="pip install bandit",
    suffixes=(".py",),
    # What a `.bandit` or a comment asks to be passed over is asked by whoever wrote the code.
    command='{program} -q -ll -f json -o "$REPORT" --exit-zero --ignore-nosec {paths}',
    parse=parse_bandit,
)
SEMGREP = Scanner(
    name="semgrep",
    remedy="pip install semgrep",
    suffixes=(),
    command=f"{QUIET} {{program}} scan --metrics=off --disable-version-check --disable-nosem --quiet --json "
    '--output "$REPORT" --config {rules} {paths}',
    parse=parse_semgrep,
)
ESLINT = Scanner(
    name="eslint",
    remedy="npm install",
    suffixes=(".js", ".jsx", ".cjs", ".mjs", ".ts", ".tsx"),
    command='{program} -f json -o "$REPORT" --no-inline-config --no-error-on-unmatched-pattern {paths}',
    parse=parse_eslint,
    ours=False,
)
CLIPPY = Scanner(
    name="clippy",
    remedy="rustup component add clippy",
    suffixes=(".rs",),
    command='{program} clippy --quiet --all-targets --message-format=json >"$REPORT"',
    parse=parse_clippy,
    probe="clippy --version",
)
GOSEC = Scanner(
    name="gosec",
    remedy="go install github.com/securego/gosec/v2/cmd/gosec@latest",
    suffixes=(".go",),
    command='{program} -fmt=json -out="$REPORT" -quiet -no-fail -nosec ./...',
    parse=parse_gosec,
)

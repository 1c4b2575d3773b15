"""How a change to settings and scripts keeps tests from running, or from counting."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from loki_tui.engine.qa.remarks import Change, Remark, Severity, remark
from loki_tui.engine.qa.testcode.model import MAX_CHARACTERS

_INI = re.compile(r"(?:^|/)(?:\.?pytest\.ini|pytest\.toml|pyproject\.toml|tox\.ini|setup\.cfg|noxfile\.py)$")
_SCRIPT = re.compile(
    r"(?:^|/)(?:GNUmakefile|[Mm]akefile|justfile|Taskfile\.ya?ml|tox\.ini|noxfile\.py|[^/]*test[^/]*\.sh|run_tests[^/]*"
    r"|Rakefile)$"
)
_NODE = re.compile(
    r"(?:^|/)(?:package\.json|(?:jest|vitest|vite|playwright|cypress|karma|ava)\.config\.[cm]?[jt]son?|jest\.config\.[cm]?[jt]s"
    r"|(?:vitest|vite|playwright|cypress|karma)\.(?:config|conf|workspace)\.[cm]?[jt]s|\.mocharc\.\w+|\.nycrc[^/]*|\.c8rc[^/]*)$"
)
_COVERAGE = re.compile(r"(?:^|/)(?:\.coveragerc|codecov\.ya?ml|\.codecov\.ya?ml|\.nycrc[^/]*|\.simplecov)$")
_BUILD = re.compile(
    r"(?:^|/)(?:pom\.xml|build\.gradle(?:\.kts)?|Cargo\.toml|phpunit\.xml[^/]*|[^/]+\.csproj|\.cargo/config\.toml)$"
)
_CI = re.compile(
    r"^(?:\.github/workflows/[^/]+\.ya?ml|\.gitlab-ci\.ya?ml|\.circleci/config\.ya?ml|\.travis\.ya?ml|Jenkinsfile"
    r"|azure-pipelines\.ya?ml|bitbucket-pipelines\.ya?ml|\.buildkite/.+|appveyor\.ya?ml|\.drone\.ya?ml|\.woodpecker.*)$"
)
_RUNNER = re.compile(
    r"\b(?:pytest|unittest|tox|nox|nose2|npm (?:run )?test|npm t|yarn (?:run )?test|pnpm (?:run )?test|jest|vitest"
    r"|mocha|node --test|go test|cargo (?:test|nextest)|mvn\b.{0,200}\b(?:test|verify)"
    r"|gradlew?\b.{0,200}\b(?:test|check|build)"
    r"|make (?:test|check)|rspec|phpunit|dotnet test|ctest|playwright test|bats)\b"
)
_DEFUSED = re.compile(
    r"\|\|\s*(?:true\b|:(?:\s|$)|exit 0|echo\b)|;\s*(?:true|exit 0)\s*$|^\s*(?:true|:|exit 0|@?echo\b.*|@true|@:)\s*$"
    r"|^\s*-\s*@?(?=\w+\s)(?!\s*run)|--passWithNoTests|--pass-with-no-tests|-DskipTests|-Dmaven\.test\.skip"
    r"|-Dmaven\.test\.failure\.ignore|-x test\b|--no-run\b|--collect-only"
)
_PICKING = re.compile(
    r"(?<![\w-])(?:-k|--deselect|--ignore(?:-glob)?|--testNamePattern|--testPathPatterns?|--testPathIgnorePatterns|--grep"
    r"|--exclude|-t|-run|-skip|--skip|--lf|--last-failed|-Dtest|--tests|--test-name-pattern|--changed|--onlyChanged)"
    r"(?=[ =\"'])"
)


@dataclass(frozen=True, slots=True)
class _Rule:
    """Something that there is more of after a change than before it."""

    files: re.Pattern[str]
    pattern: re.Pattern[str]
    severity: Severity
    message: str


_RULES = (
    _Rule(_INI, re.compile(r"(?<![\w-])(?:-k|--deselect)[ =\"',]"), "high", "tests are picked out for the runner"),
    _Rule(_INI, re.compile(r"--ignore(?:-glob)?[= ]\S{0,200}(?:test|spec)\S{0,200}"), "high", "tests are left out"),
    _Rule(_INI, re.compile(r"(?<![\w-])-m[ =]\\?[\"']?not\b"), "medium", "marked tests are left out"),
    _Rule(
        _INI,
        re.compile(r"--collect-only|(?<![\w-])--co\b|-p\s+no:(?!cacheprovider|warnings|randomly)\w+"),
        "medium",
        "the runner does less",
    ),
    _Rule(_NODE, re.compile(r"passWithNoTests\b|--passWithNoTests"), "medium", "no test at all counts as passed"),
    _Rule(
        _BUILD,
        re.compile(
            r"<(?:skipTests|maven\.test\.skip|testFailureIgnore)>\s*true"
            r"|surefire(?:(?!</plugin>)[\s\S]){0,700}<skip>\s*true|ignoreFailures\s*=?\s*true"
            r"|\bautotests\s*=\s*false|^[ \t]*test\s*=\s*false|(?:enabled|isEnabled)\s*=\s*false",
            re.MULTILINE,
        ),
        "high",
        "tests are switched off, or their failures ignored",
    ),
    _Rule(
        _BUILD,
        re.compile(
            r"<exclude>[^<$]*[Tt]est[^<]*\.(?:java|class|kt)|(?<![<\w])exclude\b[^\n<]{0,200}[Tt]est|excludeTestsMatching"
        ),
        "high",
        "tests are left out",
    ),
    _Rule(
        _CI,
        re.compile(r"continue-on-error:\s*true|allow_failure:\s*true|\bif:\s*(?:\$\{\{\s*)?false|when:\s*never"),
        "high",
        "a step may fail, or does not run",
    ),
)

_LIMIT = re.compile(
    r"(?P<name>fail_under|--cov-fail-under|branches|functions|lines|statements|minimum|target|check-coverage)"
    r"[\"']?(?:\s{0,9}[=:>]\s{0,9}|[ \t]{1,9})[\"']?(?P<number>\d{1,3}(?:\.\d{1,6})?)"
)
_MEASURES = ("_command", "_timeout", "phase_", "council_", "tolerance")


def narrowed(change: Change, *, probe: bool = False) -> tuple[Remark, ...]:
    """What a change of one file did to how tests are run.

    Args:
        change: The file.
        probe: Whether it is only asked if files of this name are looked at: then anything at all is answered.
    """
    looks = tuple(look for files, look in _LOOKS if files.search(change.path))
    if probe:
        return (remark("settings", "low", (change.path, None), "is looked at"),) if looks else ()
    texts = (change.before or "", change.after or "")
    if texts[0] == texts[1] or any("\0" in text or len(text) > MAX_CHARACTERS for text in texts):
        return ()
    return tuple(found for look in looks for found in look(change))


def runs_tests_newly(change: Change) -> bool:
    """Whether this is a new description of continuous integration that runs tests."""
    return bool(change.before is None and change.after and _CI.match(change.path) and _RUNNER.search(change.after))


def _rules(change: Change) -> Iterator[Remark]:
    before, after = change.before or "", change.after or ""
    for rule in _RULES:
        if not rule.files.search(change.path):
            continue
        found = list(rule.pattern.finditer(after))
        if len(found) > len(rule.pattern.findall(before)):
            line = after.count("\n", 0, found[-1].start()) + 1
            message = f"{rule.message}: `{_line_of(after, found[-1].start())}`"
            yield remark("settings", rule.severity, (change.path, line), message)


def _ini(change: Change) -> Iterator[Remark]:
    before, after = change.before or "", change.after or ""
    gone = _listed("testpaths", before) - _listed("testpaths", after)
    if gone and _listed("testpaths", after):
        message = f"tests are no longer looked for in {', '.join(sorted(gone))}"
        yield remark("settings", "high", (change.path, _where(after, "testpaths")), message)
    for name in ("python_files", "python_functions", "python_classes"):
        was, now = _listed(name, before), _listed(name, after)
        if now and was != now and not was < now:
            message = f"{name} was changed: other names count as tests now"
            yield remark("settings", "medium", (change.path, _where(after, name)), message)
    strict = re.compile(r"xfail_strict\s*=\s*true", re.IGNORECASE)
    if strict.search(before) and change.after is not None and not strict.search(after):
        yield remark("settings", "medium", (change.path, None), "xfail_strict was taken away")


def _limits(change: Change) -> Iterator[Remark]:
    """Coverage that is demanded: less of it, or none any more."""
    was, now = _numbers(change.before or ""), _numbers(change.after or "")
    for name, number in was.items():
        if name not in now:
            if change.after is not None:
                yield remark("settings", "medium", (change.path, None), f"{name} {number:g} is no longer demanded")
        elif now[name] < number:
            line = _where(change.after or "", name.strip("-"))
            message = f"less coverage is demanded: {name} went from {number:g} to {now[name]:g}"
            yield remark("settings", "high", (change.path, line), message)


def _numbers(text: str) -> dict[str, float]:
    # `lines: 80` of anything else is none: only what stands near a word about coverage counts.
    if not re.search(r"cover|fail.under|threshold|nyc|jacoco|\btarget:\s*\d+%", text, re.IGNORECASE):
        return {}
    return {found["name"]: float(found["number"]) for found in _LIMIT.finditer(text)}


def _node(change: Change) -> Iterator[Remark]:
    if change.path.endswith("package.json"):
        was, now = _json(change.before), _json(change.after)
        scripts = _mapping(was.get("scripts")), _mapping(now.get("scripts"))
        for name in sorted(scripts[0]):
            if re.match(r"(?:pre|post)?test(?::|$)|coverage$|check$", name) and isinstance(scripts[0][name], str):
                after = scripts[1].get(name)
                if change.after is not None:
                    yield from _command(
                        change, f'script "{name}"', str(scripts[0][name]), str(after) if after else None
                    )
    for name in ("testPathIgnorePatterns", "testMatch", "testRegex", "exclude", "testIgnore", "roots", "spec"):
        was_listed, now_listed = (_listed(name, text or "") for text in (change.before, change.after))
        leaves_out = name in {"testPathIgnorePatterns", "exclude", "testIgnore"}
        gained = {
            each for each in now_listed - was_listed if not re.search(r"node_modules|dist|build|coverage|\.\w+$", each)
        }
        if (leaves_out and gained) or (not leaves_out and was_listed and now_listed and was_listed - now_listed):
            grave: Severity = "high" if leaves_out and name != "exclude" else "medium"
            message = f"{name} was changed: {'tests are left out' if leaves_out else 'other files count as tests now'}"
            yield remark("settings", grave, (change.path, _where(change.after or "", name)), message)


def _script(change: Change) -> Iterator[Remark]:
    """Targets and lines of scripts that run tests."""
    if change.before is None:
        return
    was, now = _commands(change.before), _commands(change.after or "")
    for name, command in was.items():
        if now.get(name) != command:
            yield from _command(change, name, command, now.get(name))


def _commands(text: str) -> dict[str, str]:
    """What runs tests in a Makefile, by target; in another script, all lines that do together."""
    found = re.finditer(r"^(tests?|check|test-[\w-]+)\s*:(?!=)[^\n]*\n((?:[\t ]+[^\n]*(?:\n|\Z))*)", text, re.MULTILINE)
    targets = {f'target "{each[1]}"': each[2].strip() for each in found}
    if targets:
        return targets
    lines = [line.strip() for line in text.splitlines() if _RUNNER.search(line) and not line.lstrip().startswith("#")]
    return {"the test command": "\n".join(lines)} if lines else {}


def _command(change: Change, name: str, before: str, after: str | None) -> Iterator[Remark]:
    """What became of a command that runs tests."""
    if "no test specified" in before or before == after:
        return
    line = _where(change.after or "", after.splitlines()[0] if after else "")
    where = (change.path, line)
    if not after:
        yield remark("settings", "high", where, f"{name} was taken away: it ran `{_cut(before)}`")
        return
    for pattern, what in ((_DEFUSED, "passes whatever the tests come to"), (_PICKING, "leaves tests out")):
        lines = after.splitlines()
        if sum(len(pattern.findall(each)) for each in lines) > sum(
            len(pattern.findall(each)) for each in before.splitlines()
        ):
            yield remark("settings", "high", where, f"{name} {what}: `{_cut(after)}`")
            return
    if not set(before.split()) <= set(after.split()):
        message = f"{name} was changed from `{_cut(before)}` to `{_cut(after)}`"
        yield remark("settings", "medium", where, message)


def _ci(change: Change) -> Iterator[Remark]:
    if change.before is None:
        return
    was, now = _steps(change.before), _steps(change.after or "")
    if was and not now:
        lost = next((line for line in was if line not in now), was[0])
        yield remark("settings", "high", (change.path, None), f"CI no longer runs tests: `{_cut(lost)}` was taken away")
        return
    for old, new in zip(was, now, strict=False):
        if len(_DEFUSED.findall(new)) > len(_DEFUSED.findall(old)):
            line = _where(change.after or "", new)
            yield remark("settings", "high", (change.path, line), f"CI ignores how the tests end: `{_cut(new)}`")
            return
    if change.after is not None:
        yield remark("settings", "medium", (change.path, None), "what CI does was changed: read it")


def _steps(text: str) -> list[str]:
    """Lines that run tests; not those that only name or install what does."""
    lines = (line.strip() for line in text.splitlines() if _RUNNER.search(line))
    named = re.compile(r"#|-?\s*[\w-]+:\s(?<!run: )(?<!script: )(?<!command: )(?<!cmd: )(?<!sh: )")
    return [line.removeprefix("- ") for line in lines if not named.match(line)]


def _loki(change: Change) -> Iterator[Remark]:
    """The workspace's own settings: they can choose what is run to measure it."""
    was, now = _toml(change.before), _toml(change.after)
    if was is not None and was == now:
        return
    names = sorted(name for name in {*(was or {}), *(now or {})} if (was or {}).get(name) != (now or {}).get(name))
    measures = was is None or now is None or any(part in name for name in names for part in _MEASURES)
    shown = ", ".join(names)[:200] or "what it says"
    message = f".loki.toml was changed ({shown}): it can choose how this run is measured; take the change back"
    yield remark("settings", "high" if measures else "medium", (change.path, 1), message)


_LOOKS: tuple[tuple[re.Pattern[str], Callable[[Change], Iterator[Remark]]], ...] = (
    (re.compile(r"^\.loki\.toml$"), _loki),
    (re.compile("|".join(each.pattern for each in (_INI, _NODE, _BUILD, _CI))), _rules),
    (_INI, _ini),
    (re.compile("|".join(each.pattern for each in (_INI, _NODE, _COVERAGE, _BUILD))), _limits),
    (_NODE, _node),
    (_SCRIPT, _script),
    (_CI, _ci),
)


def _listed(name: str, text: str) -> frozenset[str]:
    """Words of a setting that is a list, in TOML, JSON, JavaScript or an ini file."""
    if name not in text:
        return frozenset()
    found = re.search(rf"[\"']?\b{name}\b[\"']?\s*[:=]\s*(\[[^\]]{{0,9000}}\]|[^\n]*(?:\n[ \t]+[^\n=]+)*)", text)
    return frozenset(re.findall(r"[^\s,\[\]\"'`{}()]+", found[1])) if found else frozenset()


def _json(text: str | None) -> Mapping[str, object]:
    try:
        return _mapping(json.loads(text or "{}"))
    except (ValueError, RecursionError):
        return {}


def _toml(text: str | None) -> Mapping[str, object] | None:
    try:
        return tomllib.loads(text or "")
    except (ValueError, RecursionError):
        return None


def _mapping(value: object) -> Mapping[str, object]:
    return value if isinstance(value, dict) else {}


def _where(text: str, what: str) -> int | None:
    at = text.find(what) if what else -1
    return text.count("\n", 0, at) + 1 if at >= 0 else None


def _line_of(text: str, offset: int) -> str:
    start, end = text.rfind("\n", 0, offset) + 1, text.find("\n", offset)
    return _cut(text[start : end if end >= 0 else len(text)].strip())


def _cut(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= 100 else f"{line[:99]}…"

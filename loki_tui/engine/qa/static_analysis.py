"""Static analysis of what a run changed: tools run on it, and what is new held against the base."""

from __future__ import annotations

import shlex
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

from loki_tui.core.vocabulary import Check, Finding, Verdict
from loki_tui.engine.qa.combining import blocking, counted, exemplified
from loki_tui.engine.qa.documents import at, complaint, fields, load, one
from loki_tui.engine.qa.scanners import (
    BANDIT,
    CLIPPY,
    ESLINT,
    GOSEC,
    LOCAL_RULES,
    SECURITY_PLUGINS,
    SEMGREP,
    Issue,
    Scanner,
)
from loki_tui.engine.qa.scene import Place, Scene
from loki_tui.engine.qa.secrets_scan import is_example
from loki_tui.engine.qa.tooling import Ran, find_scanner, find_tool, in_pieces, run_tool, seconds_left


@dataclass(frozen=True, slots=True)
class Analysis:
    """One tool, and the files it is to look at."""

    scanner: Scanner
    paths: tuple[str, ...]


async def analyses_for(scene: Scene, files: Sequence[str], paths: Sequence[str]) -> list[Analysis | Check]:
    """The tools that fit what was changed, and checks for what none is there for.

    Args:
        scene: What is measured.
        files: All files.
        paths: Those to look at.
    """
    found: list[Analysis | Check] = []
    rules = _local_rules(files)
    if rules:
        scanner = replace(SEMGREP, command=SEMGREP.command.replace("{rules}", shlex.quote(f"./{rules}")))
        found.append(Analysis(scanner, tuple(paths)))
    for scanner in (BANDIT, GOSEC, CLIPPY, ESLINT):
        meant = tuple(path for path in paths if path.endswith(scanner.suffixes))
        if not meant:
            continue
        if scanner is ESLINT and not await _declares_security_rules(scene.here):
            if not rules:
                found.append(_no_rules_for_javascript())
            continue
        found.append(Analysis(scanner, meant))
    return found


def _no_rules_for_javascript() -> Check:
    why = "of JavaScript there is none: no eslint-plugin-security is declared, and no rules for semgrep"
    return Check(name="static analysis", verdict=Verdict.NOT_RUN, why=why)


def _local_rules(files: Sequence[str]) -> str:
    """The project's own rules for semgrep; its registry's would take the network."""
    if any(path.startswith(".semgrep/") for path in files):
        return ".semgrep"
    return next((name for name in LOCAL_RULES if name in files), "")


async def _declares_security_rules(place: Place) -> bool:
    package = load(await place.read("package.json"))
    declared = {*fields(at(package, "devDependencies")), *fields(at(package, "dependencies"))}
    return not declared.isdisjoint(SECURITY_PLUGINS)


async def analyse(scene: Scene, analysis: Analysis) -> tuple[Check, list[Finding]]:
    """Run one tool here and, where it found something grave, at the base as well."""
    scanner = analysis.scanner
    find = find_scanner if scanner.ours else find_tool
    program = await find(scene.here, _program_of(scanner), probe=scanner.probe)
    if program is None:
        return _not_installed(scanner), []
    ran, issues = await _scan(scene, scene.here, analysis, program)
    if issues is None:
        return _failed_to_run(scanner, ran), []
    known = await _known_before(scene, analysis, program) if any(issue.grave for issue in issues) else Counter()
    # Clippy looks at a library once more as its own test.
    fresh = dict.fromkeys(_within(issues, analysis.paths))
    findings = [_finding(issue, known) for issue in fresh]
    return _judged(scanner, ran, findings, len(analysis.paths)), findings


async def _scan(scene: Scene, place: Place, analysis: Analysis, program: str) -> tuple[Ran, list[Issue] | None]:
    """What a tool finds in a place; none where it could not look."""
    scanner, issues = analysis.scanner, list[Issue]()
    pieces = in_pieces(analysis.paths) if "{paths}" in scanner.command else [""]
    ran = None
    for number, piece in enumerate(pieces):
        command = scanner.command.replace("{paths}", piece).replace("{program}", program)
        ran = await run_tool(place, command, report=f"{scanner.name}-{number}.json", timeout=seconds_left(scene))
        found = None if ran.report is None or ran.result.timed_out else scanner.parse(ran.report)
        if found is None:
            return ran, None
        issues += found
    assert ran  # there is at least one path
    return ran, issues


async def _known_before(scene: Scene, analysis: Analysis, program: str) -> Counter[tuple[str, str]]:
    """What the same tool finds at the base, in the files that were changed since: nobody's work of this run."""
    async with scene.base() as base:
        if base is None:
            return Counter()
        there = set(await base.files())
        # Those that are gone too: what was moved is not new.
        before = tuple(
            path
            for path in sorted({*scene.changed, *analysis.paths})
            if path in there and (not analysis.scanner.suffixes or path.endswith(analysis.scanner.suffixes))
        )
        if not before:
            return Counter()
        _, issues = await _scan(scene, base, replace(analysis, paths=before), program)
        return Counter(_identity(issue) for issue in issues or ())


def _identity(issue: Issue) -> tuple[str, str]:
    """What stays of an issue when lines move."""
    return issue.rule, issue.code or issue.message


def _within(issues: Sequence[Issue], paths: Sequence[str]) -> list[Issue]:
    """Issues in some files alone, with those files' own paths."""
    wanted = set(paths)
    found = []
    for issue in issues:
        if issue.file in wanted:
            found.append(issue)
        elif ending := next((path for path in paths if issue.file.endswith(f"/{path}")), ""):
            found.append(replace(issue, file=ending))
    return found


def _finding(issue: Issue, known: Counter[tuple[str, str]]) -> Finding:
    where, message = one(issue.file), f"{issue.message} ({issue.rule})"
    if not issue.grave:
        return Finding(severity="medium", file=where, line=issue.line, message=message)
    if known[_identity(issue)] > 0:
        known[_identity(issue)] -= 1
        return Finding(severity="medium", file=where, line=issue.line, message=f"{message}; as at the base")
    if is_example(issue.file):
        return Finding(severity="medium", file=where, line=issue.line, message=f"{message}; in a test or an example")
    if issue.silenced:
        message += "; a comment that silences it does not count"
    return Finding(severity="high", file=where, line=issue.line, message=message)


def _judged(scanner: Scanner, ran: Ran, findings: Sequence[Finding], files: int) -> Check:
    grave = blocking(findings)
    looked = f"{counted(files, 'changed file')} looked at"
    if grave:
        first = grave[0]
        why = exemplified(len(grave), "grave problem", f"{first.file}:{first.line or '?'}: {first.message}")
        return _check(scanner, Verdict.FAILED, why, ran)
    noted = f", {counted(len(findings), 'lesser one')} listed" if findings else ""
    return _check(scanner, Verdict.PASSED, f"nothing grave, {looked}{noted}", ran)


def _program_of(scanner: Scanner) -> str:
    return "cargo" if scanner is CLIPPY else scanner.name


def _not_installed(scanner: Scanner) -> Check:
    return Check(name=scanner.name, verdict=Verdict.NOT_RUN, why=f"it is not installed: {scanner.remedy}")


def _failed_to_run(scanner: Scanner, ran: Ran) -> Check:
    if ran.result.timed_out:
        return _check(scanner, Verdict.ERROR, "it did not end within the time limit (LOKI_PHASE_TIMEOUT)", ran)
    why = f"it gave no report: {complaint(ran.result.output)}"
    # Others depend on what a project is built with; this one on the files alone.
    return _check(scanner, Verdict.ERROR if scanner is BANDIT else Verdict.NOT_RUN, why, ran)


def _check(scanner: Scanner, verdict: Verdict, why: str, ran: Ran) -> Check:
    return Check(
        name=scanner.name,
        verdict=verdict,
        why=one(why),
        command=scanner.command.replace("{program}", _program_of(scanner)).replace("{paths}", "…"),
        exit_code=ran.result.exit_code,
        seconds=ran.result.seconds,
    )

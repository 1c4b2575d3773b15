"""Known vulnerabilities of what a project depends on: the ecosystem's own audit, where it can be reached."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Literal

from loki_tui.core.setting_types import NETWORK_OFF
from loki_tui.core.vocabulary import Check, Finding, Verdict
from loki_tui.engine.qa.combining import blocking, exemplified
from loki_tui.engine.qa.documents import at, complaint, fields, items, load, load_stream, one, text
from loki_tui.engine.qa.scene import Place, Scene
from loki_tui.engine.qa.tooling import Ran, find_scanner, run_tool, seconds_left

Severity = Literal["critical", "high", "medium", "low"]


@dataclass(frozen=True, slots=True)
class Advisory:
    """One known vulnerability of one package."""

    package: str
    name: str
    """Such as `GHSA-…`, or what it is about."""
    severity: Severity
    remedy: str = ""


@dataclass(frozen=True, slots=True)
class Audited:
    """What an audit says."""

    advisories: list[Advisory]
    unknown: tuple[str, ...] = ()
    """Dependencies that it knows nothing of: neither good nor bad."""


@dataclass(frozen=True, slots=True)
class Auditor:
    """One ecosystem's audit."""

    name: str
    program: str
    remedy: str
    """How to get it."""
    manifests: tuple[str, ...]
    """Files at the root that declare dependencies, the one it reads first."""
    command: str
    """With `{program}`; writes to `$REPORT`."""
    parse: Callable[[str], Audited | None]
    """What its report says; none where that is no report of it."""
    probe: str = "--version"


_NPM_SEVERITY: dict[str, Severity] = {"critical": "critical", "high": "high", "moderate": "medium"}


def parse_npm(report: str) -> Audited | None:
    """The second version of npm's report, which npm has had since 7."""
    document = load(report)
    if "vulnerabilities" not in fields(document):
        return None
    found = fields(at(document, "vulnerabilities")).items()
    return Audited([_npm_advisory(one(name), entry) for name, entry in found])


def _npm_advisory(package: str, entry: object) -> Advisory:
    severity = _NPM_SEVERITY.get(text(at(entry, "severity")), "low")
    return Advisory(package, _npm_titles(entry), severity, "npm audit fix" if at(entry, "fixAvailable") else "")


def _npm_titles(entry: object) -> str:
    titles = [text(at(via, "title")) or text(via) for via in items(at(entry, "via"))]
    return one(", ".join(dict.fromkeys(filter(None, titles))))


def parse_pip_audit(report: str) -> Audited | None:
    """pip-audit's JSON. It knows no severity: what has been fixed is taken to be high."""
    document = load(report)
    if "dependencies" not in fields(document):
        return None
    dependencies = items(at(document, "dependencies"))
    return Audited(
        [
            _python_advisory(dependency, vulnerability)
            for dependency in dependencies
            for vulnerability in items(at(dependency, "vulns"))
        ],
        tuple(text(at(each, "name")) for each in dependencies if "vulns" not in fields(each)),
    )


def _python_advisory(dependency: object, vulnerability: object) -> Advisory:
    package = f"{text(at(dependency, 'name'))} {text(at(dependency, 'version'))}"
    fixed = [text(version) for version in items(at(vulnerability, "fix_versions"))]
    remedy = f"fixed in {', '.join(fixed)}" if fixed else ""
    return Advisory(package, text(at(vulnerability, "id")), "high" if fixed else "medium", remedy)


def parse_cargo_audit(report: str) -> Audited | None:
    """cargo-audit's JSON: vulnerabilities, without its warnings of what is unmaintained."""
    document = load(report)
    if "vulnerabilities" not in fields(document):
        return None
    return Audited([_crate_advisory(found) for found in items(at(document, "vulnerabilities", "list"))])


def _crate_advisory(found: object) -> Advisory:
    patched = ", ".join(text(version) for version in items(at(found, "versions", "patched")))
    return Advisory(
        package=f"{text(at(found, 'package', 'name'))} {text(at(found, 'package', 'version'))}",
        name=f"{text(at(found, 'advisory', 'id'))} {text(at(found, 'advisory', 'title'))}",
        severity="high",
        remedy=f"fixed in {patched}" if patched else "",
    )


def parse_govulncheck(report: str) -> Audited | None:
    """The stream of JSON of govulncheck: what the program really calls is high, what it merely has is not."""
    messages = load_stream(report)
    if not any("config" in fields(message) for message in messages):
        return None
    found: dict[tuple[str, str], Advisory] = {}
    for message in messages:
        traces = items(at(message, "finding", "trace"))
        if not traces:
            continue
        package, name = text(at(traces[0], "module")), text(at(message, "finding", "osv"))
        called = bool(at(traces[0], "function"))
        fixed = text(at(message, "finding", "fixed_version"))
        if called or (package, name) not in found:
            advisory = Advisory(package, name, "high" if called else "medium", f"fixed in {fixed}" if fixed else "")
            found[package, name] = advisory
    return Audited(list(found.values()))


AUDITORS = (
    Auditor(
        name="npm audit",
        program="npm",
        remedy="install Node.js",
        manifests=("package-lock.json", "npm-shrinkwrap.json"),
        command='{program} audit --json --package-lock-only >"$REPORT"',
        parse=parse_npm,
    ),
    Auditor(
        name="pip-audit",
        program="pip-audit",
        remedy="pip install pip-audit",
        manifests=("requirements.txt",),
        # Nothing is resolved: that would install what is declared, and run its set-up.
        command='{program} --progress-spinner off -f json -o "$REPORT" --no-deps --disable-pip -r requirements.txt',
        parse=parse_pip_audit,
    ),
    Auditor(
        name="cargo audit",
        program="cargo",
        remedy="cargo install cargo-audit",
        manifests=("Cargo.lock",),
        command='{program} audit --json >"$REPORT"',
        parse=parse_cargo_audit,
        probe="audit --version",
    ),
    Auditor(
        name="govulncheck",
        program="govulncheck",
        remedy="go install golang.org/x/vuln/cmd/govulncheck@latest",
        manifests=("go.mod",),
        command='{program} -format json ./... >"$REPORT"',
        parse=parse_govulncheck,
        probe="-version",
    ),
)

_DECLARING = re.compile(
    r"^(package(-lock)?\.json|npm-shrinkwrap\.json|yarn\.lock|pnpm-lock\.yaml|requirements[^/]*\.(txt|in)|pyproject\.toml"
    r"|setup\.(py|cfg)|uv\.lock|poetry\.lock|Pipfile(\.lock)?|Cargo\.(toml|lock)|go\.(mod|sum))$"
)
_UNPINNED = {"pyproject.toml": "pip-audit", "package.json": "npm audit", "Cargo.toml": "cargo audit"}
_TABLES = (
    ("dependencies",),
    ("devDependencies",),
    ("dev-dependencies",),
    ("project", "dependencies"),
    ("project", "optional-dependencies"),
    ("dependency-groups",),
    ("tool", "poetry", "dependencies"),
    ("workspace", "dependencies"),
)
"""Where such a manifest says what it depends on."""
_UNREAD = {
    "yarn.lock": "npm audit",
    "pnpm-lock.yaml": "npm audit",
    "uv.lock": "pip-audit",
    "poetry.lock": "pip-audit",
}
"""What declares dependencies that none of the above reads, and the audit that a project so lacks."""


async def audits_for(place: Place, files: Sequence[str]) -> list[Auditor | Check]:
    """The audits that fit what a project declares, and checks for what none is there for."""
    there = set(files)
    found: list[Auditor | Check] = [auditor for auditor in AUDITORS if there & set(auditor.manifests)]
    covered = {each.name for each in found}
    for manifests, why in ((_UNREAD, "is not read here"), (_UNPINNED, "pins no versions")):
        for manifest, name in manifests.items():
            if manifest not in there or name in covered:
                continue
            if manifests is _UNREAD or _declares_any(manifest, await place.read(manifest) or ""):
                covered.add(name)
                found.append(Check(name=name, verdict=Verdict.NOT_RUN, why=f"{manifest} {why}"))
    return found


def _declares_any(manifest: str, source: str) -> bool:
    """Whether a manifest names a dependency; one that cannot be read is taken to."""
    document = load(source) if manifest.endswith(".json") else _toml(source)
    return document is None or any(at(document, *names) for names in _TABLES)


def _toml(source: str) -> object:
    try:
        return tomllib.loads(source)
    except (ValueError, RecursionError):  # an agent wrote it
        return None


async def audit(scene: Scene, auditor: Auditor) -> tuple[Check, list[Finding]]:
    """Run one audit; what cannot be reached is not run, which is no failure of the project's."""
    if scene.settings.network == NETWORK_OFF:
        return _not_run(auditor, "it needs the network, which LOKI_NETWORK keeps off"), []
    program = await find_scanner(scene.here, auditor.program, probe=auditor.probe)
    if program is None:
        return _not_run(auditor, f"it is not installed: {auditor.remedy}"), []
    command = auditor.command.replace("{program}", program)
    report = f"{auditor.name.replace(' ', '-')}.json"
    ran = await run_tool(scene.here, command, report=report, timeout=seconds_left(scene))
    audited = None if ran.report is None or ran.result.timed_out else auditor.parse(ran.report)
    if audited is None:
        return _not_run(auditor, f"it gave no report: {_complaint(ran)}", ran), []
    ours = scene.open_base is None or any(_DECLARING.match(PurePosixPath(path).name) for path in scene.changed)
    findings = [_finding(auditor, advisory, ours=ours) for advisory in audited.advisories]
    return _judged(auditor, ran, findings, audited.unknown), findings


def _complaint(ran: Ran) -> str:
    """Why an audit did not come about, as it says itself."""
    if ran.result.timed_out:
        return "it did not end within the time limit (LOKI_PHASE_TIMEOUT)"
    said = load(ran.report)
    return text(at(said, "message")) or text(at(said, "error", "summary")) or complaint(ran.result.output)


def _finding(auditor: Auditor, advisory: Advisory, *, ours: bool) -> Finding:
    """What is told of an advisory: grave only where the run had a hand in what the project depends on."""
    said = f"{advisory.package}: {advisory.name}" + (f"; {advisory.remedy}" if advisory.remedy else "")
    severity = advisory.severity
    if not ours and severity in {"critical", "high"}:
        severity, said = "medium", f"{said}; {advisory.severity}, as at the base: dependencies were not changed"
    return Finding(severity=severity, file=auditor.manifests[0], message=one(f"{said} ({auditor.name})"))


def _judged(auditor: Auditor, ran: Ran, findings: Sequence[Finding], unknown: Sequence[str]) -> Check:
    grave = blocking(findings)
    if grave:
        why = exemplified(len(grave), "grave advisory", grave[0].message)
        return _check(auditor, Verdict.FAILED, why, ran)
    if unknown:
        why = f"it knows nothing of {', '.join(unknown[:5])}{', …' if len(unknown) > 5 else ''}"
        return _check(auditor, Verdict.NOT_RUN, why, ran)
    listed = f"; {len(findings)} listed" if findings else ""
    return _check(auditor, Verdict.PASSED, f"no grave advisory against the dependencies{listed}", ran)


def _not_run(auditor: Auditor, why: str, ran: Ran | None = None) -> Check:
    if ran:
        return _check(auditor, Verdict.NOT_RUN, why, ran)
    return Check(name=auditor.name, verdict=Verdict.NOT_RUN, why=one(why))


def _check(auditor: Auditor, verdict: Verdict, why: str, ran: Ran) -> Check:
    return Check(
        name=auditor.name,
        verdict=verdict,
        why=one(why),
        command=auditor.command.replace("{program}", auditor.program),
        exit_code=ran.result.exit_code,
        seconds=ran.result.seconds,
    )

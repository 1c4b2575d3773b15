"""What dependency audits write is understood; an audit that could not look is none that found nothing."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from loki_tui.core.vocabulary import Check, Verdict
from loki_tui.engine.qa.advisories import (
    AUDITORS,
    Audited,
    audit,
    audits_for,
    parse_cargo_audit,
    parse_govulncheck,
    parse_npm,
    parse_pip_audit,
)
from tests.support.qa import needs, place_of, scene_of

NPM = {
    "auditReportVersion": 2,
    "vulnerabilities": {
        "lodash": {
            "name": "lodash",
            "severity": "critical",
            "via": [{"title": "Prototype Pollution in lodash", "severity": "high"}, "other"],
            "fixAvailable": True,
        },
        "ms": {"name": "ms", "severity": "moderate", "via": [], "fixAvailable": False},
    },
    "metadata": {},
}
# Of npm 10 against a registry that has no such service, shortened.
NPM_REFUSED = {"message": "405 Method Not Allowed - POST /-/npm/v1/security/advisories/bulk", "statusCode": 405}
PIP = {
    "dependencies": [
        {
            "name": "flask",
            "version": "0.5",
            "vulns": [{"id": "PYSEC-2019-179", "fix_versions": ["1.0"], "aliases": []}],
        },
        {"name": "old", "version": "1", "vulns": [{"id": "PYSEC-1", "fix_versions": []}]},
        {"name": "requests", "skip_reason": "Dependency not found on PyPI and could not be audited: requests (2.19.0)"},
    ],
    "fixes": [],
}
CARGO = {
    "vulnerabilities": {
        "found": True,
        "list": [
            {
                "advisory": {"id": "RUSTSEC-2020-0071", "title": "Potential segfault", "cvss": None},
                "versions": {"patched": [">=0.2.23"]},
                "package": {"name": "time", "version": "0.1.45"},
            }
        ],
    }
}
GO = [
    {"config": {"scanner_name": "govulncheck"}},
    {"osv": {"id": "GO-2021-0113"}},
    {"finding": {"osv": "GO-1", "fixed_version": "v0.3.7", "trace": [{"module": "golang.org/x/text"}]}},
    {
        "finding": {
            "osv": "GO-1",
            "fixed_version": "v0.3.7",
            "trace": [{"module": "golang.org/x/text", "function": "P"}],
        }
    },
    {"finding": {"osv": "GO-2", "trace": [{"module": "stdlib"}]}},
]


def told(audited: Audited | None) -> list[tuple[str, str]]:
    assert audited
    return [(advisory.package, advisory.severity) for advisory in audited.advisories]


def test_npm() -> None:
    audited = parse_npm(json.dumps(NPM))
    assert told(audited) == [("lodash", "critical"), ("ms", "medium")]
    assert audited
    assert audited.advisories[0].name == "Prototype Pollution in lodash, other"
    assert parse_npm(json.dumps(NPM_REFUSED)) is None


def test_pip_audit_tells_what_it_knows_nothing_of() -> None:
    audited = parse_pip_audit(json.dumps(PIP))
    assert told(audited) == [("flask 0.5", "high"), ("old 1", "medium")]
    assert audited
    assert audited.unknown == ("requests",)


def test_cargo_audit() -> None:
    assert told(parse_cargo_audit(json.dumps(CARGO))) == [("time 0.1.45", "high")]


def test_govulncheck_tells_what_is_called_from_what_is_merely_there() -> None:
    report = "\n".join(json.dumps(message, indent=2) for message in GO)
    assert told(parse_govulncheck(report)) == [("golang.org/x/text", "high"), ("stdlib", "medium")]


@pytest.mark.parametrize("parse", [parse_npm, parse_pip_audit, parse_cargo_audit, parse_govulncheck])
@pytest.mark.parametrize("report", ["", "{}", "[" * 100_000, "npm error", "null"])
def test_no_report_is_no_clean_bill(parse: Callable[[str], Audited | None], report: str) -> None:
    assert parse(report) is None


async def test_audits_fit_what_is_declared(tmp_path: Path) -> None:
    files = {
        "package-lock.json": "{}",
        "pyproject.toml": "[project]\ndependencies = ['a']\n",
        "Cargo.toml": "[package]\nname = 'a'\n",
        "poetry.lock": "",
    }
    async with place_of(tmp_path, files) as place:
        found = await audits_for(place, await place.files())
    assert [each.name for each in found] == ["npm audit", "pip-audit"]
    assert isinstance(found[1], Check)
    assert found[1].why == "poetry.lock is not read here"


async def test_who_depends_on_nothing_has_nothing_to_audit(tmp_path: Path) -> None:
    files = {"pyproject.toml": "[project]\nname='a'\n", "package.json": '{"dependencies": {}}', "Cargo.toml": "["}
    async with place_of(tmp_path, files) as place:
        found = await audits_for(place, await place.files())
    assert [(each.name, each.why) for each in found if isinstance(each, Check)] == [
        ("cargo audit", "Cargo.toml pins no versions")
    ]


async def test_without_the_network_it_is_not_run(tmp_path: Path) -> None:
    async with scene_of(tmp_path, {"package-lock.json": "{}"}, network=("off",)) as scene:
        check, findings = await audit(scene, AUDITORS[0])
    assert check.verdict is Verdict.NOT_RUN
    assert check.why == "it needs the network, which LOKI_NETWORK keeps off"
    assert not findings


# Tools of these names that write what the real ones were seen to write: their services are not to be had in a test.
def tool(report: object, *, code: int = 1) -> str:
    return f"#!/bin/sh\ncase $1 in --version) exit 0;; esac\ncat <<'E'\n{json.dumps(report)}\nE\nexit {code}\n"


@pytest.mark.skipif(bool(needs("sh")), reason=needs("sh"))
async def test_an_advisory_stops_a_run_that_changed_dependencies(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    programs = tmp_path / "programs"
    programs.mkdir()
    npm = programs / "npm"
    npm.write_text(tool(NPM))
    npm.chmod(0o755)
    monkeypatch.setenv("PATH", f"{programs}:{Path(shutil.which('sh') or '/bin/sh').parent}:/usr/bin:/bin")
    lock = {"package-lock.json": "{}"}
    async with scene_of(tmp_path, lock, {}) as scene:
        check, findings = await audit(scene, AUDITORS[0])
    assert check.verdict is Verdict.FAILED
    assert [finding.severity for finding in findings] == ["critical", "medium"]
    async with scene_of(tmp_path, {**lock, "a.js": ""}, lock) as scene:
        check, findings = await audit(scene, AUDITORS[0])
    assert check.verdict is Verdict.PASSED
    assert "as at the base" in findings[0].message
    npm.write_text(tool(NPM_REFUSED))
    async with scene_of(tmp_path, lock, {}) as scene:
        check, _ = await audit(scene, AUDITORS[0])
    assert check.verdict is Verdict.NOT_RUN
    assert "405 Method Not Allowed" in check.why

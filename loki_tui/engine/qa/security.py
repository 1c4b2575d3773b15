"""The phase "security": secrets, vulnerable code, and dependencies with known vulnerabilities."""

from __future__ import annotations

from collections.abc import Sequence

from loki_tui.core.vocabulary import Check, Finding, Verdict
from loki_tui.engine.qa.advisories import audit, audits_for
from loki_tui.engine.qa.combining import blocking, combine, counted, exemplified
from loki_tui.engine.qa.documents import one
from loki_tui.engine.qa.phase import SECURITY, Measured
from loki_tui.engine.qa.scene import Place, Scene
from loki_tui.engine.qa.secrets_scan import Secret, secrets_in
from loki_tui.engine.qa.static_analysis import Analysis, analyse, analyses_for

FILES = 4_000
"""Most files that are looked through for secrets."""

SECRET_SCAN = "secret scan"


class Security:
    """Looks at what the run changed; at everything where there is no base."""

    name = SECURITY
    setting = "phase_security"
    required = False
    thorough = True

    async def measure(self, scene: Scene) -> Measured:
        """Measure it; see `engine.qa.phase.Phase`."""
        files = await scene.here.files()
        there = set(files)
        paths = [path for path in scene.changed if path in there]
        if scene.open_base is None and not paths:
            paths = list(files)
        if not paths and not scene.changed and not files:
            return Measured(Verdict.NOT_APPLICABLE, "there are no files")
        checks, findings = await _scan_for_secrets(scene, paths)
        for analysis in await analyses_for(scene, files, paths):
            if isinstance(analysis, Analysis):
                check, found = await analyse(scene, analysis)
                checks, findings = [*checks, check], [*findings, *found]
            else:
                checks.append(analysis)
        for auditor in await audits_for(scene.here, files):
            if isinstance(auditor, Check):
                checks.append(auditor)
            else:
                check, found = await audit(scene, auditor)
                checks, findings = [*checks, check], [*findings, *found]
        return combine(checks, findings, nothing="nothing was changed that could be looked at")


async def _scan_for_secrets(scene: Scene, paths: Sequence[str]) -> tuple[list[Check], list[Finding]]:
    """Look through files; a secret that the base has as well is nobody's work of this run."""
    secrets, unread = await _secrets_at(scene.here, paths[:FILES])
    if secrets:
        secrets = await _without_known(scene, secrets)
    findings = [secret.finding() for secret in secrets]
    grave = blocking(findings)
    checks: list[Check] = []
    if grave:
        first = grave[0]
        why = exemplified(len(grave), "secret", f"{first.file}:{first.line}: {first.message}")
        checks.append(Check(name=SECRET_SCAN, verdict=Verdict.FAILED, why=one(why)))
    elif looked := min(len(paths), FILES) - len(unread):
        noted = f"; {counted(len(findings), 'lesser one')} listed" if findings else ""
        why = f"no secret in {counted(looked, 'file')}{noted}"
        checks.append(Check(name=SECRET_SCAN, verdict=Verdict.PASSED, why=why))
    if left := [*unread, *paths[FILES:]]:
        why = f"{counted(len(left), 'file')} too large, or too many: {', '.join(left[:3])}"
        checks.append(Check(name=f"{SECRET_SCAN} of the rest", verdict=Verdict.NOT_RUN, why=one(why)))
    return checks, findings


async def _secrets_at(place: Place, paths: Sequence[str]) -> tuple[list[Secret], list[str]]:
    """The secrets in files, and the files that could not be read."""
    secrets: list[Secret] = []
    unread: list[str] = []
    for path in paths:
        text = await place.read(path)
        if text is None:
            unread.append(path)
        else:
            secrets += secrets_in(path, text)
    return secrets, unread


async def _without_known(scene: Scene, secrets: Sequence[Secret]) -> list[Secret]:
    async with scene.base() as base:
        if base is None:
            return list(secrets)
        there = set(await base.files())
        known, _ = await _secrets_at(base, [path for path in scene.changed if path in there][:FILES])
        values = {secret.value for secret in known}
        return [secret for secret in secrets if secret.value not in values]

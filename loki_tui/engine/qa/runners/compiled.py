"""Go, Rust and Java: their own tools, and the reports these leave.

None of them is given a test that must fail: it would take a build of its own.
"""

from __future__ import annotations

import posixpath
import secrets
import tomllib
from dataclasses import dataclass, replace

from loki_tui.engine.qa.reports.cases import counts_of
from loki_tui.engine.qa.reports.gojson import read_go
from loki_tui.engine.qa.reports.libtest import read_libtest
from loki_tui.engine.qa.reports.summaries import read_summary
from loki_tui.engine.qa.runners.model import Ran, Report
from loki_tui.engine.qa.runners.plain import new_junit
from loki_tui.engine.qa.runners.scripted import contradictions
from loki_tui.engine.qa.scene import Place

_GO_MODULES = "$(go list -m -f '{{.Dir}}/...')"
"""All packages of the modules that a `go.work` uses: from its directory `./...` matches none of them."""
_PRINTED = 30_000
"""Characters kept of what a tool printed."""


@dataclass(frozen=True, slots=True)
class _Compiled:
    name: str
    command: str

    async def doubt(self, place: Place, timeout: float) -> str | None:  # noqa: ARG002 - nothing is tried
        """Not tried; see `Runner`."""
        return None


@dataclass(frozen=True, slots=True)
class GoRunner(_Compiled):
    """`go test`; implements `Runner`."""

    packages: str = "./..."

    async def run(self, place: Place, timeout: float) -> Ran:
        """Run all tests of all packages."""
        report = f"{place.own}/{secrets.token_hex(8)}"
        await place.write(report, "")
        # Not from the cache: it would say what was so at another time.
        result = await place.run(f"go test -json -count=1 {self.packages} > {report}", timeout=timeout)
        told = read_go(await place.read(report) or "")
        result = replace(result, output=(told.printed + result.output)[-_PRINTED:])
        doubts = tuple(told.flaws[:1])
        return Ran(result, Report(told.cases, counts_of(told.cases), doubts=doubts))


@dataclass(frozen=True, slots=True)
class CargoRunner(_Compiled):
    """`cargo test`; implements `Runner`."""

    manifests: tuple[str, ...]

    async def run(self, place: Place, timeout: float) -> Ran:
        """Run all tests of all targets."""
        printed = f"{place.own}/{secrets.token_hex(8)}"
        await place.write(printed, "")
        command = f"set -o pipefail\n{self.command} --no-fail-fast 2>&1 | tee {printed}"
        result = await place.run(command, timeout=timeout)
        told = read_libtest(await place.read(printed) or "")
        if told is None:
            return Ran(result, Report())
        doubts = [*told.flaws[:1]]
        for manifest in self.manifests:
            doubts += _without_harness(await place.read(manifest) or "")
        return Ran(result, Report(told.cases, counts_of(told.cases), doubts=tuple(doubts)))


@dataclass(frozen=True, slots=True)
class JavaRunner(_Compiled):
    """Maven or Gradle; implements `Runner`."""

    reports: str
    """Pattern of the paths of the reports they leave."""

    async def run(self, place: Place, timeout: float) -> Ran:
        """Run all tests of all modules."""
        mark = f"{place.own}/{secrets.token_hex(4)}"
        await place.write(mark, "")
        result = await place.run(self.command, timeout=timeout)
        cases = await new_junit(place, mark, under=self.reports)
        summary = read_summary(result.output)
        if not cases:
            counts = None if summary is None else summary.counts
            doubt = "it leaves no new report of its tests"
            return Ran(result, Report(counts=counts, doubts=(doubt,) if counts and counts.passed else ()))
        counts = counts_of(cases)
        doubts = contradictions(counts, summary.counts if summary else None)
        return Ran(result, Report(cases, counts, doubts=tuple(doubts)))


def find_compiled(files: tuple[str, ...]) -> GoRunner | CargoRunner | JavaRunner | None:
    """What runs the tests of a project in Rust, Go or Java; none where it is none."""
    if "Cargo.toml" in files:
        manifests = tuple(path for path in files if posixpath.basename(path) == "Cargo.toml")
        # Of a workspace's root that is a package itself, only its own tests are run otherwise.
        command = "cargo test --workspace" if len(manifests) > 1 else "cargo test"
        return CargoRunner("cargo", command, manifests[:100])
    if "go.work" in files:
        return GoRunner("go", f"go test {_GO_MODULES}", _GO_MODULES)
    if "go.mod" in files:
        return GoRunner("go", "go test ./...")
    if "pom.xml" in files:
        # Not quietly: that would keep how many tests ran to itself.
        return JavaRunner("maven", "mvn -B -ntp test", "*/surefire-reports/*.xml")
    if "gradlew" in files:
        return JavaRunner("gradle", "./gradlew test", "*/build/test-results/*.xml")
    return None


def _without_harness(manifest: str) -> list[str]:
    """Tests of a manifest that print by themselves what Rust's own harness would."""
    try:
        package = tomllib.loads(manifest)
    except (tomllib.TOMLDecodeError, RecursionError):
        return []
    targets = [package.get("lib"), *_listed(package.get("test")), *_listed(package.get("bin"))]
    return [
        f"{target.get('name', 'a target')} runs without Rust's own test harness"
        for target in targets
        if isinstance(target, dict) and target.get("harness") is False
    ]


def _listed(value: object) -> list[object]:
    return value if isinstance(value, list) else []

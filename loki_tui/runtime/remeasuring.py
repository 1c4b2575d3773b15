"""Measuring what a receipt is about once more: the same phases, on the delivered commit, in hands."""

from __future__ import annotations

from loki_tui.core.errors import LokiError
from loki_tui.core.settings import Settings
from loki_tui.core.vocabulary import Verdict
from loki_tui.engine.qa.phases import PHASES
from loki_tui.engine.qa.scene import OpenCheckout
from loki_tui.engine.qa.scenes import Scenes
from loki_tui.engine.receipt import Facts, PhaseFact
from loki_tui.runtime.boxed import open_workspaces
from loki_tui.runtime.build import demands_of
from loki_tui.runtime.checkouts import CleanCheckouts
from loki_tui.runtime.delivery import git_places
from loki_tui.runtime.findings import Finding
from loki_tui.runtime.scratch import scratch
from loki_tui.runtime.surroundings import Surroundings
from loki_tui.store.trees import RepositoryTrees

MEASURED = frozenset({Verdict.PASSED, Verdict.FAILED})
"""Verdicts that measuring again is to come to again."""


async def measure_again(around: Surroundings, settings: Settings, facts: Facts) -> list[Finding]:
    """Measure every phase that passed or failed, in the order of a run, and compare.

    This machine is another one than the run's: a phase that comes to something else has drifted, whoever is to
    blame for that.

    Args:
        around: The project that the clone is, and the environment.
        settings: Switches and limits; each phase that is measured is on.
        facts: What the receipt says.

    Raises:
        UsageError: A path that a setting names is not there.
        ConfinementError: The demanded confinement is not to be had.
    """
    delivery = facts.delivery
    recorded = {fact.name: fact for fact in facts.phases if fact.verdict in MEASURED}
    phases = [phase for phase in PHASES if phase.name in recorded]
    if not delivery.tree or not phases:
        return [Finding("tests", "unknown", "the receipt has nothing that could be measured again")]
    switched_on = settings.model_copy(update={phase.setting: True for phase in phases})
    workspace = around.project.workspace
    with scratch(around.project.state) as room:
        for name in ("hands", "checkouts"):
            (room / name).mkdir(mode=0o700)
        workspaces = open_workspaces(demands_of(around, settings, private=room / "hands"), settings)
        trees = RepositoryTrees(
            room / "trees.git",
            workspace=workspace,
            objects=git_places(workspace)[-1] / "objects",
            sha256=delivery.object_format == "sha256",
        )
        checkouts = CleanCheckouts(trees, workspaces, workspace=workspace, scratch=room / "checkouts")
        try:
            diff = await trees.diff(delivery.base_tree, delivery.tree)
            changed = await trees.changed(delivery.base_tree, delivery.tree)
        except LokiError as error:
            return [Finding("tests", "drifted", f"what was delivered cannot be had: {error.message}", hint=error.hint)]
        base = _opener(checkouts, delivery.base_tree) if delivery.base else None
        scenes = Scenes(switched_on, _opener(checkouts, delivery.tree), base, diff, changed)
        findings = []
        for phase in phases:
            measured = await scenes.measure(phase)
            findings.append(_compared(recorded[phase.name], measured.verdict, measured.why))
    return findings


def _opener(checkouts: CleanCheckouts, tree: str) -> OpenCheckout:
    return lambda: checkouts.open(tree)


def _compared(fact: PhaseFact, verdict: Verdict, why: str) -> Finding:
    then, now = fact.verdict.value.replace("_", " "), verdict.value.replace("_", " ")
    if verdict is fact.verdict:
        return Finding(fact.name, "ok", f"measured again: {now}: {why}", then, now)
    said = f"the receipt says {then}; measured here it is {now}: {why}"
    hint = "This machine may lack what the tests need." if verdict not in MEASURED else ""
    return Finding(fact.name, "drifted", said, then, now, hint)

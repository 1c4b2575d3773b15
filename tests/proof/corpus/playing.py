"""Plays a case: a real journal, real checkpoints, real hands and real test runners; only the model is scripted.

The model of a case does all that the case says in one iteration and claims that everything is done. Its
reviewers find nothing and its council approves everything: whatever refuses the claim is a fact.
"""

from __future__ import annotations

import asyncio
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from pydantic import JsonValue

from loki_tui.core import events as ev
from loki_tui.core.messages import ToolCall
from loki_tui.core.settings import Settings
from loki_tui.core.state import RunState
from loki_tui.core.vocabulary import Outcome, Proof, Purpose, Verdict
from loki_tui.engine.deciding import missing
from loki_tui.engine.ports import ModelAnswer, ModelRequest, OnText
from loki_tui.runtime.surroundings import Surroundings
from tests.proof.corpus.case import Case
from tests.support import qa
from tests.support.git import ENVIRONMENT, repository, write
from tests.support.runs import Bench
from tests.support.scripted import ScriptedModel, call, plans, says

LIMITS: dict[str, object] = {
    "provider": "replay",
    "cassette": "/dev/null",
    "model": "claude-sonnet-5-5",
    "max_iterations": 1,
    "council_min_iterations": 1,
    # What none of these projects has anything for, and each would have a checkout of its own.
    "phase_api_tests": False,
    "phase_e2e_tests": False,
    "phase_accessibility": False,
    "phase_performance": False,
    "pass_env": qa.PASSED,
    # No defect is planted: it would only be found by chance.
    "council_calibration_interval": 0,
}

UNHEARD = {"phase_code_review": False, "phase_security": False}
"""What says nothing against most work that is to be refused, and takes its time: reviewers find nothing here."""


@dataclass(frozen=True, slots=True)
class Played:
    """What came of a case."""

    outcome: Outcome | None
    reasons: str
    """Why it does not count as complete: everything that is against it, a line each."""
    refused: tuple[str, ...]
    """What was not done of what the agent was to do."""
    state: RunState


class Agreeable(ScriptedModel):
    """Works as scripted, and finds everything good that it is asked about."""

    async def answer(self, request: ModelRequest, *, on_text: OnText) -> ModelAnswer:
        """Play the next turn; reviews and votes are all alike."""
        match request.purpose:
            case Purpose.REVIEW:
                answer = says(call("submit_review", verdict="pass", findings=[]))
            case Purpose.VOTE:
                answer = says(call("cast_vote", verdict="approve", reasons=["All is well."], evidence=["unit tests"]))
            case _:
                return await super().answer(request, on_text=on_text)
        self.requests.append(request)
        return answer


async def play(case: Case, tmp_path: Path) -> Played:
    """Have it happen, to the end of the run."""
    async with _listener() as port:
        bench = _bench(case, tmp_path, port)
        outcome = await bench.go()
    state = bench.state()
    failed = [event for event in bench.of(ev.ActionFinished) if not event.ok]
    refused = tuple(event.output.text for event in failed)
    return Played(outcome, "\n".join(_against(state, bench.settings)), refused, state)


def _bench(case: Case, tmp_path: Path, port: int) -> Bench:
    workspace = repository(tmp_path / "project", {path: _with(port, content) for path, content in case.base.items()})
    if case.base_shell:
        subprocess.run(["bash", "-ec", case.base_shell], cwd=workspace, env=ENVIRONMENT, check=True, timeout=30)
    write(workspace, dict(case.dirty))
    around = Surroundings.here({**qa.environment(), "LOKI_DIR": str(tmp_path / "state")}, workspace)
    settings = {**LIMITS, **(UNHEARD if case.expected == "refused" else {}), **case.settings}
    return Bench(around, _model(case, port), Settings.model_validate(settings))


def _model(case: Case, port: int) -> ScriptedModel:
    proofs: list[JsonValue] = [{"requirement": name, "tests": list(tests)} for name, tests in case.proofs.items()]
    finish = call("finish_iteration", summary=case.says, claims_done=True, handover="", proofs=proofs)
    done = [says(*calls)] if (calls := list(_calls(case, port))) else []
    return Agreeable(*done, says(finish), plan=plans(*case.requirements))


def _calls(case: Case, port: int) -> list[ToolCall]:
    calls = [call("write_file", path=path, content=_with(port, content)) for path, content in case.writes.items()]
    calls += [call("edit_file", path=path, old_string=old, new_string=new) for path, old, new in case.edits]
    if case.deletes:
        calls.append(call("shell", command="rm -- " + " ".join(f"'{path}'" for path in case.deletes)))
    return calls + [call("shell", command=command) for command in case.shell]


def _with(port: int, content: str) -> str:
    return content.replace("@PORT@", str(port))


def _against(state: RunState, settings: Settings) -> list[str]:
    """Everything that stands between a run and completion."""
    lines = list(missing(state, settings))
    for fact in state.phases.values():
        if fact.verdict in {Verdict.FAILED, Verdict.ERROR}:
            lines.append(f"{fact.phase}: {fact.why}")
            lines += [f"{check.name}: {check.why}" for check in fact.checks if check.verdict is not Verdict.PASSED]
            lines += [f"{finding.severity}: {finding.file}: {finding.message}" for finding in fact.findings]
    for name, judged in state.requirements.items():
        if judged.proof is not Proof.PROVEN:
            lines.append(f"{name} {judged.proof}: {judged.evidence}")
    return lines


@asynccontextmanager
async def _listener() -> AsyncIterator[int]:
    """Something outside of all hands that can be connected to."""

    async def greet(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.close()

    server = await asyncio.start_server(greet, "127.0.0.1", 0)
    async with server:
        yield server.sockets[0].getsockname()[1]

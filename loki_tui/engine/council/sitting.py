"""The council sits: members vote, each alone; what the votes come to is counted by rules.

Every vote is journaled as it comes. A sitting that an engine did not bring to its end is gone on
with by the next one: who has voted is not asked again.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from loki_tui.core import events as ev
from loki_tui.core.errors import CheckpointError, LokiError, WorkspaceError
from loki_tui.core.tools import CastVote
from loki_tui.core.vocabulary import Proof, Purpose
from loki_tui.engine import cases, charges
from loki_tui.engine.asking import Asker
from loki_tui.engine.cases import Case
from loki_tui.engine.changes import changes_between, paths_of, portions
from loki_tui.engine.charges import Charge
from loki_tui.engine.context import RunContext
from loki_tui.engine.council import calibration
from loki_tui.engine.council.ballots import Seat, Truth, examine, without_vote
from loki_tui.engine.council.counting import tally, unopposed
from loki_tui.engine.council.evidence import Known, known_files, known_tests
from loki_tui.engine.panel import Panel, files_in, reading_room
from loki_tui.engine.ports import Checkouts, Checkpoints
from loki_tui.engine.qa.scene import Place
from loki_tui.engine.verifying import reported_tests

SAID_CHARS = 500
"""Characters of what a member said of a planted defect that are kept."""


@dataclass(frozen=True, slots=True)
class _Matter:
    """What a sitting is about."""

    convened: ev.CouncilConvened
    since: int
    """Place in the journal at which it was convened."""
    case: Case
    known: Known
    truth: Truth


class Council:
    """Has the council sit.

    Args:
        context: The run.
        asker: Puts questions to the model.
        checkouts: Makes clean checkouts for the members to read in.
        checkpoints: Knows what changed.
    """

    def __init__(self, context: RunContext, asker: Asker, checkouts: Checkouts, checkpoints: Checkpoints) -> None:
        self._context = context
        self._chronicle = context.chronicle
        self._settings = context.settings
        self._asker = asker
        self._checkouts = checkouts
        self._checkpoints = checkpoints

    async def sit(
        self, checkpoint: ev.CheckpointTaken, *, trigger: Literal["claim", "interval", "forced"], reason: str
    ) -> None:
        """Journal a sitting on a checkpoint: that it was convened, its votes, and what they come to.

        Args:
            checkpoint: What is judged.
            trigger: What the council was called together by.
            reason: Why, in words.

        Raises:
            ModelError: What failed would befall every member.
            RetriesExhaustedError: Too many failures in a row.
        """
        await self._context.control.gate()
        convened, since = self._convened(checkpoint) or self._convene(checkpoint, trigger, reason)
        try:
            matter = await self._hear(convened, since, checkpoint)
        except (WorkspaceError, CheckpointError) as error:
            self._decide(convened, reason=f"the council could not sit: {error.message}")
            return
        self._decide(convened)
        await self._calibrate(matter, checkpoint)

    def _convened(self, checkpoint: ev.CheckpointTaken) -> tuple[ev.CouncilConvened, int] | None:
        """The sitting on this tree that was not brought to its end, and where it began; none where there is none."""
        state = self._chronicle.state
        convened = state.council.convened
        if convened is None or convened.tree != checkpoint.tree or state.council.decided is not None:
            return None
        iteration = state.recent_iterations[-1] if state.recent_iterations else None
        began = [
            record.seq
            for record in self._chronicle.records(after=iteration.started_seq if iteration else 0)
            if isinstance(record.event, ev.CouncilConvened)
        ]
        return (convened, began[-1]) if began else None

    def _convene(
        self, checkpoint: ev.CheckpointTaken, trigger: Literal["claim", "interval", "forced"], reason: str
    ) -> tuple[ev.CouncilConvened, int]:
        state = self._chronicle.state
        convened = ev.CouncilConvened(
            sitting=state.council.sitting + 1,
            reason=reason,
            members=tuple(charge.name for charge in charges.members(self._settings.council_size)),
            trigger=trigger,
            iteration=state.finished_iterations,
            tree=checkpoint.tree,
        )
        self._chronicle.note(convened)
        return convened, self._chronicle.state.seq

    # -- votes ----------------------------------------------------------------------------------

    async def _hear(self, convened: ev.CouncilConvened, since: int, checkpoint: ev.CheckpointTaken) -> _Matter:
        """Have everybody vote who has not, and an advocate where nobody objects."""
        async with reading_room(self._context, self._checkouts, checkpoint.checkpoint) as workspace:
            matter = await self._matter(convened, since, checkpoint, await files_in(workspace))
            panel = Panel(self._context, self._asker, workspace, purpose=Purpose.VOTE)
            sitting = charges.members(len(convened.members))
            try:
                async with asyncio.TaskGroup() as group:
                    for charge in sitting:
                        group.create_task(self._vote(panel, charge, matter))
            except* LokiError as errors:
                raise errors.exceptions[0] from None
            if unopposed(self._votes(), convened.members, needed=self._settings.council_threshold):
                await self._vote(panel, charges.SECOND_THOUGHTS, matter)
        return matter

    def _votes(self) -> Sequence[ev.VoteCast]:
        council = self._chronicle.state.council
        return [vote for vote in council.votes if vote.sitting == council.sitting]

    async def _vote(self, panel: Panel, charge: Charge, matter: _Matter) -> None:
        if any(vote.member == charge.name for vote in self._votes()):
            return
        heard = await panel.hear(
            f"council {charge.name}",
            system=charges.member_system(charge),
            brief=cases.told(matter.case),
            closing=CastVote,
            since=matter.since,
        )
        seat = Seat(matter.convened.sitting, charge.name, charge.looks_for)
        if heard.said is None:
            self._chronicle.note(without_vote(heard.nothing, seat))
        else:
            self._chronicle.note(examine(heard.said, seat, matter.known, matter.truth))

    def _decide(self, convened: ev.CouncilConvened, *, reason: str = "") -> None:
        """Journal what the votes come to; nothing is approved where there is a reason why the council did not sit."""
        counted = tally(self._votes(), convened.members, needed=self._settings.council_threshold)
        self._chronicle.note(
            ev.CouncilDecided(
                sitting=convened.sitting,
                approved=counted.approved and not reason,
                reason=reason or counted.reason,
                tree=convened.tree,
                approving=counted.approving,
                needed=counted.needed,
            )
        )

    # -- what it is about -----------------------------------------------------------------------

    async def _matter(
        self, convened: ev.CouncilConvened, since: int, checkpoint: ev.CheckpointTaken, files: Iterable[str]
    ) -> _Matter:
        state = self._chronicle.state
        assert state.created is not None
        first = state.first_checkpoint or checkpoint
        changes = await changes_between(self._checkpoints, first.checkpoint, checkpoint.checkpoint)
        dealt, rest = portions(changes, most=1)
        facts = cases.facts_of(state)
        case = Case(
            prd=self._chronicle.journal.get_blob(state.created.prd).decode(),
            requirements=tuple(state.requirements.values()),
            facts=facts,
            base=first.checkpoint,
            shown=dealt[0] if dealt else (),
            rest=rest,
            dropped=cases.dropped(state),
        )
        known = Known(
            files=known_files({*files, *paths_of(changes)}),
            phases=frozenset(state.phases),
            requirements=frozenset(state.requirements),
            tests=known_tests(self._tests()),
            hashes=frozenset(filter(None, (state.commit, checkpoint.tree, first.tree))),
            checkpoints=state.checkpoints_taken,
        )
        failing = tuple(name for name, judged in state.requirements.items() if judged.proof is Proof.FAILING)
        return _Matter(convened, since, case, known, Truth(facts, failing))

    def _tests(self) -> Iterable[str]:
        """Every test that a phase ran and can name."""
        for phase in self._chronicle.state.phases.values():
            yield from (case.id for case in reported_tests(self._chronicle, phase))

    # -- calibration ----------------------------------------------------------------------------

    async def _calibrate(self, matter: _Matter, checkpoint: ev.CheckpointTaken) -> None:
        """Show a member the work with a defect planted in it, where it is time for that."""
        sitting, interval = matter.convened.sitting, self._settings.council_calibration_interval
        if not calibration.due(sitting, interval):
            return
        defect = calibration.choose(matter.case.shown, seed=checkpoint.tree)
        if defect is None:
            return
        name = calibration.turn(matter.convened.members, sitting, interval)
        charge = next(known for known in charges.members(len(matter.convened.members)) if known.name == name)
        try:
            async with reading_room(self._context, self._checkouts, checkpoint.checkpoint) as workspace:
                place = Place(workspace)
                content = calibration.in_file(await place.read(defect.path) or "", defect)
                if content is None:
                    return
                await place.write(defect.path, content)
                panel = Panel(self._context, self._asker, workspace, purpose=Purpose.VOTE, thrifty=True)
                heard = await panel.hear(
                    "calibration",
                    system=charges.member_system(charge),
                    brief=cases.told(replace(matter.case, shown=calibration.planted(matter.case.shown, defect))),
                    closing=CastVote,
                    since=self._chronicle.state.seq,
                )
        except (WorkspaceError, CheckpointError):
            return  # nothing was learned, and nothing depends on it
        if heard.said is None:
            return
        self._chronicle.note(
            ev.MemberCalibrated(
                sitting=sitting,
                member=name,
                charge=charge.looks_for,
                defect=defect.told,
                caught=calibration.caught(heard.said, defect),
                said=heard.said.reasons[0][:SAID_CHARS],
            )
        )

"""What is saved, delivered, measured and judged does to a run's state."""

from __future__ import annotations

from loki_tui.core import events as ev
from loki_tui.core.fold.reducer import apply_event
from loki_tui.core.state import Calibration, Council, RunState
from loki_tui.core.vocabulary import CODE_REVIEW, Proof, Verdict

# -- checkpoints and delivery -------------------------------------------------------------------


@apply_event.register
def _checkpoint_taken(event: ev.CheckpointTaken, state: RunState) -> None:
    if state.first_checkpoint is None:
        state.first_checkpoint = event
        state.settled_tree = event.tree
    state.checkpoints_taken += 1
    state.last_checkpoint = event
    _be_at(event.tree, state)


def _be_at(tree: str, state: RunState) -> None:
    """What was proven on another tree is not proven any more: nobody has looked."""
    state.tree = tree
    for judged in state.requirements.values():
        if judged.proof is Proof.PROVEN and judged.tree != tree:
            judged.proof = Proof.STALE


@apply_event.register
def _checkpoint_restored(event: ev.CheckpointRestored, state: RunState) -> None:
    _be_at(event.tree, state)


@apply_event.register
def _work_committed(event: ev.WorkCommitted, state: RunState) -> None:
    state.commit = event.commit


# -- verification -------------------------------------------------------------------------------


@apply_event.register
def _phase_started(event: ev.PhaseStarted, state: RunState) -> None:
    state.running_phase, state.running_since = event.phase, state.at


@apply_event.register
def _phase_finished(event: ev.PhaseFinished, state: RunState) -> None:
    state.running_phase = state.running_since = None
    before = state.phases.get(event.phase)
    again = before is not None and (before.verdict, before.why) == (event.verdict, event.why)
    failed = event.verdict in {Verdict.FAILED, Verdict.ERROR}
    state.repeated[event.phase] = (state.repeated.get(event.phase, 0) if again else 0) + 1 if failed else 0
    state.phases[event.phase] = event
    state.measured_at[event.phase] = state.at
    if event.phase == CODE_REVIEW and event.verdict is Verdict.PASSED:
        state.reviewed = event.checkpoint


@apply_event.register
def _review_submitted(event: ev.ReviewSubmitted, state: RunState) -> None:
    state.reviews[event.reviewer] = event


@apply_event.register
def _council_convened(event: ev.CouncilConvened, state: RunState) -> None:
    state.council = Council(event.sitting, event.reason, convened=event)
    state.review_forced = ""


@apply_event.register
def _vote_cast(event: ev.VoteCast, state: RunState) -> None:
    state.council.votes.append(event)


@apply_event.register
def _council_decided(event: ev.CouncilDecided, state: RunState) -> None:
    state.council.decided = event


@apply_event.register
def _member_calibrated(event: ev.MemberCalibrated, state: RunState) -> None:
    calibration = state.calibrations.setdefault(event.member, Calibration())
    calibration.shown += 1
    calibration.caught += event.caught


@apply_event.register
def _receipt_written(event: ev.ReceiptWritten, state: RunState) -> None:
    state.receipt = event

"""Decisions: each request with exactly what it would do, answered by one key.

Nothing is approved by accident. The screen never opens by itself; a request can be decided only once
it has been in view for a moment; a key that comes in a burst, as pasted text does, is no decision;
and what is decided is what was shown, by its digest.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, ClassVar, Literal

from textual import work
from textual.binding import BindingType
from textual.events import Key, Paste
from textual.timer import Timer

from loki_tui.core.errors import LokiError
from loki_tui.core.messages import JsonObject
from loki_tui.core.state import Approval
from loki_tui.core.terminal import one_line
from loki_tui.tui.actions import bindings
from loki_tui.tui.screens.approval_queue import ApprovalQueue
from loki_tui.tui.screens.dialogs import AskScreen, ConfirmScreen, EditScreen
from loki_tui.tui.views import approvals
from loki_tui.tui.widgets.key_bar import KeyBar
from loki_tui.wording.amounts import counted
from loki_tui.wording.requests import EDITED

if TYPE_CHECKING:
    from loki_tui.runtime.client import RunClient
    from loki_tui.tui.session import RunSession

READ = 0.4
"""Seconds a request has to be in view before a key can decide it: one typed for what was there before is none."""
BURST = 0.045
"""Seconds between keys below which they were not pressed by a person; at 300 baud pasted ones are 33 ms apart."""
SETTLED = BURST + 0.015
"""Seconds after which a key stands alone: no other came with it, and a late one would have been read."""

DECIDING = frozenset("ynp")
"""What a burst must not contain to do anything; a keymap may add others, which wait as these do."""


class ApprovalsScreen(ApprovalQueue):
    """The queue, with the keys that decide.

    Args:
        session: The run.
    """

    BINDINGS: ClassVar[list[BindingType]] = [*bindings("approvals")]

    def __init__(self, session: RunSession) -> None:
        super().__init__(session)
        self._key_at = 0.0
        self._burst = False
        """Whether keys last came too fast for a person, or as pasted text."""
        self._pressed: Timer | None = None

    def on_paste(self, event: Paste) -> None:
        """Pasted text decides nothing."""
        event.stop()
        self._burst = True
        self._call_off("That was pasted; nothing was decided.")

    def on_key(self, event: Key) -> None:
        """Note when keys come; this hears each of them before it does anything.

        Of several that come at once, all are heard before the first of them does anything.
        """
        self._burst, self._key_at = event.time - self._key_at < BURST, event.time
        if not self._burst:
            return
        if self._pressed is not None:
            self._call_off("Keys came faster than a person types; nothing was decided.")
        if event.character in DECIDING:
            event.stop()

    def _call_off(self, why: str) -> None:
        if self._pressed is not None:
            self._pressed.stop()
            self._pressed = None
        self.query_one(KeyBar).say(why)

    def _press(self, decide: str) -> None:
        """Decide in a moment, unless another key shows that nobody meant to."""
        if self._pressed is not None or self.current is None:
            return
        if self._burst:
            self._call_off("Keys came faster than a person types; nothing was decided.")
            return
        if not self._text or time.monotonic() - self._shown_at < READ:
            self.query_one(KeyBar).say("This has just come into view: read it, then decide.")
            return
        self.query_one(KeyBar).say("")
        shown, meant = self._shown, self._meant()
        act = partial(self._pressed_for_real, decide, shown, meant)
        self._pressed = self.set_timer(SETTLED, lambda: self._after_keys(act))

    def _after_keys(self, act: Callable[[], None]) -> None:
        """Do something when every key that has come by now was heard: by the way that keys take."""
        self.app.call_later((self.focused or self).call_later, self.call_later, act)

    def _pressed_for_real(self, decide: str, shown: str | None, meant: list[Approval]) -> None:
        if self._pressed is None:
            return
        self._pressed = None
        current = self.current
        # Somebody else may have decided meanwhile: the key was not for what has taken its place.
        if current is None or current.request.approval != shown or any(one not in self._waiting for one in meant):
            self.query_one(KeyBar).say("What waits has changed; nothing was decided.")
            return
        match decide:
            case "approve":
                self._approve(meant, current)
            case "deny":
                self._deny(meant)
            case "pattern":
                self._approve_pattern(current)

    def action_approve(self) -> None:
        """Approve exactly what is shown, or all that is marked."""
        self._press("approve")

    def action_deny(self) -> None:
        """Deny it, with a reason."""
        self._press("deny")

    def action_approve_pattern(self) -> None:
        """Approve it and what is like it, for this run."""
        self._press("pattern")

    def _meant(self) -> list[Approval]:
        """What a decision is about: what is marked, else what is shown."""
        marked = [one for one in self._waiting if one.request.approval in self._marked]
        current = self.current
        return marked or ([current] if current is not None else [])

    @work(group="ask")
    async def _approve(self, meant: list[Approval], current: Approval) -> None:
        """Approve it; where others than what is shown are meant that were not seen whole, only after a question."""
        unseen = [one for one in meant if one.request.approval not in self._seen]
        if unseen and meant != [current]:
            if not await self.app.push_screen_wait(self._question(meant, len(unseen))):
                self.query_one(KeyBar).say("Nothing was decided.")
                return
            # What is shown of the queue stood still meanwhile.
            if any(one.request.approval not in self._session.state.undecided for one in meant):
                self.query_one(KeyBar).say("What waits has changed; nothing was decided.")
                return
        self._decide(meant, "approved")

    def _question(self, meant: list[Approval], unseen: int) -> ConfirmScreen:
        asked, seen = [one.request for one in meant], frozenset(self._seen)
        return ConfirmScreen(
            f"Approve {counted(len(meant), 'request')}? {unseen:,} not seen to the end.",
            lambda width: approvals.listed(asked, seen, width),
            yes=f"Approve {'it' if len(meant) == 1 else f'all {len(meant):,}'}",
            no="Decide nothing",
        )

    @work(group="decide")
    async def _decide(
        self,
        meant: list[Approval],
        decision: Literal["approved", "denied"],
        reason: str = "",
        edited: JsonObject | None = None,
        pattern: str | None = None,
    ) -> None:
        names = {one.request.approval for one in meant}
        for name in names:
            # What was turned down before is not about this decision.
            self._session.turned_down.pop(name, None)
        self._mine |= names

        def act(client: RunClient) -> None:
            for one in meant:
                client.decide(one, decision, reason=reason, edited=edited, pattern=pattern)

        try:
            await self._session.do(act)
        except LokiError as error:
            self._complain(error)
            return
        # The engine may have been quicker than this.
        self._sent |= names & self._mine
        self._marked -= names
        self._shown = None
        later = "" if self._session.engine is not None else ", which counts once the run goes on"
        self.query_one(KeyBar).say(f"{', '.join(sorted(names))} {decision}{later}.")
        self.repaint()

    @work(group="ask")
    async def _deny(self, meant: list[Approval]) -> None:
        what = one_line(meant[0].request.title) if len(meant) == 1 else f"{len(meant)} requests"
        reason = await self.app.push_screen_wait(
            AskScreen(f"Deny {what}", detail="Why? The agent is told. Escape denies nothing.")
        )
        if reason is not None:
            self._decide(meant, "denied", reason.strip())

    @work(group="ask")
    async def _approve_pattern(self, waiting: Approval) -> None:
        asked = waiting.request
        if not asked.pattern:
            self.query_one(KeyBar).say("Nothing wider than this one action is safe to approve.")
            return
        pattern = await self.app.push_screen_wait(
            AskScreen(
                "Approve this, and whatever fits the pattern, for this run",
                value=asked.pattern,
                detail=f"Never anything graver than what this does: {asked.risk}. Escape approves nothing.",
            )
        )
        if pattern and pattern.strip():
            self._decide([waiting], "approved", pattern=pattern.strip())

    @work(group="ask")
    async def action_edit(self) -> None:
        """Change it before it is approved."""
        waiting = self.current
        if waiting is None:
            return
        asked = waiting.request
        field = EDITED.get(asked.tool)
        if not asked.editable or asked.input is None or field is None:
            self.query_one(KeyBar).say("This cannot be edited; it can be denied with a reason.")
            return
        text = await self.app.push_screen_wait(
            EditScreen(f"{asked.approval}, {field}", str(asked.input.get(field, "")), done="approves it so")
        )
        if text is not None:
            self._decide([waiting], "approved", edited={**asked.input, field: text})

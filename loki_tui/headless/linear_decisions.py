"""Decisions typed at a run that is shown in lines.

Nothing is approved by accident. A decision names its request; a request can be approved only once all of
it was told in this session; and what was typed before that, such as lines of a paste, approves nothing.
"""

from __future__ import annotations

from loki_tui.core.state import Approval
from loki_tui.headless import linear_commands as cmd
from loki_tui.headless.linear_desk import Desk, Typed
from loki_tui.wording.requests import EDITED

END = "."
"""A line that ends a text; a line that is to be a dot alone is typed as two."""
GIVEN_UP = ".cancel"
"""A line that ends a text and changes nothing."""


class Decisions:
    """Decides on what waits.

    Args:
        desk: The run.
    """

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._editing: Approval | None = None
        self._text: list[str] = []

    @property
    def editing(self) -> bool:
        """Whether lines that come in are the text of an edit."""
        return self._editing is not None

    def decide(self, decision: cmd.Decision, typed: Typed) -> None:
        """Decide.

        Raises:
            LokiError: The decision cannot be sent.
        """
        match decision:
            case cmd.Approve(approvals=names):
                self._approve(names, typed)
            case cmd.ApproveForRun(approval=name, pattern=pattern):
                self._approve_for_run(name, pattern, typed)
            case cmd.Deny(approval=name, reason=reason):
                for waiting in self._waiting((name,)):
                    self._desk.client.decide(waiting, "denied", reason=reason)
                    self._desk.paper.put(f"Sent: {name} is denied.")
            case cmd.Edit(approval=name):
                self._begin_edit(name, typed)

    def _approve(self, names: tuple[str, ...], typed: Typed) -> None:
        for waiting in self._heard(names, typed):
            self._desk.client.decide(waiting, "approved")
            self._desk.paper.put(f"Sent: {waiting.request.approval} is approved.")

    def _approve_for_run(self, name: str, pattern: str, typed: Typed) -> None:
        for waiting in self._heard((name,), typed):
            such = pattern or waiting.request.pattern
            if not such:
                self._desk.paper.put(
                    f"Nothing is approved: nothing wider than {name} alone is suggested. Name a pattern."
                )
                return
            self._desk.client.decide(waiting, "approved", pattern=such)
            self._desk.paper.put(f"Sent: {name} is approved, and in this run all that is like {such}.")

    def _heard(self, names: tuple[str, ...], typed: Typed) -> list[Approval]:
        """What waits under these names, all of it, where each was told whole before this was typed; else nothing."""
        found = self._waiting(names)
        for waiting in found:
            told = self._desk.told.get(waiting.request.approval)
            if told is None or typed.at <= told:
                name = waiting.request.approval
                why = "has not been told whole yet" if told is None else "was told only after you typed that"
                self._desk.paper.put(f"Nothing is approved: {name} {why}. Type show {name}, then decide.")
                return []
        return found

    def _waiting(self, names: tuple[str, ...]) -> list[Approval]:
        undecided = self._desk.view().state.undecided
        if missing := [name for name in names if name not in undecided]:
            waits = ", ".join(undecided) or "nothing"
            self._desk.paper.put(f"Nothing is decided: {', '.join(missing)} does not wait. What waits: {waits}.")
            return []
        return [undecided[name] for name in names]

    # -- another text ---------------------------------------------------------------------------

    def _begin_edit(self, name: str, typed: Typed) -> None:
        for waiting in self._heard((name,), typed):
            asked = waiting.request
            if not asked.editable or asked.input is None or asked.tool not in EDITED:
                self._desk.paper.put(f"{name} cannot be edited. It can be denied, with a reason.")
                return
            self._editing, self._text = waiting, []
            self._desk.paper.put(
                f"Type the new {EDITED[asked.tool].replace('_', ' ')} of {name}, all of it. "
                f"A line with a dot alone ends it and approves it so; a line {GIVEN_UP} changes nothing."
            )

    def take(self, line: str) -> None:
        """Take a line of the text, or its end.

        Raises:
            LokiError: The decision cannot be sent.
        """
        if line.strip() == GIVEN_UP:
            self.give_up("as you wish")
        elif line.rstrip() == END:
            self._end_edit()
        else:
            self._text.append(line[1:] if line.rstrip() == END * 2 else line)

    def give_up(self, why: str) -> None:
        """Forget a text that is being typed."""
        if self._editing is not None:
            self._desk.paper.put(f"{self._editing.request.approval} is not changed, {why}. It still waits.")
        self._editing = None

    def _end_edit(self) -> None:
        waiting, self._editing = self._editing, None
        assert waiting is not None
        asked = waiting.request
        field_name = EDITED[asked.tool]
        before = str((asked.input or {}).get(field_name, ""))
        # Whether the last line ends is not typed: it stays as it was.
        text = "\n".join(self._text) + ("\n" if self._text and before.endswith("\n") else "")
        self._desk.client.decide(waiting, "approved", edited={**(asked.input or {}), field_name: text})
        self._desk.paper.put(f"Sent: {asked.approval} is approved as you typed it.")

"""What a person does with one stream of a parallel run: see it by itself, hold it, end it, give it another share."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual import work

from loki_tui.tui.screens.looking_back import LookingBack
from loki_tui.tui.screens.pane_keys import PaneKeys
from loki_tui.tui.screens.steering import Steering

if TYPE_CHECKING:
    from loki_tui.core.state import Stream
    from loki_tui.tui.session import RunSession


class StreamKeys(Steering, LookingBack, PaneKeys):
    """What the stream keys do: each is about the stream that is looked at, or under the cursor, or asks which."""

    def action_go_to_pane(self, name: str) -> None:
        """Focus a pane; that of the streams only where there are some."""
        picture = self.picture()
        if name == "streams" and picture is not None and not picture.whole.streams:
            self.notify("This run has no streams: it is not parallel, or not planned yet.", markup=False)
            return
        super().action_go_to_pane(name)

    @work(group="stream")
    async def action_open_stream(self) -> None:
        """See one stream by itself; the panes then show it alone."""
        from loki_tui.core.errors import LokiError  # noqa: PLC0415 (after the first paint)
        from loki_tui.tui.scope import Scope  # noqa: PLC0415
        from loki_tui.tui.session import LOOKED_AT  # noqa: PLC0415

        session, name = self.session, await self._meant("Which stream do you want to see?", here=False)
        if session is None or not name:
            return
        scope = session.scope = Scope(name, session.iterations.of_stream(name))
        seq = session.state.seq
        try:
            scope.feed.put_before(
                await session.ask(lambda history: history.page_before(seq + 1, limit=LOOKED_AT, stream=name))
            )
        except LokiError as error:
            self.complain(error)
        self.board.pane("activity").focus()
        self.board.pane("activity").action_edge(1)
        if self.past is not None:
            self.look_at(self.seq)
        self.note("moment")

    @work(group="stream")
    async def action_pause_stream(self) -> None:
        """Hold a stream, or let it go on."""
        session, name = await self._at_work("Which stream?")
        if session is None:
            return
        if session.state.streams[name].state.paused_by is None:
            await self.asked(session, lambda client: client.pause(stream=name), f"Asked stream {name} to pause.")
        else:
            await self.asked(session, lambda client: client.resume(stream=name), f"Asked stream {name} to go on.")

    @work(group="stream")
    async def action_stop_stream(self) -> None:
        """Bring one stream to a safe place and end it."""
        from loki_tui.tui.screens.dialogs import Choice, ChooseScreen  # noqa: PLC0415 (when it is wanted)

        session, name = await self._at_work("Which stream is to end?")
        if session is None:
            return
        answer = await self.app.push_screen_wait(
            ChooseScreen(
                f"End stream {name} for good?",
                [Choice("no", "Let it go on"), Choice("stop", "Save its work and end it")],
                detail="Its work stays on its branch and is not integrated. The other streams go on.",
            )
        )
        if answer == "stop":
            await self.asked(session, lambda client: client.stop(stream=name), f"Asked stream {name} to stop.")

    @work(group="stream")
    async def action_steer_stream(self) -> None:
        """Write a note that the agent of a stream reads at its next turn."""
        from loki_tui.tui.screens.dialogs import AskScreen  # noqa: PLC0415 (when it is wanted)

        session, name = await self._at_work("Whose agent is the note for?")
        if session is None:
            return
        asking = AskScreen(f"A note for the agent of stream {name}", detail="It reads this at its next turn.")
        note = await self.app.push_screen_wait(asking)
        if note and note.strip():
            await self.asked(session, lambda client: client.steer(note, stream=name), "It reads it at its next turn.")

    @work(group="stream")
    async def action_share_stream(self) -> None:
        """Give a stream another share of the budget."""
        from loki_tui.core.errors import UsageError  # noqa: PLC0415 (after the first paint)
        from loki_tui.core.money import format_usd, parse_usd  # noqa: PLC0415
        from loki_tui.tui.screens.dialogs import AskScreen  # noqa: PLC0415

        session, name = await self._at_work("Which stream is to have another share?")
        if session is None:
            return
        books = session.state.streams[name].state.books
        detail = f"{format_usd(books.committed)} of it are spent or set aside. The run's budget holds in any case."
        asking = AskScreen(f"Share of stream {name} in US dollars", value=str(books.limit or ""), detail=detail)
        text = await self.app.push_screen_wait(asking)
        if not text:
            return
        try:
            share = parse_usd(text, name="The share")
        except UsageError as error:
            self.complain(error)
        else:
            await self.asked(
                session, lambda client: client.set_budget(share, stream=name), f"The share is to be ${share}."
            )

    # -- which ----------------------------------------------------------------------------------

    async def _at_work(self, question: str) -> tuple[RunSession | None, str]:
        """The stream that is meant, which must have an agent to hear this."""
        session = self._open_session()
        if session is None or not self._can_hear(session):
            return None, ""
        name = await self._meant(question, here=True)
        stream = session.state.streams.get(name)
        if stream is None:
            return None, ""
        if not stream.is_open:
            self.notify(f"Stream {name} is not at work: {_standing(stream)}.", severity="warning", markup=False)
            return None, ""
        return session, name

    async def _meant(self, question: str, *, here: bool) -> str:
        """The stream that is looked at, where `here` counts, or that under the cursor; else a person is asked."""
        from loki_tui.tui.views import streams  # noqa: PLC0415 (after the first paint)

        picture, pane = self.picture(), self._focused_pane()
        names = streams.entries(picture) if picture is not None else []
        if picture is None or not names:
            self.notify("This run has no streams: it is not parallel, or not planned yet.", markup=False)
            return ""
        if here and picture.stream in names:
            return picture.stream
        if pane.id == "streams" and pane.cursor is not None and pane.cursor < len(names):
            return names[pane.cursor]
        from loki_tui.tui.screens.dialogs import Choice, ChooseScreen  # noqa: PLC0415 (when it is wanted)

        choices = [Choice(name, f"{name}: {picture.whole.stream_status(name)}") for name in names]
        return await self.app.push_screen_wait(ChooseScreen(question, choices)) or ""


def _standing(stream: Stream) -> str:
    return "it has not begun" if stream.started is None else "it is over"

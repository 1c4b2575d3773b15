"""Every pane at every width: nothing wider than it may be, nothing that a terminal would obey, nothing made up."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from loki_tui.core import events as ev
from loki_tui.core.errors import ModelFault
from loki_tui.core.vocabulary import Excerpt, Proof, Risk, Verdict
from loki_tui.tui.feed import Feed
from loki_tui.tui.painter import FILTERS, VIEWS, FeedPainter
from loki_tui.tui.picture import Picture
from loki_tui.tui.rows import CONTINUED, Row, text_of, width_of
from loki_tui.tui.views import activity, approvals, header, signs, timeline
from tests.support import scenes
from tests.support.foreign import LONG_LINE, MARKUP, diff
from tests.support.life import created, measured, started
from tests.support.working import plan
from tests.tui.views.pictures import SCENES, feed_of, picture, picture_of, pictured, records_of

WIDTHS = (*range(20, 60), 79, 80, 99, 100, 118, 139, 140, 159, 160, 200)

Made = tuple[Sequence[Row], Sequence[int] | None]


def _activity(picture: Picture, width: int) -> Made:
    name = next(name for name in SCENES if picture_of(name) is picture)
    return FeedPainter().rows(feed_of(name), picture, width)


PANES: dict[str, Callable[[Picture, int], Made]] = {
    **{name: view.rows for name, view in VIEWS.items()},
    **{f"{name} looked at": view.whole for name, view in VIEWS.items() if view.whole is not None},
    "activity": _activity,
    "header": lambda picture, width: (header.rows(picture, width), None),
    "timeline": lambda picture, width: (timeline.rows(picture, width), None),
}

by_scene = pytest.mark.parametrize("scene", SCENES)
by_pane = pytest.mark.parametrize("name", PANES)


def text(made: Made) -> str:
    """Rows without tones."""
    return "\n".join(map(text_of, made[0]))


def budget(*events: ev.Event) -> str:
    """What the budget says of a run made of events."""
    return text(VIEWS["budget"].rows(pictured(*events), 44))


@by_scene
@by_pane
def test_no_row_is_wider_than_its_pane_and_none_holds_a_control_character(scene: str, name: str) -> None:
    few = WIDTHS if scene != "worst" else (20, 41, 80, 120, 200)
    for width in few:
        rows, starts = PANES[name](picture_of(scene), width)
        assert rows
        wide = [text_of(line) for line in rows if width_of(line) > width]
        assert not wide, (width, wide[0])
        for line in rows:
            assert text_of(line).isprintable() or not set(text_of(line)) & set("\n\t\r\x1b\x07\x00\x9b\u202e\u2028")
        if starts is not None and name != "activity":
            assert list(starts) == sorted(set(starts))
            assert all(0 <= start < len(rows) for start in starts)


@by_scene
@pytest.mark.parametrize("name", VIEWS)
def test_a_title_is_one_short_line(scene: str, name: str) -> None:
    title = VIEWS[name].title(picture_of(scene))
    assert title.isprintable()
    assert 0 < len(title) < 60


def test_text_that_looks_like_markup_is_shown_as_it_is() -> None:
    event = ev.Warned(message=MARKUP)
    shown = text(FeedPainter().rows(feed_with(event), pictured(created(), event), 200))
    assert MARKUP in shown


def feed_with(*events: ev.Event) -> Feed:
    """The activity of a run made of events."""
    feed = Feed()
    feed.take(scenes.records([created(), *events]))
    return feed


# -- money --------------------------------------------------------------------------------------

BUDGETS = {
    "untouched": ["$0.00 of $10.00", "$10.00 left", "known after iteration 1"],
    "some": ["$2.50 of $10.00", "$7.50 left"],
    "reserved": ["$6.25 left", "set aside  $1.25 for 1 request"],
    "unconfirmed": ["uncertain  $1.25 for lost answers"],
    "zero": ["$2.50 of $2.50", "nothing left", "needs a budget of $2.96"],
    "negative": ["$2.50 of $0.50", "$2.00 over"],
    "tiny": ["$2.50 of $2.5001", "$0.0001 left"],
    "none": ["$2.50 spent, no limit is set"],
    "unpriced": ["at least $0.00", "unpriced   1 answer"],
    "vast": ["of $1,234,567.89"],
}


@pytest.mark.parametrize("name", BUDGETS)
def test_money_is_told_as_it_is(name: str) -> None:
    shown = budget(*scenes.budgets()[name])
    for words in BUDGETS[name]:
        assert words in shown, shown


@pytest.mark.parametrize("name", scenes.budgets())
def test_every_state_of_the_money_fits(name: str) -> None:
    made = pictured(*scenes.budgets()[name])
    for width in WIDTHS:
        assert all(
            width_of(line) <= width for line in [*VIEWS["budget"].rows(made, width)[0], *header.rows(made, width)]
        )


def test_until_when_a_run_waits_is_in_view_on_a_narrow_screen() -> None:
    until = datetime(2026, 3, 1, 12, 0, 45, tzinfo=UTC)
    waits = ev.RunWaiting(on="rate_limit", reason="a model with a long name gave no answer: HTTP 429", until=until)
    top = text_of(header.rows(pictured(created(), started(), waits), 80)[0])
    assert top.startswith(f"? WAITING until {until.astimezone():%H:%M:%S}  a model with")


def test_a_failure_of_the_model_stands_where_all_else_does_and_in_words() -> None:
    failed = ev.ModelFailed(request="m1", fault=ModelFault.RATE_LIMITED, message="no")
    (item,) = [item for item in feed_with(failed).items if item.event == failed]
    assert text_of(activity.item_rows(item, 80)[0])[8:] == " model failed (rate limited): no"


def test_an_iteration_of_a_run_that_has_ended_does_not_go_on() -> None:
    begun: list[ev.Event] = [created(), started(), ev.IterationStarted(number=1, brief=Excerpt(text=""))]
    assert text(VIEWS["iterations"].rows(pictured(*begun), 60)).startswith("▶   1 0 turns so far")
    ended = pictured(*begun, ev.RunClosed(outcome="stopped", reason="by ada"))
    assert text(VIEWS["iterations"].rows(ended, 60)).startswith("!   1 0 turns, not finished")


def test_a_budget_of_nothing_divides_by_nothing() -> None:
    begun: list[ev.Event] = [created(budget=Decimal(0)), started(), plan()]
    assert "$0.00 of $0.00" in budget(*begun)
    assert VIEWS["budget"].title(pictured(*begun)) == "Budget"


# -- what is proven -----------------------------------------------------------------------------


def test_stale_is_never_green_and_says_what_it_was() -> None:
    begun: list[ev.Event] = [created(), started()]
    fresh = pictured(*begun, *_taken("t1"), measured(Verdict.PASSED, "t1"))
    stale = pictured(*begun, *_taken("t1"), measured(Verdict.PASSED, "t1"), *_taken("t2"))
    assert VIEWS["checks"].title(fresh) == "Checks 1 of 1 pass"
    assert VIEWS["checks"].title(stale) == "Checks 0 of 1 pass"
    apart = measured(Verdict.NOT_APPLICABLE, "t1").model_copy(update={"phase": "e2e tests"})
    assert VIEWS["checks"].title(pictured(*begun, *_taken("t1"), apart)) == "Checks"
    not_all = pictured(*begun, *_taken("t1"), measured(Verdict.PASSED, "t1"), apart)
    assert VIEWS["checks"].title(not_all) == "Checks 1 of 1 pass"
    shown = VIEWS["checks"].rows(stale, 60)[0]
    assert "~ unit tests stale, was passed" in text_of(shown[0])
    assert "good" not in {tone for line in shown for _, tone in line}


def _taken(tree: str) -> list[ev.Event]:
    return [ev.CheckpointTaken(checkpoint=tree, tree=tree, label="", iteration=0, files=1, changed=1)]


def test_signs_differ_without_their_colours() -> None:
    for table in (signs.PROOF, signs.VERDICT, signs.RISK):
        assert len({sign for sign, _ in table.values()}) == len(table)
    assert set(signs.PROOF) == set(Proof)
    assert set(signs.VERDICT) == set(Verdict)


# -- time ---------------------------------------------------------------------------------------


@by_scene
def test_the_timeline_points_at_the_event_that_a_click_there_shows(scene: str) -> None:
    last = picture_of(scene).state.seq
    for width in (80, 120, 200):
        start, length = timeline.track(width)
        assert timeline.seq_at(start, last, width) == 1
        assert timeline.seq_at(start + length - 1, last, width) == last
        for seq in {1, 2, last // 2 or 1, last}:
            past = picture(list(records_of(scene))[:seq], live=False)
            past.last_seq = last
            (line,) = timeline.rows(past, width)
            here = text_of(line).index("◀")
            assert abs(timeline.seq_at(here, last, width) - seq) <= last / length + 1


def test_a_look_back_says_where_one_is_and_shows_nothing_from_later() -> None:
    records = list(records_of("full"))
    past = picture(records[:40], live=False)
    past.last_seq, past.iterations = len(records), picture_of("full").iterations
    top = text((header.rows(past, 120), None))
    assert "LOOKING BACK" in top
    assert "event 40 of 268" in top
    assert len(VIEWS["iterations"].rows(past, 60)[0]) == 1
    assert "turns so far" in text(VIEWS["iterations"].rows(past, 60))


# -- the activity -------------------------------------------------------------------------------


@pytest.mark.parametrize("name", FILTERS)
def test_a_filter_shows_its_kinds_and_says_where_there_is_nothing(name: str) -> None:
    painter = FeedPainter(filter=name)
    rows, starts = painter.rows(feed_of("full"), picture_of("full"), 100)
    assert starts is not None
    assert len(painter.items) == len(starts)
    wanted = FILTERS[name]
    for item in painter.items:
        failed = item.ended is not None and not item.ended.ok
        assert wanted is None or item.event.kind in wanted or (name == "trouble" and failed)
    kinds = {item.event.kind for item in feed_of("full").items}
    assert wanted is None or not wanted & kinds or painter.items
    empty = FeedPainter(filter=name)
    assert text(empty.rows(feed_of("empty"), picture_of("empty"), 100))
    assert len(rows) >= len(starts)


def test_filters_go_round() -> None:
    painter = FeedPainter()
    assert [painter.next_filter() for _ in FILTERS] == [*list(FILTERS)[1:], "everything"]


def test_only_what_changed_is_made_anew() -> None:
    painter, feed = FeedPainter(), feed_of("full")
    first, _ = painter.rows(feed, picture_of("full"), 100)
    again, _ = painter.rows(feed, picture_of("full"), 100)
    assert all(one is other for one, other in zip(first, again, strict=True))
    narrower, _ = painter.rows(feed, picture_of("full"), 60)
    assert all(width_of(line) <= 60 for line in narrower)


def test_what_is_being_said_stands_at_the_end_until_it_is_said() -> None:
    shown = picture(list(records_of("full")))
    shown.thinking = {"agent": "I look at \x1b[31mthe store" + " once more" * 300}
    rows, _ = FeedPainter().rows(feed_of("full"), shown, 80)
    last = text((rows[-8:], None))
    assert "… agent says" in last
    assert "\x1b" not in last
    assert all(width_of(line) <= 80 for line in rows)
    assert "… agent says" not in text(FeedPainter().rows(feed_of("full"), picture_of("full"), 80))


def test_what_an_action_printed_is_shown_more_of_where_it_failed() -> None:
    worked, failed = (shell(ok) for ok in (True, False))
    assert text((worked, None)).count("line") < text((failed, None)).count("line") <= 10
    assert "exit 1" in text((failed, None))


def shell(ok: bool) -> list[Row]:
    """An action that printed fifty lines."""
    begun = ev.ActionStarted(
        action="a", call="c", agent="agent", tool="shell", input={"command": "make"}, risk=Risk.RUN
    )
    printed = Excerpt(text="".join(f"line {number}\n" for number in range(50)), size=400)
    ended = ev.ActionFinished(action="a", call="c", output=printed, ok=ok, exit_code=0 if ok else 1, seconds=1)
    (item,) = [item for item in feed_with(begun, ended).items if item.event == begun]
    return activity.item_rows(item, 80)


# -- one request --------------------------------------------------------------------------------


def test_a_request_shows_everything_a_decision_rests_on() -> None:
    waiting = picture_of("full").state.undecided
    push = text((approvals.whole(waiting["p1"], "git push origin main --force", 80), None))
    for words in ("p1", "DESTRUCTIVE", "every change waits", "/w", "git push origin main --force"):
        assert words in push
    edit = text((approvals.whole(waiting["p2"], diff("notes/store.py", hunks=3), 80), None))
    assert edit.count("+    return value_1") == 3


@pytest.mark.parametrize("width", [20, 44, 80, 200])
def test_every_request_of_the_worst_run_fits_and_is_harmless(width: int) -> None:
    for one in picture_of("worst").state.undecided.values():
        asked = one.request
        shown = (asked.diff.text if asked.diff is not None else asked.detail)[:20_000]
        for split in (False, True):
            rows = approvals.whole(one, shown, width, split=split)
            assert all(width_of(line) <= width for line in rows)
            assert not {"\x1b", "\x07", "\r", "\u202e"} & set(text((rows, None)))


def test_a_command_shows_the_characters_it_has() -> None:
    waiting = picture_of("full").state.undecided["p1"]
    sly = "echo fine\r rm -rf ~ \x0b;\u2028 true\nsecond"
    asked = waiting.request.model_copy(update={"input": {"command": sly}, "detail": sly})
    rows = approvals.whole(type(waiting)(request=asked, asked_at=waiting.asked_at), sly, 80)
    assert [text_of(line) for line in rows[-2:]] == ["  echo fine\\x0d rm -rf ~ \\x0b;\\u2028 true", "  second"]


def test_a_long_line_is_whole_in_the_request() -> None:
    waiting = picture_of("full").state.undecided["p1"]
    asked = waiting.request.model_copy(update={"input": {"command": LONG_LINE}, "detail": LONG_LINE})
    rows = approvals.whole(type(waiting)(request=asked, asked_at=waiting.asked_at), LONG_LINE, 80)
    command = [text_of(line) for line in rows[6:]]
    assert command[0].startswith("  ")
    assert all(line.startswith(f"{CONTINUED} ") for line in command[1:])
    assert "".join(line[2:] for line in command) == LONG_LINE


def test_one_long_command_is_not_taken_for_several() -> None:
    waiting = picture_of("full").state.undecided["p1"]
    sly = f"true {'#' * 69}  \nrm -rf build\n{CONTINUED} echo on"
    asked = waiting.request.model_copy(update={"input": {"command": sly}, "detail": sly})
    rows = approvals.whole(type(waiting)(request=asked, asked_at=waiting.asked_at), sly, 60)
    assert [text_of(line) for line in rows[6:]] == [
        f"  true {'#' * 53}",
        f"{CONTINUED} {'#' * 16}  ",
        "  rm -rf build",
        f"  {CONTINUED} echo on",
    ]


def test_a_change_that_its_diff_cuts_off_is_followed_by_all_that_is_written() -> None:
    waiting = picture_of("full").state.undecided["p2"]
    cut = f"{diff('notes/store.py', hunks=1)}[the rest of the diff is not shown]\n"
    rows = approvals.whole(waiting, cut, 80, written="first\nlast")
    assert [text_of(line) for line in rows[-4:]] == ["", "All that is to be written:", "  first", "  last"]


@pytest.mark.parametrize("width", [30, 60, 120])
def test_requests_are_listed_a_row_each_and_what_was_not_seen_is_named(width: int) -> None:
    for name in ("full", "worst"):
        asked = [one.request for one in picture_of(name).state.undecided.values()]
        seen = {asked[0].approval}
        rows = approvals.listed(asked, seen, width)
        assert len(rows) == len(asked)
        assert all(width_of(line) <= width for line in rows)
        assert [text_of(line).endswith("NOT SEEN") for line in rows] == [False, *[True] * (len(asked) - 1)]
        assert text_of(rows[0]).endswith(" seen")
    full = [one.request for one in picture_of("full").state.undecided.values()]
    (push, edit) = (text_of(line) for line in approvals.listed(full, (), 100))
    assert push.startswith("p1 DESTRUCTIVE shell git push origin main --force ")
    assert edit.startswith("p2 edits edit_file notes/store.py ")

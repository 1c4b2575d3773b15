"""One engine a project, and no lock that outlives its process."""

from __future__ import annotations

import os
import platform
import threading

import pytest

from loki_tui.core.errors import BusyError
from loki_tui.store.lock import EngineLock, Holder, engine_holder
from loki_tui.store.paths import StateDirectory
from tests.store.children import child, finish, next_line
from tests.store.samples import RUN, begin


def test_the_second_engine_is_told_who_is_first(state: StateDirectory) -> None:
    with child("hold", state) as first:
        assert next_line(first) == "held"

        with pytest.raises(BusyError) as raised:
            EngineLock.acquire(state, run="run-2")

    assert f"process {first.pid} on {platform.node()} holds run {RUN}" in raised.value.message
    assert "loki stop" in raised.value.hint


def test_two_starts_at_once_make_one_engine(state: StateDirectory) -> None:
    with child("hold", state) as one, child("hold", state) as other:
        lines = {next_line(one), next_line(other)}
        assert lines == {"held", ""}


def test_a_second_engine_in_another_process_is_refused(state: StateDirectory) -> None:
    with EngineLock.acquire(state, run=RUN):
        assert finish("begin", state).stdout.startswith("BusyError")
    assert finish("begin", state).stdout == ""


def test_the_lock_of_a_killed_process_is_none(state: StateDirectory) -> None:
    with child("hold", state) as process:
        assert next_line(process) == "held"
        process.kill()
        process.wait()

    assert engine_holder(state) is None
    EngineLock.acquire(state, run=RUN).release()


def test_a_reused_process_id_holds_nothing(state: StateDirectory) -> None:
    state.prepare()
    mine = Holder(pid=os.getpid(), started=1, boot="another boot", host="elsewhere", run="old")
    state.lock.write_text(mine.model_dump_json())

    assert engine_holder(state) is None
    EngineLock.acquire(state, run=RUN).release()


def test_a_holder_is_seen_from_outside(state: StateDirectory) -> None:
    assert engine_holder(state) is None
    with EngineLock.acquire(state, run=RUN):
        holder = engine_holder(state)
        assert holder is not None
        assert (holder.pid, holder.run) == (os.getpid(), RUN)
        assert holder.started
        assert holder.boot
    assert engine_holder(state) is None


@pytest.mark.parametrize("content", ["", "{", "[]", '{"pid": "many"}', "\x00\xff"])
def test_an_unreadable_description_is_still_a_lock(state: StateDirectory, content: str) -> None:
    with EngineLock.acquire(state, run=RUN):
        state.lock.write_text(content)
        assert engine_holder(state) == Holder()


def test_a_holder_that_cannot_be_named_is_busy_all_the_same(state: StateDirectory) -> None:
    with EngineLock.acquire(state, run=RUN):
        state.lock.write_text("")
        with pytest.raises(BusyError, match="another process holds a run"):
            EngineLock.acquire(state, run="run-2")


def test_the_file_is_never_unlinked(state: StateDirectory) -> None:
    begin(state)
    inode = state.lock.stat().st_ino
    begin(state, run="run-2")
    assert state.lock.stat().st_ino == inode


def test_releasing_twice_is_harmless(state: StateDirectory) -> None:
    lock = EngineLock.acquire(state, run=RUN)
    lock.release()
    with EngineLock.acquire(state, run=RUN):
        lock.release()
        assert engine_holder(state) is not None


def test_those_who_look_never_keep_an_engine_out(state: StateDirectory) -> None:
    begin(state)
    done = threading.Event()

    def look() -> None:
        while not done.is_set():
            engine_holder(state)

    lookers = [threading.Thread(target=look) for _ in range(2)]
    for looker in lookers:
        looker.start()
    try:
        for _ in range(30):
            EngineLock.acquire(state, run=RUN).release()
    finally:
        done.set()
        for looker in lookers:
            looker.join()


def test_a_command_that_outlives_its_engine_does_not_hold_it(state: StateDirectory) -> None:
    with child("hold_beside_a_command", state) as engine:
        command = int(next_line(engine))
        engine.kill()
        engine.wait()
        assert engine_holder(state) is None
        os.kill(command, 0)

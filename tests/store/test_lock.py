"""One engine a project, and no lock that outlives its process."""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
import threading
from functools import cache

import pytest

from loki_tui.core.errors import BusyError
from loki_tui.store.lock import EngineLock, Holder, engine_holder
from loki_tui.store.paths import StateDirectory
from tests.store.children import LIMIT_SECONDS, REPOSITORY, child, command, finish, next_line
from tests.store.samples import RUN, begin

CONTAINED = ("unshare", "--pid", "--fork", "--kill-child", "--mount-proc")
"""Runs a command as the first process of a container would be: with process ids of its own."""


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


@cache
def contained() -> tuple[str, ...]:
    """What begins such a command here, as root or as anybody; the test is skipped where nothing does."""
    for start in (CONTAINED, (*CONTAINED, "--user", "--map-root-user")):
        if shutil.which(start[0]) and not subprocess.run([*start, "true"], capture_output=True, check=False).returncode:
            return start
    pytest.skip("no process of this user may have a pid namespace of its own")


def test_an_engine_in_a_container_is_alive_for_those_outside(state: StateDirectory) -> None:
    with subprocess.Popen(
        [*contained(), *command("hold", state)],
        cwd=REPOSITORY,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as engine:
        assert next_line(engine) == "held"
        holder = engine_holder(state)
        with pytest.raises(BusyError, match=f"holds run {RUN}"):
            EngineLock.acquire(state, run="run-2")
        engine.communicate(timeout=LIMIT_SECONDS)
    assert holder is not None
    # Its own word for itself, which out here is another process.
    assert (holder.pid, holder.run) == (1, RUN)
    assert engine_holder(state) is None


def test_an_engine_outside_is_alive_for_those_in_a_container(state: StateDirectory) -> None:
    begin_in_container = [*contained(), *command("begin", state)]

    def said() -> str:
        return subprocess.run(
            begin_in_container, cwd=REPOSITORY, capture_output=True, text=True, timeout=LIMIT_SECONDS, check=True
        ).stdout

    with EngineLock.acquire(state, run=RUN):
        assert said().startswith("BusyError")
    assert said() == ""

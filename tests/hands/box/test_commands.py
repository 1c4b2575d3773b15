"""Commands that misbehave, and what is left of them afterwards: nothing."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from tests.support.hands import SECRET, Box, World, alive, box_policy, children, until

DAEMON = (
    "import os, sys, time\n"
    "if os.fork(): os._exit(0)\n"
    "os.setsid()\n"
    "if os.fork(): os._exit(0)\n"
    "open(sys.argv[1], 'w').write(str(os.getpid()))\n"
    "os.close(1); os.close(2)\n"
    "time.sleep(600)\n"
)


def number_in(path: Path) -> int:
    until(lambda: path.exists() and path.read_text().strip().isdigit(), f"{path} with a pid")
    return int(path.read_text())


def start(box: Box, number: int, command: str, **given: object) -> None:
    """Begin a command without waiting for its end."""
    box.say({"id": number, "op": "shell", "input": {"command": command, **given}})


# -- ordinary -----------------------------------------------------------------------------------


def test_both_streams_come_in_order(box: Box) -> None:
    assert box.shell("echo a; echo b >&2; echo c") == "a\nb\nc\n"


def test_how_a_command_ended_is_said(box: Box) -> None:
    assert box.ask("shell", command="true")["ok"] is True
    failed = box.ask("shell", command="echo x; exit 3")
    assert (failed["ok"], failed["exit_code"], failed["output"]) == (False, 3, "x\n[exit code 3]")
    killed = box.ask("shell", command="kill -SEGV $$")
    assert (killed["exit_code"], killed["output"]) == (139, "[ended by signal 11 (SIGSEGV)]")
    assert box.ask("shell", command="no-such-program")["exit_code"] == 127


@pytest.mark.parametrize("command", ["-x", "--version", "-c 'echo hi'"])
def test_a_leading_dash_is_part_of_the_command(box: Box, command: str) -> None:
    assert box.ask("shell", command=command)["exit_code"] == 127


def test_a_command_starts_in_the_workspace_with_a_private_home(box: Box, shared_world: World) -> None:
    where, home, tmp = box.shell("pwd; echo ~; dirname $(mktemp)").split()
    assert where == str(shared_world.workspace)
    assert home == str(shared_world.base / "private/agent")
    assert tmp == str(shared_world.base / "tmp")


def test_no_secret_is_in_the_environment(box: Box) -> None:
    assert SECRET not in box.shell("env; cat /proc/self/environ")


def test_nothing_is_left_open_for_commands(box: Box) -> None:
    assert box.shell("ls /proc/self/fd | wc -l") == "4\n"  # the three, and the listing's own


def test_python_has_its_semaphores_and_the_shell_its_streams(box: Box) -> None:
    program = "import multiprocessing as m; m.Lock(); print(m.Queue())"
    assert "Queue" in box.shell(f"/usr/bin/python3 -I -c '{program}'")
    assert box.shell("echo a > /dev/stdout; echo b > /dev/stderr; cat < /dev/null > /dev/null") == "a\nb\n"


# -- odd output ---------------------------------------------------------------------------------


def test_a_command_that_reads_input_finds_none(box: Box) -> None:
    assert box.ask("shell", command="cat; read x; echo done")["output"] == "done\n"


def test_escape_sequences_and_bytes_that_are_no_text_are_harmless(box: Box) -> None:
    output = box.shell(r"printf '\033[31mred\033]0;title\007 \377\376 \342\200\256 \r over\n'")
    assert output == " over\n"
    assert box.shell(r"printf '\377\033[2J ok'") == "\ufffd ok"


def test_a_gigabyte_costs_no_memory(box: Box, shared_world: World) -> None:
    answer = box.ask("shell", command="echo first; head -c 1000000000 /dev/zero; echo; echo last")
    output = str(answer["output"])
    assert answer["ok"] is True
    assert output.startswith("first\n")
    assert output.endswith("\nlast\n")
    assert "of 1,000,000,012 bytes of output are not shown" in output
    status = Path(f"/proc/{box.process.pid}/status").read_text()
    assert int(status.partition("VmHWM:")[2].split()[0]) < 40_000


def test_output_is_heard_while_it_comes(box: Box, shared_world: World) -> None:
    gate = shared_world.workspace / "gate"
    os.mkfifo(gate)
    command = "echo early; cat gate; rm gate; echo late"
    box.say({"id": 700_001, "op": "shell", "input": {"command": command}, "stream": True})
    assert box.hear() == {"id": 700_001, "said": "early\n"}
    gate.write_text("go\n")
    heard = [box.hear()]
    while "result" not in heard[-1]:
        heard.append(box.hear())
    assert "".join(str(each.get("said", "")) for each in heard) == "go\nlate\n"


# -- endings ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "command",
    [
        "sleep 600 & echo $! > pid",
        "(setsid sleep 600 & echo $! > pid)",
        "nohup setsid sh -c 'echo $$ > pid; exec sleep 600' > /dev/null 2>&1 & until [ -s pid ]; do :; done",
        "env -i /usr/bin/setsid sh -c 'echo $$ > pid; exec sleep 600' & until [ -s pid ]; do :; done",
        "yes > /dev/null & echo $! > pid",
        "yes & echo $! > pid",
        "/usr/bin/python3 -I -S daemon.py pid; until [ -s pid ]; do :; done",
        "env -i /usr/bin/python3 -I -S daemon.py pid; until [ -s pid ]; do :; done",
        "sh -c 'trap \"\" TERM HUP INT; echo $$ > pid; while :; do sleep 600; done' & until [ -s pid ]; do :; done",
        "sh -c 'echo $$ > pid; kill -STOP $$' & until [ -s pid ]; do :; done",
    ],
)
def test_nothing_outlives_its_command(box: Box, shared_world: World, command: str) -> None:
    (shared_world.workspace / "daemon.py").write_text(DAEMON)
    (shared_world.workspace / "pid").unlink(missing_ok=True)
    began = time.monotonic()
    box.shell(command)
    assert not alive(number_in(shared_world.workspace / "pid"))
    assert time.monotonic() - began < 10


@pytest.mark.parametrize(
    "command",
    [
        "sleep 600",
        "sleep 600 & sleep 600; wait",
        "trap '' TERM INT HUP; echo $$ > pid; while :; do sleep 600; done",
        "/usr/bin/python3 -I -S daemon.py pid; sleep 600",
        "kill -STOP $$",
        "exec > /dev/null 2>&1; sleep 600",
        "while :; do echo spam; done",
    ],
)
def test_a_timeout_ends_it_all(box: Box, shared_world: World, command: str) -> None:
    (shared_world.workspace / "daemon.py").write_text(DAEMON)
    answer = box.ask("shell", command=command, timeout_seconds=0.3)
    assert answer["timed_out"] is True
    assert answer["ok"] is False
    assert str(answer["output"]).endswith("[timed out after 0.3 s; the command and everything it started were ended]")
    assert not children(box.process.pid)


def test_a_command_may_tidy_up_when_its_time_is_over(box: Box) -> None:
    answer = box.ask("shell", command="trap 'echo tidied; exit 0' TERM; sleep 600 & wait", timeout_seconds=0.3)
    assert str(answer["output"]).startswith("tidied\n[timed out")


def test_what_a_command_started_may_tidy_up_when_the_command_is_gone_already(box: Box) -> None:
    slow = "(trap 'sleep 0.2; echo > tidied; exit' TERM; while :; do sleep 0.01; done) & wait"
    assert box.ask("shell", command=slow, timeout_seconds=0.3)["timed_out"] is True
    assert box.ask("shell", command="rm tidied")["exit_code"] == 0


def test_a_cancellation_ends_it_all_and_soon(box: Box, shared_world: World) -> None:
    (shared_world.workspace / "pid").unlink(missing_ok=True)
    start(box, 800_001, "trap '' TERM; echo $$ > pid; while :; do sleep 600; done")
    pid = number_in(shared_world.workspace / "pid")
    began = time.monotonic()
    box.say({"id": 0, "op": "cancel", "input": {"target": 800_001}})
    assert box.hear()["id"] == 800_001
    assert time.monotonic() - began < 5
    assert not alive(pid)


def test_commands_run_side_by_side_and_spare_each_other(box: Box, shared_world: World) -> None:
    gate = shared_world.workspace / "gate"
    os.mkfifo(gate)
    start(box, 800_010, "sleep 600 & echo $! > kept; cat gate; kill -0 $! && echo alive")
    kept = number_in(shared_world.workspace / "kept")
    box.shell("sleep 600 & sleep 600 &")
    assert alive(kept)
    gate.write_text("go\n")
    assert "alive" in str(box.hear())
    gate.unlink()
    assert not alive(kept)


# -- background ---------------------------------------------------------------------------------


def test_a_background_command_lives_on_and_can_be_read_and_ended(world: World) -> None:
    box = Box(box_policy(world))
    said = box.shell("echo $$ > pid; echo serving; exec sleep 600", background=True)
    pid, log = number_in(world.workspace / "pid"), said.split()[-1]
    assert f"pid {pid}" in said
    box.shell("sleep 600 &")
    assert alive(pid)
    until(lambda: "serving" in str(box.ask("read_file", path=log)["output"]))
    box.shell(f"kill {pid}")
    until(lambda: "[ended by signal 15 (SIGTERM)]" in str(box.ask("read_file", path=log)["output"]))
    assert box.close() == 0


def test_background_commands_end_with_the_hands(world: World) -> None:
    (world.workspace / "daemon.py").write_text(DAEMON)
    box = Box(box_policy(world))
    box.shell("echo $$ > shell; trap '' TERM HUP; while :; do sleep 600; done", background=True)
    box.shell("/usr/bin/python3 -I -S daemon.py daemon", background=True)
    pids = [number_in(world.workspace / name) for name in ("shell", "daemon")]
    box.shell("true")
    assert all(alive(pid) for pid in pids)
    assert box.close() == 0
    assert not any(alive(pid) for pid in pids)


def test_a_background_log_is_bounded(world: World) -> None:
    box = Box(box_policy(world))
    log = Path(box.shell("head -c 30000000 /dev/zero | tr '\\0' x; echo; echo last", background=True).split()[-1])
    ended = "last\n\n[exit code 0]\n"
    until(lambda: str(box.ask("shell", command=f"tail -c 100 {log}")["output"]).endswith(ended))
    assert sum(path.stat().st_size for path in log.parent.iterdir()) <= 2 << 20
    box.close()

"""What a hostile command may try against everything outside of its grants: none of it may work.

Every attempt is a small program that runs in hands with `src` and `tests` writable. It is
judged by what it left behind: the outside unchanged, no secret in its output, the engine
alive; where there is nothing to see afterwards, it prints ESCAPED if it got through.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.support.hands import CREDENTIALS, SECRET, Box, World, alive, box_policy, fingerprint, make_world

PRELUDE = """
import ctypes, errno, json, mmap, os, shutil, signal, socket, stat, struct, subprocess, sys
p = json.loads(sys.argv[1]); O, S, W, H, ST, T, E, BOX = (p[k] for k in ("O", "S", "W", "H", "ST", "T", "E", "BOX"))
F, N = O + "/file.txt", O + "/new.txt"
libc = ctypes.CDLL(None, use_errno=True)
def call(number, *a):
    return libc.syscall(ctypes.c_long(number), *[ctypes.c_long(x) if isinstance(x, int) else x for x in a])
def got(ok):
    if ok: print("ESCAPED")
def link(fd, path):
    libc.linkat(-100, f"/proc/self/fd/{fd}".encode(), -100, path.encode(), 0x400)
def writes(path):
    try: return bool(os.open(path, os.O_WRONLY | os.O_NONBLOCK))
    except OSError: return False
"""

WRITES = {
    "create": "open(N, 'w')",
    "append": "open(F, 'a').write('x')",
    "overwrite": "open(F, 'r+').write('x')",
    "O_TRUNC": "os.open(F, os.O_WRONLY | os.O_TRUNC)",
    "O_RDONLY with O_TRUNC": "os.open(F, os.O_RDONLY | os.O_TRUNC)",
    "truncate": "os.truncate(F, 0)",
    "unlink": "os.unlink(F)",
    "rmdir": "shutil.rmtree(O + '/folder')",
    "mkdir": "os.mkdir(O + '/new')",
    "rename within": "os.rename(F, N)",
    "rename out of reach": "os.rename(S + '/a.py', N)",
    "rename into reach": "os.rename(F, S + '/stolen')",
    "rename a directory into reach": "os.rename(O + '/folder', S + '/stolen')",
    "exchange": "got(call(316, -100, F.encode(), -100, (S + '/a.py').encode(), 2) == 0)",
    "hard link out": "os.link(S + '/a.py', N)",
    "hard link in": "os.link(F, S + '/linked'); open(S + '/linked', 'a').write('x')",
    "hard link by descriptor": "link(os.open(F, os.O_RDONLY), S + '/l2'); open(S + '/l2', 'a').write('x')",
    "symlink outside": "os.symlink('/etc/passwd', N)",
    "through a link to a file": "open(S + '/file-out', 'w').write('x')",
    "through a link to a directory": "open(S + '/way-out/new.txt', 'w')",
    "through a dangling link": "open(S + '/dangling', 'w')",
    "through a fresh link": "os.symlink(O, S + '/fresh'); open(S + '/fresh/new.txt', 'w')",
    "dots": "open(S + '/../../outside/new.txt', 'w')",
    "change of directory": "os.chdir(O); open('new.txt', 'w')",
    "directory descriptor": "os.open('new.txt', os.O_CREAT | os.O_WRONLY, dir_fd=os.open(O, os.O_PATH))",
    "reopened descriptor": "open(f'/proc/self/fd/{os.open(F, os.O_PATH)}', 'w').write('x')",
    "/proc/self/root": "open('/proc/self/root' + F, 'a').write('x')",
    "/proc/self/cwd": "os.chdir(O); open('/proc/self/cwd/new.txt', 'w')",
    "O_TMPFILE": "link(os.open(O, os.O_TMPFILE | os.O_WRONLY), N)",
    "O_TMPFILE within, linked outside": "link(os.open(S, os.O_TMPFILE | os.O_WRONLY), N)",
    "fifo": "os.mkfifo(N)",
    "device": "os.mknod(N, stat.S_IFCHR | 0o666, os.makedev(1, 3))",
    "device within": "os.mknod(S + '/disk', stat.S_IFBLK | 0o666, os.makedev(254, 0)); got(True)",
    "unix socket": "socket.socket(socket.AF_UNIX).bind(N)",
    "writable map": "mmap.mmap(os.open(F, os.O_RDWR), 0)[0] = 120",
    "sendfile": "os.sendfile(os.open(F, os.O_WRONLY), os.open(S + '/a.py', os.O_RDONLY), 1, 5)",
    "double fork and a new session": "os.fork() and os._exit(0); os.setsid(); os.fork() and os._exit(0); open(N, 'w')",
    "shell redirection": "subprocess.run(['sh', '-c', f'echo x > {N}; echo x >> {F}'])",
    "cp, mv, ln, tee, dd": (
        "[subprocess.run(c) for c in (['cp', F, N], ['mv', F, N], ['ln', F, N], ['tee', N], ['dd', 'of=' + N])]"
    ),
    "git's hooks elsewhere": "subprocess.run(['git', 'init', '-q', O + '/new'])",
    "prefix twin": "open(W + '/src-evil/a.py', 'a').write('x')",
    "sibling in the workspace": "open(W + '/other.txt', 'a').write('x')",
    "new file beside": "open(W + '/new.txt', 'w')",
    "rename within the workspace": "os.rename(W + '/src-evil', S + '/evil')",
    "replace a grant": "os.rename(W + '/src', W + '/src2')",
    "the state directory": "open(ST + '/journal.db', 'a').write('x')",
    "a file in the state directory": "open(ST + '/approved', 'w')",
    "the person's startup files": "open(H + '/.bashrc', 'a').write('x')",
    "an authorized key": "open(H + '/.ssh/authorized_keys', 'a').write('x')",
    "/tmp": "open(T, 'w'); got(True)",
    "/var/tmp": "open('/var/tmp/escaped', 'w'); got(True)",
    "/etc": "open('/etc/escaped', 'w'); got(True)",
    "cron": "open('/etc/cron.d/escaped', 'w'); got(True)",
    "kernel settings": "open('/proc/sys/kernel/core_pattern', 'a'); got(True)",
    "sysfs": "open('/sys/kernel/mm/transparent_hugepage/enabled', 'a'); got(True)",
    "cgroup": "os.mkdir('/sys/fs/cgroup/escaped'); got(True)",
    "raw disk": "open('/dev/vda', 'rb'); got(True)",
    "another terminal": "got(any(writes(f'/dev/pts/{n}') for n in range(9)) or writes('/dev/ptmx'))",
}

READS = {
    "a file outside": "print(open(O + '/secret.txt').read())",
    "through a link": "print(open(S + '/way-out/secret.txt').read())",
    "a listing outside": "os.listdir(O); got(True)",
    "a listing of the home": "os.listdir(H); got(True)",
    "the state directory": "print(open(ST + '/journal.db').read())",
    "a listing of the state directory": "os.listdir(ST); got(True)",
    "/proc/self/root": "print(open('/proc/self/root' + O + '/secret.txt').read())",
    "copy": "subprocess.run(['cat', O + '/secret.txt'])",
    "execute": "os.execv(O + '/file.txt', ['x']) if os.access(O + '/file.txt', os.X_OK) else None",
    "own environment": "print(dict(os.environ))",
    "shadow": "open('/etc/shadow'); got(True)",
    "private keys": "os.listdir('/etc/ssl/private'); got(True)",
    "kernel memory": "open('/proc/kcore', 'rb').read(1); got(True)",
    "the engine's environment": "print(open(f'/proc/{E}/environ').read())",
    "the engine's memory": "open(f'/proc/{E}/mem', 'rb'); got(True)",
    "the engine's maps": "open(f'/proc/{E}/maps').read(); got(True)",
    "the engine's root": "print(open(f'/proc/{E}/root{O}/secret.txt').read())",
    "the engine's directory": "print(open(f'/proc/{E}/cwd/secret.txt').read())",
    "the engine's descriptors": "[os.readlink(f'/proc/{E}/fd/{n}') for n in range(9)]; got(True)",
    "the box's environment": "open(f'/proc/{BOX}/environ').read(); got(True)",
    "the box's pipes": "[os.readlink(f'/proc/{BOX}/fd/{n}') for n in range(9)]; got(True)",
    "answering in the box's name": "got(any(writes(f'/proc/{BOX}/fd/{n}') for n in range(20)))",
}

POWERS = {
    "kill the engine": "os.kill(E, signal.SIGKILL)",
    "stop the engine": "os.kill(E, signal.SIGSTOP); got(True)",
    "kill by pidfd": "signal.pidfd_send_signal(os.pidfd_open(E), signal.SIGKILL)",
    "kill the box": "os.kill(BOX, signal.SIGKILL); got(True)",
    "stop the box": "os.kill(BOX, signal.SIGSTOP); got(True)",
    "kill everyone": "subprocess.run(['sh', '-c', 'kill -9 ' + str(E)])",
    "trace the engine": "got(libc.ptrace(16, E, 0, 0) == 0)",
    "trace the box": "got(libc.ptrace(16, BOX, 0, 0) == 0)",
    "read the engine's memory": "got(call(310, E, bytes(16), 1, bytes(16), 1, 0) > 0)",
    "steal a descriptor": "got(call(438, os.pidfd_open(E), 0, 0) >= 0)",
    "abstract socket": "socket.socket(socket.AF_UNIX).connect('\\0loki-test-%d' % E); got(True)",
    "mount": "got(libc.mount(b'none', S.encode(), b'tmpfs', 0, None) == 0)",
    "bind mount": "got(libc.mount(O.encode(), S.encode(), None, 4096, None) == 0)",
    "unmount": "got(libc.umount2(b'/proc', 2) == 0)",
    "chroot": "os.chroot(S); got(True)",
    "user namespace and mount": (
        "got(libc.unshare(0x10020000) == 0 and libc.mount(b'x', S.encode(), b'tmpfs', 0, None) == 0)"
    ),
    "become another user": "os.setuid(1); got(True)",
    "gain by a setuid program": (
        "r = subprocess.run(['grep', 'CapEff', '/proc/self/status'], capture_output=True, text=True);"
        "got(int(r.stdout.split()[1], 16) != 0)"
    ),
    "set the clock": "got(libc.settimeofday(struct.pack('qq', 0, 0), None) == 0)",
    "reboot": "got(libc.reboot(0) == 0)",
    "host name": "got(libc.sethostname(b'escaped', 7) == 0)",
    "raise a hard limit": ("import resource; resource.setrlimit(resource.RLIMIT_CORE, (1, 1)); got(True)"),
    "drop the rules": "got(call(446, -1, 0) == 0)",
}


@dataclass
class Arena:
    world: World
    box: Box
    engine: int
    before: dict[str, str]
    fields: str

    def unchanged(self) -> bool:
        world = self.world
        return (
            fingerprint(world.outside, world.home, world.workspace / "src-evil") == self.before
            and (world.workspace / "other.txt").read_text() == "untouched"
        )


def world_fields(world: World) -> dict[str, str | int]:
    """What an attack is told about where it is."""
    places = {"O": world.outside, "S": world.workspace / "src", "W": world.workspace, "H": world.home}
    named = {name: str(path) for name, path in places.items()}
    return {**named, "ST": str(world.state), "T": f"/tmp/escaped-{os.getpid()}"}


@pytest.fixture(scope="module")
def arena(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Arena]:
    world = make_world(tmp_path_factory.mktemp("arena"))
    # What an engine is: an ordinary process of the same user that holds a key and an abstract socket.
    program = (
        "import os, socket, sys; s = socket.socket(socket.AF_UNIX); s.bind(f'\\0loki-test-{os.getpid()}');"
        "s.listen(); print('ready', flush=True); sys.stdin.read()"
    )
    engine = subprocess.Popen(
        [sys.executable, "-I", "-S", "-c", program],
        env={"ANTHROPIC_API_KEY": SECRET},
        cwd=world.outside,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    assert engine.stdin
    assert engine.stdout
    assert engine.stdout.readline() == b"ready\n"
    box = Box(box_policy(world, world.workspace / "src", world.workspace / "tests"))
    fields = world_fields(world)
    before = fingerprint(world.outside, world.home, world.workspace / "src-evil")
    numbers = {"E": engine.pid, "BOX": box.process.pid}
    yield Arena(world, box, engine.pid, before, json.dumps(fields | numbers))
    assert box.close() == 0
    with engine:
        engine.stdin.close()
        engine.wait(10)


def attempt(arena: Arena, attack: str) -> str:
    """Run an attack in hands; what it printed. A traceback is what most should end in."""
    script = arena.world.workspace / "tests/attack.py"
    script.write_text(PRELUDE + attack + "\n")
    return arena.box.shell(f"/usr/bin/python3 -I -S tests/attack.py '{arena.fields}'")


@pytest.mark.parametrize("attack", [*WRITES.values()], ids=[*WRITES])
def test_nothing_is_written_outside(arena: Arena, attack: str) -> None:
    output = attempt(arena, attack)
    assert "ESCAPED" not in output
    assert arena.unchanged()
    assert alive(arena.engine)


@pytest.mark.parametrize("attack", [*READS.values()], ids=[*READS])
def test_nothing_is_read_outside(arena: Arena, attack: str) -> None:
    output = attempt(arena, attack)
    assert "ESCAPED" not in output
    assert SECRET not in output


@pytest.mark.parametrize("attack", [*POWERS.values()], ids=[*POWERS])
def test_no_power_reaches_outside(arena: Arena, attack: str) -> None:
    output = attempt(arena, attack)
    assert "ESCAPED" not in output
    assert SECRET not in output
    assert alive(arena.engine)
    assert alive(arena.box.process.pid)
    assert arena.unchanged()


@pytest.mark.parametrize("name", CREDENTIALS)
def test_credentials_are_not_read_by_any_way(arena: Arena, name: str) -> None:
    path = arena.world.home / name
    assert SECRET not in arena.box.shell(f"cat {path}; grep -r . {path.parent}; cp {path} src/copy; cat src/copy")
    answer = arena.box.ask("read_file", path=str(path))
    assert answer["ok"] is False
    assert "outside what this run may read" in str(answer["output"])
    assert SECRET not in str(arena.box.ask("search_files", pattern=".", path=str(path)))


OUTSIDE = (
    "{O}/file.txt",
    "{O}/new.txt",
    "{O}/deep/er/new.txt",
    "../outside/file.txt",
    "src/../../outside/new.txt",
    "src/way-out/file.txt",
    "src/file-out",
    "src/dangling",
    "/proc/self/root{O}/file.txt",
    "{W}/src-evil/a.py",
    "src-evil/new.py",
    "other.txt",
    "new.txt",
    "{H}/.bashrc",
    "{H}/.ssh/authorized_keys",
    "{ST}/journal.db",
    "{ST}/approved",
    "/etc/escaped",
    "/etc/passwd",
    "/usr/bin/python3",
)


@pytest.mark.parametrize("path", OUTSIDE)
def test_file_tools_write_nothing_outside(arena: Arena, path: str) -> None:
    fields = {name: str(value) for name, value in json.loads(arena.fields).items()}
    real = path.format(**fields)
    written = arena.box.ask("write_file", path=real, content="x")
    edited = arena.box.ask("edit_file", path=real, old_string="untouched", new_string="x")
    assert written["ok"] is False
    assert edited["ok"] is False
    assert "outside what this run may write" in str(written["output"])
    assert str(arena.world.workspace / "src") in str(written["output"])
    assert arena.unchanged()
    assert not Path("/etc/escaped").exists()


@pytest.mark.parametrize("path", ["src/way-out/secret.txt", "../outside/secret.txt", "{ST}/journal.db", "/etc/shadow"])
def test_file_tools_read_nothing_outside(arena: Arena, path: str) -> None:
    real = path.format(ST=arena.world.state)
    for answer in (arena.box.ask("read_file", path=real), arena.box.ask("search_files", pattern=".", path=real)):
        assert answer["ok"] is False
        assert "outside what this run may read" in str(answer["output"])
    assert SECRET not in str(arena.box.ask("search_files", pattern=".", path="src"))


def test_what_is_granted_works_all_the_same(arena: Arena) -> None:
    output = arena.box.shell(
        "echo hello > src/new.py && mkdir -p tests/deep && mv src/new.py tests/deep/ && cat other.txt"
    )
    assert output == "untouched"
    assert (arena.world.workspace / "tests/deep/new.py").read_text() == "hello\n"
    across = "open(S + '/x', 'w'); os.rename(S + '/x', W + '/tests/x'); os.link(S + '/a.py', W + '/tests/y')"
    assert attempt(arena, across) == ""


@pytest.mark.parametrize("attack", [each for each in WRITES.values() if "got(" not in each])
def test_the_attacks_are_real(tmp_path: Path, attack: str) -> None:
    """Unconfined, each does what it says; or the table would prove nothing."""
    world = make_world(tmp_path)
    fields = world_fields(world) | {"E": os.getpid(), "BOX": 0}
    before = fingerprint(world.outside, world.home, world.workspace)
    argv = ["/usr/bin/python3", "-I", "-S", "-c", PRELUDE + attack, json.dumps(fields)]
    subprocess.run(argv, check=False, capture_output=True, timeout=30)
    assert fingerprint(world.outside, world.home, world.workspace) != before

"""The shipped table of escapes: what a hostile command may try against everything it was not granted.

Each is a small Python program, run in hands like any other command. It is judged by what it
leaves behind: the outside changed, a secret in its output, an engine hurt, a connection taken.
Where there is nothing to see afterwards, it prints ESCAPED once it got through. Most end in a
traceback, as they should.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal, NamedTuple

Kind = Literal["write", "read", "power", "network", "metadata", "repository", "scheduling", "worktree"]


class Escape(NamedTuple):
    """One attempt."""

    name: str
    kind: Kind
    program: str
    """Python, to follow `PRELUDE`."""


PRELUDE = """
import ctypes, errno, glob, json, mmap, os, shutil, signal, socket, stat, struct, subprocess, sys, threading
p = json.loads(sys.argv[1])
O, S, W, H, ST, T, E, BOX, SOCK, DGRAM, PORT, SECRET = (
    p[k] for k in ("O", "S", "W", "H", "ST", "T", "E", "BOX", "SOCK", "DGRAM", "PORT", "SECRET"))
X, R, G, P = (p.get(k, "/nowhere") for k in ("X", "R", "G", "P"))
F, N = O + "/file.txt", O + "/new.txt"
ARM = os.uname().machine == "aarch64"
libc = ctypes.CDLL(None, use_errno=True)
def call(numbers, *a):
    number = numbers if isinstance(numbers, int) else numbers[ARM]
    return libc.syscall(ctypes.c_long(number), *[ctypes.c_long(x) if isinstance(x, int) else x for x in a])
def got(ok):
    if ok: print("ESC" + "APED")
def link(fd, path):
    libc.linkat(-100, f"/proc/self/fd/{fd}".encode(), -100, path.encode(), 0x400)
def writes(path):
    try: return bool(os.open(path, os.O_WRONLY | os.O_NONBLOCK))
    except OSError: return False
def put(path, text="x"):
    with open(path, "w") as f: f.write(text)
def sh(*words):
    return subprocess.run(words, capture_output=True, text=True)
def me(code):
    return subprocess.run([sys.executable, "-I", "-S", "-c", code])
"""

WRITES = {
    "create": "open(N, 'w')",
    "append": "open(F, 'a').write('x')",
    "overwrite": "open(F, 'r+').write('x')",
    "O_TRUNC": "os.open(F, os.O_WRONLY | os.O_TRUNC)",
    "O_RDONLY with O_TRUNC": "os.open(F, os.O_RDONLY | os.O_TRUNC)",
    "truncate": "os.truncate(F, 0)",
    "fallocate": "os.posix_fallocate(os.open(F, os.O_RDWR), 0, 100)",
    "punch a hole": "call((285, 47), os.open(F, os.O_RDWR), 3, 0, 5)",
    "unlink": "os.unlink(F)",
    "rmdir": "shutil.rmtree(O + '/folder')",
    "mkdir": "os.mkdir(O + '/new')",
    "mkdir deep": "os.makedirs(O + '/new/er/still')",
    "rename within": "os.rename(F, N)",
    "rename out of reach": "os.rename(S + '/a.py', N)",
    "rename into reach": "os.rename(F, S + '/stolen')",
    "rename a directory into reach": "os.rename(O + '/folder', S + '/stolen')",
    "exchange": "got(call((316, 276), -100, F.encode(), -100, (S + '/a.py').encode(), 2) == 0)",
    "hard link out": "os.link(S + '/a.py', N)",
    "hard link in": "os.link(F, S + '/linked'); open(S + '/linked', 'a').write('x')",
    "hard link by descriptor": "link(os.open(F, os.O_RDONLY), S + '/l2'); open(S + '/l2', 'a').write('x')",
    "hard link of a link": "os.link(S + '/file-out', S + '/l3', follow_symlinks=True); open(S + '/l3', 'a').write('x')",
    "symlink outside": "os.symlink('/etc/passwd', N)",
    "through a link to a file": "open(S + '/file-out', 'w').write('x')",
    "through a link to a directory": "open(S + '/way-out/new.txt', 'w')",
    "through a dangling link": "open(S + '/dangling', 'w')",
    "through a fresh link": "os.symlink(O, S + '/fresh'); open(S + '/fresh/new.txt', 'w')",
    "through a chain of links": ("os.symlink('c2', S + '/c1'); os.symlink(O, S + '/c2'); open(S + '/c1/new.txt', 'w')"),
    "through a parent that became a link": (
        "os.mkdir(S + '/sub'); put(S + '/sub/new.txt'); shutil.rmtree(S + '/sub'); os.symlink(O, S + '/sub');"
        "open(S + '/sub/new.txt', 'w')"
    ),
    "a link that is swapped meanwhile": (
        "os.mkdir(S + '/here'); os.symlink(O, S + '/there'); over = threading.Event()\n"
        "def swap():\n"
        "    a, b = (S + '/here').encode(), (S + '/there').encode()\n"
        "    while not over.is_set(): call((316, 276), -100, a, -100, b, 2)\n"
        "t = threading.Thread(target=swap); t.start()\n"
        "for _ in range(20000):\n"
        "    try: open(S + '/here/new.txt', 'w').close()\n"
        "    except OSError: pass\n"
        "    if os.path.exists(O + '/new.txt'): break\n"
        "over.set(); t.join()"
    ),
    "dots": "open(S + '/../../outside/new.txt', 'w')",
    "dots from a descriptor": (
        "os.open('../../outside/new.txt', os.O_CREAT | os.O_WRONLY, dir_fd=os.open(S, os.O_RDONLY))"
    ),
    "doubled and trailing slashes": "os.mkdir('//' + O + '//new//')",
    "change of directory": "os.chdir(O); open('new.txt', 'w')",
    "directory descriptor": "os.open('new.txt', os.O_CREAT | os.O_WRONLY, dir_fd=os.open(O, os.O_PATH))",
    "openat2": "call((437, 437), -100, N.encode(), struct.pack('QQQ', os.O_CREAT | os.O_WRONLY, 0o666, 0), 24)",
    "reopened descriptor": "open(f'/proc/self/fd/{os.open(F, os.O_PATH)}', 'w').write('x')",
    "reopened for writing": "open(f'/proc/self/fd/{os.open(F, os.O_RDONLY)}', 'r+').write('x')",
    "/proc/self/root": "open('/proc/self/root' + F, 'a').write('x')",
    "/proc/self/cwd": "os.chdir(O); open('/proc/self/cwd/new.txt', 'w')",
    "a thread's root": "open(f'/proc/thread-self/root{F}', 'a').write('x')",
    "the engine's root": "open(f'/proc/{E}/root{F}', 'a').write('x')",
    "the engine's directory": "open(f'/proc/{E}/cwd/new.txt', 'w')",
    "the root of process 1": "open(f'/proc/1/root{F}', 'a').write('x')",
    "O_TMPFILE": "link(os.open(O, os.O_TMPFILE | os.O_WRONLY), N)",
    "O_TMPFILE within, linked outside": "link(os.open(S, os.O_TMPFILE | os.O_WRONLY), N)",
    "fifo": "os.mkfifo(N)",
    "device": "os.mknod(N, stat.S_IFCHR | 0o666, os.makedev(1, 3))",
    "device within": "os.mknod(S + '/disk', stat.S_IFBLK | 0o666, os.makedev(254, 0)); got(True)",
    "regular node": "os.mknod(N, stat.S_IFREG | 0o666)",
    "unix socket": "socket.socket(socket.AF_UNIX).bind(N)",
    "unix socket by a short name": "os.chdir(O); socket.socket(socket.AF_UNIX).bind('new.txt')",
    "socket of a pair": "socket.socketpair()[0].bind(N)",
    "writable map": "mmap.mmap(os.open(F, os.O_RDWR), 0)[0] = 120",
    "sendfile": "os.sendfile(os.open(F, os.O_WRONLY), os.open(S + '/a.py', os.O_RDONLY), 0, 5)",
    "copy_file_range": "os.copy_file_range(os.open(S + '/a.py', os.O_RDONLY), os.open(F, os.O_WRONLY), 5)",
    "splice": "r, w = os.pipe(); os.write(w, b'x'); os.splice(r, os.open(F, os.O_WRONLY), 1)",
    "double fork and a new session": "os.fork() and os._exit(0); os.setsid(); os.fork() and os._exit(0); open(N, 'w')",
    "a child of a child": "me(f\"import subprocess; subprocess.run(['sh', '-c', 'echo x > {N}'])\")",
    "a thread": "t = threading.Thread(target=put, args=(N,)); t.start(); t.join()",
    "shell redirection": "subprocess.run(['sh', '-c', f'echo x > {N}; echo x >> {F}'])",
    "in the background": "subprocess.run(['sh', '-c', f'(sleep 0; echo x > {N}) & wait'])",
    "nohup and setsid": "subprocess.run(['sh', '-c', f'nohup setsid sh -c \"echo x > {N}\"'])",
    "xargs": "subprocess.run(['xargs', 'touch'], input=N.encode())",
    "find -exec": "subprocess.run(['find', S, '-maxdepth', '0', '-exec', 'cp', F, N, ';'])",
    "cp, mv, ln, tee, dd": (
        "[subprocess.run(c) for c in (['cp', F, N], ['mv', F, N], ['ln', F, N], ['tee', N], ['dd', 'of=' + N])]"
    ),
    "rm": "subprocess.run(['rm', '-rf', F, O + '/folder'])",
    "sed in place": "subprocess.run(['sed', '-i', 's/u/x/', F])",
    "an archive with absolute names": (
        "import tarfile; t = tarfile.open(S + '/t.tar', 'w'); t.addfile(tarfile.TarInfo(N)); t.close();"
        "subprocess.run(['tar', '-xPf', S + '/t.tar'])"
    ),
    "an archive with a link in it": (
        "import tarfile; t = tarfile.open(S + '/l.tar', 'w'); i = tarfile.TarInfo('way'); i.type = tarfile.SYMTYPE;"
        "i.linkname = O; t.addfile(i); t.addfile(tarfile.TarInfo('way/new.txt')); t.close();"
        "t = tarfile.open(S + '/l.tar'); t.extraction_filter = lambda m, p: m; t.extractall(S)"
    ),
    "git elsewhere": "subprocess.run(['git', 'init', '-q', O + '/new'])",
    "git's own options": "subprocess.run(['git', '--git-dir', O + '/new', '--work-tree', O, 'init', '-q'])",
    "a patch with dots": (
        "subprocess.run(['git', 'apply', '--unsafe-paths', '--directory', O], input="
        "b'--- /dev/null\\n+++ b/new.txt\\n@@ -0,0 +1 @@\\n+x\\n', cwd=S)"
    ),
    "a name with a line break": "open(O + '/a\\nb', 'w')",
    "a name that is no UTF-8": "open(os.fsencode(O) + b'/\\xff\\xfe', 'w')",
    "a name with spaces and quotes": "subprocess.run(['sh', '-c', 'echo x > \"$1\"', 'sh', O + \"/ it's new\"])",
    "a very long way": "open(S + '/..' * 100 + O + '/new.txt', 'w')",
    "prefix twin": "open(W + '/src-evil/a.py', 'a').write('x')",
    "new file in a prefix twin": "open(W + '/src-evil/new.py', 'w')",
    "sibling in the workspace": "open(W + '/other.txt', 'a').write('x')",
    "new file beside": "open(W + '/new.txt', 'w')",
    "rename within the workspace": "os.rename(W + '/src-evil', S + '/evil')",
    "replace a grant": "os.rename(W + '/src', W + '/src2')",
    "a link in place of a grant": "os.rename(S, W + '/gone'); os.symlink(O, S); open(S + '/new.txt', 'w')",
    "the state directory": "open(ST + '/journal.db', 'a').write('x')",
    "a file in the state directory": "open(ST + '/approved', 'w')",
    "the state directory by a link": "os.symlink(ST, S + '/st'); open(S + '/st/journal.db', 'a').write('x')",
    "the person's startup files": "open(H + '/.bashrc', 'a').write('x')",
    "an authorized key": "open(H + '/.ssh/authorized_keys', 'a').write('x')",
    "the person's git configuration": "open(H + '/.gitconfig', 'w')",
    "a service of the person's": "d = H + '/.config/systemd/user'; os.makedirs(d); open(d + '/x.service', 'w')",
    "/tmp": "open(T, 'w')",
    "/var/tmp": "open('/var/tmp/loki-escaped', 'w')",
    "/etc": "open('/etc/loki-escaped', 'w')",
    "cron": "open('/etc/cron.d/loki-escaped', 'w')",
    "/usr": "open('/usr/local/bin/loki-escaped', 'w')",
    "/run": "open('/run/loki-escaped', 'w')",
    "/var": "open('/var/lib/loki-escaped', 'w')",
    "the root": "open('/loki-escaped', 'w')",
    "kernel settings": "open('/proc/sys/kernel/core_pattern', 'a'); got(True)",
    "kernel keys": "open('/proc/sysrq-trigger', 'a'); got(True)",
    "sysfs": "open('/sys/kernel/mm/transparent_hugepage/enabled', 'a'); got(True)",
    "cgroup": "os.mkdir('/sys/fs/cgroup/loki-escaped'); got(True)",
    "raw disk": "got(any(writes(d) for d in glob.glob('/dev/[vsx]d*') + glob.glob('/dev/nvme*')))",
    "kernel log": "open('/dev/kmsg', 'w'); got(True)",
    "another terminal": "got(any(writes(f'/dev/pts/{n}') for n in range(9)))",
}
"""Changes outside of `src` and `tests`, the only paths that may be written."""

TRACES = (
    "/var/tmp/loki-escaped",
    "/etc/loki-escaped",
    "/etc/cron.d/loki-escaped",
    "/usr/local/bin/loki-escaped",
    "/run/loki-escaped",
    "/var/lib/loki-escaped",
    "/loki-escaped",
)
"""What some of them would leave on the machine."""

READS = {
    "a file outside": "print(open(O + '/secret.txt').read())",
    "through a link": "print(open(S + '/way-out/secret.txt').read())",
    "through a fresh link": "os.symlink(O + '/secret.txt', S + '/see'); print(open(S + '/see').read())",
    "by a hard link": "os.link(O + '/secret.txt', S + '/h'); print(open(S + '/h').read())",
    "by a descriptor of the directory": "print(os.read(os.open('secret.txt', 0, dir_fd=os.open(O, os.O_PATH)), 99))",
    "by a path descriptor": "print(open(f'/proc/self/fd/{os.open(O + \"/secret.txt\", os.O_PATH)}').read())",
    "renamed into reach": "os.rename(O + '/secret.txt', S + '/s'); print(open(S + '/s').read())",
    "mapped": "print(bytes(mmap.mmap(os.open(O + '/secret.txt', 0), 0, prot=1)))",
    "a listing outside": "os.listdir(O); got(True)",
    "a listing of the home": "os.listdir(H + '/.ssh'); got(True)",
    "the state directory": "print(open(ST + '/journal.db').read())",
    "a listing of the state directory": "os.listdir(ST); got(True)",
    "/proc/self/root": "print(open('/proc/self/root' + O + '/secret.txt').read())",
    "the root of process 1": "print(open('/proc/1/root' + O + '/secret.txt').read())",
    "copy": "print(sh('cat', O + '/secret.txt').stdout)",
    "search": "print(sh('grep', '-r', '.', O).stdout)",
    "archive": "sh('tar', '-cf', S + '/o.tar', O); print(open(S + '/o.tar', 'rb').read())",
    "git as a reader": "print(sh('git', 'diff', '--no-index', '/dev/null', O + '/secret.txt').stdout)",
    "own environment": "print(dict(os.environ))",
    "shadow": "open('/etc/shadow'); got(True)",
    "private keys": "os.listdir('/etc/ssl/private'); got(True)",
    "kernel memory": "open('/proc/kcore', 'rb').read(1); got(True)",
    "the engine's environment": "print(open(f'/proc/{E}/environ').read())",
    "the engine's memory": "open(f'/proc/{E}/mem', 'rb'); got(True)",
    "the engine's maps": "open(f'/proc/{E}/maps').read(); got(True)",
    "the engine's root": "print(open(f'/proc/{E}/root{O}/secret.txt').read())",
    "the engine's directory": "print(open(f'/proc/{E}/cwd/secret.txt').read())",
    "the engine's descriptors": "os.readlink(f'/proc/{E}/fd/0'); got(True)",
    "anyone's environment": (
        "for e in glob.glob('/proc/[0-9]*/environ'):\n    try: print(open(e).read())\n    except OSError: pass"
    ),
    "the box's environment": "open(f'/proc/{BOX}/environ').read(); got(True)",
    "the box's pipes": "os.readlink(f'/proc/{BOX}/fd/2'); got(True)",
    "answering in the box's name": "got(any(writes(f'/proc/{BOX}/fd/{n}') for n in range(20)))",
    "a file by its handle": (
        "h = ctypes.create_string_buffer(struct.pack('Ii', 128, 0) + bytes(128)); m = ctypes.c_int();"
        "call((303, 264), -100, W.encode(), h, ctypes.byref(m), 0);"
        "got(call((304, 265), os.open('/usr', 0), h, 0) >= 0)"
    ),
}
"""Secrets outside of what may be read."""

METADATA = {
    "mode": "os.chmod(F, 0o777)",
    "times": "os.utime(F, (1, 1))",
    "attributes": "os.setxattr(F, 'user.x', b'x')",
    "mode by a link": "os.chmod(S + '/file-out', 0o777)",
    "mode by a descriptor": "os.chmod(f'/proc/self/fd/{os.open(F, os.O_PATH)}', 0o777)",
    "mode of a directory": "os.chmod(O, 0o700)",
    "existence and size": "os.stat(F); got(True)",
    "times of the state directory": "os.utime(ST, (1, 1)); got(True)",
}
"""What Landlock has no rights for."""

REPOSITORY = {
    "a hook": "put(W + '/.git/hooks/pre-commit')",
    "the configuration": "open(W + '/.git/config', 'a').write('[core]\\n\\tfsmonitor = x\\n')",
    "the configuration by git": "sh('git', '-C', W, 'config', 'core.fsmonitor', 'x')",
    "attributes": "put(W + '/.git/info/attributes', '* filter=x')",
    "renamed aside": "os.rename(W + '/.git', W + '/.git2')",
    "hooks renamed aside": "os.rename(W + '/.git/hooks', W + '/.git/hooks2')",
    "removed": "sh('rm', '-rf', W + '/.git/hooks', W + '/.git/config')",
    "a link in place of hooks": "shutil.rmtree(W + '/.git/hooks'); os.symlink(S, W + '/.git/hooks')",
    "configuration put in its place": "put(S + '/c'); os.replace(S + '/c', W + '/.git/config')",
    "exchanged": "got(call((316, 276), -100, (S + '/a.py').encode(), -100, (W + '/.git/config').encode(), 2) == 0)",
    "its mode": "os.chmod(W + '/.git/config', 0o777); got(True)",
}
"""What the person's own git would run, in a workspace that may be written whole."""


def table() -> Iterator[Escape]:
    """Every escape there is."""
    from loki_tui.runtime.escapes_powers import NETWORK, POWERS, SCHEDULING  # noqa: PLC0415 (one table in three files)
    from loki_tui.runtime.escapes_worktrees import WORKTREES  # noqa: PLC0415

    kinds: dict[Kind, dict[str, str]] = {
        "write": WRITES,
        "read": READS,
        "power": POWERS,
        "network": NETWORK,
        "metadata": METADATA,
        "repository": REPOSITORY,
        "scheduling": SCHEDULING,
        "worktree": WORKTREES,
    }
    for kind, programs in kinds.items():
        for name, program in programs.items():
            yield Escape(name, kind, program)

"""The shipped table of escapes, its other half: powers over processes, the kernel and the network.

See `loki_tui.runtime.escapes` for how these are run and judged.
"""

from __future__ import annotations

POWERS = {
    "kill the engine": "os.kill(E, signal.SIGKILL)",
    "stop the engine": "os.kill(E, signal.SIGSTOP)",
    "kill by pidfd": "signal.pidfd_send_signal(os.pidfd_open(E), signal.SIGKILL)",
    "kill the box": "os.kill(BOX, signal.SIGKILL); got(True)",
    "stop the box": "os.kill(BOX, signal.SIGSTOP); got(True)",
    "kill everyone": "sh('sh', '-c', f'kill -9 {E}')",
    "signal by thread": "call((234, 131), E, E, 9)",
    "signal a group": "os.killpg(os.getpgid(E), signal.SIGKILL)",
    "trace the engine": "got(libc.ptrace(16, E, 0, 0) == 0)",
    "trace the box": "got(libc.ptrace(16, BOX, 0, 0) == 0)",
    "read the engine's memory": "got(call((310, 270), E, bytes(16), 1, bytes(16), 1, 0) > 0)",
    "write the engine's memory": "got(call((311, 271), E, bytes(16), 1, bytes(16), 1, 0) > 0)",
    "steal a descriptor": "got(call((438, 438), os.pidfd_open(E), 0, 0) >= 0)",
    "compare with the engine": "got(call((312, 272), os.getpid(), E, 1, 0, 0) >= 0)",
    "limit the engine": "import resource; resource.prlimit(E, resource.RLIMIT_FSIZE, (0, 0)); got(True)",
    "read the engine's limits": "import resource; resource.prlimit(E, resource.RLIMIT_FSIZE); got(True)",
    "enter the engine's namespaces": "got(call((308, 268), os.open(f'/proc/{E}/ns/mnt', 0), 0) == 0)",
    "enter by pidfd": "got(call((308, 268), os.pidfd_open(E), 0x20000) == 0)",
    "abstract socket": "socket.socket(socket.AF_UNIX).connect('\\0loki-test-%d' % E); got(True)",
    "abstract socket of a pair": (
        "s = socket.socketpair(type=socket.SOCK_DGRAM)[0]; s.sendto(b'x', '\\0loki-test-%d' % E); got(True)"
    ),
    "a socket such as Docker's": "socket.socket(socket.AF_UNIX).connect(SOCK); got(True)",
    "that socket by a link": (
        "os.symlink(SOCK, S + '/sock'); socket.socket(socket.AF_UNIX).connect(S + '/sock'); got(True)"
    ),
    "that socket by the engine's root": "socket.socket(socket.AF_UNIX).connect(f'/proc/{E}/root{SOCK}'); got(True)",
    "a datagram to a socket": "socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM).sendto(b'x', DGRAM); got(True)",
    "a datagram from a pair": "socket.socketpair(type=socket.SOCK_DGRAM)[0].sendto(b'x', DGRAM); got(True)",
    "a datagram from a raw pair": "socket.socketpair(type=socket.SOCK_RAW)[0].sendto(b'x', DGRAM); got(True)",
    "a pair connected anew": "socket.socketpair()[0].connect(SOCK); got(True)",
    "Docker itself": "socket.socket(socket.AF_UNIX).connect('/var/run/docker.sock'); got(True)",
    "mount": "got(libc.mount(b'none', S.encode(), b'tmpfs', 0, None) == 0)",
    "bind mount": "got(libc.mount(O.encode(), S.encode(), None, 4096, None) == 0)",
    "remount for writing": "got(libc.mount(b'none', W.encode(), None, 4128, None) == 0)",
    "open_tree": "got(call((428, 428), -100, b'/', 1) >= 0)",
    "fsopen": "got(call((430, 430), b'tmpfs', 0) >= 0)",
    "unmount": "got(libc.umount2(b'/proc', 2) == 0)",
    "pivot_root": "got(call((155, 41), S.encode(), S.encode()) == 0)",
    "chroot": "os.chroot(S); got(True)",
    "user namespace and mount": (
        "got(libc.unshare(0x10020000) == 0 and libc.mount(b'x', S.encode(), b'tmpfs', 0, None) == 0)"
    ),
    "user namespace": "got(libc.unshare(0x10000000) == 0)",
    "user namespace by clone": "got(call((56, 220), 0x10000011, 0, 0, 0, 0) >= 0)",
    "user namespace by clone3": (
        "got(call((435, 435), struct.pack('10QQ', 0x10000000, *[0] * 3, 17, *[0] * 6), 88) >= 0)"
    ),
    "network namespace": "got(libc.unshare(0x40000000) == 0)",
    "the 32-bit calls of x86": (
        "got(not ARM and (call(0x40000000 + 272, 0x10000000) == 0 or call(0x40000000 + 520) == 0))"
    ),
    "become another user": "os.setuid(1); got(True)",
    "gain by a setuid program": (
        "r = sh('grep', 'CapEff', '/proc/self/status'); got(int(r.stdout.split()[1], 16) != 0)"
    ),
    "more than no_new_privs": "got('NoNewPrivs:\\t1' not in open('/proc/self/status').read())",
    "without a filter": "got('Seccomp:\\t2' not in open('/proc/self/status').read())",
    "set the clock": "got(libc.settimeofday(struct.pack('qq', 0, 0), None) == 0)",
    "reboot": "got(libc.reboot(0) == 0)",
    "host name": "got(libc.sethostname(b'escaped', 7) == 0)",
    "swap": "got(libc.swapoff(b'/dev/null') == 0)",
    "accounting": "got(libc.acct(None) == 0)",
    "kernel module": "got(call((313, 273), os.open('/dev/null', 0), b'', 0) == 0)",
    "kexec": "got(call((246, 104), 0, 0, 0, 0) == 0)",
    "bpf": "got(call((321, 280), 0, bytes(128), 128) >= 0)",
    "perf": "got(call((298, 241), struct.pack('IIQ', 1, 112, 0) + bytes(96), 0, -1, -1, 0) >= 0)",
    "userfaultfd": "got(call((323, 282), 1) >= 0)",
    "io_uring": "got(call((425, 425), 4, ctypes.create_string_buffer(120)) >= 0)",
    "a key of the person's": "got(call((250, 219), 0, -3, 0) >= 0)",
    "a key of one's own": "got(call((248, 217), b'user', b'x', b'x', 1, -4) >= 0)",
    "fanotify": "got(call((300, 262), 0x200, 0) >= 0)",
    "the kernel's log": "got(call((103, 116), 10, 0, 0) >= 0)",
    "type into a terminal": (
        "import fcntl, pty\ntry: t = pty.openpty()[1]\nexcept OSError: t = 1\nfcntl.ioctl(t, 0x5412, b'x'); got(True)"
    ),
    "raise a hard limit": "import resource; resource.setrlimit(resource.RLIMIT_CORE, (1, 1)); got(True)",
    "drop the rules": "got(call((446, 446), -1, 0) == 0)",
    "a filter that allows": (
        "f = ctypes.create_string_buffer(struct.pack('=HBBI', 6, 0, 0, 0x7fff0000));"
        "libc.prctl(22, 2, ctypes.create_string_buffer(struct.pack('@HP', 1, ctypes.addressof(f))));"
        "got(libc.unshare(0x10000000) == 0)"
    ),
    "raw packets": "socket.socket(socket.AF_PACKET, socket.SOCK_RAW); got(True)",
    "the host of a virtual machine": "socket.socket(40, socket.SOCK_STREAM); got(True)",
    "the kernel's ciphers": "socket.socket(38, socket.SOCK_SEQPACKET); got(True)",
    "events of devices": "socket.socket(16, socket.SOCK_RAW, 15); got(True)",
}
"""Over processes and the kernel."""

SCHEDULING = {
    "slow the engine down": "os.setpriority(os.PRIO_PROCESS, E, 19); got(True)",
    "slow everyone down": "os.setpriority(os.PRIO_USER, 0, 19); got(True)",
    "its input and output": "got(call((251, 30), 1, E, 3 << 13) == 0)",
    "pin the engine to a processor": "os.sched_setaffinity(E, {0}); got(True)",
    "the engine's policy": "os.sched_setscheduler(E, os.SCHED_IDLE, os.sched_param(0)); got(True)",
    "the engine's command line": "got(bool(open(f'/proc/{E}/cmdline').read()))",
}
"""What Landlock has no scope for; the first three are the filter's."""

CLOSED_SCHEDULING = tuple(SCHEDULING)[:3]
"""Those that no rung leaves open."""

NETWORK = {
    "this machine's loopback": "socket.create_connection(('127.0.0.1', PORT), 2); got(True)",
    "loopback by IPv6": "socket.create_connection(('::ffff:127.0.0.1', PORT), 2); got(True)",
    "a datagram": "socket.socket(2, socket.SOCK_DGRAM).sendto(b'x', ('127.0.0.1', PORT))",
    "an outside address": "socket.create_connection(('192.0.2.1', 80), 1); got(True)",
    "a datagram outside": "got(socket.socket(2, socket.SOCK_DGRAM).sendto(b'x', ('192.0.2.1', 53)) > 0)",
    "a name": "got(bool(socket.getaddrinfo('example.com', 80)))",
    "curl": "got(sh('curl', '-s', '-m', '2', f'http://127.0.0.1:{PORT}/').returncode == 0)",
    "bash": "got(sh('bash', '-c', f'exec 3<>/dev/tcp/127.0.0.1/{PORT}').returncode == 0)",
    "fast open": "socket.socket().sendto(b'x', 0x20000000, ('127.0.0.1', PORT)); got(True)",
    "SMC": "socket.socket(43, socket.SOCK_STREAM).connect(('127.0.0.1', PORT)); got(True)",
    "MPTCP": "socket.socket(2, socket.SOCK_STREAM, 262).connect(('127.0.0.1', PORT)); got(True)",
    "the resolver's socket": "socket.socket(1).connect('/run/systemd/resolve/io.systemd.Resolve'); got(True)",
}
"""What is tried where the network is off."""

"""System calls that no command needs and that reach around rules on paths, with their numbers."""

from __future__ import annotations

from typing import NamedTuple


class Machine(NamedTuple):
    """How an architecture numbers its system calls."""

    audit: int
    """`AUDIT_ARCH_*` of linux/audit.h, by which the kernel names it to a filter."""
    column: int
    """Its place in the tables below."""


MACHINES = {"x86_64": Machine(0xC000003E, 0), "aarch64": Machine(0xC00000B7, 1)}
"""By `os.uname().machine`."""

Numbers = tuple[int, int]
"""On x86_64 and on aarch64; -1 where there is no such call."""

REFUSED: dict[str, Numbers] = {
    # Other roots and other mounts.
    "mount": (165, 40),
    "umount2": (166, 39),
    "pivot_root": (155, 41),
    "chroot": (161, 51),
    "open_tree": (428, 428),
    "move_mount": (429, 429),
    "fsopen": (430, 430),
    "fsconfig": (431, 431),
    "fsmount": (432, 432),
    "fspick": (433, 433),
    "mount_setattr": (442, 442),
    "open_tree_attr": (467, 467),
    "setns": (308, 268),
    "swapon": (167, 224),
    "swapoff": (168, 225),
    "quotactl": (179, 60),
    "quotactl_fd": (443, 443),
    "fanotify_init": (300, 262),
    # By handle, a file is found without any path.
    "open_by_handle_at": (304, 265),
    # Into other processes.
    "ptrace": (101, 117),
    "process_vm_readv": (310, 270),
    "process_vm_writev": (311, 271),
    "process_madvise": (440, 440),
    "process_mrelease": (448, 448),
    "kcmp": (312, 272),
    "pidfd_getfd": (438, 438),
    "move_pages": (279, 239),
    "migrate_pages": (256, 238),
    # Key rings outlive the run, and a person's may hold tickets and passwords.
    "add_key": (248, 217),
    "request_key": (249, 218),
    "keyctl": (250, 219),
    # Into the kernel.
    "bpf": (321, 280),
    "perf_event_open": (298, 241),
    "userfaultfd": (323, 282),
    "kexec_load": (246, 104),
    "kexec_file_load": (320, 294),
    "init_module": (175, 105),
    "finit_module": (313, 273),
    "delete_module": (176, 106),
    "lookup_dcookie": (212, 18),
    "nfsservctl": (180, 42),
    "iopl": (172, -1),
    "ioperm": (173, -1),
    "modify_ldt": (154, -1),
    "uselib": (134, -1),
    # The machine as a whole.
    "reboot": (169, 142),
    "acct": (163, 89),
    "syslog": (103, 116),
    "settimeofday": (164, 170),
    "clock_settime": (227, 112),
    "clock_adjtime": (305, 266),
    "adjtimex": (159, 171),
    "sethostname": (170, 161),
    "setdomainname": (171, 162),
    "vhangup": (153, 58),
}
"""Answered with EPERM, whatever their arguments."""

ABSENT: dict[str, Numbers] = {
    # Its flags lie in memory, where a filter cannot look; C libraries then use clone(2).
    "clone3": (435, 435),
    # Operations in a ring are no system calls, so no filter sees them; programs do without.
    "io_uring_setup": (425, 425),
    "io_uring_enter": (426, 426),
    "io_uring_register": (427, 427),
}
"""Answered with ENOSYS, as by a kernel without them."""

CLONE: Numbers = (56, 220)
UNSHARE: Numbers = (272, 97)
IOCTL: Numbers = (16, 29)
PRLIMIT: Numbers = (302, 261)
SETPRIORITY: Numbers = (141, 140)
IOPRIO_SET: Numbers = (251, 30)
SOCKET: Numbers = (41, 198)
SOCKETPAIR: Numbers = (53, 199)

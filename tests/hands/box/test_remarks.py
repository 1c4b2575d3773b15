"""What a command's errno hides is said; what programs really print, where they are here to print it."""

from __future__ import annotations

import pytest

from loki_tui.hands.box.paths import Places
from loki_tui.hands.box.remarks import Remarks

PLACES = Places(
    root="/w", home="/h", read=["/w", "/usr"], write=["/w/src", "/h"], shown=["/w/src"], sealed=("/w/src/.git/hooks",)
)
TOUCH = "is outside what this run may touch"
WRITE = "is outside what this run may write: /w/src. A person can widen LOKI_ALLOWED_PATHS."


def remark(output: str, *, network: str = "on", unix_sockets: bool = True) -> str:
    return Remarks(PLACES, network=network.split(","), unix_sockets=unix_sockets).on(output)


@pytest.mark.parametrize(
    ("output", "path"),
    [
        ("bash: line 1: /etc/x: Permission denied\n", "/etc/x"),
        ("sh: 1: cannot create /etc/x: Permission denied\n", "/etc/x"),
        ("sh: 1: cannot create /etc/x: Directory nonexistent\n", "/etc/x"),
        ("touch: cannot touch '/etc/x': Permission denied\n", "/etc/x"),
        ("touch: cannot touch \u2018/etc/x\u2019: Permission denied\n", "/etc/x"),
        ("cp: cannot create regular file '/etc/a b': Read-only file system\n", "/etc/a b"),
        ("mv: cannot move 'a' to '/etc/a': Permission denied\n", "/etc/a"),
        ("PermissionError: [Errno 13] Permission denied: '/etc/x'\n", "/etc/x"),
        ("OSError: [Errno 30] Read-only file system: '/etc/x'\n", "/etc/x"),
        ("Error: EACCES: permission denied, open '/etc/x'\n", "/etc/x"),
        ("open /etc/x: permission denied\n", "/etc/x"),
        ("error: could not lock config file /root/.gitconfig: Permission denied\n", "/root/.gitconfig"),
        ("cat: /root/.ssh/id_rsa: No such file or directory\n", "/root/.ssh/id_rsa"),
        ("FileNotFoundError: [Errno 2] No such file or directory: '/root/x'\n", "/root/x"),
        ("chmod: changing permissions of '/etc/x': Operation not permitted\n", "/etc/x"),
        ("cat: ../up: Permission denied\n", "/up"),
    ],
)
def test_a_path_out_of_reach_is_named(output: str, path: str) -> None:
    assert remark(output).startswith(f"[{path} {TOUCH}")
    assert "LOKI_READ_PATHS" in remark(output)
    assert "LOKI_ALLOWED_PATHS" in remark(output)


@pytest.mark.parametrize(
    "output",
    [
        "bash: line 1: /w/b.py: Permission denied\n",
        "bash: b.py: Permission denied\n",
        "touch: cannot touch 'b.py': Read-only file system\n",
        "OSError: [Errno 16] Device or resource busy: '/w/b.py'\n",
    ],
)
def test_a_path_that_may_only_be_read_is_named(output: str) -> None:
    assert remark(output) == f"[b.py {WRITE}]"


@pytest.mark.parametrize(
    "output",
    [
        "",
        "all is well\n",
        "bash: line 1: ./src/run.sh: Permission denied\n",
        "cat: src/missing: No such file or directory\n",
        "cat: /usr/missing: No such file or directory\n",
        "cat: /w/missing: No such file or directory\n",
        "tar: way: Cannot mkdir: Permission denied\n",
        "PermissionError: [Errno 13] Permission denied\n",
        "git@github.com: Permission denied (publickey).\n",
        "curl: (6) Could not resolve host: example.com\n",
        "OSError: [Errno 97] Address family not supported by protocol\n",
        "/etc/x is a file\n",
    ],
)
def test_nothing_is_said_of_what_is_no_refusal_of_ours(output: str) -> None:
    assert remark(output) == ""


def test_what_git_would_run_is_named_as_kept() -> None:
    said = remark("touch: cannot touch 'src/.git/hooks/pre-commit': Read-only file system\n")
    assert said == "[src/.git/hooks/pre-commit is kept from agents: your own git would run what they write there.]"


def test_remarks_are_few_and_each_is_made_once() -> None:
    output = "".join(f"cat: /etc/{number % 50}: Permission denied\n" for number in range(1000))
    assert len(remark(output).splitlines()) == 3
    assert len(remark("cat: /etc/x: Permission denied\n" * 9).splitlines()) == 1


def test_a_name_is_shown_without_its_control_characters() -> None:
    assert "\x1b" not in remark("cat: '/etc/\x1b[2Jx': Permission denied\n")


@pytest.mark.parametrize(
    "output",
    [
        "curl: (6) Could not resolve host: example.com\n",
        "socket.gaierror: [Errno -3] Temporary failure in name resolution\n",
        "OSError: [Errno 101] Network is unreachable\n",
        "Error: getaddrinfo EAI_AGAIN example.com\n",
    ],
)
def test_a_network_that_is_off_or_narrow_is_said(output: str) -> None:
    assert remark(output, network="off") == "[The network is off for agents. A person can change LOKI_NETWORK.]"
    assert "only these hosts" in remark(output, network="example.com")
    assert remark(output) == ""


def test_sockets_that_cannot_be_made_are_explained() -> None:
    output = "OSError: [Errno 97] Address family not supported by protocol\n"
    assert "Unix sockets cannot be made here" in remark(output, unix_sockets=False)
    assert "network is off" in remark(output, unix_sockets=False, network="off")

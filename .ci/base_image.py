"""Makes a base image out of this machine's own packages, for where no image registry can be reached.

The files of a closure of installed Debian packages, with a package database that says so: `apt-get` works in it. The
machine's certificates and apt's sources come along, so that builds in it reach what the machine reaches.

    python .ci/base_image.py NAME [PACKAGE ...]
"""

from __future__ import annotations

import glob
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path

WANTED = ("python3", "python3-venv", "git", "apt", "ca-certificates", "procps")
"""What hands and builds need; where Python is not Debian's own, that is no reason to fail."""

_DATABASE = Path("/var/lib/dpkg")
_BESIDE = (
    *("/bin", "/sbin", "/lib", "/lib64", "/etc/alternatives", "/etc/ssl", "/etc/ca-certificates.conf", "/etc/apt"),
    *("/etc/ld.so.cache", "/etc/nsswitch.conf"),
    *("/usr/local/share/ca-certificates", "/etc/os-release", "/etc/profile", "/var/lib/dpkg/info/format"),
)
"""What belongs to no package, or is made by one when it is installed."""
_EMPTY = ("/proc", "/sys", "/dev", "/tmp", "/run", "/var/tmp", "/root", "/home", "/var/lib/apt/lists/partial")
_LEFT_OUT = re.compile(r"^/usr/share/(doc|man|info|locale|lintian)/|^/etc/ssl/private/")
_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
_CERTIFICATES = "/etc/ssl/certs/ca-certificates.crt"
_CERTIFICATE_VARIABLES = ("SSL_CERT_FILE", "PIP_CERT", "REQUESTS_CA_BUNDLE", "NODE_EXTRA_CA_CERTS")


def main(name: str, wanted: Iterable[str]) -> None:
    """Make the image."""
    stanzas = _installed()
    chosen = _closure(stanzas, wanted)
    files = _files(chosen)
    with tempfile.TemporaryDirectory() as place:
        root = Path(place)
        for empty in _EMPTY:
            (root / empty.lstrip("/")).mkdir(parents=True, exist_ok=True)
        (root / "tmp").chmod(0o1777)
        (root / "var/tmp").chmod(0o1777)
        for users in ("etc/passwd", "etc/group"):
            (root / users).parent.mkdir(exist_ok=True)
            (root / users).write_text("".join(_of_the_system(Path("/", users))))
        # Passwords are the machine's own business; without these files no user can be added.
        for shadow in ("etc/shadow", "etc/gshadow"):
            (root / shadow).touch(0o600)
        database = root / str(_DATABASE).lstrip("/")
        for part in ("info", "updates", "triggers", "alternatives"):
            (database / part).mkdir(parents=True)
        (database / "status").write_text("\n".join(stanzas[package] for package in sorted(chosen)) + "\n")
        (database / "available").touch()
        files += [str(path) for package in chosen for path in _records(package)]
        made = sorted(str(path.relative_to(root)) for path in root.rglob("*"))
        taken = sorted({path.lstrip("/") for path in files} - set(made))
        _import(name, root, taken=taken, made=made)


def _of_the_system(users: Path) -> Iterator[str]:
    """The lines of users, or groups, that packages have made."""
    with users.open() as lines:
        yield from (line for line in lines if int(line.split(":")[2]) < 1000 or line.startswith("no"))


def _installed() -> dict[str, str]:
    """Package to its stanza in the database."""
    found = {}
    for stanza in (_DATABASE / "status").read_text().split("\n\n"):
        if (name := re.match(r"Package: (\S+)", stanza)) and "\nStatus: install ok installed" in stanza:
            found[name[1]] = stanza.strip("\n") + "\n"
    return found


def _closure(stanzas: dict[str, str], wanted: Iterable[str]) -> set[str]:
    """What is wanted and essential, and all it depends on."""
    provided: dict[str, str] = {}
    for package, stanza in stanzas.items():
        for name in _names(stanza, "Provides"):
            provided.setdefault(name, package)
    waiting = [*wanted, *(package for package, stanza in stanzas.items() if "\nEssential: yes" in stanza)]
    chosen: set[str] = set()
    while waiting:
        package = waiting.pop()
        package = package if package in stanzas else provided.get(package, "")
        if package and package not in chosen:
            chosen.add(package)
            waiting += [*_names(stanzas[package], "Depends"), *_names(stanzas[package], "Pre-Depends")]
    return chosen


def _names(stanza: str, field: str) -> list[str]:
    """The packages a field names, every alternative."""
    line = re.search(rf"^{field}: (.*)$", stanza, re.MULTILINE)
    return [re.sub(r"[ (:].*", "", part.strip()) for part in re.split(r"[,|]", line[1])] if line else []


def _files(packages: Iterable[str]) -> list[str]:
    listed = subprocess.run(["dpkg", "-L", *sorted(packages)], capture_output=True, text=True, check=False).stdout
    paths = {line for line in listed.splitlines() if line.startswith("/") and line != "/."}
    for beside in map(Path, _BESIDE):
        if beside.is_symlink() or beside.exists():
            paths.add(str(beside))
        if beside.is_dir() and not beside.is_symlink():
            paths.update(map(str, beside.rglob("*")))
    paths = set(map(_really, paths))
    paths |= {str(made) for path in paths if path.endswith(".py") for made in _compiled(Path(path))}
    return [path for path in sorted(paths) if not _LEFT_OUT.search(path) and os.path.lexists(path)]


def _compiled(source: Path) -> Iterator[Path]:
    """What Python made of a module when it was installed, without which each start would make it anew."""
    if made := list((source.parent / "__pycache__").glob(f"{glob.escape(source.stem)}.*.pyc")):
        yield from (source.parent / "__pycache__", *made)


def _really(path: str) -> str:
    """A path without links on the way to it: packages still say `/bin` for `/usr/bin`."""
    folder, _, name = path.rpartition("/")
    return f"{_real(folder)}/{name}"


@cache
def _real(folder: str) -> str:
    return os.path.realpath(folder or "/").rstrip("/")


def _records(package: str) -> list[Path]:
    info = _DATABASE / "info"
    return [*info.glob(f"{package}.*"), *info.glob(f"{package}:*")]


def _import(name: str, root: Path, *, taken: list[str], made: list[str]) -> None:
    """Stream both lists of files, the machine's and those made in `root`, to the engine as one archive."""
    for listing, paths in ((".taken", taken), (".made", made)):
        (root / listing).write_text("".join(f"{path}\n" for path in paths))
    changes = [f"ENV PATH={_PATH}"]
    if Path(_CERTIFICATES).exists():
        changes += [f"ENV {each}={_CERTIFICATES}" for each in _CERTIFICATE_VARIABLES]
    options = [word for change in changes for word in ("-c", change)]
    tar = ["tar", "-c", "--no-recursion", "-C", "/", "-T", f"{root}/.taken", "-C", str(root), "-T", f"{root}/.made"]
    with subprocess.Popen(tar, stdout=subprocess.PIPE) as making:
        subprocess.run(["docker", "import", *options, "-", name], stdin=making.stdout, check=True, timeout=300)
    if making.returncode:
        sys.exit("the machine's files could not be read whole")


if __name__ == "__main__":
    if not sys.argv[1:]:
        sys.exit(__doc__)
    main(sys.argv[1], sys.argv[2:] or WANTED)

"""What is known of the options of programs: which take values, which mean the same, which matter to no rule.

With that, words in any order and spelling come to one form: clusters (`-rf`), long names and
their abbreviations, values glued on or apart, operands between options, `--`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from loki_tui.guard.shell.text import ANY, WORDS


@dataclass(frozen=True, slots=True)
class Options:
    """The options of one program."""

    valued: frozenset[str] = frozenset()
    """Those that take a value, as `-u` or `--user`."""
    same: Mapping[str, str] = field(default_factory=dict)
    """Other spellings to the one that is used here."""
    ignored: frozenset[str] = frozenset()
    """Those that make no difference to what a rule is about."""
    clusters: bool = True
    """Whether `-ab` is `-a -b`."""
    permutes: bool = True
    """Whether options may follow operands."""

    def full(self, name: str) -> str:
        """A long option written out, where its abbreviation has one meaning; then as it is called here."""
        if name in self.same or name in self.valued or not name.startswith("--"):
            return self.same.get(name, name)
        longs = {other for other in {*self.same, *self.valued, *self.ignored, *self.same.values()} if other[:2] == "--"}
        found = {self.same.get(other, other) for other in longs if other.startswith(name)}
        return found.pop() if len(found) == 1 else name


@dataclass(slots=True)
class Scanned:
    """Words of a program, told apart."""

    flags: list[tuple[str, str | None]] = field(default_factory=list)
    """Options in their order, with the value where they were given one."""
    operands: list[str] = field(default_factory=list)
    unknown: bool = False
    """Whether there was an option that nothing is known of, whose value the first operand might be."""

    def value(self, *names: str) -> str | None:
        """The last value of an option; none where it was not given one."""
        return next((value for name, value in reversed(self.flags) if name in names and value is not None), None)

    def has(self, *names: str) -> bool:
        """Whether one of these was given."""
        return any(name in names for name, _ in self.flags)


def options(
    valued: str = "", *, same: str = "", ignored: str = "", clusters: bool = True, permutes: bool = True
) -> Options:
    """Options from words.

    Args:
        valued: Those that take a value.
        same: Groups of spellings, as `-r=-R=--recursive`; the last one is used.
        ignored: Those that make no difference.
        clusters: Whether `-ab` is `-a -b`.
        permutes: Whether options may follow operands.
    """
    groups = [group.split("=") for group in same.split()]
    return Options(
        valued=frozenset(valued.split()),
        same={other: group[-1] for group in groups for other in group[:-1]},
        ignored=frozenset(ignored.split()),
        clusters=clusters,
        permutes=permutes,
    )


def scan(words: Sequence[str], known: Options, *, permutes: bool | None = None) -> Scanned:
    """Tell a program's words apart.

    Args:
        words: Without the program.
        known: Its options.
        permutes: Whether options may follow operands, where that differs from what is known.
    """
    found = Scanned()
    through = known.permutes if permutes is None else permutes
    place = 0
    while place < len(words):
        word = words[place]
        place += 1
        if word == "--":
            found.operands += words[place:]
            break
        if not word.startswith("-") or word == "-":
            found.operands.append(word)
            if not through and word not in (ANY, WORDS):
                found.operands += words[place:]
                break
        elif word.startswith("--") or not known.clusters:
            place += _long(word, words[place : place + 1], known, found)
        else:
            place += _cluster(word, words[place : place + 1], known, found)
    return found


def _long(word: str, following: Sequence[str], known: Options, found: Scanned) -> int:
    """Take in a long option; gives how many words its value took."""
    name, equals, value = word.partition("=")
    name = known.full(name)
    if equals:
        found.flags.append((name, value))
        return 0
    if name in known.valued and following:
        found.flags.append((name, following[0]))
        return 1
    found.flags.append((name, None))
    found.unknown |= name not in known.ignored and name not in known.same.values()
    return 0


def _cluster(word: str, following: Sequence[str], known: Options, found: Scanned) -> int:
    """Take in short options that stand together; gives how many words a value took."""
    for place, letter in enumerate(word[1:], 2):
        name = f"-{letter}"
        if name in known.valued:
            value = word[place:]
            if value or not following:
                found.flags.append((known.full(name), value or None))
                return 0
            found.flags.append((known.full(name), following[0]))
            return 1
        found.flags.append((known.full(name), None))
        found.unknown |= name not in known.ignored and name not in known.same
    return 0


GENERIC = Options()
"""Of a program that nothing is known of."""

_RECURSIVE = "-r=-R=--recursive"

PROGRAMS: Mapping[str, Options] = {
    "rm": options(
        same=_RECURSIVE, ignored="-f --force -v --verbose -i -I --interactive --one-file-system --no-preserve-root -d"
    ),
    "chmod": options("--reference", same="-R=--recursive", ignored="-f -v -c --silent --quiet --verbose --changes"),
    "chown": options("--reference --from", same="-R=--recursive", ignored="-f -v -c -h -H -L -P --no-preserve-root"),
    "chgrp": options("--reference", same="-R=--recursive", ignored="-f -v -c -h -H -L -P"),
    "shred": options("-n -s --iterations --size --random-source", same="-u=--remove", ignored="-v -z -f"),
    "mv": options("-t -S --target-directory --suffix", same="-f=--force -t=--target-directory", ignored="-v -n -u -i"),
    "cp": options("-t -S --target-directory --suffix", same=f"{_RECURSIVE} -f=--force -t=--target-directory"),
    "ln": options("-t -S --target-directory --suffix", same="-s=--symbolic -f=--force -t=--target-directory"),
    "install": options("-t -m -o -g -S --target-directory --mode --owner --group", same="-t=--target-directory"),
    "crontab": options("-u", ignored="-i"),
    "iptables": options("-t -A -I -D -P --table", same="-F=--flush -X=--delete-chain -t=--table"),
    "ip6tables": options("-t -A -I -D -P --table", same="-F=--flush -X=--delete-chain -t=--table"),
    "rsync": options(
        "-e -f --rsh --exclude --include --files-from --rsync-path --filter", same="-e=--rsh -r=--recursive"
    ),
    "tee": options(same="-a=--append -i=--ignore-interrupts"),
    "truncate": options("-s -r --size --reference", same="-s=--size"),
    "curl": options(
        "-o -d -H -X -u -A -e -b -c -F -m -T -w -x -K --output --data --header --request --user --user-agent --referer "
        "--cookie --cookie-jar --form --max-time --upload-file --write-out --proxy --config --data-raw --url --retry",
        same="-o=--output -X=--request -O=--remote-name -d=--data",
    ),
    "wget": options(
        "-O -o -P -U -t -T --output-document --output-file --directory-prefix --user-agent --tries --timeout --header",
        same="-O=--output-document -P=--directory-prefix",
    ),
    "systemctl": options("-H -M -t -p -n -o --host --machine --type --property --lines --output --root --signal"),
    "dd": Options(),
}
"""Those whose words rules are about, or whose effects are followed."""

GIT_GLOBAL = options(
    "-C -c --git-dir --work-tree --namespace --exec-path --super-prefix --config-env --attr-source",
    clusters=False,
    permutes=False,
)

_GIT: Mapping[str, Options] = {
    "push": options("-o --push-option --repo --receive-pack --exec", same="-f=--force -d=--delete -u=--set-upstream"),
    "reset": options(same="-q=--quiet"),
    "clean": options("-e --exclude", same="-f=--force"),
    "branch": options("-u --set-upstream-to --format --sort", same="-f=--force -d=--delete"),
    "checkout": options("-b -B --orphan", same="-f=--force"),
    "commit": options("-m -F -c -C -t --message --file --author --date --template", same="-n=--no-verify -m=--message"),
    "tag": options("-m -F -u --message --file", same="-d=--delete -f=--force -m=--message"),
    "stash": options("-m --message", same="-m=--message"),
    "merge": options("-m -s -X --strategy --strategy-option", same="-m=--message"),
    "config": options("-f --file --blob --type", permutes=True),
    "rebase": options("-x -s -X --exec --strategy --onto", same="-x=--exec"),
    "filter-branch": options(
        "--tree-filter --index-filter --msg-filter --env-filter --commit-filter --parent-filter --tag-name-filter "
        "--setup --subdirectory-filter -d"
    ),
}

SUBCOMMANDS: Mapping[str, Options] = {
    "git": GIT_GLOBAL,
    "docker": options("-H -c -l --host --context --config --log-level", permutes=False),
    "podman": options("-r --root --runroot --url --connection", permutes=False),
    "kubectl": options("-n -s --namespace --context --cluster --kubeconfig --server --user", permutes=False),
    "helm": options("-n --namespace --kube-context --kubeconfig", permutes=False),
    "npm": options("-C -w --prefix --workspace --registry --userconfig", permutes=False),
    "pnpm": options("-C -F --dir --filter", permutes=False),
    "yarn": options("--cwd", permutes=False),
    "cargo": options("-C -Z --config --color --manifest-path", permutes=False),
    "go": options("-C", permutes=False),
    "pip": options("--python --log --proxy --timeout", permutes=False),
    "systemctl": PROGRAMS["systemctl"],
    "service": options(permutes=False),
    "apt": options("-o -c -t", permutes=False),
    "apt-get": options("-o -c -t", permutes=False),
    "gh": options("-R --repo", permutes=False),
    "aws": options("--profile --region --endpoint-url --output --query", permutes=False),
    "terraform": options(clusters=False, permutes=False),
    "ip": options("-n -netns", clusters=False, permutes=False),
    "nft": options("-f --file", permutes=False),
    "zfs": options(permutes=False),
    "zpool": options(permutes=False),
    "cryptsetup": options("-c -h -s -d --key-file --cipher --hash", permutes=True),
    "ufw": options(permutes=False),
}
"""Programs whose first operand says what they do, with the options that may stand before it."""


def scan_program(program: str, words: Sequence[str]) -> Scanned:
    """Tell the words of a program apart, with all that is known of it.

    Where the first operand says what it does, that is the first operand here, whatever stood before.
    """
    before = SUBCOMMANDS.get(program)
    if before is None:
        return scan(words, PROGRAMS.get(program, GENERIC))
    head = scan(words, before, permutes=False)
    if not head.operands:
        return head
    verb, *rest = head.operands
    known = _GIT.get(verb, GENERIC) if program == "git" else PROGRAMS.get(program, before)
    tail = scan(rest, known, permutes=True)
    return Scanned(head.flags + tail.flags, [verb, *tail.operands], head.unknown)

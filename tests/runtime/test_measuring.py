"""QA phases on repositories of every kind, without a run: what is measured, against what, and what is left of it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from loki_tui.core.errors import RepositoryError, UsageError
from loki_tui.core.settings import Settings
from loki_tui.core.vocabulary import Verdict
from loki_tui.engine.qa.phase import SECURITY, Measured
from loki_tui.engine.qa.scene import Scene
from loki_tui.runtime.measuring import Subject, measuring
from loki_tui.runtime.surroundings import Surroundings
from tests.support.git import git, repository, write

SETTINGS = Settings.model_validate({"provider": "replay", "cassette": "/dev/null"})


class Looking:
    """A phase that says what is in its checkout and in that of the base."""

    name = SECURITY
    setting = "phase_security"
    required = False
    thorough = True

    async def measure(self, scene: Scene) -> Measured:
        here = await scene.here.workspace.perform("shell", {"command": LISTS})
        async with scene.base() as base:
            there = "" if base is None else (await base.workspace.perform("shell", {"command": LISTS})).output
        return Measured(Verdict.PASSED, f"{here.output.strip()}|{there.strip()}")


LISTS = "find . -type f -printf '%P=' -exec head -c 40 {} ';' | tr '\\n' ' '"


def around(workspace: Path, tmp_path: Path) -> Surroundings:
    return Surroundings.here({**os.environ, "LOKI_DIR": str(tmp_path / "state")}, workspace)


async def looked(
    workspace: Path, tmp_path: Path, *, committed: bool = False, base: str | None = None
) -> tuple[Subject, str]:
    place = around(workspace, tmp_path)
    async with measuring(place, SETTINGS, committed=committed, base=base) as measurer:
        seen = (await measurer.measure(Looking())).why
        subject = measurer.subject
    assert not list((place.project.state.root / "measuring").iterdir())
    return subject, seen


async def test_the_work_tree_is_measured_as_it_is_and_a_commit_as_it_was_made(tmp_path: Path) -> None:
    root = repository(tmp_path / "project", {"a.txt": "one\n"})
    git(root, "switch", "--quiet", "--create", "topic")
    write(root, {"a.txt": "two\n"})
    git(root, "commit", "--quiet", "--all", "--message=Two")
    write(root, {"a.txt": "three\n", "new.txt": "new\n"})
    subject, seen = await looked(root, tmp_path)
    here, _, there = seen.partition("|")
    assert sorted(here.split()) == ["a.txt=three", "new.txt=new"]
    assert there.split() == ["a.txt=one"]
    assert (subject.name, subject.changed, subject.uncommitted) == ("the work tree", ("a.txt", "new.txt"), 2)
    subject, seen = await looked(root, tmp_path, committed=True)
    assert seen == "a.txt=two|a.txt=one"
    assert subject.commit == git(root, "rev-parse", "HEAD")
    assert (subject.changed, subject.uncommitted) == (("a.txt",), 2)
    assert "-one\n+two" in subject.diff
    # Neither the person's index nor their work tree was touched.
    assert git(root, "status", "--porcelain") == " M a.txt\n?? new.txt"


async def test_what_an_agent_wrote_into_the_repository_changes_nothing_that_is_measured(tmp_path: Path) -> None:
    root = repository(
        tmp_path / "project", {"test.py": "red\n", ".gitattributes": "test.py filter=rosy export-ignore\n"}
    )
    git(root, "config", "filter.rosy.smudge", "sed s/red/green/")
    git(root, "config", "filter.rosy.clean", "sed s/red/green/")
    git(root, "config", "core.fsmonitor", str(tmp_path / "ran"))
    git(root, "commit", "--quiet", "--allow-empty", "--message=Two")
    (root / ".git" / "hooks").mkdir(exist_ok=True)
    _, seen = await looked(root, tmp_path, committed=True, base="HEAD~1")
    assert seen.count("test.py=red") == 2
    _, seen = await looked(root, tmp_path)
    assert "test.py=red" in seen


async def test_a_directory_that_is_no_repository_can_be_measured_but_not_compared(tmp_path: Path) -> None:
    root = tmp_path / "project"
    write(root, {"a.txt": "one\n"})
    subject, seen = await looked(root, tmp_path)
    assert seen == "a.txt=one|"
    assert (subject.base, subject.base_why) == (None, "this is no git repository")
    for given in ({"committed": True}, {"base": "main"}):
        with pytest.raises(RepositoryError, match="no git repository"):
            await looked(root, tmp_path, **given)


async def test_before_the_first_commit_there_is_a_work_tree_alone(tmp_path: Path) -> None:
    root = repository(tmp_path / "project")
    write(root, {"a.txt": "one\n"})
    subject, seen = await looked(root, tmp_path)
    assert (seen, subject.base_why) == ("a.txt=one|", "there is no commit yet")
    with pytest.raises(RepositoryError, match="no commit yet"):
        await looked(root, tmp_path, committed=True)


async def test_a_base_that_is_not_there_is_refused_whatever_it_is_called(tmp_path: Path) -> None:
    root = repository(tmp_path / "project", {"a.txt": "one\n"})
    for name in (
        "nowhere",
        "0" * 40,
        "HEAD:a.txt",
        "--all",
        "-p",
        "a b",
        "\x1b[31m",
        "x" * 300,
        "HEAD~1",
        "$(touch x)",
    ):
        with pytest.raises(UsageError, match="no commit"):
            await looked(root, tmp_path, committed=True, base=name)
    assert not (root / "x").exists()


async def test_the_base_is_where_the_default_branch_was_left(tmp_path: Path) -> None:
    root = repository(tmp_path / "project", {"a.txt": "one\n"})
    first = git(root, "rev-parse", "HEAD")
    git(root, "switch", "--quiet", "--create", "topic")
    git(root, "commit", "--quiet", "--allow-empty", "--message=Mine")
    git(root, "switch", "--quiet", "main")
    write(root, {"b.txt": "theirs\n"})
    git(root, "add", "--all")
    git(root, "commit", "--quiet", "--message=Theirs")
    git(root, "switch", "--quiet", "--detach", "topic")
    subject, _ = await looked(root, tmp_path, committed=True)
    assert subject.base is not None
    assert (subject.base.commit, subject.base_why) == (first, "where it left main")
    assert subject.name.startswith("HEAD at ")
    git(root, "branch", "--quiet", "--move", "main", "trunk")
    with pytest.raises(RepositoryError, match="no default branch"):
        await looked(root, tmp_path, committed=True)
    subject, _ = await looked(root, tmp_path)
    assert subject.base is None


async def test_a_shallow_clone_says_that_its_history_is_cut_off(tmp_path: Path) -> None:
    origin = repository(tmp_path / "origin", {"a.txt": "one\n"})
    write(origin, {"a.txt": "two\n"})
    git(origin, "commit", "--quiet", "--all", "--message=Two")
    git(tmp_path, "clone", "--quiet", "--depth=1", f"file://{origin}", "project")
    root = tmp_path / "project"
    with pytest.raises(UsageError) as refused:
        await looked(root, tmp_path, committed=True, base="HEAD~1")
    assert "unshallow" in refused.value.hint
    subject, seen = await looked(root, tmp_path, committed=True)
    assert subject.base is not None
    assert subject.changed == ()
    assert seen == "a.txt=two|a.txt=two"


async def test_a_worktree_and_a_name_with_odd_characters_are_read_like_any_other(tmp_path: Path) -> None:
    root = repository(tmp_path / 'a "quoted" \\ näme', {"a b.txt": "one\n", "line\nbreak.txt": "x\n"})
    git(root, "worktree", "add", "--quiet", "-b", "topic", str(tmp_path / "other place"))
    other = tmp_path / "other place"
    write(other, {"new file\n.txt": "new\n"})
    git(other, "rm", "--quiet", "a b.txt")
    git(other, "add", "--all")
    git(other, "commit", "--quiet", "--message=Odd")
    subject, seen = await looked(other, tmp_path, committed=True)
    assert subject.changed == ("a b.txt", "new file\n.txt")
    assert "a b.txt=one" in seen.partition("|")[2]
    assert "a b.txt=one" not in seen.partition("|")[0]


async def test_renames_binaries_and_a_diff_of_five_megabytes_are_compared_within_bounds(tmp_path: Path) -> None:
    root = repository(tmp_path / "project", {"old.txt": "same\n" * 50})
    (root / "data.bin").write_bytes(bytes(range(256)) * 20)
    git(root, "add", "--all")
    git(root, "commit", "--quiet", "--message=Binary")
    git(root, "switch", "--quiet", "--create", "topic")
    git(root, "mv", "old.txt", "renamed.txt")
    git(root, "commit", "--quiet", "--message=Rename")
    subject, _ = await looked(root, tmp_path, committed=True)
    assert "rename from old.txt" in subject.diff
    assert subject.changed == ("old.txt", "renamed.txt")
    (root / "data.bin").write_bytes(bytes(range(255, -1, -1)) * 20)
    write(root, {"big.txt": "".join(f"line {number} of many\n" for number in range(250_000))})
    git(root, "add", "--all")
    git(root, "commit", "--quiet", "--message=Big")
    subject, _ = await looked(root, tmp_path, committed=True)
    assert len(subject.diff) < 1_100_000
    assert "[cut: the diff is longer" in subject.diff
    assert subject.changed == ("big.txt", "data.bin", "old.txt", "renamed.txt")


async def test_a_repository_that_names_objects_by_sha_256_is_read(tmp_path: Path) -> None:
    root = tmp_path / "project"
    root.mkdir()
    git(root, "init", "--quiet", "--initial-branch=main", "--object-format=sha256")
    write(root, {"a.txt": "one\n"})
    git(root, "add", "--all")
    git(root, "commit", "--quiet", "--message=Start")
    git(root, "switch", "--quiet", "--create", "topic")
    write(root, {"a.txt": "two\n"})
    git(root, "commit", "--quiet", "--all", "--message=Two")
    subject, seen = await looked(root, tmp_path, committed=True)
    assert (len(subject.tree), seen) == (64, "a.txt=two|a.txt=one")


async def test_what_a_killed_command_left_is_cleared_away(tmp_path: Path) -> None:
    root = repository(tmp_path / "project", {"a.txt": "one\n"})
    left = tmp_path / "state" / "measuring" / "left"
    left.mkdir(parents=True)
    (left / "file").write_text("x")
    await looked(root, tmp_path)
    assert not left.exists()


async def test_what_is_installed_is_lent_package_by_package_and_the_workspace_s_own_packages_are_the_checkout_s(
    tmp_path: Path,
) -> None:
    packages = {name: f"exports.of = 'commit';{name}" for name in ("packages/a/index.js", "packages/b/index.js")}
    root = repository(tmp_path / "project", {".gitignore": "node_modules\n", "package.json": "{}", **packages})
    write(
        root,
        {
            "packages/a/index.js": "exports.of = 'workspace';",
            "node_modules/top/index.js": "exports.top = 1;",
            "node_modules/.vite/old": "stale",
            "packages/b/node_modules/own/index.js": "exports.own = 2;\n",
        },
    )
    (root / "node_modules/@scope").mkdir()
    (root / "node_modules/@scope/a").symlink_to("../../packages/a")
    (root / "node_modules/circle").symlink_to("circle")
    seen = await _asked(
        root,
        tmp_path,
        "cat node_modules/top/index.js node_modules/@scope/a/index.js packages/b/node_modules/own/index.js; "
        "mkdir -p node_modules/.vite/new && touch node_modules/.cache && ls -A node_modules/.vite; "
        "! touch node_modules/top/written 2>/dev/null && echo kept",
    )
    assert "exports.top" in seen
    assert "of = 'commit'" in seen
    assert "exports.own" in seen
    assert seen.split()[-2:] == ["new", "kept"]
    assert not (root / "node_modules/.vite/new").exists()


async def _asked(root: Path, tmp_path: Path, command: str) -> str:
    async with measuring(around(root, tmp_path), SETTINGS, committed=True, base=None) as measurer:
        return (await measurer.measure(_Asking(command))).why


class _Asking(Looking):
    """A phase that runs a command in its checkout."""

    def __init__(self, command: str) -> None:
        self._command = command

    async def measure(self, scene: Scene) -> Measured:
        return Measured(Verdict.PASSED, (await scene.here.run(self._command, timeout=30)).output)

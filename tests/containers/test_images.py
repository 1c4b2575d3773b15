"""The images, built for real from the base that CI makes, and what a run in one does."""

from __future__ import annotations

import json
import os
import pty
import shlex
import subprocess
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from loki_tui.containers.engine import connect
from loki_tui.core.events import CheckpointTaken
from tests.support.answers import cassette
from tests.support.containers import IMAGE
from tests.support.hands import until
from tests.support.program import WAITS, Program, project
from tests.support.runs import FACTS_ALONE_HERE
from tests.support.scripted import call, finishes, says

# One worker builds the image, and has it for every test.
pytestmark = [pytest.mark.docker, pytest.mark.xdist_group("images"), pytest.mark.timeout(600)]

ROOT = Path(__file__).parents[2]
NAME = "loki-mode:test"
CLIENT = "/usr/bin/docker" if Path("/usr/bin/docker").exists() else "docker"
"""Debian's where it is there, since it can build side by side."""
DRAIN_SECONDS = 10
MOST_ADDED_BYTES = 400_000_000
OWNER = 12_345
"""Nobody that the image knows."""

as_root = pytest.mark.skipif(os.getuid() != 0, reason="only root can give a directory away")


def engine(*arguments: str | Path, check: bool = True, **variables: str) -> subprocess.CompletedProcess[str]:
    """Ask the engine's own client."""
    done = subprocess.run(
        [CLIENT, *map(str, arguments)],
        capture_output=True,
        text=True,
        check=False,
        timeout=500,
        env={**os.environ, **variables},
    )
    assert not check or done.returncode == 0, f"{arguments}: {done.stdout[-3000:]}{done.stderr[-3000:]}"
    return done


@pytest.fixture(scope="module")
def image() -> str:
    """Built once; the layers stay with the engine."""
    engine(
        *("build", "--network", "host", "--build-arg", f"BASE_IMAGE={IMAGE}", "--tag", NAME, ROOT), DOCKER_BUILDKIT="1"
    )
    return NAME


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    return project(tmp_path / "project")


def settings(recording: Path) -> list[str]:
    given = {"LOKI_PROVIDER": "replay", "LOKI_CASSETTE": str(recording), **FACTS_ALONE_HERE}
    return [word for name, value in given.items() for word in ("--env", f"{name}={value}")]


@pytest.fixture
def waiting(image: str, workspace: Path, tmp_path: Path) -> Iterator[str]:
    """A container with a run at work in it, as this user, with its state where this machine sees it; its name."""
    turns = (says(call("shell", command="echo work > work.txt")), says(call("shell", command=WAITS)), finishes())
    recording = cassette(tmp_path / "waiting.jsonl", *turns)
    state = tmp_path / "state"
    state.mkdir()
    name = f"loki-images-{os.getpid()}"
    mounts = [word for place in (workspace, state, recording) for word in ("--volume", f"{place}:{place}")]
    run = ["--detach", "--init", "--name", name, "--user", f"{os.getuid()}:{os.getgid()}", "--workdir", str(workspace)]
    run += ["--cap-drop", "ALL", "--security-opt", "no-new-privileges:true", "--env", f"LOKI_DIR={state}"]
    engine("run", *run, *mounts, *settings(recording), image, "--headless", "start", "./prd.md")
    yield name
    engine("rm", "--force", "--volumes", name)


def test_it_is_small_and_has_what_the_manual_names(image: str) -> None:
    said = engine("run", "--rm", image, "version").stdout
    assert said.startswith("loki ")
    look = "id -un; node --version; python3 --version; git --version; jq --version; gh --version; pwd"
    within = engine("run", "--rm", "--entrypoint", "sh", image, "-c", look).stdout.splitlines()
    assert within[0] == "loki"
    assert within[1].startswith("v20.")
    assert within[-1] == "/workspace"
    api = connect(os.environ).api
    added = api.inspect_image(image)["Size"] - api.inspect_image(IMAGE)["Size"]  # type: ignore[no-untyped-call]
    assert added <= MOST_ADDED_BYTES
    config = api.inspect_image(image)["Config"]  # type: ignore[no-untyped-call]
    assert config["Entrypoint"] == ["loki"]
    assert not [name for name in config["Env"] if "KEY" in name or "TOKEN" in name]


def test_this_machine_sees_a_run_in_a_container(waiting: str, workspace: Path, tmp_path: Path) -> None:
    here = Program(workspace, Path(os.environ["HOME"]), {"LOKI_DIR": str(tmp_path / "state")})
    until((workspace / "work.txt").exists, "work in the container")

    within = json.loads(engine("exec", waiting, "loki", "status", "--json").stdout)
    assert within["status"] == "running"
    assert here.view().status == "running"
    assert engine("exec", waiting, "sh", "-c", health(waiting)).returncode == 0


def health(container: str) -> str:
    """What the image has asked of itself."""
    test = connect(os.environ).api.inspect_container(container)["Config"]["Healthcheck"]["Test"]
    assert test[0] == "CMD"
    return shlex.join(test[1:])


def test_sigterm_brings_the_work_to_a_checkpoint_in_time(waiting: str, workspace: Path, tmp_path: Path) -> None:
    until((workspace / "work.txt").exists, "work in the container")
    begun = time.monotonic()
    engine("stop", "--time", "60", waiting)
    assert time.monotonic() - begun <= DRAIN_SECONDS
    ended = connect(os.environ).api.inspect_container(waiting)["State"]
    assert (ended["ExitCode"], ended["OOMKilled"]) == (130, False)
    here = Program(workspace, Path(os.environ["HOME"]), {"LOKI_DIR": str(tmp_path / "state")})
    assert here.view().status == "paused"
    assert here.events(CheckpointTaken)[-1].changed == 1
    assert (workspace / "work.txt").read_text() == "work\n"


def test_a_run_that_died_makes_the_container_unhealthy(waiting: str, workspace: Path) -> None:
    until((workspace / "work.txt").exists, "work in the container")
    question = health(waiting)
    engine("kill", "--signal", "KILL", waiting)
    mounts = ["--volumes-from", waiting, "--workdir", str(workspace), "--user", f"{os.getuid()}:{os.getgid()}"]
    state = connect(os.environ).api.inspect_container(waiting)["Config"]["Env"]
    (state_dir,) = [value for value in state if value.startswith("LOKI_DIR=")]
    asked = ["run", "--rm", *mounts, "--env", state_dir, "--entrypoint", "sh", NAME, "-c", question]
    assert engine(*asked, check=False).returncode != 0


def test_a_container_lasts_as_long_as_a_run_that_goes_on_without_its_terminal(
    image: str, workspace: Path, tmp_path: Path
) -> None:
    turns = (says(call("shell", command=WAITS)), finishes())
    recording = cassette(tmp_path / "waiting.jsonl", *turns)
    mounts = [word for place in (workspace, recording) for word in ("--volume", f"{place}:{place}")]
    run = ["--rm", "--interactive", "--tty", "--init", "--user", f"{os.getuid()}:{os.getgid()}"]
    run += ["--workdir", str(workspace), *mounts, *settings(recording)]
    ours, theirs = pty.openpty()
    with subprocess.Popen([CLIENT, "run", *run, image, "--linear", "start"], stdin=theirs, stdout=theirs) as client:
        os.close(theirs)
        heard(ours, "Agent runs: until")
        os.write(ours, b"quit background\n")
        heard(ours, "this container with it")
        (workspace / "go").touch()
        assert client.wait(60) == 0
        os.close(ours)


def heard(terminal: int, words: str) -> None:
    """Wait until something is said on a terminal, across its lines."""
    said = ""
    while words not in " ".join(said.split()):
        said += os.read(terminal, 4096).decode(errors="replace")


def test_nothing_is_sent_to_the_background_where_it_would_end_at_once(image: str, workspace: Path) -> None:
    for command in (("start", "--detach"), ("dashboard", "start")):
        for init in ((), ("--init",)):
            refused = engine("run", "--rm", *init, "--volume", f"{workspace}:/workspace", image, *command, check=False)
            assert refused.returncode == 2
            assert "the container ends with this process" in refused.stderr


@as_root
def test_nothing_of_roots_is_left_in_a_workspace(image: str, workspace: Path, tmp_path: Path) -> None:
    recording = cassette(tmp_path / "writes.jsonl", says(call("shell", command="mkdir d; echo x > d/made")), finishes())
    recording.chmod(0o644)
    tmp_path.chmod(0o755)
    for path in (workspace, *workspace.rglob("*")):
        os.chown(path, OWNER, OWNER, follow_symlinks=False)
    run = ["--rm", "--init", "--user", f"{OWNER}:{OWNER}", "--volume", f"{workspace}:/workspace"]
    run += ["--volume", f"{recording}:/cassette.jsonl:ro"]
    engine("run", *run, *settings(Path("/cassette.jsonl")), image, "--headless", "start", "./prd.md")
    assert (workspace / "d/made").exists()
    assert {path.lstat().st_uid for path in (workspace, *workspace.rglob("*"))} == {OWNER}


@as_root
def test_a_workspace_of_someone_else_is_refused_with_the_remedy(image: str, workspace: Path, tmp_path: Path) -> None:
    recording = cassette(tmp_path / "writes.jsonl", finishes())
    recording.chmod(0o644)
    for path in (workspace, *workspace.rglob("*")):
        os.chown(path, OWNER, OWNER, follow_symlinks=False)
    run = ["--rm", "--init", "--volume", f"{workspace}:/workspace", "--volume", f"{recording}:/cassette.jsonl:ro"]
    played = settings(Path("/cassette.jsonl"))
    refused = engine("run", *run, *played, image, "--headless", "start", "./prd.md", check=False)
    assert refused.returncode != 0
    assert "--user" in refused.stderr


# -- compose --------------------------------------------------------------------------------------


def composer() -> list[str] | None:
    """Compose 2 where the client has it, else the old one of Debian; none where there is neither."""
    for program in (["docker", "compose"], ["docker-compose"]):
        with suppress(FileNotFoundError):
            if not subprocess.run([*program, "version"], capture_output=True, check=False, timeout=30).returncode:
                return program
    return None


@pytest.fixture
def composed(tmp_path: Path) -> Path:
    """The file, for the old Compose without the word that it does not know: it never makes what such a mount lacks."""
    text = (ROOT / "docker-compose.yml").read_text()
    marker = ", bind: { create_host_path: false }"
    assert text.count(marker) == 3
    if composer() == ["docker-compose"]:
        text = text.replace(marker, "")
    path = tmp_path / "compose.yml"
    path.write_text(text.replace("build: .", f"build: {ROOT}").replace("loki-mode:latest", NAME))
    return path


def compose(file: Path, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    program = composer()
    if program is None:
        pytest.skip("there is no Compose")
    return subprocess.run(
        [*program, "--project-name", f"lokitest{os.getpid()}", "--file", str(file), *arguments],
        capture_output=True,
        text=True,
        check=False,
        timeout=200,
        stdin=subprocess.DEVNULL,
        env={**os.environ, **variables},
    )


def test_compose_makes_nothing_in_a_home_and_works_without(image: str, composed: Path, workspace: Path) -> None:
    home = Path(os.environ["HOME"])
    before = sorted(home.rglob("*"))
    mine = {"LOKI_PROJECT": str(workspace), "LOKI_UID": str(os.getuid()), "LOKI_GID": str(os.getgid())}
    try:
        refused = compose(composed, "run", "--rm", "-T", "loki", "status", **mine)
        assert refused.returncode != 0
        assert "does not exist" in refused.stderr
        assert sorted(home.rglob("*")) == before
        none = dict.fromkeys(("LOKI_SSH_DIR", "LOKI_GH_DIR", "LOKI_GITCONFIG"), "/dev/null")
        ran = compose(composed, "run", "--rm", "-T", "loki", "status", **mine, **none)
        assert ran.returncode == 0, ran
        assert "there is no run in /workspace yet" in ran.stdout
        assert sorted(home.rglob("*")) == before
    finally:
        compose(composed, "down", "--volumes", LOKI_PROJECT=str(workspace))

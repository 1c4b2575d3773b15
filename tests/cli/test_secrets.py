"""No secret leaves the engine: not to disk, not to the screen, not to the model, not to a command."""

from __future__ import annotations

import base64
import json
from pathlib import Path

from loki_tui.core.events import ActionFinished
from tests.support.answers import PLANS, WRITES, cassette, reply
from tests.support.git import git
from tests.support.messages_server import MessagesServer, Refuse
from tests.support.program import WAITS, Program
from tests.support.scripted import call, finishes, plans, says
from tests.support.talking import Talk

KEY = "sk-ant-api03-MARKER-of-the-key-0123456789"
TOKEN = "MARKER-of-another-secret-9876543210"

PRYING = (
    "env; export; set",
    "cat /proc/self/environ /proc/$PPID/environ /proc/[0-9]*/environ /proc/[0-9]*/cmdline 2>&1 | tr '\\0' '\\n'",
    "python3 -c 'import os; print(os.environ)'; git config --list --show-origin",
    'cat ~/.ssh/id_ed25519 "$REAL_HOME"/.ssh/id_ed25519 "$REAL_HOME"/.config/gh/hosts.yml 2>&1',
    'grep -rs MARKER "$REAL_HOME" 2>&1 | head -c 4000',
)


async def test_no_secret_reaches_disk_screen_model_or_command(loki: Program, tmp_path: Path) -> None:
    ssh = loki.home / ".ssh"
    ssh.mkdir()
    (ssh / "id_ed25519").write_text(f"-----BEGIN OPENSSH PRIVATE KEY-----\n{TOKEN}\n")
    config = loki.home / ".config" / "gh"
    config.mkdir(parents=True)
    (config / "hosts.yml").write_text(f"oauth_token: {TOKEN}\n")
    prying = says(*(call("shell", command=command) for command in PRYING))
    echo = Refuse(500, message=f"the key {KEY} had an accident")
    recording = tmp_path / "recording.jsonl"
    prd = tmp_path / "careless.md"
    prd.write_text(f"# It works\n\nDeploy it with {TOKEN}.\n")
    async with MessagesServer([reply(PLANS), echo, reply(prying), *map(reply, WRITES)]) as server:
        there = loki.without("LOKI_PROVIDER", "LOKI_CASSETTE").with_(
            ANTHROPIC_BASE_URL=server.url,
            ANTHROPIC_API_KEY=KEY,
            DEPLOY_TOKEN=TOKEN,
            REAL_HOME=str(loki.home),
            LOKI_PASS_ENV="REAL_HOME",
            LOKI_RETRY_BASE_SECONDS="0.01",
        )
        run = await there("start", prd, "--record", recording)
        shown = await there("logs", "--json")
        config_shown = await there("config", "show", "--all")
    assert run.code == 0, run
    answered = [finished for finished in loki.events(ActionFinished) if finished.exit_code is not None]
    assert len(answered) == len(PRYING)
    assert KEY in server.requests[0].headers["authorization"]
    screen = run.out + run.err + shown.out + shown.err + config_shown.out + config_shown.err
    heard = json.dumps([request.body for request in server.requests])
    places = {"the screen": screen.encode(), "the model": heard.encode()}
    for root in (loki.state, loki.workspace):
        places |= {str(path): path.read_bytes() for path in root.rglob("*") if path.is_file()}
    places |= {"the recording": recording.read_bytes()}
    marks = [form for secret in (KEY, TOKEN) for form in (secret.encode(), base64.b64encode(secret.encode())[:-4])]
    assert not [place for place, content in places.items() for mark in marks if mark in content]


def test_a_secret_that_a_model_and_a_person_say_is_written_down_nowhere(loki: Program, tmp_path: Path) -> None:
    split = f"{TOKEN[:9]}''{TOKEN[9:]}"
    turns = (
        says(
            f"I sign in with {TOKEN}.",
            call("shell", command=f"echo {TOKEN}; echo {split}; printf '{TOKEN}' | base64"),
            call("write_file", path=f"{TOKEN}.txt", content=f"{TOKEN}\n"),
            call("edit_file", path=f"{TOKEN}.txt", old_string=TOKEN, new_string=f"{TOKEN}{TOKEN}"),
            call("read_file", path=f"no-{TOKEN}"),
            call(f"tool-{TOKEN}"),
            call("list_files"),
        ),
        says(call("delegate", tasks=[{"role": f"knows {TOKEN}", "task": f"Use {TOKEN}."}])),
        says(call("shell", command=WAITS)),
        finishes(f"Signed in with {TOKEN}", handover=f"The token is {TOKEN}."),
    )
    delegated = [finishes(f"It was {TOKEN}.")]
    recording = cassette(tmp_path / "said.jsonl", *turns, plan=plans(f"It knows {TOKEN}"), delegates=delegated)
    there = loki.with_(LOKI_PROVIDER="replay", LOKI_CASSETTE=str(recording), DEPLOY_TOKEN=TOKEN)
    (loki.workspace / "prd.md").write_text(f"# It works\n\nDeploy it with {TOKEN}.\n")
    with Talk(there, "--linear", "start") as talk:
        talk.until("until [ -e go ]")
        talk.enter(f"say The token is {TOKEN}, and a key {KEY}")
        talk.until(": The token is [redacted:DEPLOY_TOKEN], and a key [redacted:")
        (loki.workspace / "go").touch()
        assert talk.end() == 0
    assert (loki.workspace / f"{TOKEN}.txt").read_text() == f"{TOKEN}{TOKEN}\n"
    shown = [there.on_terminal(*words)[1] for words in (("logs",), ("logs", "--json"), ("status", "--json"))]
    assert "redacted:DEPLOY_TOKEN" in shown[1]
    encoded = base64.b64encode(TOKEN.encode())[:-4]
    places = {"the screen": "".join([talk.said, *shown]).encode()}
    # A checkpoint is a copy of the workspace as it is, names included: what is to be gone back to.
    kept = [path for path in loki.state.rglob("*") if path.is_file() and "checkpoints.git" not in path.parts]
    places |= {str(path): path.read_bytes() for path in kept}
    places["the branch"] = git(loki.workspace, "log", "--all", "--format=%B").encode()
    assert [place for place in places if place.endswith("journal.db")]
    assert not [
        place for place, content in places.items() if any(mark in content for mark in (TOKEN.encode(), encoded))
    ]
    assert not [place for place, content in places.items() if KEY.encode() in content]

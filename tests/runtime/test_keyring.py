"""A key from a real keyring: GNOME's, on a message bus of its own, unlocked for as long as the test lasts."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.skipif(
    shutil.which("gnome-keyring-daemon") is None or shutil.which("dbus-run-session") is None,
    reason="no keyring here: install gnome-keyring and dbus",
)

KEY = "sk-ant-from-the-keyring-0042"

SCRIPT = """
set -e
printf password | gnome-keyring-daemon --unlock --components=secrets > /dev/null
exec "$0" -c "$1"
"""

LOOKS = f"""
import json, keyring
from loki_tui.core.errors import UsageError
from loki_tui.runtime.keys import find_key
from loki_tui.runtime.secrets import redactor_of
name, asks = "ANTHROPIC_API_KEY", {{"LOKI_KEYRING": "true"}}
before = find_key(asks, name)
keyring.set_password("loki", name, {KEY!r})
found = find_key(asks, name)
print(json.dumps({{
    "before": before is None,
    "value": found.value,
    "source": found.source,
    "unasked": find_key({{}}, name) is None,
    "variable": find_key({{**asks, name: "by hand"}}, name).value,
    "redacted": redactor_of(asks).redact("it is {KEY}"),
}}))
"""


def test_a_key_is_found_where_it_is_asked_for(tmp_path: Path) -> None:
    runtime = tmp_path / "run"
    runtime.mkdir(mode=0o700)
    environ = {**os.environ, "HOME": str(tmp_path), "XDG_RUNTIME_DIR": str(runtime)}
    done = subprocess.run(
        ["dbus-run-session", "--", "bash", "-c", SCRIPT, sys.executable, LOOKS],
        check=False, capture_output=True, text=True, timeout=60, env=environ,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout.splitlines()[-1]) == {
        "before": True,
        "value": KEY,
        "source": "keyring SecretService",
        "unasked": True,
        "variable": "by hand",
        "redacted": "it is [redacted:ANTHROPIC_API_KEY]",
    }

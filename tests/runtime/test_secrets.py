from __future__ import annotations

from pathlib import Path

from loki_tui.runtime.secrets import FILE_BYTES, redactor_of


def test_the_environment_and_key_files_are_known(tmp_path: Path) -> None:
    (tmp_path / ".netrc").write_text("machine example.org login ada password from-the-netrc\n")
    (tmp_path / ".aws").mkdir()
    (tmp_path / ".aws/credentials").write_text("[default]\naws_secret_access_key = from-the-credentials\n")
    (tmp_path / ".npmrc").write_text("x" * (FILE_BYTES + 1))
    (tmp_path / ".pypirc").mkdir()
    redact = redactor_of({"HOME": str(tmp_path), "DEPLOY_TOKEN": "from-the-environment"}).redact
    assert redact("from-the-netrc") == "[redacted:.netrc.1]"
    assert redact("from-the-credentials") == "[redacted:credentials.1]"
    assert redact("from-the-environment") == "[redacted:DEPLOY_TOKEN]"
    assert redact("from-the-blue") == "from-the-blue"


def test_nobody_needs_a_home() -> None:
    assert redactor_of({}).redact("x") == "x"

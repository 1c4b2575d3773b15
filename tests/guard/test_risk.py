from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loki_tui.core.tools import (
    Delegate,
    EditFile,
    ListFiles,
    ReadFile,
    SearchFiles,
    Shell,
    Task,
    ToolInput,
    WriteFile,
)
from loki_tui.core.vocabulary import Risk
from loki_tui.guard.risk import changes_state, risk_of

SEVERITY = list(Risk)


@pytest.mark.parametrize(
    ("action", "risk"),
    [
        (ReadFile(path="a"), Risk.READ),
        (ListFiles(), Risk.READ),
        (SearchFiles(pattern="a"), Risk.READ),
        (WriteFile(path="a", content=""), Risk.EDIT),
        (EditFile(path="a", old_string="a", new_string="b"), Risk.EDIT),
        (Delegate(tasks=(Task(role="tester", task="test"),)), Risk.RUN),
    ],
)
def test_a_tool_has_its_risk(action: ToolInput, risk: Risk) -> None:
    assert risk_of(action) is risk


@pytest.mark.parametrize(
    ("command", "risk"),
    [
        ("pytest -q", Risk.RUN),
        ("ls -la | head", Risk.RUN),
        ("git status && git diff", Risk.RUN),
        ("make test 2>&1 >/dev/null", Risk.RUN),
        ("cargo build --release", Risk.RUN),
        ("curl example.com", Risk.NETWORK),
        ("python get.py https://example.com", Risk.NETWORK),
        ("git push origin main", Risk.NETWORK),
        ("git -C sub fetch", Risk.NETWORK),
        ("pip install requests", Risk.NETWORK),
        ("npm ci", Risk.NETWORK),
        ("/usr/bin/curl -s x", Risk.NETWORK),
        ("sudo make install", Risk.OUTSIDE),
        ("echo x > /etc/hosts", Risk.OUTSIDE),
        ("echo x >>~/.bashrc", Risk.OUTSIDE),
        ("cd .. && ls", Risk.OUTSIDE),
        ("cp a.txt ../b.txt", Risk.OUTSIDE),
        ("rm -rf build", Risk.DESTRUCTIVE),
        ('sh -c "rm -rf build"', Risk.DESTRUCTIVE),
        ("find . -name '*.pyc' | xargs rm", Risk.DESTRUCTIVE),
        ("find . -name '*.pyc' -delete", Risk.DESTRUCTIVE),
        ("env -i /bin/rm x", Risk.DESTRUCTIVE),
        ("r\\m x", Risk.DESTRUCTIVE),
        ("r'm' x", Risk.DESTRUCTIVE),
        ("echo $(rm x)", Risk.DESTRUCTIVE),
        ("true;rm x", Risk.DESTRUCTIVE),
        ("git reset --hard", Risk.DESTRUCTIVE),
        ("git push --force", Risk.DESTRUCTIVE),
        ("chmod -R 777 .", Risk.DESTRUCTIVE),
        ("mkfs.ext4 /dev/sda", Risk.DESTRUCTIVE),
        ("curl x | sudo sh; rm y", Risk.DESTRUCTIVE),
    ],
)
def test_a_command_has_the_risk_of_its_worst_part(command: str, risk: Risk) -> None:
    assert risk_of(Shell(command=command)) is risk


@given(st.text(min_size=1))
def test_every_command_runs_at_least_something(command: str) -> None:
    assert SEVERITY.index(risk_of(Shell(command=command))) >= SEVERITY.index(Risk.RUN)


@given(st.text(st.characters(codec="ascii")), st.sampled_from(["; ", " && ", "\n", " | "]))
def test_what_stands_before_does_not_hide_what_follows(before: str, separator: str) -> None:
    assert risk_of(Shell(command=f"{before}{separator}rm -rf x")) is Risk.DESTRUCTIVE


def test_only_reading_changes_nothing() -> None:
    assert [risk for risk in Risk if not changes_state(risk)] == [Risk.READ]

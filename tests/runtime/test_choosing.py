"""Which files are offered as the PRD, and in which order."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from loki_tui.runtime import choosing
from loki_tui.runtime.choosing import find_prds
from loki_tui.runtime.prd import MAX_BYTES


def put(root: Path, *places: str, text: str = "# A title\n") -> None:
    """Files in a workspace."""
    for place in places:
        path = root / place
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


def places(root: Path) -> list[str]:
    """What is offered, in order."""
    return [candidate.path.relative_to(root).as_posix() for candidate in find_prds(root)]


def test_files_named_like_a_prd_come_first_and_housekeeping_last(tmp_path: Path) -> None:
    put(tmp_path, "CHANGELOG.md", "README.md", "notes.md", "docs/checkout-spec.md", "prd.md", "feature-plan.txt")
    put(tmp_path, "requirements.txt", text="pytest==8\n")
    assert places(tmp_path) == [
        "prd.md",
        "docs/checkout-spec.md",
        "feature-plan.txt",
        "notes.md",
        "README.md",
        "CHANGELOG.md",
        "requirements.txt",
    ]
    assert [candidate.usual for candidate in find_prds(tmp_path)] == [True] + [False] * 6


def test_what_is_hidden_foreign_made_or_no_text_is_passed_over(tmp_path: Path) -> None:
    put(
        tmp_path,
        *(f"{name}/prd.md" for name in (".git", ".venv", "node_modules", "web/node_modules", "vendor", "dist")),
        *(".prd.md", "prd.py", "prd", "a/b/c/d/e/prd.md"),
    )
    put(tmp_path, "empty-prd.md", text="")
    put(tmp_path, "whole-wiki.md", text="x" * (MAX_BYTES + 1))
    os.mkfifo(tmp_path / "pipe.md")
    put(tmp_path, "a/b/c/d/prd.md")
    assert places(tmp_path) == ["a/b/c/d/prd.md"]


def test_links_are_offered_only_where_they_stay_inside(tmp_path: Path) -> None:
    workspace = tmp_path / "workspace"
    put(tmp_path, "secret.md")
    put(workspace, "docs/spec.md")
    (workspace / "prd.md").symlink_to("docs/spec.md")
    (workspace / "plan.md").symlink_to("../secret.md")
    (workspace / "dangling.md").symlink_to("nowhere.md")
    (workspace / "round").symlink_to(workspace)
    assert sorted(places(workspace)) == ["docs/spec.md", "prd.md"]


@pytest.mark.parametrize(
    ("text", "title"),
    [
        ("# The *shop*\n\n## More\n", "The *shop*"),
        ("words first\n\n## Then a heading ##\n", "Then a heading"),
        ("The shop\n========\n", "The shop"),
        ("\n\nJust a line.\nAnother.\n", "Just a line."),
        ("---\ntitle: no\n---\n# Yes\n", "Yes"),
        ("```sh\n# a comment\n```\n# A heading\n", "A heading"),
        ("# \x1b[31mred\x1b[0m\x07 \u202eback\n", "\\x1b[31mred\\x1b[0m\\x07 \\u202eback"),
        ("# " + "x" * 500, "x" * 120),
        ("\ufeff# Marked\n", "Marked"),
        ("\n \n", ""),
        ("---\n", ""),
    ],
)
def test_the_title_is_the_first_heading_and_harmless(tmp_path: Path, text: str, title: str) -> None:
    put(tmp_path, "a.md", text=text)
    (candidate,) = find_prds(tmp_path)
    assert candidate.title == title
    assert candidate.size == len(text.encode())


def test_of_equals_the_latest_comes_first_and_a_telling_title_helps(tmp_path: Path) -> None:
    put(tmp_path, "a.md", "b.md")
    put(tmp_path, "c.md", text="# Requirements of the shop\n")
    for name, moment in (("a.md", 1000), ("b.md", 2000), ("c.md", 500)):
        os.utime(tmp_path / name, (moment, moment))
    assert places(tmp_path) == ["c.md", "b.md", "a.md"]


def test_a_large_workspace_costs_a_bounded_time_and_list(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put(tmp_path, *(f"notes/{number:03}.md" for number in range(300)), "prd.md")
    found = places(tmp_path)
    assert len(found) == 200
    assert found[0] == "prd.md"
    # The upper levels come first, so what is cut off is what lies deep.
    monkeypatch.setitem(vars(choosing), "MAX_ENTRIES", 2)
    assert places(tmp_path) == ["prd.md"]


def test_what_is_no_directory_offers_nothing(tmp_path: Path) -> None:
    assert find_prds(tmp_path / "gone") == []

from __future__ import annotations

import time

from tests.support.hands import Box, World


def test_files_are_listed(box: Box, shared_world: World) -> None:
    assert box.ask("list_files", glob="*.py")["output"] == "src-evil/a.py\nsrc/a.py\ntests/t.py"
    assert box.ask("list_files", path="src", glob="*.py")["output"] == "src/a.py"
    assert "other.txt" in str(box.ask("list_files")["output"])
    assert box.ask("list_files", glob="*.none")["output"] == "[no files]"
    assert box.ask("list_files", path="other.txt")["output"] == "other.txt"
    assert "does not exist" in str(box.ask("list_files", path="missing")["output"])
    assert box.ask("list_files", path=str(shared_world.outside))["ok"] is False


def test_a_long_list_is_cut(box: Box, shared_world: World) -> None:
    box.shell("mkdir many && cd many && touch $(seq 1200)")
    output = str(box.ask("list_files", path="many")["output"])
    assert output.endswith("[the first 1,000 only; narrow path or glob]")
    assert output.count("\n") == 1000
    box.shell("rm -r many")


def test_lines_are_found(box: Box) -> None:
    box.ask("write_file", path="lines/a.py", content="import os\n\ndef find_me(x):\n    pass\n")
    box.ask("write_file", path="lines/b.txt", content="find_me too\n")
    box.shell("printf 'find_me\\0' > lines/binary; mkdir -p lines/.git; echo find_me > lines/.git/x")
    found = "lines/a.py:3: def find_me(x):\nlines/b.txt:1: find_me too\n"
    assert box.ask("search_files", pattern=r"\bfind_\w+", path="lines")["output"] == found
    assert box.ask("search_files", pattern="find_me", path="lines", glob="*.txt")["output"] == (
        "lines/b.txt:1: find_me too\n"
    )
    assert box.ask("search_files", pattern="too$", path="lines/b.txt")["output"] == "lines/b.txt:1: find_me too\n"
    assert box.ask("search_files", pattern="absent", path="lines")["output"] == "[no matches]"


def test_many_matches_are_cut(box: Box) -> None:
    box.shell("seq 1000 > numbers.txt")
    output = str(box.ask("search_files", pattern="1", path="numbers.txt")["output"])
    assert output.count("\n") == 201
    assert "stopped after 200 matches" in output


def test_a_wrong_pattern_is_explained(box: Box) -> None:
    for pattern in ("(", "[", "*", "(?P<x", "a{99999999999}"):
        answer = box.ask("search_files", pattern=pattern)
        assert answer["ok"] is False
        assert "no regular expression" in str(answer["output"])


def test_a_pattern_that_never_ends_can_be_cancelled(box: Box) -> None:
    box.ask("write_file", path="evil.txt", content="a" * 40 + "b\n")
    began = time.monotonic()
    box.say({"id": 900_001, "op": "search_files", "input": {"pattern": "(a+)+$", "path": "evil.txt"}})
    box.say({"id": 900_002, "op": "read_file", "input": {"path": "other.txt"}})
    assert box.hear()["id"] == 900_002
    box.say({"id": 0, "op": "cancel", "input": {"target": 900_001}})
    answer = box.hear()
    assert answer["id"] == 900_001
    assert time.monotonic() - began < 15

"""One key of a TOML text changes; nothing else does."""

from __future__ import annotations

import tomllib
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loki_tui.core.settings import Settings
from loki_tui.runtime.toml_edits import put, toml_value

FILE = """\
# My settings.
max_turns = 3 # enough

# What I pay.
[model_prices.local]
input = 1   # cheap
output = 2
"""


def test_a_value_is_replaced_where_it_stands() -> None:
    assert put(FILE, "max_turns", 5) == FILE.replace("3 # enough", "5 # enough")


def test_a_new_key_joins_the_others_and_leaves_a_tables_comment_with_its_table() -> None:
    assert put(FILE, "theme", "dark") == FILE.replace("# enough\n", '# enough\ntheme = "dark"\n')


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("", "theme = 1\n"),
        ("a = 1", "a = 1\ntheme = 1\n"),
        ("# mine\n", "# mine\ntheme = 1\n"),
        ("# mine\n[a]\n", "theme = 1\n\n# mine\n[a]\n"),
        ("# top\n\n# mine\n[a]\n", "# top\ntheme = 1\n\n# mine\n[a]\n"),
        ("b = 1\n[a]\n", "b = 1\ntheme = 1\n\n[a]\n"),
        ("b = 1\r\n\r\n[a]\r\n", "b = 1\r\ntheme = 1\r\n\r\n[a]\r\n"),
        ("b = [\n  [1],\n]\n\n[[a]]\n", "b = [\n  [1],\n]\ntheme = 1\n\n[[a]]\n"),
        ('b = """\n[no table]\n"""\n\n[a]\n', 'b = """\n[no table]\n"""\ntheme = 1\n\n[a]\n'),
    ],
)
def test_a_new_key_has_its_place_in_any_file(before: str, after: str) -> None:
    assert put(before, "theme", 1) == after


def test_a_key_is_taken_out_and_what_is_said_elsewhere_stays() -> None:
    assert put(FILE, "max_turns", None) == FILE.replace("max_turns = 3 # enough\n", "")
    assert put(FILE, "model_prices", None) == FILE[: FILE.index("[")]
    assert put(FILE, "unknown", None) == FILE


def test_a_table_is_changed_entry_by_entry() -> None:
    value = {"local": {"input": 7, "output": 2}, "other.1": {"input": 3, "output": 4}}
    after = put(FILE, "model_prices", value)
    assert after.startswith(FILE.replace("input = 1   # cheap", "input = 7   # cheap"))
    assert after.endswith('\n[model_prices."other.1"]\ninput = 3\noutput = 4\n')
    assert put(after, "model_prices", {"local": {"input": 1, "output": 2}}).rstrip() == FILE.rstrip()


def test_keys_that_were_written_without_quotes_stay_so() -> None:
    before = '[keymap]\nrun.pause = "p" # as elsewhere\nrun.stop = "q"\n'
    after = put(before, "keymap", {"run.pause": "x", "run.resume": "r", "quit": "z"})
    assert 'run.pause = "x" # as elsewhere\n' in after
    assert tomllib.loads(after) == {"keymap": {"run": {"pause": "x", "resume": "r"}, "quit": "z"}}
    read = Settings.model_validate(tomllib.loads(after))
    assert read.keymap == {"run.pause": "x", "run.resume": "r", "quit": "z"}


def test_comments_in_a_list_stay() -> None:
    before = 'pass_env = [ # mine\n  "A", # first\n  "B",\n]\n'
    assert put(before, "pass_env", ["A", "C"]) == before.replace('"B"', '"C"')
    assert put(before, "pass_env", ["A", "B", "C"]) == before.replace('"B",', '"B",\n  "C",')
    assert tomllib.loads(put(before, "pass_env", ["C", "A"])) == {"pass_env": ["C", "A"]}


@pytest.mark.parametrize(
    "before",
    [
        "model_prices.a.input = 1\nmodel_prices.a.output = 2\nb = 1\n",
        "model_prices = {a = {input = 1, output = 2}}\nb = 1\n",
        "b = 1\n[model_prices.a]\ninput = 1\n[c]\n[model_prices.d]\ninput = 1\n",
        "b = 1\nmodel_prices = 5\n",
    ],
)
def test_a_table_in_any_form_is_changed(before: str) -> None:
    value = {"a": {"input": 3}, "new": {"input": 4}}
    rest = {key: kept for key, kept in tomllib.loads(before).items() if key != "model_prices"}
    assert tomllib.loads(put(before, "model_prices", value)) == {**rest, "model_prices": value}
    assert tomllib.loads(put(before, "model_prices", None)) == rest


KEYS = st.sampled_from(["a", "b", "c", "d.e", "d.f", "dark"])
TEXTS = st.text(max_size=8) | st.sampled_from(["[x]", "# no", '"""', "\u2028[", "\r\n", "\\"])
VALUES = (
    st.booleans()
    | st.integers(-5, 5)
    | TEXTS
    | st.lists(TEXTS, max_size=3)
    | st.dictionaries(KEYS, TEXTS, min_size=1, max_size=3)
    | st.dictionaries(KEYS, st.dictionaries(KEYS, st.integers(0, 3), min_size=1, max_size=2), min_size=1, max_size=2)
)


@given(st.lists(st.tuples(st.sampled_from(["k", "l", "m"]), st.none() | VALUES), max_size=8))
def test_a_file_says_what_it_was_last_told(changes: list[tuple[str, object]]) -> None:
    text, wanted = "# mine\n", dict[str, object]()
    for name, value in changes:
        text = put(text, name, value)
        wanted.pop(name, None)
        if value is not None:
            wanted[name] = value
        assert tomllib.loads(text) == wanted
    assert "# mine\n" in text


@pytest.mark.parametrize(
    ("field", "text", "written"),
    [
        ("staged_autonomy", "TRUE", True),
        ("max_turns", "5", 5),
        ("max_duration", "8h", "8h"),
        ("max_duration", " 90 ", 90),
        ("retry_base_seconds", "0.5", 0.5),
        ("budget_limit", "$10.50", 10.5),
        ("budget_limit", "10", 10),
        ("budget_limit", "0.1234567890123456789", "0.1234567890123456789"),
        ("model", "5", "5"),
        ("effort", "high", "high"),
        ("read_paths", "~/data, /x", ["~/data", "/x"]),
        ("cassette", "~/a.jsonl", "~/a.jsonl"),
        ("keymap", '{"run.pause": "p, q"}', {"run.pause": "p,q"}),
        ("keymap", "{}", None),
        (
            "model_prices",
            '{"m": {"input": 0.1, "output": "3", "cache_read": "0.1234567890123456789"}}',
            {"m": {"input": 0.1, "output": 3, "cache_read": "0.1234567890123456789"}},
        ),
    ],
)
def test_values_have_the_type_that_toml_has_for_them(field: str, text: str, written: object) -> None:
    extra = {"provider": "replay"} if field == "cassette" else {}
    understood = getattr(Settings.model_validate({field: text, **extra}, context={"home": "/home/ada"}), field)
    value = toml_value(understood, text)
    assert value == written
    assert type(value) is type(written)
    assert not isinstance(value, Decimal)

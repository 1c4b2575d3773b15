from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest
from pydantic import ValidationError

from loki_tui.core.settings import Settings


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("90", 90), ("90s", 90), ("90m", 5400), ("8h", 28_800), ("1h30m", 5400), ("1.5h", 5400), ("2D", 172_800)],
)
def test_durations_are_seconds_or_spelled_out(text: str, seconds: float) -> None:
    assert Settings.model_validate({"max_duration": text}).max_duration == seconds


@pytest.mark.parametrize("text", ["0", "-1", "nan", "inf", "1e9", "9z", "h", "1h30", "1.2.3h", "31d", "1 h"])
def test_a_wrong_duration_is_refused(text: str) -> None:
    with pytest.raises(ValidationError):
        Settings.model_validate({"max_duration": text})


def test_lists_are_separated_by_commas() -> None:
    settings = Settings.model_validate({"pass_env": " CC, CXX ,,", "allowed_paths": "src,/w/with space"})
    assert settings.pass_env == ("CC", "CXX")
    assert settings.allowed_paths == (Path("src"), Path("/w/with space"))


def test_an_empty_list_of_allowed_paths_is_refused_not_taken_as_everything() -> None:
    with pytest.raises(ValidationError):
        Settings.model_validate({"allowed_paths": " , "})


def test_a_home_in_a_path_is_the_persons() -> None:
    settings = Settings.model_validate({"read_paths": "~/data,~,~other"}, context={"home": "/home/ada"})
    assert settings.read_paths == (Path("/home/ada/data"), Path("/home/ada"), Path("~other"))


@pytest.mark.parametrize("text", ["0", "-1", "0.0", "nan", "inf", "1e99", "ten", "$"])
def test_a_wrong_budget_is_refused(text: str) -> None:
    with pytest.raises(ValidationError):
        Settings.model_validate({"budget_limit": text})


def test_prices_are_exact() -> None:
    settings = Settings.model_validate({"model_prices": '{"local": {"input": 0.1, "output": 3, "cache_read": "0.01"}}'})
    price = settings.model_prices["local"]
    assert (price.input, price.output, price.cache_read) == (Decimal("0.1"), Decimal(3), Decimal("0.01"))
    assert price.cache_write is None


@pytest.mark.parametrize(
    "text",
    ["", "[]", "{", '{"m": {"input": 1}}', '{"m": {"input": -1, "output": 1}}', '{"m": {"inptu": 1, "output": 1}}'],
)
def test_wrong_prices_are_refused(text: str) -> None:
    with pytest.raises(ValidationError):
        Settings.model_validate({"model_prices": text})


@pytest.mark.parametrize(
    "given",
    [
        '{"run.pause": "p,ctrl+p", "quit": "q"}',
        {"run.pause": " p , ctrl+p ", "quit": "q"},
        {"run.pause": ["p", "ctrl+p"], "quit": ["q"]},
        {"run": {"pause": "p,ctrl+p"}, "quit": "q"},
    ],
)
def test_a_key_map_is_json_or_a_table(given: object) -> None:
    keymap = Settings.model_validate({"keymap": given}).keymap
    assert keymap == {"run.pause": "p,ctrl+p", "quit": "q"}


@pytest.mark.parametrize(
    "given",
    [
        "p",
        "[]",
        '{"run.pause": ""}',
        '{"run.pause": "p,,q"}',
        '{"run.pause": "p q"}',
        '{"run.pause": []}',
        '{"run.pause": 5}',
        '{"": "p"}',
        '{"Run": "p"}',
        '{"run.": "p"}',
        '{"run": {}, "run pause": "p"}',
    ],
)
def test_a_wrong_key_map_is_refused(given: str) -> None:
    with pytest.raises(ValidationError):
        Settings.model_validate({"keymap": given})


@pytest.mark.parametrize(
    ("text", "reach"),
    [
        ("on", ("on",)),
        ("OFF", ("off",)),
        (False, ("off",)),
        (True, ("on",)),
        ("example.com", ("example.com",)),
        (" Example.COM., *.example.org ,10.0.0.5", ("example.com", "*.example.org", "10.0.0.5")),
        (["example.com", "[::1]"], ("example.com", "::1")),
        ("localhost,_dmarc.example.com,a-b.example", ("localhost", "_dmarc.example.com", "a-b.example")),
    ],
)
def test_a_network_is_on_off_or_hosts(text: object, reach: tuple[str, ...]) -> None:
    assert Settings.model_validate({"network": text}).network == reach


@pytest.mark.parametrize(
    "text",
    [
        *(
            "",
            ",",
            "on,example.com",
            "off,on",
            "*",
            "*.",
            "a.*",
            "**.example.com",
            "https://example.com",
            "example.com:443",
        ),
        *(
            "exa mple.com",
            "user@example.com",
            "example.com/path",
            "b\u00fccher.example",
            "10.0.0.0/8",
            "-x",
            "x" * 300,
            5,
        ),
    ],
)
def test_what_is_no_network_is_refused(text: object) -> None:
    with pytest.raises(ValidationError):
        Settings.model_validate({"network": text})


@pytest.mark.parametrize("given", ["127.0.0.1", "::1", "::", "localhost", "loki-1.example.com"])
def test_a_host_is_a_name_or_an_address(given: str) -> None:
    assert Settings.model_validate({"dashboard_host": given}).dashboard_host == given


@pytest.mark.parametrize("given", ["", " ", "a b", "[::1]", "127.0.0.1:80", "-a", "a/b", "http://a", "a\n"])
def test_a_wrong_host_is_refused(given: str) -> None:
    with pytest.raises(ValidationError):
        Settings.model_validate({"dashboard_host": given})


@pytest.mark.parametrize(
    "given", ["ftp://a", "https://", "https://user@a", "https://a?b", "https://a#b", "a", "https://a\n"]
)
def test_a_wrong_web_address_is_refused(given: str) -> None:
    with pytest.raises(ValidationError):
        Settings.model_validate({"dashboard_url": given})

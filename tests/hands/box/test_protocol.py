from __future__ import annotations

from collections.abc import Callable

import pytest

from loki_tui.hands.box.protocol import OperationError, ProtocolError, read_request, seconds, text, whole, yes


def test_a_request_is_read() -> None:
    request = read_request({"id": 3, "op": "shell", "input": {"command": "x"}, "stream": True})
    assert (request.id, request.op, request.input, request.stream) == (3, "shell", {"command": "x"}, True)


@pytest.mark.parametrize("message", [{}, {"id": "1", "op": "x"}, {"id": 1}, {"id": 1, "op": "x", "input": []}])
def test_what_is_no_request_is_refused(message: dict[str, object]) -> None:
    with pytest.raises(ProtocolError):
        read_request(message)


@pytest.mark.parametrize(
    ("reader", "value"),
    [
        (lambda given: text(given, "x"), None),
        (lambda given: text(given, "x"), 5),
        (lambda given: whole(given, "x", 1), 0),
        (lambda given: whole(given, "x", 1), True),
        (lambda given: whole(given, "x", 1), 1.5),
        (lambda given: seconds(given, "x", 1.0), -1),
        (lambda given: seconds(given, "x", 1.0), float("nan")),
        (lambda given: seconds(given, "x", 1.0), float("inf")),
        (lambda given: seconds(given, "x", 1.0), "5"),
        (lambda given: yes(given, "x"), "true"),
    ],
)
def test_odd_values_are_refused_by_name(reader: Callable[[dict[str, object]], object], value: object) -> None:
    with pytest.raises(OperationError, match="`x` must be"):
        reader({"x": value})


def test_what_is_missing_has_a_default() -> None:
    assert text({}, "x", "d") == "d"
    assert whole({"x": None}, "x", 7) == 7
    assert seconds({}, "x", 2.5) == 2.5
    assert yes({}, "x") is False

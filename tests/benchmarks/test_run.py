from __future__ import annotations

import sys

import pytest

from benchmarks import scenario
from benchmarks.run import main
from benchmarks.trial import run_both


def test_the_quick_mode_measures_and_prints(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["run", "--quick", "hands"])
    main()  # Whether the target was met is no matter of a test.
    assert "a command through hands" in capsys.readouterr().out


def test_both_do_the_same_work() -> None:
    trials = run_both([*scenario.work(2), scenario.finish()], marks=(0, 2))
    for trial in trials.values():
        assert len(trial.arrivals) == 3
        assert trial.began < trial.first <= trial.arrivals[0]
        assert trial.cpu.keys() >= {0, 2}
        assert trial.memory > 50e6

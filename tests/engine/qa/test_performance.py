"""Slower than the base, measured with real processes; no benchmark, none at the base, and those that break."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from loki_tui.core.vocabulary import Verdict
from loki_tui.engine.qa.benchmarks.figures import compare, read_output, read_report, shown
from loki_tui.engine.qa.benchmarks.finding import find_benchmark
from loki_tui.engine.qa.performance import Performance
from tests.support.qa import place_of, scene_of, settings_of

SLEEP = "#!/bin/bash\nread -rt {seconds} <> <(:) || true\n"
"""Takes so long, whatever else the machine does."""
MAKEFILE = "bench:\n\tbash work.sh\n"
REPORTED = """#!/bin/bash
echo "BenchmarkAdd-8   \t 1000000\t   {add} ns/op\t 0 B/op"
echo "BenchmarkSub-8   \t 1000000\t   200 ns/op\t 0 B/op"
"""


def project(seconds: float) -> dict[str, str]:
    return {"Makefile": MAKEFILE, "work.sh": SLEEP.format(seconds=seconds)}


async def test_much_slower_than_the_base(tmp_path: Path) -> None:
    async with scene_of(tmp_path, project(0.5), project(0.1)) as scene:
        found = await Performance().measure(scene)
    assert found.verdict is Verdict.FAILED
    assert "slower than the base by more than 25 %" in found.why
    assert found.command == "make -s bench"
    assert found.checks[0].verdict is Verdict.FAILED
    assert found.findings[0].severity == "high"
    assert found.seconds > 3 * (0.1 + 0.5)


async def test_as_fast_as_the_base(tmp_path: Path) -> None:
    async with scene_of(tmp_path, project(0.2), project(0.2)) as scene:
        found = await Performance().measure(scene)
    assert found.verdict is Verdict.PASSED
    assert "1 benchmark is not slower" in found.why


async def test_figures_that_a_tool_prints(tmp_path: Path) -> None:
    here = {"work.sh": REPORTED.format(add=150)}
    base = {"work.sh": REPORTED.format(add=100)}
    async with scene_of(tmp_path, here, base, benchmark_command="bash work.sh") as scene:
        found = await Performance().measure(scene)
    assert found.verdict is Verdict.FAILED
    assert "BenchmarkAdd 150 ns, at the base 100 ns (+50 %" in found.why
    assert "BenchmarkSub" in found.output
    async with scene_of(tmp_path, here, base, benchmark_command="bash work.sh", performance_tolerance=60) as scene:
        assert (await Performance().measure(scene)).verdict is Verdict.PASSED


async def test_nothing_to_compare_with(tmp_path: Path) -> None:
    async with scene_of(tmp_path, project(0.01), {"README": ""}) as scene:
        found = await Performance().measure(scene)
    assert found.verdict is Verdict.NOT_APPLICABLE
    assert "nothing to compare with" in found.why
    assert "the whole command: " in found.output
    async with scene_of(tmp_path, project(0.01)) as scene:
        assert (await Performance().measure(scene)).verdict is Verdict.NOT_APPLICABLE


async def test_no_benchmark(tmp_path: Path) -> None:
    async with scene_of(tmp_path, {"main.py": ""}, {"main.py": "1"}) as scene:
        found = await Performance().measure(scene)
    assert found.verdict is Verdict.NOT_APPLICABLE
    assert "LOKI_BENCHMARK_COMMAND" in found.why


async def test_one_that_broke(tmp_path: Path) -> None:
    async with scene_of(tmp_path, {**project(0), "work.sh": "exit 3\n"}, project(0.01)) as scene:
        found = await Performance().measure(scene)
    assert found.verdict is Verdict.FAILED
    assert "at the base it runs" in found.why


async def test_one_that_never_worked(tmp_path: Path) -> None:
    broken = {**project(0), "work.sh": "exit 3\n"}
    async with scene_of(tmp_path, broken, broken) as scene:
        assert (await Performance().measure(scene)).verdict is Verdict.NOT_RUN


async def test_one_that_takes_too_long_to_be_repeated(tmp_path: Path) -> None:
    async with scene_of(tmp_path, project(0.4), project(0.4), phase_timeout=1.5) as scene:
        found = await Performance().measure(scene)
    assert found.verdict is Verdict.NOT_RUN
    assert "LOKI_PHASE_TIMEOUT" in found.why


async def test_one_that_never_ends(tmp_path: Path) -> None:
    async with scene_of(tmp_path, project(60), project(0.05), phase_timeout=1) as scene:
        found = await Performance().measure(scene)
    assert found.verdict is Verdict.NOT_RUN


CARGO = '[package]\nname = "a"\n'
FOUND = [
    ({"Makefile": MAKEFILE}, "make -s bench"),
    ({"package.json": '{"scripts": {"bench": "node b.js"}}'}, "npm run --silent bench"),
    ({"Cargo.toml": CARGO, "benches/a.rs": ""}, "cargo bench"),
    (
        {"go.mod": "module a", "a_test.go": "func BenchmarkA(b *testing.B) {}"},
        "go test -run '^$' -bench . -benchmem ./...",
    ),
    ({"benchmarks/a.py": "", "benchmarks/__init__.py": ""}, "python3 benchmarks/a.py"),
    ({"package.json": "[" * 10_000}, None),
    ({"go.mod": "module a", "a_test.go": "func TestA(t *testing.T) {}"}, None),
    ({"load.js": "import http from 'k6/http'"}, None),
]


@pytest.mark.parametrize(("files", "command"), FOUND)
async def test_what_is_found(tmp_path: Path, files: dict[str, str], command: str | None) -> None:
    async with place_of(tmp_path, files) as place:
        found = await find_benchmark(place, settings_of())
    assert (found.benchmark.command if found.benchmark else None) == command


async def test_pytest_benchmark_is_found(tmp_path: Path) -> None:
    files = {
        "requirements-dev.txt": "pytest-benchmark\n",
        "tests/test_b.py": "def test_b(benchmark):\n    benchmark(int)\n",
    }
    async with place_of(tmp_path, files) as place:
        found = await find_benchmark(place, settings_of())
        assert found.benchmark is not None
        assert found.benchmark.tool == "pytest-benchmark"
        assert f"--benchmark-json={place.own}/benchmark.json" in found.benchmark.command


async def test_a_load_script_wants_a_server(tmp_path: Path) -> None:
    async with scene_of(tmp_path, {"load.js": "import http from 'k6/http'"}) as scene:
        found = await Performance().measure(scene)
    assert found.verdict is Verdict.NOT_RUN
    assert "LOKI_BENCHMARK_COMMAND" in found.why


def test_outputs_of_tools() -> None:
    assert read_output("BenchmarkAdd-8  100  1,234.5 ns/op") == {"BenchmarkAdd": pytest.approx(1234.5e-9)}
    assert read_output("test tests::add ... bench:  1,234 ns/iter (+/- 12)") == {"tests::add": pytest.approx(1234e-9)}
    assert read_output("fib 20    time:   [1.1 µs 1.2 µs 1.3 µs]") == {"fib 20": pytest.approx(1.2e-6)}
    assert read_output("  add x 1,000 ops/sec ±1.2%") == {"add": pytest.approx(0.001)}
    assert read_output("all well") == {}


def test_reports_of_pytest_benchmark() -> None:
    good = {"fullname": "test_a.py::test_a", "stats": {"median": 0.25}}
    odd = [good, {"fullname": 3}, {"stats": {"median": 1}}, 7, {"fullname": "b", "stats": {"median": 10**400}}]
    assert read_report(json.dumps({"benchmarks": odd})) == {"test_a.py::test_a": 0.25}
    for text in (
        "",
        "{",
        "[]",
        "[" * 100_000,
        '{"benchmarks": 3}',
        '{"benchmarks": [{"fullname": "a", "stats": {"median": NaN}}]}',
    ):
        assert read_report(text) == {}


def test_noise_is_no_slowness() -> None:
    (noisy,) = compare([{"a": 1.0}, {"a": 1.6}, {"a": 1.7}], [{"a": 1.4}, {"a": 1.5}, {"a": 1.4}])
    assert noisy.percent == pytest.approx(40)
    assert not noisy.is_slower(25)
    assert noisy.is_unsure(25)
    (clear,) = compare([{"a": 1.0}, {"a": 1.01}, {"a": 3.0}], [{"a": 1.4}, {"a": 1.41}, {"a": 1.4}])
    assert clear.is_slower(25)
    assert not compare([], [{"a": 1.0}])


@pytest.mark.parametrize(("seconds", "text"), [(2.5, "2.5 s"), (0.0123, "12.3 ms"), (4.5e-6, "4.5 µs"), (3e-9, "3 ns")])
def test_times_in_words(seconds: float, text: str) -> None:
    assert shown(seconds) == text

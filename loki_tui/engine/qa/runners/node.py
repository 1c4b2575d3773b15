"""JavaScript and TypeScript: whatever `npm test` runs, with a report of each test where its runner has one."""

from __future__ import annotations

import json
import posixpath
import re
import secrets
import shlex
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from loki_tui.engine.ports import ActionResult
from loki_tui.engine.qa.inside import arming, text_of
from loki_tui.engine.qa.reports.cases import counts_of
from loki_tui.engine.qa.reports.jestjson import JsReport, read_jest, read_mocha, read_node
from loki_tui.engine.qa.runners.model import Ran, Report
from loki_tui.engine.qa.runners.planted import Planted, doubt_of, plant, remove
from loki_tui.engine.qa.runners.scripted import Script, summarized
from loki_tui.engine.qa.scene import Place

COMMAND = "npm test --silent"

_KINDS = ("jest", "vitest", "mocha")
_OPERATORS = frozenset("|<>`$(){}&")
"""What a shell takes for more than a word: a command with these is not put together anew."""
_TAKE_A_VALUE = frozenset(
    {"-r", "--require", "--import", "--loader", "--experimental-loader", "--env-file", "-C", "--conditions"}
    | {"-c", "--config", "--ui", "--reporter", "--project", "--environment", "--root", "--dir", "--setupFiles"}
    | {"--timeout", "-t", "--package", "--file", "--extension"}
)
_NODE_TEST = re.compile(r"[\"']node:test[\"']")
_NOT_ALLOWED = "is not allowed in NODE_OPTIONS"


@dataclass(frozen=True, slots=True)
class NodeRunner:
    """`npm test`; implements `Runner`."""

    script: str
    """What it stands for in `package.json`."""
    files: tuple[str, ...]

    @property
    def name(self) -> str:
        """The runner that the script ends in, or `npm`."""
        words = _words(self.script)
        return next((kind for kind in _KINDS if kind in map(_program, words)), "node" if "--test" in words else "npm")

    @property
    def command(self) -> str:
        """What a person types."""
        return COMMAND

    async def run(self, place: Place, timeout: float) -> Ran:
        """Run all tests."""
        report = f"{place.own}/{secrets.token_hex(8)}"
        reporting = self._reporting(report)
        command = f"{COMMAND} -- {reporting}" if reporting else COMMAND
        result, told = await self._ran(place, command, report, timeout)
        if result.exit_code and _NOT_ALLOWED in result.output:  # before Node 18.15
            result = await place.run(COMMAND, timeout=timeout)
        if told is None:
            return Ran(result, summarized(result.output, Script(self.script)))
        doubts = [told.flaw] if told.flaw else []
        for path in told.silent:
            text = await place.read(path) or ""
            doubts += [f"{path} ended before it reported a test"] if _NODE_TEST.search(text) else []
        return Ran(result, Report(told.cases, counts_of(told.cases), doubts=tuple(doubts)))

    async def doubt(self, place: Place, timeout: float) -> str | None:
        """Why the runner is not to be believed; see `Runner`."""
        words = self._plain_words()
        beside = self._beside()
        if words is None or beside is None:
            return None
        planted = _planted(self.name, beside, self.files)
        await place.write(planted.path, planted.content)
        report = f"{place.own}/{secrets.token_hex(8)}"
        reporting = self._reporting(report)
        line = " ".join(map(shlex.quote, [*words, planted.path]))
        command = f'PATH="$PWD/node_modules/.bin:$PATH" {line} {reporting}'
        result, told = await self._ran(place, command, report, timeout, beside=(planted.path,))
        await remove(planted, place)
        cases = None if told is None else [case for case in told.cases if case.id.startswith(f"{planted.path}::")]
        return doubt_of(planted, result.exit_code, cases)

    def _reporting(self, report: str) -> str:
        """The options by which the runner leaves its report; what can be asked for by the environment needs none."""
        match self.name:
            case "jest":
                return f"--json --outputFile={report} --testLocationInResults"
            case "vitest":
                run = "" if "run" in _words(self.script) else "--run "
                return f"{run}--reporter=default --reporter=json --outputFile.json={report}"
            case "mocha":
                return f"--reporter json --reporter-option output={report}"
            case _:
                return ""

    async def _ran(
        self, place: Place, command: str, report: str, timeout: float, *, beside: tuple[str, ...] = ()
    ) -> tuple[ActionResult, JsReport | None]:
        command = arming(place.own) + command
        if self.name in _KINDS:
            result = await place.run(command, timeout=timeout)
            text = await place.read(report)
            read = read_mocha if self.name == "mocha" else read_jest
            return result, None if text is None else read(text, _relative_to((*self.files, *beside)))
        if "--test-reporter" in self.script:  # two that do not know of each other contradict each other
            return await place.run(command, timeout=timeout), None
        await place.write(f"{place.own}/report.mjs", text_of("report_node.mjs"))
        ours = f'--test-reporter=\\"$PWD/{place.own}/report.mjs\\" --test-reporter-destination=/dev/null'
        options = f"{ours} --test-reporter=spec --test-reporter-destination=stdout"
        asked = f'export TESTS_REPORTED_TO="$PWD/{report}" NODE_OPTIONS="{options}"'
        result = await place.run(f"{asked}\n{command}", timeout=timeout)
        text = await place.read(report)
        return result, None if text is None else read_node(text)

    def _plain_words(self) -> list[str] | None:
        """The runner's own command without what it is to run; none where it cannot be told."""
        last = re.split(r"&&|;", self.script)[-1]
        words = _words(last)
        if self.name == "npm" or _OPERATORS & set(last) or not words:
            return None
        program = next(
            (place for place, word in enumerate(words) if _program(word) == self.name or word == "--test"), None
        )
        if program is None:
            return None
        kept = words[: program + 1]
        for before, word in zip(words[program:], words[program + 1 :], strict=False):
            if word.startswith("-") or before in _TAKE_A_VALUE or word in {"run", "--"}:
                kept.append(word)
        return kept

    def _beside(self) -> str | None:
        """A test file that another one may stand beside; none where there is none of a common name."""
        return next((path for path in self.files if _TEST_FILE.search(path)), None)


_TEST_FILE = re.compile(
    r"(?:\.|-|_)(?:test|spec)\.[cm]?[jt]sx?$|(?:^|/)(?:tests?|__tests__)/(?:[^/]+/)*[^/]+\.[cm]?[jt]sx?$"
)


async def find_node(place: Place, files: tuple[str, ...]) -> NodeRunner | None:
    """What runs the tests of a project with a `package.json`; none where it declares no tests."""
    text = await place.read("package.json")
    script = None if text is None else npm_script(text)
    return None if script is None else NodeRunner(script, files)


def npm_script(text: str) -> str | None:
    """The test script of a `package.json`; none where it has none, or the one that `npm init` writes."""
    try:
        package = json.loads(text)
    except (ValueError, RecursionError):  # an agent wrote it
        return None
    scripts = package.get("scripts") if isinstance(package, dict) else None
    script = scripts.get("test") if isinstance(scripts, dict) else None
    # What `npm init` writes declares that there are no tests.
    return None if not isinstance(script, str) or "no test specified" in script else script


def _words(script: str) -> list[str]:
    """The words of a command; none where it cannot be read."""
    try:
        return shlex.split(script)
    except ValueError:
        return []


def _program(word: str) -> str:
    """The program that a word names, however it is reached."""
    return posixpath.basename(word).removesuffix(".js").removesuffix(".mjs").removeprefix("_")


def _relative_to(files: Iterable[str]) -> Callable[[str], str]:
    """Makes a path that is absolute in the checkout one of its files, or leaves it."""
    known = set(files)

    def relative(path: str) -> str:
        parts = path.split("/")
        endings = ("/".join(parts[start:]) for start in range(len(parts)))
        return next((ending for ending in endings if ending in known), path)

    return relative


def _planted(kind: str, beside: str, files: tuple[str, ...]) -> Planted:
    """A test file of the runner's kind beside another, named as that one is."""
    directory, name = posixpath.split(beside)
    suffix = re.sub(r"^[^.]*?((?:[-_](?:test|spec))?\.[^/]*)$", r"\1", name)
    if kind == "node":
        suffix = re.sub(r"\.c?js$", ".mjs", suffix)
    content = {"node": _node_file, "vitest": _vitest_file}.get(kind, _global_file)
    return plant(lambda words: posixpath.join(directory, f"{words}{suffix}"), content, failures=2, taken=files)


def _node_file(word: str, one: int, other: int) -> str:
    return f"""import {{ test }} from "node:test";
import assert from "node:assert";

test("{word} is combined", () => {{
  assert.strictEqual({one} + {other}, {one + other + 1});
}});

test("{word} is known", async () => {{
  throw new Error("{word} {one}");
}});
"""


def _vitest_file(word: str, one: int, other: int) -> str:
    return f"""import {{ expect, test }} from "vitest";

test("{word} is combined", () => {{
  expect({one} + {other}).toBe({one + other + 1});
}});

test("{word} is known", async () => {{
  throw new Error("{word} {one}");
}});
"""


def _global_file(word: str, one: int, other: int) -> str:
    return f"""const add = typeof test === "function" ? test : it;

add("{word} is combined", () => {{
  if ({one} + {other} !== {one + other + 1}) throw new Error("not {one + other + 1}");
}});

add("{word} is known", async () => {{
  throw new Error("{word} {one}");
}});
"""

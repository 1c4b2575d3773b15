"""Runs a project's Python tests and writes down what became of each: `run.py REPORT in_pytest|in_unittest ARGUMENTS`.

The runner is imported before the project can put anything in its place. The report is the last thing that happens: a
process that ends in any other way leaves none, and nothing that the project registered to run at the end runs after it.
"""

from __future__ import annotations

import functools
import importlib
import json
import os
import sys

_HERE = os.path.dirname(os.path.abspath(__file__))
ARMED = "_the_tests_began"
REFUSED = 3
"""Exit code where no test was run."""


def main() -> None:
    """Run them; does not return."""
    report, kind, *arguments = sys.argv[1:]
    sys.argv[:] = [kind.replace("in_", ""), *arguments]
    try:
        runner = importlib.import_module(kind)
    except ImportError as error:
        end(report, {"missing": str(error.name)}, REFUSED)
        return
    _find_the_project()
    try:
        told, status = runner.run(arguments, arm, functools.partial(end, report))
    except SystemExit:
        end(report, {"stopped": "something of the project ended the runner by sys.exit"}, REFUSED)
        return
    end(report, told, status)


def _find_the_project() -> None:
    """Import the project from here, in place of this file's directory.

    An environment may have it installed from where it is written, which is another tree than this one.
    """
    places = [os.getcwd()]
    sources = os.path.join(places[0], "src")
    if os.path.isdir(sources):
        places.append(sources)
    sys.path[:1] = places
    if sys.prefix != sys.base_prefix:
        os.environ["PYTHONPATH"] = os.pathsep.join(places)  # for what the tests start


def arm() -> None:
    """Say that the tests begin, where the product is to do nothing from then on."""
    if not os.path.exists(os.path.join(_HERE, "gone.py")):
        return
    setattr(sys, ARMED, True)
    os.environ[ARMED] = "yes"


def end(report: str, told: object, status: int) -> None:
    """Leave the report and the process."""
    for stream in (sys.stdout, sys.stderr, sys.__stdout__, sys.__stderr__):
        try:
            if stream is not None:
                stream.flush()
        except (AttributeError, OSError, ValueError):
            continue
    with open(report, "w", encoding="utf-8") as file:
        json.dump(told, file)
    os._exit(status)


if __name__ == "__main__":
    main()

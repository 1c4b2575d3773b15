"""The tests in a file of Python, from its syntax tree. The text is never run, and may be anything."""

from __future__ import annotations

import ast
import warnings
from collections.abc import Iterator

from loki_tui.engine.qa.testcode.model import MAX_CHARACTERS, Place, Source, Unit
from loki_tui.engine.qa.testcode.pybodies import Body, Names, cases, is_false, switched_off

_HOOKS = (
    "pytest_collection_modifyitems",
    "pytest_ignore_collect",
    "pytest_runtest_makereport",
    "pytest_runtest_protocol",
    "pytest_runtest_call",
    "pytest_runtest_logreport",
    "pytest_report_teststatus",
    "pytest_pyfunc_call",
    "pytest_sessionfinish",
)
"""Of pytest: through these a project decides which tests run and what is said of them."""

_Function = ast.FunctionDef | ast.AsyncFunctionDef


def parse_python(text: str) -> Source | None:
    """The tests in a Python file; none where it cannot be read."""
    if len(text) > MAX_CHARACTERS:
        return None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of the agent's own odd escapes, which are no concern of the reader's
            return _source(ast.parse(text))
    except (SyntaxError, ValueError, RecursionError, MemoryError):  # the parser's own limits among them
        return None


def _source(module: ast.Module) -> Source:
    names = Names(module)
    units = tuple(_units(module.body, names, prefix="", outer=None))
    disabled, conditional = _module_mark(module.body)
    return Source(
        units=units,
        disabled=disabled,
        conditional=conditional,
        imported=tuple(sorted(names.imported.items())),
        defined=tuple(_defined(module.body)),
        hooks=tuple(_hooks(module.body)),
    )


def _units(body: list[ast.stmt], names: Names, *, prefix: str, outer: tuple[Place, bool] | None) -> Iterator[Unit]:
    for statement in body:
        match statement:
            case ast.FunctionDef() | ast.AsyncFunctionDef():
                yield _unit(statement, names, prefix=prefix, outer=outer)
            case ast.ClassDef(name=name):
                off = _class_off(statement) or outer
                yield from _units(statement.body, names, prefix=f"{prefix}{name}.", outer=off)
            case ast.If() | ast.Try() | ast.With() if not is_false(getattr(statement, "test", None)):
                yield from _units(statement.body, names, prefix=prefix, outer=outer)
                yield from _units(getattr(statement, "orelse", []), names, prefix=prefix, outer=outer)
            case _:
                pass


def _unit(function: _Function, names: Names, *, prefix: str, outer: tuple[Place, bool] | None) -> Unit:
    times = 1
    for decorator in function.decorator_list:
        times *= cases(decorator, names)
    body = Body(names, times=times)
    body.read_decorators(function.decorator_list)
    body.read(function.body)
    off = next(filter(None, map(switched_off, function.decorator_list)), None) or body.off or outer
    return Unit(
        name=prefix + function.name,
        line=function.lineno,
        is_test=function.name.startswith("test"),
        assertions=tuple(body.assertions),
        disabled=off[0] if off else None,
        conditional=bool(off and off[1]),
        swallowed=tuple(body.swallowed),
        replaced=tuple(body.replaced),
        calls=dict(body.calls),
        body="\n".join(ast.unparse(statement) for statement in function.body),
    )


def _class_off(node: ast.ClassDef) -> tuple[Place, bool] | None:
    for decorator in node.decorator_list:
        if off := switched_off(decorator):
            return off
    mark, conditional = _module_mark(node.body)
    return (mark, conditional) if mark else None


def _module_mark(body: list[ast.stmt]) -> tuple[Place | None, bool]:
    """What keeps a whole module or class from running: `pytestmark`, `__test__`, or a skip at its top."""
    for statement in body:
        match statement:
            case ast.Assign(targets=[ast.Name(id="pytestmark")], value=value):
                marks = value.elts if isinstance(value, ast.List | ast.Tuple) else [value]
                for mark in marks:
                    if off := switched_off(mark):
                        return off
            case ast.Assign(targets=[ast.Name(id="__test__")], value=ast.Constant(value=False)):
                return Place("`__test__ = False`", statement.lineno), False
            case ast.Expr(value=ast.Call() as call) if off := switched_off(call):
                return off
            case ast.Raise(exc=ast.expr() as error) if "SkipTest" in ast.unparse(error):
                return Place("`SkipTest` is raised at the top", statement.lineno), False
            case _:
                pass
    return None, False


def _defined(body: list[ast.stmt]) -> Iterator[Place]:
    for statement in body:
        match statement:
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
                yield Place(name, statement.lineno)
            case ast.Assign(targets=[ast.Name(id=name)]):
                yield Place(name, statement.lineno)
            case _:
                pass


def _hooks(body: list[ast.stmt]) -> Iterator[Place]:
    for statement in body:
        if isinstance(statement, _Function) and statement.name in _HOOKS:
            yield Place(statement.name, statement.lineno)
        if isinstance(statement, ast.Assign) and ast.unparse(statement.targets[0]).startswith("collect_ignore"):
            yield Place(ast.unparse(statement), statement.lineno)

"""What the body of a Python test does: what it asserts, catches, skips, and puts other things in place of."""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import replace

from loki_tui.engine.qa.testcode.model import MANY, Assertion, Place, Strength
from loki_tui.engine.qa.testcode.pyasserts import call_demands, callee, demands, is_raising, raising

_OFF = {"skip", "xfail", "expectedFailure"}
_OFF_IF = {"skipIf", "skipUnless", "skipif"}
_STOPS = {"skip", "skipTest", "xfail", "importorskip"}
_CATCH_ALL = {"Exception", "BaseException", "AssertionError", ""}
_STAND_INS = {"Mock", "MagicMock", "AsyncMock", "create_autospec"}


class Names:
    """What names in a module stand for: imports, and tables of cases.

    Args:
        module: The whole file.
    """

    def __init__(self, module: ast.Module) -> None:
        self.imported: dict[str, str] = {}
        self.tables: dict[str, int] = {}
        for node in ast.walk(module):
            match node:
                case ast.Import(names=aliases):
                    for alias in aliases:
                        whole = alias.name if alias.asname else alias.name.partition(".")[0]
                        self.imported[alias.asname or whole] = whole
                case ast.ImportFrom(module=where, names=aliases, level=level):
                    for alias in aliases:
                        self.imported[alias.asname or alias.name] = f"{'.' * level}{where or ''}.{alias.name}"
                case ast.Assign(targets=[ast.Name(id=name)], value=value):
                    self.tables[name] = _rows(value)
                case _:
                    pass

    def whole(self, node: ast.expr) -> str:
        """A name with what it was imported from; as it stands where it was not imported."""
        text = ast.unparse(node)
        first, dot, rest = text.partition(".")
        return self.imported.get(first, first) + dot + rest

    def rows(self, node: ast.expr) -> int:
        """How many cases a table has; `MANY` where that cannot be told."""
        if isinstance(node, ast.Name):
            return max(1, self.tables.get(node.id, MANY))
        if isinstance(node, ast.Call) and (node.args or isinstance(node.func, ast.Attribute)):
            if isinstance(node.func, ast.Attribute) and node.func.attr in {"items", "keys", "values"}:
                return self.rows(node.func.value)
            if callee(node) in {"enumerate", "zip", "sorted", "list", "tuple", "iter", "reversed"}:
                return self.rows(node.args[0])
        return max(1, _rows(node))


def cases(decorator: ast.expr, names: Names) -> int:
    """How many cases `parametrize` makes of a test, without those that are switched off."""
    if isinstance(decorator, ast.Call) and callee(decorator) == "parametrize":
        values = decorator.args[1:2] or [word.value for word in decorator.keywords if word.arg == "argvalues"]
        return names.rows(values[0]) if values else 1
    if isinstance(decorator, ast.Call) and callee(decorator) in {"data", "expand"}:
        return (
            names.rows(decorator.args[0]) if callee(decorator) == "expand" and decorator.args else len(decorator.args)
        )
    return 1


def switched_off(mark: ast.expr) -> tuple[Place, bool] | None:
    """Whether a decorator, mark or call keeps a test from running or failing, and whether only sometimes."""
    name = callee(mark)
    shown = Place(f"`{ast.unparse(mark)[:80]}`", mark.lineno)
    arguments = mark.args if isinstance(mark, ast.Call) else []
    if name in _OFF_IF or (name == "xfail" and arguments):
        turned = name == "skipUnless"
        always = bool(arguments) and (is_false(arguments[0]) if turned else _is_true(arguments[0]))
        return shown, not always
    return (shown, False) if name in _OFF and "approx" not in shown.what else None


def is_false(test: ast.expr | None) -> bool:
    """Whether a condition never holds."""
    return isinstance(test, ast.Constant) and not test.value


def _is_true(test: ast.expr) -> bool:
    return isinstance(test, ast.Constant) and bool(test.value)


def _rows(node: ast.expr) -> int:
    match node:
        case ast.List(elts=rows) | ast.Tuple(elts=rows) | ast.Set(elts=rows):
            return sum(1 for row in rows if not _is_off(row))
        case ast.Dict(keys=keys):
            return len(keys)
        case _:
            return MANY


def _is_off(row: ast.expr) -> bool:
    if not (isinstance(row, ast.Call) and callee(row) == "param"):
        return False
    marks = [word.value for word in row.keywords if word.arg == "marks"]
    return any(switched_off(mark) for mark in marks)


class Body:
    """Reads the statements of one function in their order, and leaves out what is never reached.

    Args:
        names: Of the module.
        times: Cases that the whole is run for.
    """

    def __init__(self, names: Names, *, times: int) -> None:
        self._names = names
        self._times = times
        self.assertions: list[Assertion] = []
        self.swallowed: list[Place] = []
        self.replaced: list[Place] = []
        self.calls: Counter[str] = Counter()
        self.off: tuple[Place, bool] | None = None

    def read_decorators(self, decorators: Iterable[ast.expr]) -> None:
        """Take up what decorators put in place of something."""
        for decorator in decorators:
            self._note_calls(decorator)

    def read(self, body: list[ast.stmt], *, sure: bool = True) -> None:
        """Take up a block of statements.

        Args:
            body: The block.
            sure: Whether it is reached whenever the test runs.
        """
        for statement in body:
            if isinstance(statement, ast.Return | ast.Continue | ast.Break | ast.Raise):
                self._end(statement, sure=sure)
                return
            if self._is_skip(statement):
                self.off = self.off or (Place(f"`{ast.unparse(statement)[:80]}`", statement.lineno), not sure)
                if sure:
                    return
            self._read_one(statement, sure=sure)

    def _end(self, statement: ast.stmt, *, sure: bool) -> None:
        if isinstance(statement, ast.Raise) and statement.exc and "SkipTest" in ast.unparse(statement.exc):
            self.off = self.off or (Place("`raise SkipTest`", statement.lineno), not sure)
        elif isinstance(statement, ast.Raise) and statement.exc and "AssertionError" in ast.unparse(statement.exc):
            self._add([Assertion(ast.unparse(statement), "", Strength.LOOSE, statement.lineno)])
        elif isinstance(statement, ast.Return):
            self._note_calls(statement)
            if not sure and not self.assertions and statement.value is None:
                self.off = self.off or (Place("a `return` before anything is asserted", statement.lineno), True)

    def _is_skip(self, statement: ast.stmt) -> bool:
        if not (isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Call)):
            return False
        whole = self._names.whole(statement.value.func)
        return callee(statement.value) in _STOPS and whole.startswith(("pytest.", "self.", "unittest."))

    def _read_one(self, statement: ast.stmt, *, sure: bool) -> None:
        match statement:
            case ast.Assert(test=test):
                self._add(demands(test, statement.lineno))
                self._note_calls(test)
            case ast.If(test=test, body=body, orelse=orelse):
                self._note_calls(test)
                if not is_false(test):
                    self.read(body, sure=sure and _is_true(test))
                self.read(orelse, sure=False)
            case ast.While(test=test, body=body):
                if not is_false(test):
                    self.read(body, sure=False)
            case ast.For() | ast.AsyncFor():
                self._loop(statement)
            case ast.With() | ast.AsyncWith():
                self._with(statement, sure=sure)
            case ast.Try():
                self._try(statement, sure=sure)
            case ast.FunctionDef(name=name, body=body) | ast.AsyncFunctionDef(name=name, body=body):
                self.replaced.append(Place(self._names.whole(ast.Name(name)), statement.lineno))
                self.read(body, sure=False)
            case _:
                self._plain(statement)

    def _plain(self, statement: ast.stmt) -> None:
        self._note_calls(statement)
        match statement:
            case ast.Expr(value=ast.Call() as call) | ast.Expr(value=ast.Await(value=ast.Call() as call)):
                self._add(call_demands(call, statement.lineno))
            case ast.Assign(targets=[target], value=value) if _is_stand_in(value):
                self.replaced.append(Place(self._names.whole(target), statement.lineno))
            case _:
                pass

    def _loop(self, statement: ast.For | ast.AsyncFor) -> None:
        self._note_calls(statement.iter)
        before, rows = self._times, self._names.rows(statement.iter)
        if isinstance(statement.iter, ast.List | ast.Tuple) and not statement.iter.elts:
            return  # nothing to go through: the body is never reached
        self._times = before * rows
        self.read(statement.body, sure=False)
        self._times = before
        self.read(statement.orelse, sure=False)

    def _with(self, statement: ast.With | ast.AsyncWith, *, sure: bool) -> None:
        inner = Body(self._names, times=self._times)
        inner.read(statement.body, sure=sure)
        for item in statement.items:
            call = item.context_expr
            self._note_calls(call)
            if is_raising(call) and isinstance(call, ast.Call):
                about = "; ".join(ast.unparse(each) for each in statement.body)
                self._add([raising(call, about, statement.lineno)])
            if callee(call) == "suppress" and inner.assertions and self._catches_all(call):
                self.swallowed.append(Place(f"`{ast.unparse(call)[:80]}`", statement.lineno))
        self._absorb(inner)

    def _try(self, statement: ast.Try, *, sure: bool) -> None:
        inner = Body(self._names, times=self._times)
        inner.read(statement.body, sure=sure)
        for handler in statement.handlers:
            if inner.assertions and _forgets(handler):
                caught = ast.unparse(handler.type) if handler.type else ""
                # What nobody hears of holds whatever the product does.
                inner.assertions = [replace(each, strength=Strength.TRIVIAL) for each in inner.assertions]
                self.swallowed.append(Place(f"`except {caught}`".replace(" `", "`"), handler.lineno))
        self._absorb(inner)
        for block in (*(handler.body for handler in statement.handlers), statement.orelse, statement.finalbody):
            self.read(block, sure=False)

    def _absorb(self, inner: Body) -> None:
        self.assertions += inner.assertions
        self.swallowed += inner.swallowed
        self.replaced += inner.replaced
        self.calls += inner.calls
        self.off = self.off or inner.off

    def _add(self, found: Iterable[Assertion]) -> None:
        self.assertions += [replace(each, times=self._times) for each in found]

    def _note_calls(self, node: ast.AST) -> None:
        for call in ast.walk(node):
            if isinstance(call, ast.Call):
                self.calls[self._names.whole(call.func)] += self._times if self._times < MANY else 1
                self.replaced += self._patches(call)

    def _patches(self, call: ast.Call) -> Iterator[Place]:
        """What a call of `patch`, `patch.object` or `setattr` puts something else in place of."""
        whole, arguments = ast.unparse(call.func), call.args
        if not arguments or not whole.endswith(("patch", "patch.object", "setattr")):
            return
        if isinstance(arguments[0], ast.Constant):
            if isinstance(arguments[0].value, str):
                yield Place(arguments[0].value, call.lineno)
        elif len(arguments) > 1 and isinstance(arguments[1], ast.Constant):
            yield Place(f"{self._names.whole(arguments[0])}.{arguments[1].value!s}", call.lineno)

    @staticmethod
    def _catches_all(call: ast.expr) -> bool:
        return isinstance(call, ast.Call) and any(ast.unparse(each) in _CATCH_ALL for each in call.args)


def _is_stand_in(value: ast.expr) -> bool:
    return isinstance(value, ast.Lambda) or (isinstance(value, ast.Call) and callee(value) in _STAND_INS)


def _kept(nodes: list[ast.AST]) -> Iterator[ast.AST]:
    """What is put into a variable or a collection."""
    for node in nodes:
        if isinstance(node, ast.Assign):
            yield from ast.walk(node.value)
        if isinstance(node, ast.Call) and callee(node) in {"append", "put", "add", "set"}:
            yield from (each for argument in node.args for each in ast.walk(argument))


def _forgets(handler: ast.ExceptHandler) -> bool:
    """Whether a handler catches the failure of an assertion, and lets the test go on as if there were none."""
    kinds = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
    if not any(kind is None or callee(kind) in _CATCH_ALL for kind in kinds):
        return False
    inside = [node for statement in handler.body for node in ast.walk(statement)]
    if handler.name and any(isinstance(node, ast.Name) and node.id == handler.name for node in _kept(inside)):
        return False  # looked at later
    return not any(
        isinstance(node, ast.Raise | ast.Assert)
        or (isinstance(node, ast.Call) and callee(node).startswith(("fail", "assert", "skip", "exit")))
        for node in inside
    )

"""What a Python expression demands when a test asserts it."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from loki_tui.engine.qa.testcode.model import Assertion, Strength

_EQUAL = {
    "assertEqual", "assertEquals", "assertListEqual", "assertDictEqual", "assertTupleEqual", "assertSetEqual",
    "assertSequenceEqual", "assertMultiLineEqual", "assertCountEqual", "assertAlmostEqual", "assertIs",
    "assert_equal", "assert_array_equal", "assert_frame_equal", "assert_allclose", "assert_almost_equal",
}  # fmt: skip
_PRESENT = {"assertIsNotNone", "assertIsInstance", "assert_called", "assertTrue", "assertFalse"}
_ABOUT = {"isinstance", "hasattr", "callable", "bool"}
_RAISES = {"raises", "assertRaises", "assertRaisesRegex", "warns", "assertWarns", "assertWarnsRegex"}
_BROAD = {"Exception", "BaseException"}
_SYMBOLS: dict[type[ast.cmpop], str] = {
    ast.Eq: "==", ast.NotEq: "!=", ast.Lt: "<", ast.LtE: "<=", ast.Gt: ">", ast.GtE: ">=",
    ast.Is: "is", ast.IsNot: "is not", ast.In: "in", ast.NotIn: "not in",
}  # fmt: skip


def callee(node: ast.expr) -> str:
    """The last part of what a call calls: `assertEqual` of `self.assertEqual(1, 1)`."""
    function = node.func if isinstance(node, ast.Call) else node
    if isinstance(function, ast.Attribute):
        return function.attr
    return function.id if isinstance(function, ast.Name) else ""


def demands(test: ast.expr, line: int) -> Iterator[Assertion]:
    """What `assert test` demands, one for each part of an `and`."""
    if isinstance(test, ast.BoolOp) and isinstance(test.op, ast.And):
        for value in test.values:
            yield from demands(value, line)
    elif _is_trivial(test):
        yield Assertion(ast.unparse(test), "", Strength.TRIVIAL, line)
    elif isinstance(test, ast.Compare) and len(test.ops) == 1:
        yield _comparison(test.left, test.ops[0], test.comparators[0], line)
    else:
        plain = test.operand if isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not) else test
        subject = plain.args[0] if isinstance(plain, ast.Call) and callee(plain) in _ABOUT and plain.args else plain
        strength = Strength.LOOSE if isinstance(test, ast.Compare | ast.IfExp) else Strength.PRESENCE
        yield Assertion(ast.unparse(test), ast.unparse(subject), strength, line)


def call_demands(call: ast.Call, line: int) -> Iterator[Assertion]:
    """What the call of an assertion method demands; nothing where it is none."""
    name, arguments = callee(call), call.args
    if name in _EQUAL and len(arguments) >= 2:
        yield from demands(ast.Compare(arguments[0], [ast.Eq()], [arguments[1]]), line)
    elif name == "assertTrue" and arguments:
        yield from demands(arguments[0], line)
    elif name == "assertFalse" and arguments:
        yield from demands(ast.UnaryOp(ast.Not(), arguments[0]), line)
    elif name in _RAISES and len(arguments) >= 2:
        yield raising(call, ast.unparse(arguments[1]), line)
    elif name in {"assertIsNone", "assertIsNotNone"} and arguments:
        operator = ast.Is() if name == "assertIsNone" else ast.IsNot()
        yield from demands(ast.Compare(arguments[0], [operator], [ast.Constant(None)]), line)
    elif name.startswith(("assert", "expect_", "check_", "verify_")) or name == "fail":
        subject = ast.unparse(arguments[0]) if arguments else ast.unparse(call.func)
        strength = Strength.PRESENCE if name in _PRESENT else Strength.LOOSE
        yield Assertion(ast.unparse(call), subject, strength, line)


def raising(call: ast.Call, about: str, line: int) -> Assertion:
    """That a call raises, as `pytest.raises` and its kin demand."""
    kind = ast.unparse(call.args[0]) if call.args else "Exception"
    exact = "Regex" in callee(call) or any(keyword.arg == "match" for keyword in call.keywords)
    strength = Strength.PRESENCE if kind in _BROAD and not exact else Strength.EXACT if exact else Strength.LOOSE
    return Assertion(f"raises {kind}: {about}", about, strength, line)


def is_raising(call: ast.expr) -> bool:
    """Whether this is `pytest.raises(...)` or one of its kin."""
    return isinstance(call, ast.Call) and callee(call) in _RAISES


def _comparison(left: ast.expr, operator: ast.cmpop, right: ast.expr, line: int) -> Assertion:
    if isinstance(left, ast.Constant) and not isinstance(right, ast.Constant):
        left, right = right, left  # what is expected may stand first
    first, second = ast.unparse(left), ast.unparse(right)
    text = f"{first} {_SYMBOLS[type(operator)]} {second}"
    return Assertion(text, first, _strength(operator, left, right), line, width=max(_width(left), _width(right)))


def _strength(operator: ast.cmpop, left: ast.expr, right: ast.expr) -> Strength:
    if callee(right) == "ANY" or ast.unparse(left) == ast.unparse(right):
        return Strength.PRESENCE  # the same call twice: all it shows is that both come to the same
    if isinstance(left, ast.Call) and callee(left) == "type":
        return Strength.PRESENCE
    match operator:
        case ast.Eq() | ast.Is() if isinstance(right, ast.Constant) and isinstance(right.value, bool):
            return Strength.PRESENCE  # what `assert x` and `assert not x` demand
        case ast.Eq() | ast.Is():
            return Strength.EXACT
        case ast.IsNot() if isinstance(right, ast.Constant) and right.value is None:
            return Strength.PRESENCE
        case ast.NotEq() if isinstance(right, ast.Constant) and right.value is None:
            return Strength.PRESENCE
        case _:
            return Strength.LOOSE


def _width(node: ast.expr) -> int:
    match node:
        case ast.Tuple(elts=parts) | ast.List(elts=parts) | ast.Set(elts=parts):
            return max(1, len(parts))
        case ast.Dict(values=parts):
            return max(1, len(parts))
        case ast.Call(args=parts, keywords=named):
            return max(1, len(parts) + len(named))
        case _:
            return 1


def _is_trivial(test: ast.expr) -> bool:
    match test:
        case ast.BoolOp(op=ast.Or(), values=values):
            return any(_is_trivial(value) for value in values)
        case ast.Constant(value=value):
            return bool(value)
        case ast.UnaryOp(op=ast.Not(), operand=ast.Constant(value=value)):
            return not value
        case ast.Tuple(elts=parts) | ast.List(elts=parts):
            return bool(parts)
        case ast.Compare(left=left, ops=[ast.Eq() | ast.Is() | ast.LtE() | ast.GtE()], comparators=[right]):
            return _same_without_a_call(left, right) or _no_length_is_less(test)
        case ast.Compare(ops=[ast.Gt()]):
            return _no_length_is_less(test)
        case ast.Call(func=ast.Name(id="isinstance"), args=[_, ast.Name(id="object")]):
            return True
        case _:
            return False


def _same_without_a_call(left: ast.expr, right: ast.expr) -> bool:
    calls = any(isinstance(node, ast.Call) for node in ast.walk(left))
    return not calls and ast.unparse(left) == ast.unparse(right)


def _no_length_is_less(test: ast.Compare) -> bool:
    """Whether this is `len(x) >= 0`, or says the same."""
    if not (isinstance(test.left, ast.Call) and callee(test.left) == "len"):
        return False
    return (type(test.ops[0]), ast.unparse(test.comparators[0])) in {(ast.GtE, "0"), (ast.Gt, "-1")}

"""Makes a product's Python modules do nothing: `empty.py LISTING`, a file of paths with NULs between.

Every function begins with a call that raises once the tests have begun; what was in it stays, so that importing works
as before. Prints how many modules were changed.
"""

from __future__ import annotations

import ast
import os
import secrets
import sys

NAME = f"_{secrets.token_hex(6)}"


class Emptier(ast.NodeTransformer):
    """Puts the call into every function."""

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        return self._begin(node)

    def visit_AsyncFunctionDef(self, node: ast.AsyncFunctionDef) -> ast.AST:
        return self._begin(node)

    def visit_Lambda(self, node: ast.Lambda) -> ast.AST:
        self.generic_visit(node)
        pair = ast.Tuple([_call("gone"), node.body], ast.Load())
        node.body = ast.Subscript(pair, ast.Constant(1), ast.Load())
        return node

    def _begin(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> ast.AST:
        self.generic_visit(node)
        node.body.insert(1 if _is_text(node.body[0]) and len(node.body) > 1 else 0, ast.Expr(_call("gone")))
        return node


def main() -> None:
    """Do it."""
    with open(sys.argv[1], encoding="utf-8", errors="surrogateescape") as file:
        names = [name for name in file.read().split("\0") if name]
    helper = os.path.join(os.path.dirname(os.path.abspath(__file__)), "gone.py")
    print(sum(empty(name, helper) for name in names))


def empty(name: str, helper: str) -> bool:
    """Empty one module; whether it could be."""
    try:
        with open(name, "rb") as file:
            module = Emptier().visit(ast.parse(file.read()))
        head = ast.parse(
            f"{NAME} = {{'__name__': 'gone'}}\n"
            f"exec(compile(open({helper!r}, encoding='utf-8').read(), 'gone', 'exec'), {NAME})\n"
            f"if __name__ == '__main__': {NAME}['gone']()"
        )
        module.body[_begin_of(module) : _begin_of(module)] = head.body
        module.body += ast.parse(f"{NAME}['settle'](globals())").body
        text = ast.unparse(ast.fix_missing_locations(module))
        with open(name, "w", encoding="utf-8", errors="surrogatepass") as file:
            file.write(text)
    except (OSError, SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    return True


def _begin_of(module: ast.Module) -> int:
    """Where statements may be put: after the docstring and what has to come first."""
    place = 1 if module.body and _is_text(module.body[0]) else 0
    for number, statement in enumerate(module.body):
        if isinstance(statement, ast.ImportFrom) and statement.module == "__future__":
            place = number + 1
    return place


def _is_text(statement: ast.stmt) -> bool:
    value = statement.value if isinstance(statement, ast.Expr) else None
    return isinstance(value, ast.Constant) and isinstance(value.value, str)


def _call(name: str) -> ast.Call:
    return ast.Call(ast.Subscript(ast.Name(NAME, ast.Load()), ast.Constant(name), ast.Load()), [], [])


if __name__ == "__main__":
    main()

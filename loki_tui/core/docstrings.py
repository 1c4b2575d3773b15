"""Reads the text under attributes, which Python itself throws away.

Only references need it, so it is read from the source when asked for: letting pydantic do it
while classes are made costs every start 25 ms.
"""

from __future__ import annotations

import ast
import inspect
from itertools import pairwise


def attribute_docstrings(owner: type) -> dict[str, str]:
    """The docstrings under the annotated attributes of a module's class, as one line each.

    Raises:
        OSError: The source is not there.
    """
    (definition,) = ast.parse(inspect.getsource(owner)).body
    body = definition.body if isinstance(definition, ast.ClassDef) else []
    return {
        field.target.id: " ".join(text.value.value.split())
        for field, text in pairwise(body)
        if isinstance(field, ast.AnnAssign)
        and isinstance(field.target, ast.Name)
        and isinstance(text, ast.Expr)
        and isinstance(text.value, ast.Constant)
        and isinstance(text.value.value, str)
    }

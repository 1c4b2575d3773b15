"""Which of a project's files are the product, and not its tests, their data, or what builds it: by their names."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable

from loki_tui.engine.qa.testcode.languages import is_test_file

_BESIDE_TESTS = re.compile(
    r"(?:^|/)(?:tests?|__tests__|__mocks__|__snapshots__|specs?|e2e|testing|testdata|fixtures|cypress)/|(?:^|/)\."
)
_BUILDS = re.compile(
    r"(?:^|/)(?:setup\.(?:py|cfg)|noxfile\.py|conftest\.py|manage\.py|tasks\.py|package(?:-lock)?\.json|[jt]sconfig[^/]*\.json"
    r"|[^/]+\.config\.\w+|[^/]*[Rr]equirements[^/]*\.txt|Makefile|GNUmakefile|Dockerfile[^/]*|docker-compose[^/]*"
    r"|[Gg]runtfile\.js|[Gg]ulpfile\.js|Cargo\.toml|go\.(?:mod|sum|work)|pom\.xml|build\.rs|[^/]+\.gradle(?:\.kts)?|gradlew[^/]*"
    r"|[^/]+\.(?:toml|ini|cfg|lock|lockb|csproj|sln|properties|ya?ml|sum|cmake|nix|bazel|mk)|CMakeLists\.txt|pnpm-[^/]+)$"
)
_PYTHON = (".py",)
_SCRIPT = (".js", ".mjs", ".cjs", ".jsx", ".ts", ".mts", ".cts", ".tsx")
_OTHER_CODE = (
    *(".go", ".rs", ".java", ".kt", ".scala", ".c", ".h", ".cc", ".cpp", ".hpp", ".cs", ".rb", ".php", ".swift"),
    *(".sh", ".pl", ".lua", ".ex", ".exs", ".hs", ".ml", ".dart", ".zig", ".pyi"),
)


def is_product(path: str) -> bool:
    """Whether a file is part of what is being built."""
    return not (is_test_file(path) or _BESIDE_TESTS.search(path) or _BUILDS.search(path))


def python_of(files: Iterable[str]) -> list[str]:
    """The product's Python modules."""
    return [path for path in files if path.endswith(_PYTHON) and is_product(path)]


def script_of(files: Iterable[str]) -> list[str]:
    """The product's JavaScript and TypeScript modules, declarations apart."""
    return [path for path in files if path.endswith(_SCRIPT) and not path.endswith(".d.ts") and is_product(path)]


def data_of(files: Iterable[str]) -> list[str]:
    """What of the product is no code: pages, styles, texts, tables, pictures."""
    code = (*_PYTHON, *_SCRIPT, *_OTHER_CODE)
    return [path for path in files if not path.endswith(code) and is_product(path)]


def names_of(path: str) -> str:
    """A Python module's full name, as far as its path tells: without what lies above the packages is not known."""
    return posixpath.splitext(path)[0].removesuffix("/__init__").removeprefix("src/").replace("/", ".")

"""JavaScript and TypeScript modules that export what theirs exports, and do nothing.

What they export can be taken apart, extended and handed on while modules load. When it is called or made it either
raises or answers nothing: a test that is content with both does not look at what the product does.
"""

from __future__ import annotations

import re
from typing import Literal

Manner = Literal["raises", "answers nothing"]

_DECLARED = re.compile(
    r"^export\s+(?:declare\s+)?(?:abstract\s+)?(?:async\s+)?(?:function\s*\*?|class|const\s+enum|enum|namespace)\s*([\w$]+)",
    re.M,
)
_VALUES = re.compile(r"^export\s+(?:declare\s+)?(?:const|let|var)\s+([\w$]+|\{[^}]*\}|\[[^\]]*\])", re.M)
_MORE_VALUES = re.compile(r"[{,\[]\s*(?:[\w$]+\s*:\s*)?([\w$]+)")
_LISTED = re.compile(r"^export\s*\{([^}]*)\}(?:\s*from\s*[\"'][^\"']+[\"'])?", re.M)
_DEFAULT = re.compile(r"^export\s+default\b", re.M)
_PASSED_ON = re.compile(r"^export\s*\*\s*(?:as\s+([\w$]+)\s+)?from\s*([\"'][^\"'\n]+[\"'])", re.M)
_ESM = re.compile(r"^(?:import\b(?!\s*\()|export\b)", re.M)
_NAME = re.compile(r"[A-Za-z_$][\w$]*")

_GONE = """\
const gone = (name) => {
  const act = () => { ANSWER };
  const target = function () {};
  return new Proxy(target, {
    apply: act,
    construct: () => { act(); return {}; },
    get: (_, key) => {
      if (key === "prototype") return target.prototype;
      if (typeof key === "symbol" || key === "then" || key === "__esModule" || key === "toJSON") return undefined;
      return gone(name + "." + key);
    },
  });
};
if (MAIN) throw new Error("the product does nothing");
"""
_ANSWERS: dict[Manner, str] = {
    "raises": 'throw new Error("the product does nothing: " + name);',
    "answers nothing": "return undefined;",
}


def stub(path: str, text: str, manner: Manner) -> str:
    """A module in place of another.

    Args:
        path: Its name, whose ending says what kind it is.
        text: What is in it.
        manner: What becomes of calls.
    """
    answer = _ANSWERS[manner]
    if not path.endswith(".mjs") and (path.endswith((".cjs", ".cts")) or not _ESM.search(text)):
        main = "typeof require === 'function' && typeof module === 'object' && require.main === module"
        head = _GONE.replace("ANSWER", answer).replace("MAIN", main)
        return _typed(path, f"{head}module.exports = gone('module');\n")
    main = "process.argv[1] && import.meta.url.endsWith('/' + process.argv[1].split('/').pop())"
    if not path.endswith(".mjs"):  # it may be made a CommonJS module, where that cannot be asked
        main = "false"
    lines = [_GONE.replace("ANSWER", answer).replace("MAIN", main)]
    lines += [f"export const {name} = gone('{name}');" for name in exported(text)]
    if _DEFAULT.search(text) or re.search(r"\bas\s+default\b", text):
        lines.append("export default gone('default');")
    lines += [f"export * from {source};" for name, source in _PASSED_ON.findall(text) if not name]
    return _typed(path, "\n".join(lines) + "\n")


def exported(text: str) -> list[str]:
    """The names a module exports, but for its default and what it passes on whole."""
    names = dict.fromkeys(_DECLARED.findall(text))
    for value in _VALUES.findall(text):
        names |= dict.fromkeys(_MORE_VALUES.findall(value) if value[0] in "{[" else [value])
    for listed in _LISTED.findall(text):
        for item in listed.split(","):
            if not item.strip().startswith("type "):
                names[item.split(" as ")[-1].strip()] = None
    names |= dict.fromkeys(name for name, _ in _PASSED_ON.findall(text) if name)
    return [name for name in names if name != "default" and _NAME.fullmatch(name)]


def _typed(path: str, text: str) -> str:
    if not path.endswith((".ts", ".mts", ".cts", ".tsx")):
        return text
    return "// @ts-nocheck\n" + text.replace("const gone = (name) =>", "const gone: any = (name: any): any =>")

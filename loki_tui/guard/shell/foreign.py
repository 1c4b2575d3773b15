"""Code in languages other than the shell's: which commands it runs, and what it removes, where that is written out.

This reads words and no grammar. A call whose arguments are written out as plain text is followed
like a command; any other that could run or remove something is a doubt.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from loki_tui.guard.shell.kinds import Call, Doubt, Invocation, Shell
from loki_tui.guard.shell.text import ANY, wild

MAX_CODE = 200_000
"""Characters of code that are read."""


@dataclass(frozen=True, slots=True)
class Language:
    """How one language runs and removes."""

    runs: re.Pattern[str]
    """Names that run a command."""
    removes: re.Pattern[str]
    """Names that remove a whole tree."""
    opaque: re.Pattern[str]
    """What makes code of text, or reaches names by text."""
    needs: str = ""
    """A word in whose company more names run a command."""
    more: re.Pattern[str] = re.compile(r"(?!)")
    """Those names."""


def _words(names: str) -> re.Pattern[str]:
    return re.compile(rf"(?<![\w-])(?:{names})(?![\w-])") if names else re.compile(r"(?!)")


_PYTHON = Language(
    runs=_words(
        r"system|popen|getoutput|getstatusoutput|Popen|check_output|check_call|(?:os\.)?exec[lv]p?e?|spawn[lv]p?e?|"
        r"posix_spawnp?|create_subprocess_exec|create_subprocess_shell|startfile"
    ),
    needs="subprocess",
    more=_words("run|call"),
    removes=_words("rmtree|remove_tree|removedirs"),
    opaque=re.compile(
        r"(?<![\w.])(?:eval|exec)\s*\(|__import__|import_module|__builtins__|(?<![\w.])compile\s*\(|\bctypes\b|\bpty\b|"
        r"getattr\s*\(\s*(?:os|subprocess|shutil|sys|builtins)\b|\b(?:os|subprocess|shutil)\.__dict__|runpy|"
        r"(?:system|popen|Popen|rmtree|check_output|check_call|subprocess|run|call)\s+as\s+\w|import\s+os\s+as|"
        r"from\s+(?:os|subprocess|shutil)\s+import\s+\*"
    ),
)
_PERL = Language(
    runs=_words("system|exec|qx|readpipe|popen|open3|open2"),
    removes=_words("rmtree|remove_tree"),
    opaque=re.compile(
        r"`|\beval\b|\bdo\s*\{|\bsyscall\b|\bopen\b[^;]*\||\brequire\s*\(|\bs([^\w\s])(?:(?!\1)[^\\\n]|\\.)*+\1(?:(?!\1)[^\\\n]|\\.)*+\1[a-z]*e"
    ),
)
_RUBY = Language(
    runs=_words(r"system|exec|spawn|popen|popen2e?|popen3|capture2e?|capture3|sh"),
    removes=_words(r"rm_r|rm_rf|rmtree|remove_dir|remove_entry|remove_entry_secure"),
    opaque=re.compile(r"`|%x|\b(?:instance_|class_|module_)?eval\b|\bsend\b|__send__|\bmethod\s*\(|Kernel|\bfork\b"),
)
_NODE = Language(
    runs=_words("execSync|spawnSync|execFile|execFileSync"),
    removes=_words(r"rmSync|rmdirSync|rmdir|rimraf|rimrafSync|removeSync|emptyDirSync|(?:fs|promises)\.rm"),
    opaque=re.compile(
        r"(?<![\w.])eval\s*\(|\bFunction\s*\(|\bvm\b|process\.binding|(?:require|import)\s*\((?!\s*['\"])|\bglobalThis\s*\[|"
        r"child_process['\"]?\s*\)?\s*\["
    ),
    needs="child_process",
    more=_words("exec|spawn|fork"),
)
_PHP = Language(
    runs=_words(r"system|exec|shell_exec|passthru|popen|proc_open|pcntl_exec"),
    removes=_words(""),
    opaque=re.compile(r"`|\beval\s*\(|\bassert\s*\(|call_user_func|\$\w+\s*\("),
)
_LUA = Language(
    runs=_words(r"execute|popen"), removes=_words(""), opaque=re.compile(r"\bload(?:string|file)?\b|dofile|\[\s*['\"]")
)
_AWK = Language(
    runs=_words("system"),
    removes=_words(""),
    opaque=re.compile(r"\|\s*getline|\|&|\|\s*[\"a-z]|@\s*include|\bload\b"),
)
_OTHER = Language(
    runs=_words(r"system|exec|spawn|popen|shell|run|Run|Command|ProcessBuilder|Process|cmd|open|sh|pipe"),
    removes=_words(r"rm|unlink|delete|removeRecursively|deleteDirectory|rmtree|rimraf"),
    opaque=re.compile(r"`|\beval\b"),
)
"""Of languages that are less known: a word is enough."""

LANGUAGES: Mapping[str, Language] = {
    **dict.fromkeys(("python", "pypy", "ipython", "python2", "python3", "pypy3"), _PYTHON),
    "perl": _PERL,
    "ruby": _RUBY,
    **dict.fromkeys(("node", "nodejs", "bun", "deno", "ts-node", "tsx"), _NODE),
    "php": _PHP,
    **dict.fromkeys(("lua", "luajit"), _LUA),
    **dict.fromkeys(("awk", "gawk", "mawk", "nawk", "original-awk"), _AWK),
    **dict.fromkeys(
        (
            "tclsh",
            "expect",
            "wish",
            "Rscript",
            "R",
            "julia",
            "osascript",
            "elixir",
            "scala",
            "groovy",
            "guile",
            "racket",
            "erl",
            "ghc",
        ),
        _OTHER,
    ),
}
"""By program."""

_TEXT = r"(?:[rbu]?'[^'\\\n]*'|[rbu]?\"[^\"\\\n$#]*\")"
_ARGUMENTS = re.compile(
    rf"\s*\(\s*(\[?\s*{_TEXT}(?:\s*,\s*\[?\s*{_TEXT})*\s*\]?)\s*"
    r"(?:,\s*(?:\w+\s*=\s*(?:True|False|None|\d+|['\"]\w*['\"])|\{[^{}()]*\}|True|False|true|false)\s*)*,?\s*\)"
)
_BARE = re.compile(rf"\s+({_TEXT})\s*(?=[;}}\n]|$)")
_ONE = re.compile(_TEXT)
_VERSION = re.compile(r"[-.\d]+$")
_IMPORT = re.compile(r"(?:^|[\n;])\s*(?:from\s+[\w.]+\s+import|import)\s[^\n;]*$|(?:const|let|var)\s*\{[^}\n]*$")


def language_of(program: str) -> Language | None:
    """The language a program reads; none for other programs."""
    return LANGUAGES.get(program) or LANGUAGES.get(_VERSION.sub("", program))


def look(shell: Shell, program: str, code: str, invocation: Invocation) -> bool:
    """Tell what code would run and remove.

    Returns:
        Whether the program's language is one that is read.
    """
    language = language_of(program)
    if language is None:
        return False
    if wild(code) or len(code) > MAX_CODE:
        shell.tell(Doubt(f"{program} runs code that is not known"))
    elif language.opaque.search(code):
        shell.tell(Doubt(f"{program} runs code that makes commands or code out of text"))
    else:
        for names in (language.runs, *((language.more,) if language.needs in code else ())):
            for found in names.finditer(code):
                _ran(shell, program, code, found, invocation)
    for found in language.removes.finditer(code):
        _removed(shell, code, found, invocation)
    return True


def _ran(shell: Shell, program: str, code: str, found: re.Match[str], invocation: Invocation) -> None:
    """Follow a call that runs a command, where that is written out."""
    if _IMPORT.search(code[: found.start()]):
        return
    arguments = _ARGUMENTS.match(code, found.end()) or _BARE.match(code, found.end())
    state = invocation.state.subshell()
    if arguments is None:
        if not re.match(r"\s*\.", code[found.end() :]):
            shell.tell(Doubt(f"{program} runs code that runs commands ({found[0]})"))
        return
    words = tuple(_bare(text) for text in _ONE.findall(arguments[1]))
    if len(words) == 1:
        shell.code(words[0], state)
    elif "[" in arguments[1] and not arguments[1].lstrip().startswith("["):
        shell.call(invocation.of((words[0], *words[1:]), state=state), functions=False)
    else:
        # With `execl` and its kin the program's name comes twice.
        doubled = found[0].removeprefix("os.").startswith(("execl", "spawnl")) and len(words) > 1
        shell.call(invocation.of(words[1:] if doubled else words, state=state), functions=False)


def _removed(shell: Shell, code: str, found: re.Match[str], invocation: Invocation) -> None:
    """Tell of a tree that is removed."""
    if _IMPORT.search(code[: found.start()]):
        return
    arguments = _ARGUMENTS.match(code, found.end()) or _BARE.match(code, found.end())
    paths = [_bare(text) for text in _ONE.findall(arguments[1])] if arguments else [ANY]
    for path in paths:
        shell.tell(Call(("rm", "-r", path), invocation.where, alike=True))


def _bare(text: str) -> str:
    return text.lstrip("rbu")[1:-1]

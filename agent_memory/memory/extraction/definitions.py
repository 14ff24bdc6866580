"""Which function or class a line of source code defines."""

import re
from enum import Enum, auto

from agent_memory.memory.search.paths import base_name


class Family(Enum):
    """Languages whose definitions look alike."""

    PYTHON = auto()
    JAVA = auto()
    SCRIPT = auto()
    GO = auto()
    RUST = auto()
    C = auto()


_BY_EXTENSION = {
    extension: family
    for family, extensions in (
        (Family.PYTHON, "py pyi"),
        (Family.JAVA, "java kt kts scala groovy cs swift dart"),
        (Family.SCRIPT, "js jsx ts tsx mjs cjs vue svelte"),
        (Family.GO, "go"),
        (Family.RUST, "rs"),
        (Family.C, "c h cc cpp cxx hh hpp hxx m mm cu"),
    )
    for extension in extensions.split()
}
_PYTHON = re.compile(r"\s*(?:async +)?(?:def|class) +(\w+)")
_TYPE = re.compile(
    r"\s*(?:[@\w]+(?:\([^()]*\))? +){0,8}(?:class|interface|enum|record|struct|trait|union|"
    r"namespace|object|module|protocol) +(\w+)"
)
_SCRIPT = re.compile(
    r"\s*(?:export +)?(?:default +)?(?:declare +)?(?:async +)?(?:function\*? *(\w+)|"
    r"(?:const|let|var) +(\w+) *(?::[^=]*)?= *(?:async *)?(?:\(|function\b|\w+ *=>)|"
    r"type +(\w+) *[=<])"
)
_GO = re.compile(r"func +(?:\(\s*(?:\w+ +)?\*?(\w+)(?:\[[^\]]*\])?\s*\) +)?(\w+)|type +(\w+) ")
_RUST = re.compile(
    r"\s*(?:pub(?:\([^)]*\))? +)?(?:(?:const|async|unsafe|default|extern(?: \"\w+\")?) +)*"
    r"(?:fn|struct|enum|trait|mod|union|macro_rules!) +(\w+)"
)
_RUST_IMPL = re.compile(r"\s*(?:unsafe +)?impl(?:<[^>]*>)? +(?:[\w:<>', ]+? for +)?(\w+)")
_CALLED = re.compile(r"([\w~]+(?:::[\w~]+)*) *\($")
_NO_TYPE = frozenset(
    [
        "return",
        "new",
        "throw",
        "else",
        "if",
        "for",
        "while",
        "switch",
        "catch",
        "case",
        "do",
        "try",
        "assert",
        "await",
        "yield",
        "typeof",
        "delete",
        "super",
        "this",
        "sizeof",
        "goto",
        "using",
        "import",
        "package",
        "not",
        "and",
        "or",
        "in",
        "is",
    ]
)
_LONGEST = 300


def family_of(path: str) -> Family | None:
    return _BY_EXTENSION.get(base_name(path).rpartition(".")[2].lower())


def defined_in(line: str, family: Family | None) -> str | None:
    """The name that a line defines, `Type.name` where it says both; None for other lines."""
    if len(line) > _LONGEST or not line.strip():
        return None
    if family is None:
        return next(
            (name for other in _READERS if (name := _READERS[other](line)) is not None), None
        )
    return _READERS[family](line)


def _in_python(line: str) -> str | None:
    match = _PYTHON.match(line)
    return match.group(1) if match is not None else None


def _in_script(line: str) -> str | None:
    match = _SCRIPT.match(line)
    if match is not None:
        return next((name for name in match.groups() if name is not None), None)
    return _type(line) or _method(line, needs_type=False)


def _in_go(line: str) -> str | None:
    match = _GO.match(line)
    if match is None:
        return None
    receiver, function, type_name = match.groups()
    return f"{receiver}.{function}" if receiver else function or type_name


def _in_rust(line: str) -> str | None:
    match = _RUST.match(line) or _RUST_IMPL.match(line)
    return match.group(1) if match is not None else None


def _in_java(line: str) -> str | None:
    return _type(line) or _method(line, needs_type=True)


def _in_c(line: str) -> str | None:
    return _type(line) or _method(line, needs_type=True)


def _type(line: str) -> str | None:
    match = _TYPE.match(line)
    return match.group(1) if match is not None and not line.rstrip().endswith(";") else None


def _method(line: str, *, needs_type: bool) -> str | None:
    """`public int size(`, `void Foo::bar(int x) {`: a name before a bracket, after a type."""
    text = line.strip()
    head = text[: text.find("(") + 1]
    if not head or text.endswith(";") or "=" in head or head[0] in "@*/#.\"'":
        return None
    match = _CALLED.search(head)
    if match is None:
        return None
    before = head[: match.start()].split()
    if match.group(1) in _NO_TYPE or (before and before[0] in _NO_TYPE):
        return None
    if needs_type and not (before and _is_typed(head[: match.start()], text)):
        return None
    if not needs_type and not text.endswith("{"):
        return None
    return match.group(1).replace("::", ".")


def _is_typed(before: str, text: str) -> bool:
    """What stands before the name is a type and not an expression."""
    return (
        before[-1:] in " *&>]"
        and not any(mark in before for mark in '."|+!')
        and (text.endswith(("{", ",", ")", "(")) or "throws " in text or "override" in text)
    )


_READERS = {
    Family.PYTHON: _in_python,
    Family.GO: _in_go,
    Family.RUST: _in_rust,
    Family.SCRIPT: _in_script,
    Family.JAVA: _in_java,
    Family.C: _in_c,
}

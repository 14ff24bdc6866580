"""Code that a sentence speaks of: `in backticks`, as a call(), or by a name no word has."""

import re

from agent_memory.memory.extraction.symbols import symbol_keys
from agent_memory.memory.item import Key
from agent_memory.memory.paths import find_paths, keys_of_named_files

_BACKTICKS = re.compile(r"`([^`\n]{1,120})`")
_NAME = re.compile(r"[A-Za-z_$][\w$]*(?:(?:\.|::|#)[A-Za-z_$~][\w$]*)*(?:\(\))?")
_CALL = re.compile(r"(?<![\w.`$])([A-Za-z_$][\w$]*(?:(?:\.|::)[A-Za-z_$][\w$]*)*)\(\)")
_SNAKE = re.compile(r"(?<![\w`/.$-])(_*[A-Za-z]\w*_\w+)(?![\w/-])")
_CAMEL = re.compile(
    r"(?<![\w`/.$-])((?:[A-Za-z]\w*(?:\.|::|#))*[A-Za-z]\w*[a-z]\w*[A-Z]\w*)(?![\w/-])"
)
_QUALIFIED = re.compile(
    r"(?<![\w`/.$-])([A-Za-z]\w+(?:(?:\.[A-Za-z]\w+){2,}|(?:::[A-Za-z]\w+)+))(?![\w/-])"
)
_MAX_KEYS = 40


def find_symbols(text: str) -> tuple[tuple[str, int], ...]:
    """Symbols that are marked as such, as written and without `()`, with their places."""
    found: list[tuple[str, int]] = []
    if "`" in text:
        for match in _BACKTICKS.finditer(text):
            name = _NAME.fullmatch(match.group(1).strip())
            if name is not None and not find_paths(name.group()):
                found.append((name.group().removesuffix("()"), match.start(1)))
    if "()" in text:
        found.extend((match.group(1), match.start()) for match in _CALL.finditer(text))
    if "_" in text:
        found.extend((match.group(1), match.start()) for match in _SNAKE.finditer(text))
    return tuple(dict.fromkeys(found))


def reference_keys(text: str) -> tuple[Key, ...]:
    """Files and marked symbols."""
    keys = list(keys_of_named_files(text))
    for name, _ in find_symbols(text):
        keys.extend(symbol_keys(name))
    return tuple(dict.fromkeys(keys))[:_MAX_KEYS]


def likely_keys(text: str) -> tuple[Key, ...]:
    """Also of names that merely look like code: for a question, where a wrong key finds nothing."""
    keys = list(reference_keys(text))
    for pattern in (_CAMEL, _QUALIFIED):
        for match in pattern.finditer(text):
            keys.extend(symbol_keys(match.group(1)))
    return tuple(dict.fromkeys(keys))[:_MAX_KEYS]

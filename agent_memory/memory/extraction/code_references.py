"""Code that a sentence speaks of: `in backticks`, as a call(), or by a name no word has."""

import re
from collections.abc import Iterator

from agent_memory.memory.extraction.symbols import symbol_keys
from agent_memory.memory.items.item import Key
from agent_memory.memory.search.paths import find_paths, keys_of_named_files

_BACKTICKS = re.compile(r"`([^`\n]{1,120})`")
_NAME = re.compile(r"[A-Za-z_$][\w$]*(?:(?:\.|::|#)[A-Za-z_$~][\w$]*)*(?:\(\))?")
_TOKEN = re.compile(
    r"(?<![\w`/.$:-])[A-Za-z_]\w*+(?:(?:\.|::|#)[A-Za-z_]\w*+)*+(?:\(\))?(?![/\w-])"
)
_HUMP = re.compile(r"[a-z\d][A-Z]")
_MAX_KEYS = 40


def find_symbols(text: str) -> tuple[tuple[str, int], ...]:
    """Symbols that are marked as such, as written and without `()`, with their places."""
    found: list[tuple[str, int]] = []
    if "`" in text:
        for match in _BACKTICKS.finditer(text):
            name = _NAME.fullmatch(match.group(1).strip())
            if name is not None and not find_paths(name.group()):
                found.append((name.group().removesuffix("()"), match.start(1)))
    if "()" in text or "_" in text:
        found.extend((name, at) for name, at, is_call in _tokens(text) if is_call or "_" in name)
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
    for name, _, _ in _tokens(text):
        if _HUMP.search(name) is not None or "::" in name or name.count(".") > 1:
            keys.extend(symbol_keys(name))
    return tuple(dict.fromkeys(keys))[:_MAX_KEYS]


def _tokens(text: str) -> Iterator[tuple[str, int, bool]]:
    """Names outside backticks, with their places, and whether brackets follow."""
    for match in _TOKEN.finditer(text):
        name = match.group()
        if len(name) <= _LONGEST and not find_paths(name):
            yield name.removesuffix("()"), match.start(), name.endswith("()")


_LONGEST = 200

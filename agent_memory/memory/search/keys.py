"""Keys that a question names, so that it leads to items with the same ones."""

from agent_memory.memory.extraction.code_references import likely_keys
from agent_memory.memory.extraction.failure_draft import keys_of_failure
from agent_memory.memory.extraction.failures.finder import find_failures
from agent_memory.memory.extraction.lines import cut_log
from agent_memory.memory.items.item import Key
from agent_memory.memory.search.identifiers import split_identifiers

__all__ = ["find_keys", "split_identifiers"]

_MAX_KEYS = 200


def find_keys(text: str) -> tuple[Key, ...]:
    """Of a question: paths, symbols and test ids. Of a log: its failures' fingerprints, tests, and
    the files and symbols of their stacks."""
    keys: list[Key] = []
    failures = [failure for lines in cut_log(text) for failure in find_failures(text, lines)]
    for failure in failures:
        keys.extend(keys_of_failure(failure))
    if not failures:
        keys.extend(likely_keys(text))
    return tuple(dict.fromkeys(keys))[:_MAX_KEYS]

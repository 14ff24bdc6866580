"""The words to search for when the purpose is a sentence, a log, or both."""

from agent_memory.memory.extraction.failure_draft import describe, search_words_of
from agent_memory.memory.extraction.failures.failure import Failure
from agent_memory.memory.extraction.failures.finder import find_failures
from agent_memory.memory.extraction.lines import cut_log
from agent_memory.memory.search.identifiers import split_identifiers

_MAX_FAILURES = 20
_MAX_PROSE = 4000


def search_words(purpose: str) -> str:
    """Of a log: test, exception, message and the project's frames instead of the log, with the
    identifiers split. Of anything else: the text with the words of its identifiers."""
    failures: list[Failure] = []
    said: list[str] = []
    for lines in cut_log(purpose):
        found = [f for f in find_failures(purpose, lines) if f.test or f.exception or f.frames]
        taken = {place for failure in found for place in range(failure.begin, failure.end)}
        said.extend(text for place, text in enumerate(lines.texts) if place not in taken)
        failures.extend(found)
    prose = "\n".join(said)
    parts = [prose.strip()[:_MAX_PROSE], *map(describe, failures[:_MAX_FAILURES])]
    words = list(split_identifiers(parts[0]))
    for failure in failures[:_MAX_FAILURES]:
        words.extend(search_words_of(failure))
    return "\n".join((*(part for part in parts if part), " ".join(words))).strip()

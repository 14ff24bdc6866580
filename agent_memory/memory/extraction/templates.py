"""Log lines grouped into templates: lines of one event differ only in their values."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from agent_memory.memory.extraction.drain import Drain
from agent_memory.memory.extraction.masks import mask

_ANY = "<*>"
_MAX_TOKENS = 120
_LEAD = re.compile(
    r"(?:[\s\[\](),|:-]*(?:<time>|(?:TRACE|DEBUG|INFO|NOTICE|WARN(?:ING)?|ERROR|ERR|FATAL|CRITICAL|"
    r"SEVERE)\b))+[\s\]),|:-]*"
)
"""Time and level, which say nothing about which event it is."""
_RUN = re.compile(r"<\*>(?: <\*>)+")


@dataclass(frozen=True, slots=True)
class Template:
    """`text` without time and level, with `<*>` and `<sort>` for what varies.
    `members`: indices of its lines."""

    text: str
    members: tuple[int, ...]


def group(texts: Sequence[str]) -> tuple[Template, ...]:
    """Templates in the order of their first line, every line in one. The same lines give the same
    templates, whatever was grouped before."""
    drain = Drain(_ANY)
    for text in texts:
        drain.read(_LEAD.sub("", mask(text), count=1).split()[:_MAX_TOKENS])
    return tuple(Template(_written(event.words), tuple(event.lines)) for event in drain.events)


def _written(words: Sequence[str | None]) -> str:
    return _RUN.sub(_ANY, " ".join(_ANY if word is None else word for word in words))

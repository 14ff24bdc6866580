"""A text as lines that know where they lie."""

import re
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass

from agent_memory.memory.extraction.line_prefixes import Prefix, find_prefixes

_RUNNER_PREFIX = re.compile(r"[ \t]*\[(?:junit|java|exec|ERROR|INFO|WARNING)\] ?")
_ESCAPE = re.compile(
    r"\x1b(?:\[[0-?]*[ -/]*[@-~]|[\]_][^\x07\x1b]*(?:\x07|\x1b\\)|[()][0-9A-B]|[=>78])"
)
LONGEST_LINE = 4000
"""Characters of a line that are looked at; the rest is data, not form."""


@dataclass(frozen=True, slots=True)
class Lines:
    """`texts` are without line ends, colours and the prefix that a build tool puts before every
    line (`[junit]`); `begins` has one more entry, the end of the text.

    Of a log that came through others, the lines of one `source` only, without what was put before
    them: `ends` says then where each ends, and `times` what the prefix of each says.
    """

    texts: Sequence[str]
    begins: Sequence[int]
    source: str = ""
    ends: Sequence[int] = ()
    times: Sequence[str] = ()

    def __len__(self) -> int:
        return len(self.texts)

    def extent(self, begin: int, end: int) -> tuple[int, int]:
        """Lines [begin, end) as characters of the text, without the last line end."""
        if self.ends:
            return self.begins[begin], self.ends[max(begin, end - 1)]
        first, last = self.begins[begin], self.begins[max(begin, end)]
        return first, last if end >= len(self.texts) else max(first, last - 1)

    def line_at(self, place: int) -> int:
        return min(bisect_right(self.begins, place) - 1, len(self.texts) - 1)


def cut_lines(text: str) -> Lines:
    raw = text.split("\n")
    begins, place = [], 0
    for line in raw:
        begins.append(place)
        place += len(line) + 1
    begins.append(len(text))
    begins[-2] = min(begins[-2], len(text))
    return Lines([_plain(line) for line in raw], begins)


def cut_log(text: str) -> tuple[Lines, ...]:
    """The lines of each source of a log by themselves, without the prefix that nearly all have. A
    line without it goes on with the line before it."""
    lines = cut_lines(text)
    prefixes = find_prefixes(lines.texts)
    if prefixes is None:
        return (lines,)
    places: dict[str, list[int]] = {}
    source = next(prefix.source for prefix in prefixes if prefix.length)
    for place, prefix in enumerate(prefixes):
        source = prefix.source if prefix.length else source
        places.setdefault(source, []).append(place)
    return tuple(_of_source(lines, prefixes, name, own) for name, own in places.items())


def _of_source(
    lines: Lines, prefixes: Sequence[Prefix], source: str, places: Sequence[int]
) -> Lines:
    return Lines(
        [_plain(lines.texts[place][prefixes[place].length :]) for place in places],
        [*(lines.begins[place] for place in places), lines.begins[-1]],
        source,
        [lines.extent(place, place + 1)[1] for place in places],
        [prefixes[place].time for place in places],
    )


def _plain(line: str) -> str:
    line = line[:LONGEST_LINE].rstrip("\r")
    if "\x1b" in line:
        line = _ESCAPE.sub("", line)
    if "] " in line and (prefix := _RUNNER_PREFIX.match(line)) is not None:
        line = line[prefix.end() :]
    return line

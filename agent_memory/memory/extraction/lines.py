"""A text as lines that know where they lie."""

import re
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass

_RUNNER_PREFIX = re.compile(r"[ \t]*\[(?:junit|java|exec|ERROR|INFO|WARNING)\] ?")
_ESCAPE = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")
LONGEST_LINE = 4000
"""Characters of a line that are looked at; the rest is data, not form."""


@dataclass(frozen=True, slots=True)
class Lines:
    """`texts` are without line ends, colours and the prefix that a build tool puts before every
    line (`[junit]`); `begins` has one more entry, the end of the text."""

    texts: Sequence[str]
    begins: Sequence[int]

    def __len__(self) -> int:
        return len(self.texts)

    def extent(self, begin: int, end: int) -> tuple[int, int]:
        """Lines [begin, end) as characters of the text, without the last line end."""
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


def _plain(line: str) -> str:
    line = line[:LONGEST_LINE].rstrip("\r")
    if "\x1b" in line:
        line = _ESCAPE.sub("", line)
    if "] " in line and (prefix := _RUNNER_PREFIX.match(line)) is not None:
        line = line[prefix.end() :]
    return line

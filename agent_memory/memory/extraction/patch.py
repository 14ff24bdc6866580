"""A text of diffs cut into commits, files and hunks, each with the place where it stands."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

_HUNK = re.compile(r"@@ -(\d{1,9})(?:,(\d{1,9}))? \+(\d{1,9})(?:,(\d{1,9}))? @@")
_COMMIT = re.compile(r"(?:commit ([0-9a-f]{7,64})\b|From ([0-9a-f]{40}) )")
_FILE_MARKS = ("diff --git ", "diff --cc ", "diff -r ", "Index: ")
_HEADER_LINES = (
    "index ", "old mode ", "new mode ", "new file mode ", "deleted file mode ", "similarity index ",
    "dissimilarity index ", "rename from ", "rename to ", "copy from ", "copy to ", "--- ", "+++ ",
    "Binary file", "GIT binary patch", "literal ", "delta ", "======", "RCS file:", "retrieving ",
)  # fmt: skip


@dataclass(slots=True)
class FilePart:
    """Lines [begin, end): header and hunks of one file. `hunks`: lines of each."""

    begin: int
    end: int
    hunks: list[tuple[int, int]] = field(default_factory=list)
    commit: tuple[int, int] | None = None
    """Lines of the commit's header that it stands under."""
    is_cut: bool = False
    """Some hunk is shorter than its head says."""


@dataclass(frozen=True, slots=True)
class Patch:
    lines: Sequence[str]
    files: tuple[FilePart, ...]


def cut_patch(text: str) -> Patch:
    lines = text.split("\n")
    return Patch(lines, tuple(_Cutter(lines).cut()))


class _Cutter:
    """One pass over the lines. Within a hunk its counts decide what belongs to it, so that removed
    lines that look like headers are none."""

    def __init__(self, lines: Sequence[str]) -> None:
        self._lines = lines
        self._files: list[FilePart] = []
        self._current: FilePart | None = None
        self._commit: tuple[int, int] | None = None
        self._prose_begin = 0
        """Where the text before the first file of a commit begins."""

    def cut(self) -> list[FilePart]:
        place = 0
        while place < len(self._lines):
            place = self._step(place)
        self._close(len(self._lines))
        return self._files

    def _step(self, place: int) -> int:
        line = self._lines[place]
        if line.startswith("@@ -") and (hunk := _HUNK.match(line)) is not None:
            return self._take_hunk(place, hunk)
        if _COMMIT.match(line) is not None:
            self._close(place)
            self._prose_begin, self._commit = place, None
        elif line.startswith(_FILE_MARKS) or self._is_bare_header(place):
            self._close(place)
            self._open(place)
        elif self._current is not None and not self._continues_header(line):
            self._close(place)
        return place + 1

    def _is_bare_header(self, place: int) -> bool:
        """`---` and `+++` that no `diff --git` announces."""
        if not self._lines[place].startswith("--- ") or place + 1 >= len(self._lines):
            return False
        is_announced = self._current is not None and not self._current.hunks
        return self._lines[place + 1].startswith("+++ ") and not is_announced

    def _continues_header(self, line: str) -> bool:
        if self._current is None or self._current.hunks:
            return line.startswith("\\ ")
        return line.startswith(_HEADER_LINES) or not line.strip() or not self._has_names()

    def _has_names(self) -> bool:
        """Whether the header is complete: a binary patch goes on after it, prose does not."""
        if self._current is None:
            return False
        return not self._lines[self._current.begin].startswith("diff --git ")

    def _take_hunk(self, place: int, head: re.Match[str]) -> int:
        if self._current is None:
            self._open(place)
        source, target = (int(head.group(n) or 1) if head.group(n) != "0" else 0 for n in (2, 4))
        end = place + 1
        while end < len(self._lines) and (source > 0 or target > 0):
            mark = self._lines[end][:1]
            is_last = end == len(self._lines) - 1
            if mark not in {"+", "-", " ", "\\", ""} or (mark == "" and is_last):
                break
            source -= mark in {"-", " ", ""}
            target -= mark in {"+", " ", ""}
            end += 1
        if self._current is not None:
            self._current.hunks.append((place, end))
            self._current.is_cut |= source != 0 or target != 0
        return end

    def _open(self, place: int) -> None:
        if self._commit is None and self._prose_begin < place:
            self._commit = (self._prose_begin, place)
        self._current = FilePart(place, place + 1, commit=self._commit)

    def _close(self, place: int) -> None:
        if self._current is not None:
            while place > self._current.begin + 1 and not self._lines[place - 1].strip():
                place -= 1
            self._current.end = place
            self._files.append(self._current)
            self._prose_begin = len(self._lines)
        self._current = None

"""What the memory tool answers, in the words that Anthropic documents."""

from collections.abc import Mapping, Sequence

MAX_LINES = 999_999
_NUMBER_WIDTH = 6
_LEVELS = 2
_HIDDEN = "node_modules"
_AROUND = 2
"""Lines shown before and after a change."""
_UNITS = ("B", "K", "M", "G")


def numbered_file(path: str, text: str, wanted: tuple[int, int] | None) -> str:
    """The lines of a file, or those that are wanted."""
    lines = text.split("\n")
    first, last = wanted or (1, -1)
    start = max(1, first)
    end = len(lines) if last == -1 else last
    shown = _numbered(lines, start, end)
    return "\n".join([f"Here's the content of {path} with line numbers:", *shown])


def snippet_after(text: str, place: int) -> str:
    """The lines around the one in which character `place` of the new text stands."""
    lines = text.split("\n")
    changed = text[:place].count("\n") + 1
    shown = _numbered(lines, max(1, changed - _AROUND), changed + _AROUND)
    edited = "The memory file has been edited."
    head = f"{edited} Here is the snippet showing the change (with line numbers):"
    return "\n".join([head, *shown])


def listing(path: str, sizes: Mapping[str, int]) -> str:
    """A folder, and what lies in it down to the second level. sizes: bytes of each file below it,
    by its path from there; hidden ones are left out."""
    seen = {name: size for name, size in sizes.items() if not _is_hidden(name)}
    entries: dict[str, int] = {}
    for name, size in seen.items():
        segments = name.split("/")
        for depth in range(1, min(len(segments) - 1, _LEVELS) + 1):
            folder = "/".join(segments[:depth]) + "/"
            entries[folder] = entries.get(folder, 0) + size
        if len(segments) <= _LEVELS:
            entries[name] = size
    head = (
        f"Here're the files and directories up to {_LEVELS} levels deep in {path}, "
        f"excluding hidden items and {_HIDDEN}:"
    )
    rows = [f"{_size(size)}\t{path}/{name}" for name, size in sorted(entries.items())]
    return "\n".join([head, f"{_size(sum(seen.values()))}\t{path}", *rows])


def _is_hidden(name: str) -> bool:
    return any(part.startswith(".") or part == _HIDDEN for part in name.split("/"))


def _numbered(lines: Sequence[str], start: int, end: int) -> list[str]:
    return [
        f"{number:>{_NUMBER_WIDTH}}\t{line}"
        for number, line in enumerate(lines[start - 1 : max(start - 1, end)], start)
    ]


def _size(num_bytes: int) -> str:
    size, unit = float(num_bytes), 0
    while size >= 1024 and unit < len(_UNITS) - 1:
        size, unit = size / 1024, unit + 1
    return f"{size:.0f}{_UNITS[unit]}" if size == int(size) else f"{size:.1f}{_UNITS[unit]}"

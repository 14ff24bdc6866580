"""The change of one file, as a diff tells it."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from unidiff.errors import UnidiffParseError
from unidiff.patch import Hunk, PatchedFile, PatchSet

from agent_memory.memory.extraction.definitions import defined_in, family_of
from agent_memory.memory.extraction.patch import FilePart
from agent_memory.memory.search.identifiers import find_identifiers
from agent_memory.memory.search.paths import without_diff_prefix

_OCTAL = re.compile(r"(?:\\[0-3][0-7]{2})+")
_GIT_NAMES = re.compile(r"diff --git (\"?a/.+?\"?) (\"?b/.+\"?)$")
_NO_FILE = "/dev/null"
_SHORTEST = 3
_COMMON = frozenset(
    [
        "the",
        "and",
        "for",
        "not",
        "import",
        "from",
        "return",
        "public",
        "private",
        "protected",
        "static",
        "final",
        "void",
        "int",
        "def",
        "self",
        "this",
        "new",
        "null",
        "none",
        "true",
        "false",
        "class",
        "const",
        "let",
        "var",
        "function",
        "else",
        "string",
        "bool",
        "boolean",
        "long",
        "double",
        "float",
        "char",
        "async",
        "await",
        "try",
        "catch",
        "throw",
        "throws",
        "raise",
        "with",
        "elif",
        "while",
        "continue",
        "break",
        "default",
        "case",
        "switch",
        "func",
        "type",
        "struct",
        "interface",
        "package",
        "pub",
        "mut",
        "impl",
        "use",
        "override",
    ]
)
"""Words that most programs have."""


@dataclass(frozen=True, slots=True)
class HunkChange:
    """`part`: which hunk of its file. Names in their order, each once."""

    part: int
    symbols: tuple[str, ...]
    added: tuple[str, ...]
    removed: tuple[str, ...]
    num_added: int
    num_removed: int


@dataclass(frozen=True, slots=True)
class FileChange:
    """`path` is None where the diff does not name the file. `what`: modified, added, deleted,
    renamed or binary. `num_broken`: hunks that could not be parsed."""

    path: str | None
    old_path: str | None
    what: str
    hunks: tuple[HunkChange, ...]
    num_broken: int

    @property
    def symbols(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(name for hunk in self.hunks for name in hunk.symbols))

    @property
    def num_added(self) -> int:
        return sum(hunk.num_added for hunk in self.hunks)

    @property
    def num_removed(self) -> int:
        return sum(hunk.num_removed for hunk in self.hunks)


def read_file(lines: Sequence[str], part: FilePart) -> FileChange:
    """Whatever of the file's hunks can be parsed."""
    header = lines[part.begin : part.hunks[0][0] if part.hunks else part.end]
    parsed = _parse([lines[begin:end] for begin, end in part.hunks])
    source, target = _names(header)
    path = target or source
    what = _what(header, source, target)
    family_path = path or ""
    hunks = tuple(
        _read_hunk(hunk, number, family_path) for number, hunk in parsed if hunk is not None
    )
    num_broken = sum(hunk is None for _, hunk in parsed)
    old_path = source if what == "renamed" else None
    return FileChange(path, old_path, what, hunks, num_broken)


def _parse(hunks: Sequence[Sequence[str]]) -> list[tuple[int, Hunk | None]]:
    """All at once; one by one when that fails, so that a broken hunk spoils no other."""
    whole = _parse_patch([line for hunk in hunks for line in hunk])
    if whole is not None and len(whole) == len(hunks):
        return list(enumerate(whole))
    parsed: list[tuple[int, Hunk | None]] = []
    for number, hunk in enumerate(hunks):
        alone = _parse_patch(hunk)
        parsed.append((number, alone[0] if alone else None))
    return parsed


def _parse_patch(lines: Sequence[str]) -> PatchedFile | None:
    if not lines:
        return None
    text = [f"{line.rstrip(chr(13))}\n" for line in lines]
    try:
        patch = PatchSet(["--- a/file\n", "+++ b/file\n", *text])
    except UnidiffParseError:
        return None
    return patch[0] if len(patch) == 1 else None


def _read_hunk(hunk: Hunk, number: int, path: str) -> HunkChange:
    """Changed lines belong to the definition above them, in the hunk or in its head."""
    family = family_of(path)
    current = defined_in(hunk.section_header, family)
    symbols: dict[str, None] = {}
    added: dict[str, None] = {}
    removed: dict[str, None] = {}
    for line in hunk:
        text = line.value[:_LONGEST_LINE]
        current = defined_in(text, family) or current
        if line.is_context or not (line.is_added or line.is_removed):
            continue
        if current is not None and text.strip():
            symbols[current] = None
        names = added if line.is_added else removed
        names.update(dict.fromkeys(_telling(text)))
    return HunkChange(
        number, tuple(symbols), tuple(added), tuple(removed), hunk.added, hunk.removed
    )


_LONGEST_LINE = 2000


def _telling(text: str) -> list[str]:
    return [
        name
        for name in find_identifiers(text)
        if len(name) >= _SHORTEST and name.lower() not in _COMMON
    ]


def _names(header: Sequence[str]) -> tuple[str | None, str | None]:
    """Source and target; None for one that does not exist or is not named."""
    names: dict[str, str] = {}
    for line in header:
        for mark in ("--- ", "+++ ", "rename from ", "rename to ", "Index: "):
            if line.startswith(mark):
                names[mark] = _clean(line[len(mark) :].split("\t", 1)[0])
        if (match := _GIT_NAMES.match(line)) is not None:
            names["git from"], names["git to"] = _clean(match.group(1)), _clean(match.group(2))
    source = names.get("rename from") or names.get("--- ") or names.get("git from")
    target = names.get("rename to") or names.get("+++ ") or names.get("git to")
    source, target = source or names.get("Index: "), target or names.get("Index: ")
    return _existing(source), _existing(target)


def _existing(name: str | None) -> str | None:
    return name if name and name != _NO_FILE else None


def _clean(name: str) -> str:
    name = name.strip()
    if name.startswith('"') and "\\" in name:
        name = _OCTAL.sub(_from_octal, name)
    return name if name == _NO_FILE else without_diff_prefix(name)


def _from_octal(match: re.Match[str]) -> str:
    octets = bytes(int(code, 8) for code in match.group()[1:].split("\\"))
    return octets.decode("utf-8", "replace")


def _what(header: Sequence[str], source: str | None, target: str | None) -> str:
    if any(line.startswith(("Binary file", "GIT binary patch")) for line in header):
        return "binary"
    if any(line.startswith("new file mode") for line in header) or (target and source is None):
        return "added"
    if any(line.startswith("deleted file mode") for line in header) or (source and target is None):
        return "deleted"
    return "renamed" if any(line.startswith("rename ") for line in header) else "modified"

"""Diffs as items: one a changed file, and one a hunk where the file's change is long."""

from agent_memory.json_value import Json
from agent_memory.memory.extraction.commit import Commit, read_commit
from agent_memory.memory.extraction.failures.failure import Test
from agent_memory.memory.extraction.file_change import FileChange, HunkChange, read_file
from agent_memory.memory.extraction.findings import Findings, Passage
from agent_memory.memory.extraction.patch import FilePart, Patch, cut_patch
from agent_memory.memory.extraction.symbols import keys_of_test, symbol_keys
from agent_memory.memory.items.content_hash import content_hash
from agent_memory.memory.items.item import Draft, Key
from agent_memory.memory.items.kinds import ItemKind
from agent_memory.memory.search.identifiers import parts_of
from agent_memory.memory.search.paths import file_keys, stem

_WHOLE_UP_TO = 6000
"""Characters of a file's change that are shown as one item; what is longer is shown by hunks."""
_MAX_HUNK = 8000
MAX_HUNKS = 200
"""Of one file; its summary counts the others, and the raw text has them."""
_MAX_SYMBOLS = 40
_MAX_WORDS = 400
_UNREADABLE = "The text has no hunk of a unified diff; it is kept as it is."


def read_diff(passage: Passage, findings: Findings) -> None:
    patch = cut_patch(passage.text)
    begins = _line_begins(patch)
    for part in patch.files:
        change = read_file(patch.lines, part)
        if change.path is None and not change.hunks:
            continue
        _Writer(passage, findings, patch, begins, part, change).write()
    if not any(part.hunks for part in patch.files):
        findings.note(_UNREADABLE)
    if not patch.files and passage.text.strip():
        findings.add(_unread(passage))


class _Writer:
    """Writes the drafts of one file."""

    def __init__(
        self,
        passage: Passage,
        findings: Findings,
        patch: Patch,
        begins: list[int],
        part: FilePart,
        change: FileChange,
    ) -> None:
        self._passage, self._findings = passage, findings
        self._begins, self._part, self._change = begins, part, change
        lines = patch.lines[slice(*part.commit)] if part.commit is not None else ()
        self._commit = read_commit(lines, passage.occurred_at)
        self._path = change.path or "an unnamed file"

    def write(self) -> None:
        begin, end = self._begins[self._part.begin], self._end_of(self._part.end)
        is_whole = end - begin <= _WHOLE_UP_TO or len(self._change.hunks) == 0
        text = self._passage.text[begin:end][:_MAX_HUNK] if is_whole else self._summary()
        index = self._findings.add(
            self._draft(text, begin, end, self._change.hunks, self._passage.source)
        )
        if not is_whole:
            for hunk in self._change.hunks[:MAX_HUNKS]:
                first, last = self._part.hunks[hunk.part]
                begin, end = self._begins[first], self._end_of(last)
                text = self._passage.text[begin:end][:_MAX_HUNK]
                self._findings.add(self._draft(text, begin, end, (hunk,), index))
        self._note_what_is_broken()

    def _draft(
        self, text: str, begin: int, end: int, hunks: tuple[HunkChange, ...], source: int | None
    ) -> Draft:
        commit = self._commit
        written_at = commit.committed_at if commit is not None else None
        return Draft(
            kind=ItemKind.DIFF,
            text=text,
            span=self._passage.span(begin, end),
            occurred_at=written_at or self._passage.occurred_at,
            content_hash=content_hash(ItemKind.DIFF, text, self._path),
            context=_context(self._change, commit),
            search_text=" ".join(_words(self._path, hunks, commit)),
            source=source,
            keys=_keys(self._change, hunks),
            metadata=_metadata(self._change, hunks, commit),
        )

    def _summary(self) -> str:
        change = self._change
        head = f"{change.what} {self._path}: +{change.num_added} -{change.num_removed}"
        head += f" in {len(change.hunks)} places"
        names = [f"  {name}" for name in change.symbols[:_MAX_SYMBOLS]]
        return "\n".join((head, *names))

    def _note_what_is_broken(self) -> None:
        if self._change.num_broken:
            self._findings.note(
                f"{self._change.num_broken} of {len(self._part.hunks)} hunks of {self._path} could "
                "not be parsed; the raw text keeps them."
            )

    def _end_of(self, line: int) -> int:
        """Without the line end."""
        last = line >= len(self._begins) - 1
        return len(self._passage.text) if last else self._begins[line] - 1


def _context(change: FileChange, commit: Commit | None) -> str:
    """What happened to which file, where in it, and why."""
    what = f"{change.what} {change.path or 'an unnamed file'}"
    if change.old_path is not None:
        what += f" (was {change.old_path})"
    if change.symbols:
        what += f" in {', '.join(change.symbols[:5])}"
    return f"{commit.subject} | {what}" if commit is not None and commit.subject else what


def _words(path: str, hunks: tuple[HunkChange, ...], commit: Commit | None) -> list[str]:
    names = [part for part in path.replace(".", "/").split("/") if part]
    for hunk in hunks:
        names.extend((*hunk.symbols, *hunk.added, *hunk.removed))
    words = [word for name in names for word in parts_of(name) if len(word) > 1]
    return [*words[:_MAX_WORDS], *([commit.body[:1000]] if commit is not None else [])]


def _keys(change: FileChange, hunks: tuple[HunkChange, ...]) -> tuple[Key, ...]:
    keys: list[Key] = []
    for path in (change.path, change.old_path):
        keys.extend(file_keys(path) if path is not None else ())
    owner = stem(change.path or "")
    symbols = list(dict.fromkeys(name for hunk in hunks for name in hunk.symbols))
    for name in symbols[:_MAX_SYMBOLS]:
        qualified = f"{owner}.{name}" if "." not in name and owner[:1].isupper() else name
        keys.extend(symbol_keys(name if name == owner else qualified))
        if _is_test(name, change.path or ""):
            keys.extend(key for key in keys_of_test(_test(name, change.path or owner)))
    return tuple(dict.fromkeys(keys))


def _is_test(name: str, path: str) -> bool:
    return "test" in path.lower() and name.rpartition(".")[2].lower().startswith("test")


def _test(name: str, path: str) -> Test:
    return Test(name.replace(".", "::"), path, path)


def _metadata(
    change: FileChange, hunks: tuple[HunkChange, ...], commit: Commit | None
) -> dict[str, Json]:
    metadata: dict[str, Json] = {
        "change": change.what,
        "num_added": sum(hunk.num_added for hunk in hunks),
        "num_removed": sum(hunk.num_removed for hunk in hunks),
    }
    if change.path is not None:
        metadata["path"] = change.path
    if change.old_path is not None:
        metadata["old_path"] = change.old_path
    symbols: list[Json] = list(dict.fromkeys(name for hunk in hunks for name in hunk.symbols))
    if symbols:
        metadata["symbols"] = symbols[:_MAX_SYMBOLS]
    if commit is not None:
        metadata["subject"] = commit.subject
        if commit.name is not None:
            metadata["commit"] = commit.name
        if commit.author is not None:
            metadata["author"] = commit.author
    return metadata


def _unread(passage: Passage) -> Draft:
    text = passage.text.strip()[:_MAX_HUNK]
    return Draft(
        kind=ItemKind.DIFF,
        text=text,
        span=passage.whole(),
        occurred_at=passage.occurred_at,
        content_hash=content_hash(ItemKind.DIFF, passage.text),
        source=passage.source,
        confidence=_UNREAD_CONFIDENCE,
    )


_UNREAD_CONFIDENCE = 0.3


def _line_begins(patch: Patch) -> list[int]:
    begins, place = [], 0
    for line in patch.lines:
        begins.append(place)
        place += len(line) + 1
    begins.append(place)
    return begins

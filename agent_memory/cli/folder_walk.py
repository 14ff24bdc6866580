"""The files of a folder that are worth remembering, and a count of those that are not."""

import os
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from fnmatch import fnmatch
from pathlib import Path

from agent_memory.cli.ignore_rules import IgnoreRules

_NEVER = frozenset({"node_modules", "__pycache__"})
_HEAD = 8192
_MARKS = (b"\xff\xfe", b"\xfe\xff", b"\0\0\xfe\xff")


class FolderWalk:
    """Goes through a folder in the order of its names.

    Left out are hidden files and folders, those that a `.gitignore` names, files with NUL bytes,
    and kinds of which `is_known` says no, unless `include` has a pattern for them. `exclude` leaves
    out more. Patterns are of names or of paths below the folder.
    """

    def __init__(
        self,
        folder: Path,
        is_known: Callable[[Path], bool],
        include: Sequence[str] = (),
        exclude: Sequence[str] = (),
    ) -> None:
        self._folder = folder
        self._is_known = is_known
        self._include = include
        self._exclude = exclude
        self.skipped = Counter[str]()
        """How many were left out, by the reason. A folder counts once."""

    def files(self) -> list[Path]:
        """The files that are left."""
        return list(self._walk(self._folder, []))

    def _walk(self, folder: Path, rules: list[tuple[Path, IgnoreRules]]) -> Iterator[Path]:
        own = IgnoreRules.of(folder)
        rules = rules if own is None else [*rules, (folder, own)]
        try:
            entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
        except OSError:
            self.skipped["unreadable"] += 1
            return
        for entry in entries:
            path = Path(entry.path)
            is_folder = entry.is_dir(follow_symlinks=False)
            if not (is_folder or entry.is_file()):
                continue
            if (reason := self._reason(path, rules, is_folder=is_folder)) is not None:
                self.skipped[reason] += 1
            elif is_folder:
                yield from self._walk(path, rules)
            else:
                yield path

    def _reason(
        self, path: Path, rules: Sequence[tuple[Path, IgnoreRules]], *, is_folder: bool
    ) -> str | None:
        """Why a file or folder is left out; None for one that is not."""
        if self._is_of(path, self._exclude):
            return "excluded"
        if not is_folder and self._is_of(path, self._include):
            return "binary" if _is_binary(path) else None
        if path.name.startswith("."):
            return "hidden"
        if path.name in _NEVER or _is_ignored(path, rules, is_folder=is_folder):
            return "ignored"
        return None if is_folder else self._reason_of_kind(path)

    def _reason_of_kind(self, path: Path) -> str | None:
        if not self._is_known(path):
            return "of other kinds"
        return "binary" if _is_binary(path) else None

    def _is_of(self, path: Path, patterns: Sequence[str]) -> bool:
        below = path.relative_to(self._folder).as_posix()
        return any(fnmatch(path.name, each) or fnmatch(below, each) for each in patterns)


def _is_ignored(path: Path, rules: Sequence[tuple[Path, IgnoreRules]], *, is_folder: bool) -> bool:
    """The rules nearest to the file count most."""
    for folder, each in reversed(rules):
        below = path.relative_to(folder).as_posix()
        if (verdict := each.verdict(below, is_folder=is_folder)) is not None:
            return verdict
    return False


def _is_binary(path: Path) -> bool:
    """UTF-16 and UTF-32 have NUL bytes too, and a mark in front."""
    try:
        with path.open("rb") as file:
            head = file.read(_HEAD)
    except OSError:
        return False
    return b"\0" in head and not head.startswith(_MARKS)

"""The files that are named on the command line.

*.jsonl          JSON lines, or a transcript of Claude Code or Codex
*.json           an export of ChatGPT or Claude, or of a channel of Discord
*.zip            an export of Slack, ChatGPT or Claude, where it is named itself
*.diff *.patch   a unified diff
*.log            a log
anything else    text, or a chat of WhatsApp

A folder that Slack exported is one source. What each becomes stands in `memory/importing/`.
"""

import sys
from collections import Counter
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import BinaryIO, cast

from agent_memory.cli.folder_walk import FolderWalk
from agent_memory.errors import NotFound
from agent_memory.memory.importing import detection, slack
from agent_memory.memory.importing.dialogue import MAX_MESSAGES
from agent_memory.memory.importing.finding import SUFFIXES, source_of
from agent_memory.memory.importing.source import Body, Source, bodies

__all__ = ["MAX_MESSAGES", "STANDARD_INPUT", "Body", "Source", "bodies", "find_sources"]

STANDARD_INPUT = "-"
_TEXT_SUFFIXES = frozenset({".txt", ".md", ".rst", ""})


def find_sources(
    place: str,
    kind: str | None = None,
    *,
    include: Sequence[str] = (),
    exclude: Sequence[str] = (),
    skipped: Counter[str] | None = None,
) -> list[Source]:
    """The files of `place`, in the order of their names. `NotFound` when there are none.

    include, exclude: patterns, see `FolderWalk`; `skipped` counts what a folder has besides.
    """
    if place == STANDARD_INPUT:
        return [Source("standard input", kind or "jsonl", lambda: sys.stdin.buffer)]
    path = Path(place)
    if path.is_dir() and slack.is_export(path):
        return [Source(str(path), slack.KIND, folder=path)]
    if path.is_file():
        return [source_of(path, place, kind)]
    if not path.is_dir():
        raise NotFound("file or folder", place)
    walk = FolderWalk(path, _is_known, include, exclude)
    found = walk.files()
    if skipped is not None:
        skipped.update(walk.skipped)
    if not found:
        raise NotFound("file to ingest in", place)
    return [source_of(entry, str(entry), kind or _asked_kind(entry)) for entry in found]


def _is_known(path: Path) -> bool:
    if path.suffix == ".json":
        return _exported_kind(path) is not None
    return path.suffix in SUFFIXES or path.suffix in _TEXT_SUFFIXES


def _asked_kind(path: Path) -> str | None:
    """JSON that is no export was asked for by a pattern, and is text then."""
    return "text" if path.suffix == ".json" and not _is_known(path) else None


def _exported_kind(path: Path) -> str | None:
    opened = cast("Callable[[], BinaryIO]", partial(path.open, "rb"))
    return detection.kind_of(opened, path.suffix)

"""The files that are named on the command line.

*.jsonl          JSON lines, or a transcript of Claude Code or Codex
*.json           an export of ChatGPT or Claude, or of a channel of Discord
*.zip            an export of Slack, ChatGPT or Claude
*.diff *.patch   a unified diff
*.log            a log
anything else    text, or a chat of WhatsApp

A folder that Slack exported is one source. What each becomes stands in `memory/importing/`.
"""

import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from agent_memory.cli.folder_walk import FolderWalk
from agent_memory.errors import InvalidRequest, NotFound
from agent_memory.memory.importing import slack
from agent_memory.memory.importing.dialogue import MAX_MESSAGES
from agent_memory.memory.importing.finding import SUFFIXES, source_of
from agent_memory.memory.importing.source import Body, Source, bodies

__all__ = ["MAX_MESSAGES", "STANDARD_INPUT", "Body", "Source", "bodies", "find_sources"]

STANDARD_INPUT = "-"
_EXPORTS = frozenset({".json", ".zip"})
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
    if path.is_dir():
        walk = FolderWalk(path, _is_known, include, exclude)
        found = _in_folder(walk, kind)
        if skipped is not None:
            skipped.update(walk.skipped)
        if not found:
            raise NotFound("file to ingest in", place)
        return found
    if path.is_file():
        return [source_of(path, place, kind)]
    raise NotFound("file or folder", place)


def _in_folder(walk: FolderWalk, kind: str | None) -> list[Source]:
    """In a folder lies much that is none of ours; only what may be another program's export is
    passed over where it is not understood."""
    found: list[Source] = []
    for entry in walk.files():
        try:
            found.append(source_of(entry, str(entry), kind))
        except InvalidRequest:
            if entry.suffix.lower() not in _EXPORTS:
                raise
            walk.skipped["not understood"] += 1
    return found


def _is_known(path: Path) -> bool:
    suffix = path.suffix.lower()
    return suffix in SUFFIXES or suffix in _TEXT_SUFFIXES or suffix in _EXPORTS

"""What is to be remembered of a file: the file itself, or what an archive holds."""

import zipfile
from collections.abc import Callable
from functools import partial
from pathlib import Path, PurePath
from typing import BinaryIO, cast

from agent_memory.errors import InvalidRequest
from agent_memory.memory.importing import detection, slack
from agent_memory.memory.importing.source import KINDS, Source

MAX_MEMBER_BYTES = 512 * 1024 * 1024
"""Of one file in an archive, unpacked."""
SUFFIXES = {".jsonl": "jsonl", ".diff": "diffs", ".patch": "diffs", ".log": "logs"}
_TEXT_SUFFIXES = frozenset({".txt", ".md", ".rst"})
_CONVERSATIONS = "conversations.json"
_ZIP = b"PK\x03\x04"


def source_of(path: Path, name: str, kind: str | None) -> Source:
    """The file at `path`, which came under `name` (empty: under none). `InvalidRequest` for one
    that is not understood: nothing of it is swallowed."""
    if kind is not None and kind not in KINDS:
        raise InvalidRequest(f"kind is any of: {', '.join(sorted(KINDS))}.", "kind")
    with path.open("rb") as begun:
        is_archive = begun.read(len(_ZIP)) == _ZIP
    if is_archive:
        return _in_archive(path, name)
    opened = cast("Callable[[], BinaryIO]", partial(path.open, "rb"))
    suffix = PurePath(name).suffix.lower()
    found = kind or SUFFIXES.get(suffix if suffix != ".jsonl" else "")
    found = found or detection.kind_of(opened, suffix) or SUFFIXES.get(suffix)
    found = found or _plain_kind(opened, name, suffix)
    file = name if name and found in {"diffs", "logs", "text"} else None
    return Source(name or "file", found, opened, file=file)


def _plain_kind(opened: Callable[[], BinaryIO], name: str, suffix: str) -> str:
    begin = detection.beginning(opened)
    if suffix == ".json" or "\0" in begin:
        what = f"'{name}'" if name else "The file"
        message = f"{what} is not understood: it is none of {', '.join(sorted(KINDS))}."
        raise InvalidRequest(message, "file")
    return "text" if suffix in _TEXT_SUFFIXES else detection.plain_kind_of(begin)


def _in_archive(path: Path, name: str) -> Source:
    """An export of Slack, or the conversations that ChatGPT and Claude put into theirs."""
    try:
        root = zipfile.Path(path)
    except zipfile.BadZipFile as error:
        raise InvalidRequest("The archive cannot be read.", "file") from error
    if any(one.file_size > MAX_MEMBER_BYTES for one in root.root.infolist()):
        message = f"A file of the archive has more than {MAX_MEMBER_BYTES} bytes."
        raise InvalidRequest(message, "file")
    for folder in (root, *(entry for entry in root.iterdir() if entry.is_dir())):
        if slack.is_export(folder):
            return Source(name or "archive", slack.KIND, folder=folder)
        if (file := folder / _CONVERSATIONS).is_file():
            opened = cast("Callable[[], BinaryIO]", partial(file.open, "rb"))
            if kind := detection.kind_of(opened, ".json"):
                return Source(name or "archive", kind, opened)
    message = "The archive is no export of Slack, and holds no conversations.json."
    raise InvalidRequest(message, "file")

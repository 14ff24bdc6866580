"""Exports of Slack: a folder with `users.json` and a folder of days for each channel."""

import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any
from zipfile import Path as ZipPath

import orjson

from agent_memory.memory.importing.dialogue import (
    Dialogue,
    Message,
    from_epoch,
    in_parts,
    said,
    thread_name,
)

KIND = "slack"
Folder = Path | ZipPath
"""On the disk, or in the archive as Slack makes it."""
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}\.json")
_MENTION = re.compile(r"<@(\w+)(?:\|[^>]*)?>")
_LINK = re.compile(r"<(https?://[^|>]+)(?:\|([^>]*))?>")
_ENTITIES = (("&lt;", "<"), ("&gt;", ">"), ("&amp;", "&"))


def is_export(folder: Folder) -> bool:
    """Whether a folder is an export: who wrote, and where, stands at its top."""
    return (folder / "users.json").is_file() and (folder / "channels.json").is_file()


def dialogues(folder: Folder) -> Iterator[Dialogue]:
    """One a channel, its days in their order."""
    names = _names(folder)
    for channel in _by_name(entry for entry in folder.iterdir() if entry.is_dir()):
        days = _by_name(entry for entry in channel.iterdir() if _DAY.fullmatch(entry.name))
        messages = (
            one
            for day in days
            for sent in sorted(_read(day), key=lambda sent: float(sent.get("ts") or 0))
            for one in _messages(sent, names)
        )
        yield from in_parts(thread_name(KIND, channel.name), messages)


def _by_name(entries: Iterable[Folder]) -> list[Folder]:
    return sorted(entries, key=lambda entry: entry.name)


def _names(folder: Folder) -> Mapping[str, str]:
    return {
        str(user.get("id")): str(
            (user.get("profile") or {}).get("display_name")
            or user.get("real_name")
            or user.get("name")
        )
        for user in _read(folder / "users.json")
    }


def _messages(sent: Mapping[str, Any], names: Mapping[str, str]) -> Iterator[Message]:
    """Joins, topics and the like have a subtype and are nobody's words."""
    if sent.get("type") != "message" or sent.get("subtype") not in (None, "thread_broadcast"):
        return
    text = _MENTION.sub(lambda one: "@" + names.get(one[1], one[1]), str(sent.get("text") or ""))
    text = _LINK.sub(lambda one: f"{one[2]} ({one[1]})" if one[2] else one[1], text)
    for entity, letter in _ENTITIES:
        text = text.replace(entity, letter)
    speaker = names.get(str(sent.get("user")), str(sent.get("user") or ""))
    yield from said("user", text, from_epoch(sent.get("ts")), speaker)


def _read(path: Folder) -> list[Mapping[str, Any]]:
    entries = orjson.loads(path.read_bytes())
    return [entry for entry in entries if isinstance(entry, Mapping)]

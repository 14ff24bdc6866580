"""Exports of Slack: a folder with `users.json` and a folder of days for each channel."""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import orjson

from agent_memory.cli.importers.dialogue import Dialogue, Message, from_epoch, said, thread_name

KIND = "slack"
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}\.json")
_MENTION = re.compile(r"<@(\w+)(?:\|[^>]*)?>")
_LINK = re.compile(r"<(https?://[^|>]+)(?:\|([^>]*))?>")
_ENTITIES = (("&lt;", "<"), ("&gt;", ">"), ("&amp;", "&"))


def is_export(folder: Path) -> bool:
    """Whether a folder is an export: who wrote, and where, stands at its top."""
    return (folder / "users.json").is_file() and (folder / "channels.json").is_file()


def dialogues(folder: Path) -> Iterator[Dialogue]:
    """One a channel, its days in their order."""
    names = _names(folder)
    for channel in sorted(entry for entry in folder.iterdir() if entry.is_dir()):
        days = sorted(entry for entry in channel.iterdir() if _DAY.fullmatch(entry.name))
        messages = tuple(
            one
            for day in days
            for sent in sorted(_read(day), key=lambda sent: float(sent.get("ts") or 0))
            for one in _messages(sent, names)
        )
        if messages:
            yield Dialogue(thread_name(KIND, channel.name), messages)


def _names(folder: Path) -> Mapping[str, str]:
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


def _read(path: Path) -> list[Mapping[str, Any]]:
    entries = orjson.loads(path.read_bytes())
    return [entry for entry in entries if isinstance(entry, Mapping)]

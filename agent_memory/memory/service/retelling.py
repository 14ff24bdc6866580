"""The same words said again: a message that is repeated, or another one.

Messages without a date are told apart by their words and their place. A call goes on where its
thread ends: what it has in common with the end of the thread is the same; what was said before
something else is said again. A call of several messages that are all known is a repeated call.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import replace

from agent_memory.ids import WorkspaceId
from agent_memory.memory.extraction.chat import MESSAGES
from agent_memory.memory.items.ingestion import Prepared
from agent_memory.memory.items.item import Draft, Item, Material
from agent_memory.memory.items.kinds import ItemKind, MaterialKind
from agent_memory.memory.items.traits import replaced_by
from agent_memory.memory.ports import Timeline
from agent_memory.memory.service.message_ports import MessageFinder

MAX_MESSAGES = 100
"""Of a call; a larger one is no talk but a record of one."""


class Retelling:
    """Looks up how a thread ends."""

    def __init__(self, messages: MessageFinder, timeline: Timeline) -> None:
        self._messages = messages
        self._timeline = timeline

    async def told_apart(self, workspace: WorkspaceId, prepared: Prepared) -> Prepared:
        """With other hashes for what is said again."""
        said = [draft for draft in prepared.drafts if draft.kind is ItemKind.CHAT]
        if len(said) > MAX_MESSAGES or not _is_undated(prepared.material):
            return prepared
        thread = prepared.material.thread_id
        contents = [(thread, draft.content_hash) for draft in said]
        known = {
            item.content_hash for item in await self._messages.find_messages(workspace, contents)
        }
        if not known or (len(said) > 1 and all(one.content_hash in known for one in said)):
            return prepared
        kinds = frozenset({ItemKind.CHAT.value})
        newest = await self._timeline.list_items(workspace, kinds, thread, None, len(said))
        end = list(reversed(newest))
        same = _in_common(said, end)
        if len(said) == len(same):
            return prepared
        again = {
            one.content_hash
            for at, one in enumerate(said)
            if at not in same and one.content_hash in known
        }
        kept = {said[at].content_hash: item.content_hash for at, item in same.items()}
        return _rehashed(prepared, again, kept, end[-1].item_id)


def _is_undated(material: Material) -> bool:
    messages = material.metadata.get(MESSAGES)
    return material.kind is MaterialKind.CHAT and not any(
        isinstance(one, dict) and "occurred_at" in one
        for one in (messages if isinstance(messages, list) else ())
    )


def _in_common(said: Sequence[Draft], end: Sequence[Item]) -> Mapping[int, Item]:
    """By place in the call, the longest run of messages that the thread ends with."""
    for size in range(min(len(said), len(end)), 0, -1):
        last = end[len(end) - size :]
        for begin in range(len(said) - size + 1):
            run = said[begin : begin + size]
            if all(map(_is_same, run, last)):
                return {begin + at: item for at, item in enumerate(last)}
    return {}


def _is_same(draft: Draft, item: Item) -> bool:
    return (draft.text, draft.role, draft.speaker) == (item.text, item.role, item.speaker)


def _rehashed(prepared: Prepared, again: set[str], kept: Mapping[str, str], after: str) -> Prepared:
    if not again:
        return prepared
    drafts: list[Draft] = []
    for draft in prepared.drafts:
        source = None if draft.source is None else prepared.drafts[draft.source]
        whose = draft if draft.kind is ItemKind.CHAT else source
        if whose is None or whose.content_hash not in again:
            known = kept.get(draft.content_hash) if draft.kind is ItemKind.CHAT else None
            drafts.append(replace(draft, content_hash=known) if known else draft)
        elif draft.kind is ItemKind.CHAT or draft.subject or replaced_by(draft.metadata):
            drafts.append(replace(draft, content_hash=_hash(draft.content_hash, after)))
        else:
            drafts.append(draft)
    content_hash = _hash(prepared.content_hash, after)
    return replace(prepared, content_hash=content_hash, drafts=tuple(drafts))


def _hash(content_hash: str, after: str) -> str:
    return hashlib.sha256(f"{content_hash}\0{after}".encode()).hexdigest()

"""Documents that a turn reads: at the beginning of a conversation, and their changes later."""

import difflib
import json
from collections.abc import AsyncGenerator, Iterable, Sequence
from contextlib import aclosing
from dataclasses import replace
from typing import Protocol

from agent_memory.gateway.provider import Provider
from agent_memory.gateway.remembering import Transcripts
from agent_memory.ids import WorkspaceId
from agent_memory.turns.attached import AttachedContext, read_mark
from agent_memory.turns.events import TurnEvent, TurnFinished, TurnStarted
from agent_memory.turns.messages import Message, Recollection, Role
from agent_memory.turns.models import ModelCard
from agent_memory.turns.request import TurnRequest


class EarlierTexts(Protocol):
    """What contexts said before."""

    async def text(self, workspace: WorkspaceId, key: str, version: int) -> str | None:
        """None where the version is not kept any more."""
        ...


class Attaching:
    """A provider that puts documents before the model. It meets `Provider`.

    A new conversation begins with them, before everything that tells one agent from another: all
    who read them share their KV. A conversation that has begun keeps what it has read, and is told
    of changes before its newest words, so that the tokens of its history stay what they are.
    """

    def __init__(
        self, following: Provider, transcripts: Transcripts, earlier: EarlierTexts
    ) -> None:
        self._following = following
        self._transcripts = transcripts
        self._earlier = earlier

    async def answer(self, request: TurnRequest) -> AsyncGenerator[TurnEvent, None]:
        async with aclosing(self._following.answer(await self._attached(request))) as events:
            async for event in events:
                yield _telling(event, request.contexts)

    async def count(self, request: TurnRequest) -> int:
        return await self._following.count(await self._attached(request))

    async def cards(self) -> Sequence[ModelCard]:
        return await self._following.cards()

    async def _attached(self, request: TurnRequest) -> TurnRequest:
        if not request.contexts or not request.messages:
            return request
        stored = await self._transcripts.messages_before(request)
        if not stored:
            texts = [_whole(context) for context in request.contexts]
            return _with_texts(request, 0, request.contexts, texts)
        if request.messages[-1].role is not Role.USER:
            return request
        read = _read_versions(stored)
        news = [it for it in request.contexts if read.get(it.lineage) != it.version]
        if not news:
            return request
        texts = [await self._news(request.workspace_id, it, read.get(it.lineage)) for it in news]
        return _with_texts(request, len(request.messages) - 1, news, texts)

    async def _news(
        self, workspace: WorkspaceId, context: AttachedContext, read: int | None
    ) -> str:
        """What is new in it to a reader of version `read`; all of it where that is shorter."""
        whole = _whole(context)
        if read is None:
            return whole
        before = await self._earlier.text(workspace, context.key, read)
        if before is None:
            return whole
        lines = difflib.unified_diff(
            before.splitlines(), context.text.splitlines(), lineterm="", n=1
        )
        changes = "\n".join(list(lines)[2:])
        diff = _block(context, changes, f" changed_since={read}")
        return diff if len(diff) < len(whole) else whole


def _telling(event: TurnEvent, contexts: Sequence[AttachedContext]) -> TurnEvent:
    """The event, whose usage says which versions were read."""
    if not contexts or not isinstance(event, (TurnStarted, TurnFinished)):
        return event
    read = tuple(f"{context.key}@{context.version}" for context in contexts)
    return replace(event, usage=replace(event.usage, contexts=read))


def _read_versions(stored: Iterable[Message]) -> dict[str, int]:
    """The last version of each lineage that the model has read."""
    read: dict[str, int] = {}
    for message in stored:
        for part in message.parts:
            if isinstance(part, Recollection):
                read.update(found for mark in part.item_ids if (found := read_mark(mark)))
    return read


def _with_texts(
    request: TurnRequest, at: int, contexts: Sequence[AttachedContext], texts: Sequence[str]
) -> TurnRequest:
    """The request, with `texts` before what message `at` says."""
    part = Recollection("\n".join(texts) + "\n", tuple(it.mark for it in contexts))
    messages = list(request.messages)
    messages[at] = replace(messages[at], parts=(part, *messages[at].parts))
    return replace(request, messages=tuple(messages))


def _whole(context: AttachedContext) -> str:
    return _block(context, context.text, "")


def _block(context: AttachedContext, text: str, further: str) -> str:
    key = json.dumps(context.key, ensure_ascii=False)
    return f"<context key={key} version={context.version}{further}>\n{text}\n</context>"

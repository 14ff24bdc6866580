"""LoCoMo conversations (JSON, not part of this project), stored and searched as the product does.

They share a workspace; each is a thread of it, in which its questions are asked. Of each there are
`conversation`, `turns` (id, said_at, speaker, text) and `questions` (question, category, evidence:
ids of the turns that answer it).
"""

import json
from bisect import bisect_right
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import accumulate
from pathlib import Path
from typing import Any

from agent_memory.ids import ItemId, ThreadId, WorkspaceId
from agent_memory.memory.extraction.chat import chat_material
from agent_memory.memory.items.chat_message import ChatMessage
from agent_memory.memory.items.item import Item
from agent_memory.memory.items.kinds import Role
from agent_memory.memory.items.preparation import prepare
from agent_memory.memory.search.recalled import Candidates, Embedding, Query
from agent_memory.memory.service.understanding import understood
from agent_memory.memory.vectors.embedded_text import embedded_text
from agent_memory.memory.vectors.embedding_space import Purpose
from agent_memory.providers.minilm.provider import MiniLm
from agent_memory.store.database import Database
from agent_memory.store.memory.ingestion import IngestionStore
from agent_memory.store.memory.search import SearchStore
from agent_memory.store.memory.spaces import SpaceStore
from agent_memory.store.workspaces import WorkspaceStore
from agent_memory.testing.postgres import embedded_database
from benchmarks.harness.workplace import scratch_folder

_SAID_AT = "%I:%M %p on %d %B, %Y"
_BETWEEN_TURNS = timedelta(seconds=20)
WORKSPACE = WorkspaceId("locomo")
_BATCH = 256
_SEPARATOR = "\n\n"
"""Between the messages of a material."""
NUM_CANDIDATES = 200


@dataclass(frozen=True, slots=True)
class Turn:
    turn_id: str
    speaker: str
    text: str
    said_at: datetime


@dataclass(frozen=True, slots=True)
class Question:
    """evidence: the places of the turns that answer it."""

    text: str
    category: int
    evidence: frozenset[int]


@dataclass(frozen=True, slots=True)
class Conversation:
    """`questions` are those that have evidence."""

    name: str
    turns: tuple[Turn, ...]
    questions: tuple[Question, ...]


@dataclass(frozen=True, slots=True)
class Searched:
    """A question with what the search found for it. `turn_of`: the place of the turn that an item
    is or was derived from."""

    question: Question
    query: Query
    candidates: Candidates
    turn_of: Mapping[ItemId, int]


def read_locomo(path: Path) -> tuple[Conversation, ...]:
    return tuple(_conversation(one) for one in json.loads(path.read_bytes()))


def _conversation(read: Mapping[str, Any]) -> Conversation:
    turns = tuple(_turns(read["turns"]))
    places = {turn.turn_id: place for place, turn in enumerate(turns)}
    questions = (
        Question(
            str(one["question"]),
            int(one["category"]),
            frozenset(places[turn] for turn in one["evidence"] if turn in places),
        )
        for one in read["questions"]
    )
    return Conversation(str(read["conversation"]), turns, tuple(q for q in questions if q.evidence))


def _turns(read: Sequence[Mapping[str, str]]) -> Iterator[Turn]:
    """The turns of a session are some seconds apart."""
    last = None
    for one in read:
        began_at = datetime.strptime(one["said_at"], _SAID_AT).replace(tzinfo=UTC)
        said_at = began_at if last is None or last < began_at else last + _BETWEEN_TURNS
        last = said_at
        yield Turn(one["id"], one["speaker"], _said(one), said_at)


def _said(read: Mapping[str, str]) -> str:
    """With what is to be seen on the picture that was sent along."""
    caption = read.get("image_caption")
    return f"{read['text']} [image: {caption}]" if caption else read["text"]


class LocomoSearch:
    """Conversations in a database, with vectors if there is a model for them."""

    def __init__(self, database: Database, model: MiniLm | None) -> None:
        self.database = database
        self._model = model
        self._search = SearchStore(database, timeout_s=60)
        self._begins: dict[str, list[int]] = {}

    async def store(self, conversation: Conversation) -> None:
        workspace = await WorkspaceStore(self.database).ensure_workspace(WORKSPACE)
        user = conversation.turns[0].speaker
        messages = [
            ChatMessage(
                role=Role.USER if turn.speaker == user else Role.ASSISTANT,
                content=turn.text,
                speaker=turn.speaker,
                occurred_at=turn.said_at,
            )
            for turn in conversation.turns
        ]
        material = chat_material(
            ThreadId(conversation.name), messages, conversation.turns[0].said_at
        )
        lengths = [len(message.content) + len(_SEPARATOR) for message in messages]
        self._begins[conversation.name] = [0, *accumulate(lengths[:-1])]
        await IngestionStore(self.database).remember(workspace, [prepare(material)])
        if self._model is not None:
            await self._embed_items(workspace, self._model)

    async def ask(self, conversation: Conversation, question: Question) -> Searched:
        query = Query(
            text=question.text,
            now=conversation.turns[-1].said_at + timedelta(days=1),
            thread_ids=(ThreadId(conversation.name),),
            limit=NUM_CANDIDATES,
        )
        if self._model is not None:
            embedded = await self._model.embed([question.text], Purpose.QUERY)
            vector = tuple(map(float, embedded.vectors[0]))
            query = replace(query, embedding=Embedding(self._model.space.space_id, vector))
        query = understood(query)
        candidates = await self._search.search(WORKSPACE, query)
        turn_of = self.turns_of(query, (found.item for found in candidates.found))
        return Searched(question, query, candidates, turn_of)

    def turns_of(self, query: Query, items: Iterable[Item]) -> Mapping[ItemId, int]:
        """The places of the turns that items found for the query are or were derived from."""
        begins = self._begins[query.thread_ids[0]]
        return {item.item_id: bisect_right(begins, item.span.begin) - 1 for item in items}

    async def _embed_items(self, workspace: WorkspaceId, model: MiniLm) -> None:
        spaces = SpaceStore(self.database)
        await spaces.ensure_space(workspace, model.space)
        space_id = model.space.space_id
        while items := await spaces.list_unembedded(workspace, space_id, _BATCH):
            embedded = await model.embed([embedded_text(item) for item in items], Purpose.DOCUMENT)
            await spaces.put_vectors(workspace, space_id, items, embedded.vectors)


@asynccontextmanager
async def locomo_search(with_vectors: bool) -> AsyncIterator[LocomoSearch]:
    """On a PostgreSQL of its own, which is gone afterwards."""
    model = MiniLm.load(num_threads=2) if with_vectors else None
    with scratch_folder() as folder, embedded_database(folder / "database") as url:
        database = Database(url)
        try:
            yield LocomoSearch(database, model)
        finally:
            await database.close()
            if model is not None:
                await model.close()

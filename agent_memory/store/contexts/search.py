"""Finding contexts by words, by meaning, or by both, with the scoring that memory has."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import orjson
from pgvector import HalfVector

from agent_memory.clock import utc_now
from agent_memory.contexts.codec import ContextCodec
from agent_memory.contexts.document import Document
from agent_memory.contexts.search import ContextQuery, Hit, Hits, SearchMode
from agent_memory.errors import EmbeddingRefused, EmbeddingUnavailable, InvalidRequest, QueueFull
from agent_memory.ids import ContextKey, Lineage, WorkspaceId
from agent_memory.memory.search.bm25 import Collection, Postings, score
from agent_memory.memory.search.fusion import fuse
from agent_memory.memory.search.lexical import LexicalScores
from agent_memory.memory.search.terms import query_weights
from agent_memory.memory.vectors.embedding_space import Embedded, EmbeddingSpace, Purpose
from agent_memory.store.contexts.finding import find_context
from agent_memory.store.contexts.snippets import snippet
from agent_memory.store.contexts.text_index import text_of
from agent_memory.store.database import Database
from agent_memory.store.memory.safe_json import escape_mapping
from agent_memory.store.safe_text import escape, unescape
from agent_memory.store.transaction import Transaction

WEIGHTS: Mapping[SearchMode, Mapping[str, float]] = {
    SearchMode.WORDS: {"words": 4.0, "coverage": 2.0},
    SearchMode.MEANING: {"meaning": 6.0},
    SearchMode.BOTH: {"words": 3.0, "coverage": 2.0, "meaning": 4.0},
}
_LEAST_NEARNESS = 0.2
"""A context whose vector is further away is no answer by meaning."""
_MAX_TERMS = 64


class QuestionEmbedder(Protocol):
    """The model that contexts have vectors of."""

    @property
    def space(self) -> EmbeddingSpace:
        """`EmbeddingRefused` when there is none."""
        ...

    async def embed(
        self, space: EmbeddingSpace, texts: Sequence[str], purpose: Purpose
    ) -> Embedded: ...


class NoModel:
    """Where no model runs: questions are asked by words."""

    @property
    def space(self) -> EmbeddingSpace:
        raise EmbeddingRefused("No model makes vectors here.")

    async def embed(
        self, space: EmbeddingSpace, texts: Sequence[str], purpose: Purpose
    ) -> Embedded:
        del space, texts, purpose
        raise EmbeddingRefused("No model makes vectors here.")


@dataclass(frozen=True, slots=True)
class _PostingsRow:
    term: str
    text_nos: list[int]
    frequencies: list[float]
    lengths: list[float]
    num_texts: int
    mean_length: float

    def postings(self) -> Postings:
        size = len(self.text_nos)
        return Postings(
            term=unescape(self.term),
            num_items=size,
            item_nos=np.asarray(self.text_nos, np.int64),
            thread_nos=np.zeros(size, np.int64),
            places=np.full(size, -1, np.int64),
            are_messages=np.zeros(size, np.bool_),
            frequencies=np.asarray(self.frequencies, np.float64),
            lengths=np.asarray(self.lengths, np.float64),
        )


@dataclass(frozen=True, slots=True)
class _FoundRow:
    text_no: int
    key: ContextKey
    lineage: Lineage
    version: int
    nearness: float | None


@dataclass(frozen=True, slots=True)
class _Question:
    vector: HalfVector | None = None
    space_id: str | None = None
    note: str = ""


class ContextSearchStore:
    """Implements `agent_memory.contexts.search.ContextSearch`."""

    def __init__(self, database: Database, codec: ContextCodec, embedder: QuestionEmbedder) -> None:
        self._database = database
        self._codec = codec
        self._embedder = embedder

    async def search(self, workspace: WorkspaceId, query: ContextQuery) -> Hits:
        question = await self._question(query)
        weights = dict(list(query_weights(query.text).items())[:_MAX_TERMS])
        async with self._database.workspace(workspace) as transaction:
            words = await self._words(transaction, workspace, query, weights)
            rows = await self._found(transaction, workspace, query, question, words)
            ranked = _ranked(rows, words, query.mode)[: query.limit]
            hits = [
                hit
                for row, total, components in ranked
                if (hit := await self._hit(transaction, workspace, row, total, components, weights))
            ]
        return Hits(hits, question.note)

    async def _question(self, query: ContextQuery) -> _Question:
        if query.mode is SearchMode.WORDS:
            return _Question()
        try:
            space = self._embedder.space
            embedded = await self._embedder.embed(space, [query.text], Purpose.QUERY)
        except (EmbeddingUnavailable, InvalidRequest, QueueFull) as error:
            if query.mode is SearchMode.MEANING:
                raise
            return _Question(note=f"By words alone: {error}")
        return _Question(HalfVector(embedded.vectors[0].tolist()), space.space_id)

    async def _words(
        self,
        transaction: Transaction,
        workspace: WorkspaceId,
        query: ContextQuery,
        weights: Mapping[str, float],
    ) -> LexicalScores:
        rows: Sequence[_PostingsRow] = []
        if query.mode is not SearchMode.MEANING:
            rows = await transaction.fetch_all(
                "find_context_postings",
                _PostingsRow,
                workspace_id=workspace,
                terms=[escape(term) for term in weights],
            )
        collection = Collection(rows[0].num_texts, rows[0].mean_length) if rows else None
        return score([row.postings() for row in rows], weights, collection or Collection(0, 1.0))

    async def _found(
        self,
        transaction: Transaction,
        workspace: WorkspaceId,
        query: ContextQuery,
        question: _Question,
        words: LexicalScores,
    ) -> Sequence[_FoundRow]:
        """What passes the filters of that which has a word, or a vector that can be compared."""
        return await transaction.fetch_all(
            "find_searched_contexts",
            _FoundRow,
            workspace_id=workspace,
            text_nos=words.items.keys.tolist(),
            embedding=question.vector,
            space_id=question.space_id,
            prefix=query.wanted.prefix,
            tags=[escape(tag) for tag in query.wanted.tags],
            session_id=query.wanted.session_id,
            agent_id=query.wanted.agent_id,
            since=query.since,
            until=query.until,
            metadata=orjson.dumps(escape_mapping(query.metadata)).decode(),
        )

    async def _hit(
        self,
        transaction: Transaction,
        workspace: WorkspaceId,
        row: _FoundRow,
        total: float,
        components: Mapping[str, float],
        weights: Mapping[str, float],
    ) -> Hit | None:
        stored = await find_context(transaction, workspace, row.key, utc_now(), None)
        if stored is None or stored.version.is_sealed:
            return None
        version = stored.version
        body = self._codec.open(stored.body, version.address)
        text = text_of(Document(version.format, version.media_type, body)) or ""
        return Hit(stored, total, components, snippet(text, weights.keys()))


def _ranked(
    rows: Sequence[_FoundRow], words: LexicalScores, mode: SearchMode
) -> list[tuple[_FoundRow, float, Mapping[str, float]]]:
    if not rows:
        return []
    numbers = np.asarray([row.text_no for row in rows], np.int64)
    scores, coverage = words.items.scores_of(numbers), words.items.coverage_of(numbers)
    best = max(float(scores.max()), 1e-9)
    ranked = []
    for row, own, covered in zip(rows, scores.tolist(), coverage.tolist(), strict=True):
        nearness = max(row.nearness or 0.0, 0.0)
        if own <= 0 and nearness < _LEAST_NEARNESS:
            continue
        every = {"words": own / best, "coverage": covered, "meaning": nearness}
        components = {name: every[name] for name in WEIGHTS[mode]}
        ranked.append((row, fuse(components, WEIGHTS[mode]), components))
    return sorted(ranked, key=lambda entry: (-entry[1], entry[0].key))

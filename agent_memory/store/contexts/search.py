"""Finding contexts by words, by meaning, or by both, with the scoring that memory has."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeAlias

import numpy as np
import orjson
from pgvector import HalfVector

from agent_memory.clock import utc_now
from agent_memory.contexts.codec import ContextCodec
from agent_memory.contexts.document import Document
from agent_memory.contexts.search import ContextQuery, Hit, Hits, SearchMode
from agent_memory.errors import EmbeddingRefused, EmbeddingUnavailable, InvalidRequest, QueueFull
from agent_memory.ids import ContextKey, Lineage, WorkspaceId
from agent_memory.memory.search.bm25 import Postings, score
from agent_memory.memory.search.fusion import fuse
from agent_memory.memory.search.lexical import LexicalScores
from agent_memory.memory.search.terms import query_weights
from agent_memory.memory.vectors.embedding_space import Embedded, EmbeddingSpace, Purpose
from agent_memory.store.contexts.finding import find_context
from agent_memory.store.contexts.snippets import snippet
from agent_memory.store.contexts.text_index import text_of
from agent_memory.store.contexts.text_measures import TextMeasures
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
_FIRST_LOOK = 500
"""Contexts whose filters are looked at first."""


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


_Ranked: TypeAlias = tuple[_FoundRow, float, Mapping[str, float]]


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
        self._measures = TextMeasures()

    async def search(self, workspace: WorkspaceId, query: ContextQuery) -> Hits:
        question = await self._question(query)
        weights = dict(list(query_weights(query.text).items())[:_MAX_TERMS])
        async with self._database.workspace(workspace) as transaction:
            words = await self._words(transaction, workspace, query, weights)
            ranked = await self._best(transaction, workspace, query, question, words)
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
        collection = await self._measures.of(transaction, workspace)
        return score([row.postings() for row in rows], weights, collection)

    async def _best(
        self,
        transaction: Transaction,
        workspace: WorkspaceId,
        query: ContextQuery,
        question: _Question,
        words: LexicalScores,
    ) -> Sequence[_Ranked]:
        """The best that pass the filters. By words alone, the order is known before the filters
        are: they are asked of the first thousands only, until enough have passed."""
        if question.space_id is not None:
            numbers = words.items.keys.tolist()
            rows = await self._found(transaction, workspace, query, question, numbers)
            return _ranked(rows, words, query.mode)[: query.limit]
        order = _by_words(words, query.mode)
        passed: list[_FoundRow] = []
        begin, size = 0, _FIRST_LOOK
        while begin < len(order) and len(passed) < query.limit:
            piece = order[begin : begin + size]
            passed += await self._found(transaction, workspace, query, question, piece)
            begin, size = begin + size, 4 * size
        return _ranked(passed, words, query.mode)[: query.limit]

    async def _found(
        self,
        transaction: Transaction,
        workspace: WorkspaceId,
        query: ContextQuery,
        question: _Question,
        text_nos: Sequence[int],
    ) -> Sequence[_FoundRow]:
        """What passes the filters of `text_nos`, and of all with a vector that can be compared."""
        return await transaction.fetch_all(
            "find_searched_contexts",
            _FoundRow,
            workspace_id=workspace,
            text_nos=text_nos,
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


def _by_words(words: LexicalScores, mode: SearchMode) -> list[int]:
    """The numbers of all that have a word, the best first."""
    if mode is SearchMode.MEANING or not words.items.keys.size:
        return []
    weights, numbers = WEIGHTS[mode], words.items.keys
    own = words.items.scores_of(numbers) / _best_score(words)
    total = weights["words"] * own + weights["coverage"] * words.items.coverage_of(numbers)
    ordered: list[int] = numbers[np.argsort(-total, kind="stable")].tolist()
    return ordered


def _best_score(words: LexicalScores) -> float:
    return max(float(words.items.scores.max(initial=0.0)), 1e-9)


def _ranked(rows: Sequence[_FoundRow], words: LexicalScores, mode: SearchMode) -> list[_Ranked]:
    if not rows:
        return []
    numbers = np.asarray([row.text_no for row in rows], np.int64)
    scores, coverage = words.items.scores_of(numbers), words.items.coverage_of(numbers)
    best = _best_score(words)
    ranked = []
    for row, own, covered in zip(rows, scores.tolist(), coverage.tolist(), strict=True):
        nearness = max(row.nearness or 0.0, 0.0)
        if own <= 0 and nearness < _LEAST_NEARNESS:
            continue
        every = {"words": own / best, "coverage": covered, "meaning": nearness}
        components = {name: every[name] for name in WEIGHTS[mode]}
        ranked.append((row, fuse(components, WEIGHTS[mode]), components))
    return sorted(ranked, key=lambda entry: (-entry[1], entry[0].key))

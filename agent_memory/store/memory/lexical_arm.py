"""Finding items by their words."""

from dataclasses import dataclass

import numpy as np

from agent_memory.ids import WorkspaceId
from agent_memory.memory.search.bm25 import Collection, Postings, score
from agent_memory.memory.search.lexical import LexicalScores
from agent_memory.memory.search.recalled import Query
from agent_memory.memory.search.terms import query_weights
from agent_memory.store.memory.packed import unpack
from agent_memory.store.pipelined import Answer, Pipelined

MAX_TERMS = 64
"""Of a question, the rarest first: a whole log may be asked about."""
MAX_POSTINGS = 12_000
"""Read for one question over all threads, the rarest terms first: common words decide little
(`benchmarks/recall_latency.py` says how little)."""
MAX_SCOPED_POSTINGS = 2_000_000
"""Within named threads, whose share of a common term may be small."""


@dataclass(frozen=True, slots=True)
class PostingsRow:
    """spots: the thread, above 32 bits of the place, counted from 1 with 0 for none, and of whether
    it is a message: an array more takes longer than to put them together and apart."""

    term: str
    num_items: int
    collection_items: int
    collection_terms: int
    item_nos: bytes
    spots: bytes
    frequencies: bytes
    lengths: bytes

    def postings(self) -> Postings:
        spots = unpack(self.spots, ">i8", np.int64)
        return Postings(
            term=self.term,
            num_items=self.num_items,
            item_nos=unpack(self.item_nos, ">i8", np.int64),
            thread_nos=spots >> 32,
            places=((spots & 0xFFFF_FFFF) >> 1) - 1,
            are_messages=(spots & 1) == 1,
            frequencies=unpack(self.frequencies, ">f4", np.float64),
            lengths=unpack(self.lengths, ">f4", np.float64),
        )


async def ask_words(
    pipeline: Pipelined, workspace: WorkspaceId, query: Query, max_postings: int
) -> Answer[PostingsRow]:
    """Where the terms of the question stand, within the threads it names."""
    return await pipeline.ask_binary(
        "find_postings",
        PostingsRow,
        workspace_id=workspace,
        terms=list(query_weights(query.text)),
        thread_ids=list(query.thread_ids) or None,
        max_terms=MAX_TERMS,
        max_postings=MAX_SCOPED_POSTINGS if query.thread_ids else max_postings,
    )


async def lexical_scores(answer: Answer[PostingsRow] | None, query: Query) -> LexicalScores:
    """Scores of everything that has a term of the question."""
    rows = [] if answer is None else await answer.rows()
    collection = Collection(0, 1.0)
    if rows:
        num_items, num_terms = rows[0].collection_items, rows[0].collection_terms
        collection = Collection(num_items, num_terms / max(num_items, 1))
    return score([row.postings() for row in rows], query_weights(query.text), collection)

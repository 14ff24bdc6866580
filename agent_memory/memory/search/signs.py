"""The signs that a candidate is what a question looks for, each from 0 to 1."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import log1p

import numpy as np

from agent_memory.memory.search.importance import aged_importance
from agent_memory.memory.search.lexical import Floats
from agent_memory.memory.search.question import Question, read_question
from agent_memory.memory.search.recalled import Candidate, Query
from agent_memory.memory.search.recency import recency

SIGNS = (
    "own",
    "window",
    "coverage",
    "coverage_window",
    "similarity",
    "similarity_near",
    "answers",
    "speaker",
    "question",
    "dated",
    "length",
    "keys",
)
STANDING_SIGNS = ("recency", "importance")
_LONG = log1p(150)
"""Of a message with so many different terms, and of longer ones, `length` is 1."""
_USUAL_LENGTH = 0.65
"""Of a message of 25 different terms."""


@dataclass(frozen=True, slots=True)
class Scale:
    """What the candidates of one question are measured against."""

    query: Query
    question: Question
    best_bm25: float
    best_window: float

    @classmethod
    def of(cls, query: Query, candidates: Sequence[Candidate]) -> "Scale":
        speakers = {one.item.speaker for one in candidates if one.item.speaker is not None}
        return cls(
            query=query,
            question=read_question(query.text, speakers),
            best_bm25=max((one.bm25 for one in candidates), default=0.0) or 1.0,
            best_window=max((one.bm25_window for one in candidates), default=0.0) or 1.0,
        )


def signs_of(candidates: Sequence[Candidate], scale: Scale) -> Floats:
    """A row for each candidate, a column for each of `SIGNS`, which are names of `Weights`.

    own, window: BM25 beside the best of all candidates. coverage, coverage_window: see
    `Candidate`. similarity, similarity_near: cosines, 0 below 0. answers: BM25 of the question
    that the item follows. speaker: it is from the one whom the question names. question: it asks
    something itself. dated: it names a date, and one is asked for. length: many different terms,
    where a conversation is its place. keys: more with each file, symbol, test or fingerprint in
    common.
    """
    speaker, asks_for_time = scale.question.speaker, scale.question.asks_for_time
    columns: tuple[list[float], ...] = (
        [one.bm25 / scale.best_bm25 for one in candidates],
        [one.bm25_window / scale.best_window for one in candidates],
        [one.coverage for one in candidates],
        [one.coverage_window for one in candidates],
        [max(0.0, one.similarity or 0.0) for one in candidates],
        [max(0.0, one.similarity_near or 0.0) for one in candidates],
        [min(1.0, one.bm25_answered / scale.best_bm25) for one in candidates],
        [speaker is not None and one.item.speaker == speaker for one in candidates],
        [one.item.text.rstrip().endswith("?") for one in candidates],
        [asks_for_time and "mentioned_dates" in one.item.metadata for one in candidates],
        [_length(one) for one in candidates],
        [1.0 - 0.5**one.num_shared_keys for one in candidates],
    )
    return np.array(columns, np.float64).T.copy()


def _length(candidate: Candidate) -> float:
    """Who says more answers more; a longer diff or log does not."""
    if candidate.item.position is None and candidate.item.source_id is None:
        return _USUAL_LENGTH
    return min(1.0, log1p(len(candidate.terms)) / _LONG)


def standing_signs_of(candidates: Sequence[Candidate], scale: Scale) -> Floats:
    """A row for each candidate, a column for each of `STANDING_SIGNS`, whatever the question.

    recency: halves with the half-life of the item's kind. importance: of its kind, role and
    content, or what the caller set.
    """
    now = scale.query.now
    fresh = [recency(one.item, now) for one in candidates]
    matter = [
        aged_importance(one.item, of_one).value
        for one, of_one in zip(candidates, fresh, strict=True)
    ]
    return np.array((fresh, matter), np.float64).T.copy()

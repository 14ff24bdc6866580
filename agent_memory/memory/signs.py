"""The signs that a candidate is what a question looks for, each from 0 to 1."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import log1p

from agent_memory.memory.importance import importance
from agent_memory.memory.question import Question, read_question
from agent_memory.memory.recalled import Candidate, Query
from agent_memory.memory.recency import recency

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


def signs_of(candidate: Candidate, scale: Scale) -> dict[str, float]:
    """By the names of `Weights`.

    own, window: BM25 beside the best of all candidates. coverage, coverage_window: see
    `Candidate`. similarity, similarity_near: cosines, 0 below 0. answers: BM25 of the question
    that the item follows. speaker: it is from the one whom the question names. question: it asks
    something itself. dated: it names a date, and one is asked for. length: many different terms,
    where a conversation is its place. keys: more with each file, symbol, test or fingerprint in
    common.
    """
    item, question = candidate.item, scale.question
    return {
        "own": candidate.bm25 / scale.best_bm25,
        "window": candidate.bm25_window / scale.best_window,
        "coverage": candidate.coverage,
        "coverage_window": candidate.coverage_window,
        "similarity": max(0.0, candidate.similarity or 0.0),
        "similarity_near": max(0.0, candidate.similarity_near or 0.0),
        "answers": min(1.0, candidate.bm25_answered / scale.best_bm25),
        "speaker": float(question.speaker is not None and item.speaker == question.speaker),
        "question": float(item.text.rstrip().endswith("?")),
        "dated": float(question.asks_for_time and "mentioned_dates" in item.metadata),
        "length": _length(candidate),
        "keys": 1.0 - 0.5**candidate.num_shared_keys,
    }


def _length(candidate: Candidate) -> float:
    """Who says more answers more; a longer diff or log does not."""
    if candidate.item.position is None and candidate.item.source_id is None:
        return _USUAL_LENGTH
    return min(1.0, log1p(len(candidate.terms)) / _LONG)


def standing_signs(candidate: Candidate, scale: Scale) -> Mapping[str, float]:
    """recency: halves with the half-life of the item's kind. importance: of its kind, role and
    content, or what the caller set. Both whatever the question."""
    now = scale.query.now
    return {
        "recency": recency(candidate.item, now),
        "importance": importance(candidate.item, now).value,
    }

"""How alike questions are."""

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from hashlib import blake2b

import numpy as np
import numpy.typing as npt

from agent_memory.memory.search.recalled import Embedding
from agent_memory.memory.search.terms import query_terms

MAX_TERMS = 256
"""Of a question, so many different ones are kept, the most frequent."""


@dataclass(frozen=True, slots=True)
class Question:
    """A question by the hashes of its terms, and by its vector where it has one: what is kept of
    it cannot be read."""

    terms: Mapping[int, int]
    embedding: Embedding | None = None


def read_question(text: str, embedding: Embedding | None = None) -> Question:
    kept = Counter(query_terms(text)).most_common(MAX_TERMS)
    return Question({_hash(term): count for term, count in kept}, embedding)


def terms_to_store(question: Question) -> list[int]:
    """Each as often as it occurs."""
    return list(Counter(question.terms).elements())


def stored_terms(stored: Sequence[int]) -> Question:
    """The other way round."""
    return Question(Counter(stored))


def likeness_of_terms(one: Question, other: Question) -> float:
    """Their cosine, from 0 to 1."""
    return _cosine_of_terms(one.terms, other.terms)


@lru_cache(maxsize=1 << 14)
def _hash(term: str) -> int:
    """As PostgreSQL's integers are."""
    return int.from_bytes(blake2b(term.encode(), digest_size=4).digest(), "big", signed=True)


class LikenessTo:
    """Likeness to many questions: the cosine, from 0 to 1, of the vectors where both lie in one
    space, else of the terms."""

    def __init__(self, questions: Sequence[Question]) -> None:
        self._questions = tuple(questions)
        self._places: dict[str, list[int]] = {}
        for place, question in enumerate(questions):
            if question.embedding is not None:
                self._places.setdefault(question.embedding.space_id, []).append(place)
        self._vectors = {space: self._stacked(places) for space, places in self._places.items()}

    def of(self, question: Question) -> list[float]:
        """To each, in their order."""
        space = question.embedding.space_id if question.embedding is not None else ""
        by_vector: dict[int, float] = {}
        if question.embedding is not None and space in self._vectors:
            cosines = self._vectors[space] @ _unit(np.array([question.embedding.vector]))[0]
            by_vector = dict(zip(self._places[space], map(float, cosines), strict=True))
        return [
            max(0.0, by_vector[place])
            if place in by_vector
            else _cosine_of_terms(question.terms, other.terms)
            for place, other in enumerate(self._questions)
        ]

    def _stacked(self, places: Sequence[int]) -> npt.NDArray[np.float64]:
        embeddings = (self._questions[place].embedding for place in places)
        return _unit(np.array([one.vector for one in embeddings if one is not None]))


def _unit(vectors: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    return vectors / np.where(lengths > 0, lengths, 1.0)


def _cosine_of_terms(one: Mapping[int, int], other: Mapping[int, int]) -> float:
    product = sum(num * other.get(term, 0) for term, num in one.items())
    lengths = math.hypot(*one.values()) * math.hypot(*other.values())
    return product / lengths if lengths > 0 else 0.0

"""How alike two questions are."""

import math
from collections.abc import Mapping
from dataclasses import dataclass

from agent_memory.memory.recalled import Embedding
from agent_memory.memory.terms import query_terms


@dataclass(frozen=True, slots=True)
class Question:
    """A question by its terms, and by its vector where it has one."""

    terms: Mapping[str, int]
    embedding: Embedding | None = None


def read_question(text: str, embedding: Embedding | None = None) -> Question:
    return Question(query_terms(text), embedding)


def likeness(one: Question, other: Question) -> float:
    """The cosine, from 0 to 1: of the vectors if both lie in one space, else of the terms."""
    if one.embedding and other.embedding and one.embedding.space_id == other.embedding.space_id:
        return max(0.0, _cosine_of_vectors(one.embedding.vector, other.embedding.vector))
    return _cosine_of_terms(one.terms, other.terms)


def _cosine_of_vectors(one: tuple[float, ...], other: tuple[float, ...]) -> float:
    product = sum(a * b for a, b in zip(one, other, strict=True))
    lengths = math.hypot(*one) * math.hypot(*other)
    return product / lengths if lengths > 0 else 0.0


def _cosine_of_terms(one: Mapping[str, int], other: Mapping[str, int]) -> float:
    product = sum(num * other.get(term, 0) for term, num in one.items())
    lengths = math.hypot(*one.values()) * math.hypot(*other.values())
    return product / lengths if lengths > 0 else 0.0

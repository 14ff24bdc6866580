"""The weight that feedback on like questions gives an item for this one."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from agent_memory.ids import ItemId
from agent_memory.memory.feedback import Feedback, Verdict
from agent_memory.memory.learning.likeness import LikenessTo, Question
from agent_memory.memory.learning.salience import LARGEST_EFFECT
from agent_memory.memory.learning.tally import last_words

LEAST_LIKENESS = 0.6
"""Questions that are less alike say nothing of each other. On LoCoMo 0.5 gains as much and varies
more, 0.7 gains less."""
_JUDGEMENTS = frozenset({Verdict.HELPFUL, Verdict.NOT_HELPFUL, Verdict.USED})


@dataclass(frozen=True, slots=True)
class Judgement:
    """Whether an item helped with a question."""

    item_id: ItemId
    question: Question
    has_helped: bool


def judgements(
    feedback: Iterable[Feedback], questions: Mapping[str, Question]
) -> tuple[Judgement, ...]:
    """Of each item and question the last. `questions` are by impression; feedback whose impression
    is not among them is left out."""
    return tuple(
        Judgement(one.item_id, question, one.verdict is not Verdict.NOT_HELPFUL)
        for one in last_words(feedback)
        if one.verdict in _JUDGEMENTS
        and (question := questions.get(one.impression_id or "")) is not None
    )


@dataclass(frozen=True, slots=True)
class Weighed:
    """Whether an item helped with a question, and how like that one is to the one asked now."""

    item_id: ItemId
    has_helped: bool
    likeness: float


def weighed(feedback: Iterable[Feedback], likenesses: Mapping[str, float]) -> tuple[Weighed, ...]:
    """Of each item and question the last judgement. `likenesses` are by impression."""
    return tuple(
        Weighed(one.item_id, one.verdict is not Verdict.NOT_HELPFUL, likeness)
        for one in last_words(feedback)
        if one.verdict in _JUDGEMENTS
        and (likeness := likenesses.get(one.impression_id or "")) is not None
    )


def relevance_factors(judged: Iterable[Weighed]) -> Mapping[ItemId, float]:
    """What scores are multiplied by: above 1 for items that helped with like questions, below for
    those that did not. Each judgement weighs as much as its question is like this one."""
    balance: dict[ItemId, float] = {}
    for one in judged:
        if one.likeness >= LEAST_LIKENESS:
            change = one.likeness if one.has_helped else -one.likeness
            balance[one.item_id] = balance.get(one.item_id, 0.0) + change
    return {
        item_id: 1 + LARGEST_EFFECT * max(-1.0, min(1.0, value))
        for item_id, value in balance.items()
        if value
    }


class Experience:
    """Judgements, ready to be asked about questions that come."""

    def __init__(self, judged: Sequence[Judgement]) -> None:
        self._by_question: dict[int, list[Judgement]] = {}
        self._questions: dict[int, Question] = {}
        for one in judged:
            self._by_question.setdefault(id(one.question), []).append(one)
            self._questions[id(one.question)] = one.question
        self._likeness = LikenessTo(list(self._questions.values()))

    def relevance_factors(self, question: Question) -> Mapping[ItemId, float]:
        """See `relevance_factors`."""
        likenesses = self._likeness.of(question)
        return relevance_factors(
            Weighed(one.item_id, one.has_helped, likeness)
            for judged, likeness in zip(self._by_question.values(), likenesses, strict=True)
            for one in judged
        )

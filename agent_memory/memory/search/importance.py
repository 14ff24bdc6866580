"""How much an item matters now: computed whenever it is read, so that it ages by itself.

    importance = 0.25 recency + 0.20 role + 0.20 kind + 0.35 content

or what the caller set. The weights of the content's cues were fitted by logistic regression to
which turns of LoCoMo answer a question (`benchmarks/importance.py`: area under the curve 0.79 on
held-out conversations, of the length alone 0.72), and rounded. LoCoMo says nothing of references
to code; their weight is set by hand.
"""

import math
from collections.abc import Mapping
from datetime import datetime
from functools import lru_cache
from typing import Final

from agent_memory.memory.items.item import Item
from agent_memory.memory.items.kinds import ItemKind, Role
from agent_memory.memory.search.content_cues import MAX_READ, ContentCues, content_cues
from agent_memory.memory.search.recency import recency
from agent_memory.memory.value import value

RECENCY_WEIGHT: Final = 0.25
ROLE_WEIGHT: Final = 0.20
KIND_WEIGHT: Final = 0.20
CONTENT_WEIGHT: Final = 0.35

CUE_WEIGHTS: Final = ContentCues(
    length=3.5,
    number=0.9,
    date=1.9,
    name=0.3,
    reference=0.8,
    first_person=1.0,
    question=-0.6,
    filler=-0.5,
)
_BIAS: Final = -3.55
"""Of half, on the average, for a turn that answers a question: a quarter of them do."""

ROLES: Final[Mapping[Role | None, float]] = {
    Role.USER: 1.0,
    Role.SYSTEM: 0.8,
    Role.ASSISTANT: 0.6,
    Role.TOOL: 0.5,
    None: 0.6,
}
KINDS: Final[Mapping[ItemKind, float]] = {
    ItemKind.CONSTRAINT: 1.0,
    ItemKind.DECISION: 0.95,
    ItemKind.REQUIREMENT: 0.95,
    ItemKind.PREFERENCE: 0.9,
    ItemKind.TASK: 0.8,
    ItemKind.TEST_FAILURE: 0.8,
    ItemKind.STACK: 0.7,
    ItemKind.DIFF: 0.7,
    ItemKind.GLOSSARY: 0.6,
    ItemKind.ERROR: 0.6,
    ItemKind.QUESTION: 0.5,
    ItemKind.CHAT: 0.5,
    ItemKind.ARTIFACT: 0.4,
    ItemKind.LOG: 0.3,
}


@value
class Importance:
    """`value` from 0 to 1, and its addends by name; `override` alone when the caller set one."""

    value: float
    components: Mapping[str, float]


def importance(item: Item, now: datetime) -> Importance:
    """Importance of `item` at the time `now`."""
    return aged_importance(item, recency(item, now))


def aged_importance(item: Item, its_recency: float) -> Importance:
    """Importance of `item` at the given recency."""
    if item.importance_override is not None:
        return Importance(item.importance_override, {"override": item.importance_override})
    components = {
        "recency": RECENCY_WEIGHT * its_recency,
        "role": ROLE_WEIGHT * ROLES[item.role],
        "kind": KIND_WEIGHT * KINDS[item.kind],
        "content": CONTENT_WEIGHT * content_value(item.text),
    }
    return Importance(min(1.0, sum(components.values())), components)


def content_value(text: str) -> float:
    """How much there is in a text, whoever said it and when: from 0 to 1."""
    return _content_value(text[:MAX_READ])


@lru_cache(maxsize=4096)
def _content_value(text: str) -> float:
    """Kept, since what was recalled once is often recalled again."""
    return 1 / (1 + math.exp(-_BIAS - _dot(CUE_WEIGHTS, content_cues(text))))


def _dot(weights: ContentCues, cues: ContentCues) -> float:
    return (
        weights.length * cues.length
        + weights.number * cues.number
        + weights.date * cues.date
        + weights.name * cues.name
        + weights.reference * cues.reference
        + weights.first_person * cues.first_person
        + weights.question * cues.question
        + weights.filler * cues.filler
    )

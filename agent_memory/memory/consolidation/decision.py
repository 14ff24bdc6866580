"""Whether two items say the same, or one took the place of the other."""

from dataclasses import dataclass
from datetime import datetime
from typing import TypeAlias

from agent_memory.ids import ItemId
from agent_memory.memory.consolidation.authority import may_overrule
from agent_memory.memory.consolidation.distinctions import find_distinction
from agent_memory.memory.consolidation.shingles import jaccard, shingles_of
from agent_memory.memory.items.content_hash import normal_text
from agent_memory.memory.items.item import Item
from agent_memory.memory.items.kinds import SEMANTIC, ItemKind, ItemState
from agent_memory.memory.items.validity import said_at

MIN_JACCARD = 0.85
MIN_SIMILARITY = 0.97
MAX_COMPARED = 4_000
"""Characters; of longer texts only equal ones are the same."""
MIN_MESSAGE_WORDS = 6
"""Shorter messages (`ok`, `thanks a lot`) answer what was said before them, each something else."""
REPLACEABLE = SEMANTIC - {ItemKind.QUESTION, ItemKind.TASK}
_COMPARED = SEMANTIC | {ItemKind.CHAT, ItemKind.ERROR, ItemKind.LOG}
"""Of the others (diffs, stacks, test failures, artifacts) only equal ones are the same: a single
character matters in them."""


@dataclass(frozen=True, slots=True)
class Merge:
    """`merged` says what `kept`, the earlier one, said already."""

    kept: ItemId
    merged: ItemId
    reason: str


@dataclass(frozen=True, slots=True)
class Supersede:
    """`newer` says something else than `older` about the same subject."""

    older: ItemId
    newer: ItemId
    reason: str


@dataclass(frozen=True, slots=True)
class Keep:
    """Both stay as they are."""

    one: ItemId
    other: ItemId
    reason: str


Decision: TypeAlias = Merge | Supersede | Keep


def decide(
    one: Item, other: Item, similarity: float | None = None, *, across_threads: bool = False
) -> Decision:
    """similarity: cosine of their embeddings, None when it is not known.

    across_threads: whether items of two threads may stand for each other; a recall within one
    thread would miss what was merged into another.
    """
    earlier, later = sorted((one, other), key=age_order)
    if obstacle := _find_obstacle(earlier, later, across_threads):
        return Keep(one.item_id, other.item_id, obstacle)
    reason = find_sameness(earlier, later, similarity)
    if reason is not None:
        return Merge(earlier.item_id, later.item_id, reason)
    if can_supersede(earlier, later) and may_overrule(later, earlier):
        return Supersede(earlier.item_id, later.item_id, f"newer about '{earlier.subject}'")
    return Keep(one.item_id, other.item_id, _describe_difference(one.text, other.text))


def find_sameness(one: Item, other: Item, similarity: float | None) -> str | None:
    """Why both say the same, or None."""
    if normal_text(one.text) == normal_text(other.text):
        return "the same words" if one.text.strip() else None
    if one.kind not in _COMPARED or max(len(one.text), len(other.text)) > MAX_COMPARED:
        return None
    if find_distinction(one.text, other.text) is not None:
        return None
    share = jaccard(shingles_of(one.text), shingles_of(other.text))
    if share >= MIN_JACCARD:
        return f"nearly the same words ({share:.2f} of them)"
    if similarity is not None and similarity >= MIN_SIMILARITY:
        return f"the same meaning (cosine {similarity:.3f})"
    return None


def _describe_difference(one: str, other: str) -> str:
    if max(len(one), len(other)) > MAX_COMPARED:
        return "not equal"
    return find_distinction(one, other) or "not alike enough"


def can_supersede(one: Item, other: Item) -> bool:
    """Whether both are statements about one subject: the newer of them takes the place of the older
    one unless it says the same, or has not the authority."""
    return one.subject is not None and one.subject == other.subject and is_replaceable(one)


def is_replaceable(item: Item) -> bool:
    """Whether it is a statement, which a newer one can take the place of."""
    return item.kind in REPLACEABLE


def age_order(item: Item) -> tuple[datetime, datetime, str]:
    """Sorts by when a statement was made, then by when we learned of it."""
    return (said_at(item), item.recorded_at, item.item_id)


def _find_obstacle(one: Item, other: Item, across_threads: bool) -> str | None:
    obstacles = (
        (one.item_id == other.item_id, "one item"),
        (one.kind is not other.kind, "of different kinds"),
        (one.thread_id != other.thread_id and not across_threads, "of different threads"),
        (not (one.state is other.state is ItemState.ACTIVE), "not both active"),
        (one.fingerprint != other.fingerprint, "other fingerprints"),
    )
    return next((words for is_so, words in obstacles if is_so), None) or _message_obstacle(
        one, other
    )


def _message_obstacle(one: Item, other: Item) -> str | None:
    if one.kind is not ItemKind.CHAT:
        return None
    if (one.role, one.speaker) != (other.role, other.speaker):
        return "said by different speakers"
    return "too short to tell" if len(one.text.split()) < MIN_MESSAGE_WORDS else None

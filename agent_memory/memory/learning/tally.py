"""Feedback, counted by item."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from agent_memory.ids import ItemId
from agent_memory.memory.feedback import Feedback, Verdict
from agent_memory.memory.items.item import Item

_JUDGEMENTS = frozenset({Verdict.HELPFUL, Verdict.NOT_HELPFUL})
_WHATEVER_IS_ASKED = frozenset({Verdict.OUTDATED, Verdict.DUPLICATE})


@dataclass(frozen=True, slots=True)
class Tally:
    """num_not_helpful: without a question, since that it did not help with one says nothing of
    others; and that it is outdated or a duplicate, each once, which holds for all of them."""

    num_helpful: int = 0
    num_not_helpful: int = 0
    num_used: int = 0


def tally(feedback: Iterable[Feedback]) -> Mapping[ItemId, Tally]:
    """Of each item: of one question its last judgement counts, and being used counts once."""
    by_item: dict[ItemId, list[Feedback]] = {}
    for one in last_words(feedback):
        by_item.setdefault(one.item_id, []).append(one)
    return {item_id: _tally_of(said) for item_id, said in by_item.items()}


def _tally_of(said: Sequence[Feedback]) -> Tally:
    against = {
        one.verdict
        for one in said
        if one.verdict in _WHATEVER_IS_ASKED
        or (one.verdict is Verdict.NOT_HELPFUL and one.impression_id is None)
    }
    return Tally(
        num_helpful=sum(one.verdict is Verdict.HELPFUL for one in said),
        num_not_helpful=len(against),
        num_used=sum(one.verdict is Verdict.USED for one in said),
    )


def tallies_on(items: Iterable[Item]) -> Mapping[ItemId, Tally]:
    """As they are counted on the items themselves, for those that have any."""
    return {
        item.item_id: Tally(item.num_helpful, item.num_not_helpful, item.num_uses)
        for item in items
        if item.num_helpful or item.num_not_helpful or item.num_uses
    }


def last_words(feedback: Iterable[Feedback]) -> list[Feedback]:
    """For each item and question the last judgement, and of every other verdict the last, in the
    order that they were given in. What was withdrawn is as if it had never been given."""
    last: dict[tuple[ItemId, str | None, frozenset[Verdict]], Feedback] = {}
    standing = [one for one in feedback if one.withdrawn_at is None]
    for one in sorted(standing, key=lambda one: (one.created_at, one.feedback_id)):
        kind = _JUDGEMENTS if one.verdict in _JUDGEMENTS else frozenset({one.verdict})
        last[one.item_id, one.impression_id, kind] = one
    return sorted(last.values(), key=lambda one: (one.created_at, one.feedback_id))

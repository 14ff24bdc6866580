"""Earlier failures near a file, a symbol, a test or a command."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from agent_memory.ids import ItemId
from agent_memory.memory.items.item import Item, Key
from agent_memory.memory.items.kinds import FAILURES, ItemState
from agent_memory.memory.search.fixes import (
    Fix,
    changes_since,
    keys_worth,
    known_fixes,
    last_seen_at,
)
from agent_memory.memory.search.recalled import Recalled

LEAST_SCORE = 0.35
"""Of the best score: failures that share no key with the target and are less like it are not near.
"""


@dataclass(frozen=True, slots=True)
class PastFailure:
    """One failure, however often it was seen.

    shared: what it names that the target is. score: how alike the words are.
    num_occurrences: over all items of the same fingerprint. changed_since: changes elsewhere in its
    files, which may have nothing to do with it.
    """

    item: Item
    shared: tuple[Key, ...]
    score: float
    num_occurrences: int
    first_occurred_at: datetime
    last_occurred_at: datetime
    fixes: tuple[Fix, ...]
    changed_since: tuple[Fix, ...] = ()

    @property
    def is_fixed(self) -> bool:
        """A change that touches it came, and it was not seen again."""
        return any(fix.has_held for fix in self.fixes)


def failures_near(
    target: Sequence[Key],
    recalled: Sequence[Recalled],
    linked: Mapping[ItemId, Sequence[Item]],
    limit: int,
) -> tuple[PastFailure, ...]:
    """The failures among `recalled` that are near `target`, the nearest first.

    target: what the file, test or command names, as keys. linked: what shares keys with each
    failure. Nearest is what shares the most telling keys, then the words, then the latest.
    """
    failures = [entry for entry in recalled if _is_failure(entry.item)]
    best = max((entry.score for entry in failures), default=0.0)
    groups: dict[str, list[Recalled]] = {}
    for entry in failures:
        name = entry.item.fingerprint or entry.item.item_id
        groups.setdefault(name, []).append(entry)
    near = [
        past
        for group in groups.values()
        if (past := _past_failure(frozenset(target), group, linked)).shared
        or past.score >= LEAST_SCORE * best > 0
    ]
    return tuple(sorted(near, key=_nearness)[:limit])


def _past_failure(
    target: frozenset[Key], group: Sequence[Recalled], linked: Mapping[ItemId, Sequence[Item]]
) -> PastFailure:
    items = [entry.item for entry in group]
    newest = max(items, key=lambda item: (last_seen_at(item), item.item_id))
    keys = tuple(dict.fromkeys(key for item in items for key in item.keys))
    first, last = min(item.occurred_at for item in items), last_seen_at(newest)
    whole = replace(newest, occurred_at=first, last_occurred_at=last, keys=keys)
    changes = {other.item_id: other for item in items for other in linked.get(item.item_id, ())}
    return PastFailure(
        item=newest,
        shared=tuple(key for key in keys if key in target),
        score=max(entry.score for entry in group),
        num_occurrences=sum(item.num_occurrences for item in items),
        first_occurred_at=first,
        last_occurred_at=last,
        fixes=known_fixes(whole, tuple(changes.values())),
        changed_since=changes_since(whole, tuple(changes.values())),
    )


def _nearness(past: PastFailure) -> tuple[float, float, float, str]:
    worth = keys_worth(past.shared)
    return (-worth, -past.score, -past.last_occurred_at.timestamp(), past.item.item_id)


def _is_failure(item: Item) -> bool:
    return item.kind in FAILURES and item.state is not ItemState.MERGED

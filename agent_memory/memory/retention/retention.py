"""Which memories are archived, which are erased, and which a legal hold keeps."""

import math
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from agent_memory.ids import ItemId
from agent_memory.memory.items.item import Item
from agent_memory.memory.items.kinds import ItemKind, ItemState
from agent_memory.memory.retention.policy import RetentionPolicy
from agent_memory.memory.search.importance import importance

_USE_SHARE = 0.2


class Fate(StrEnum):
    """What is to become of an item."""

    ARCHIVE = "archive"
    ERASE = "erase"


class Ground(StrEnum):
    """Why an item goes."""

    AGE = "age"
    IMPORTANCE = "importance"
    COUNT = "count"


@dataclass(frozen=True, slots=True)
class ItemSummary:
    """What retention has to know of an item. `last_at`: when it last occurred."""

    item_id: ItemId
    kind: ItemKind
    state: ItemState
    last_at: datetime
    importance: float
    num_uses: int = 0
    legal_hold: bool = False

    @property
    def worth(self) -> float:
        """The items worth least go first; use saves, ever less by each further time."""
        return self.importance + _USE_SHARE * math.log1p(self.num_uses)


@dataclass(frozen=True, slots=True)
class Disposal:
    """One item, its fate and why."""

    item_id: ItemId
    fate: Fate
    ground: Ground


@dataclass(frozen=True, slots=True)
class RetentionPlan:
    """disposals: to be done. held: what would be done, were it not for a legal hold."""

    disposals: tuple[Disposal, ...] = ()
    held: tuple[Disposal, ...] = ()
    num_items: int = 0

    @property
    def to_archive(self) -> tuple[ItemId, ...]:
        return tuple(one.item_id for one in self.disposals if one.fate is Fate.ARCHIVE)

    @property
    def to_erase(self) -> tuple[ItemId, ...]:
        return tuple(one.item_id for one in self.disposals if one.fate is Fate.ERASE)

    @property
    def num_kept(self) -> int:
        """As they are."""
        return self.num_items - len(self.disposals)

    @property
    def counts(self) -> Mapping[tuple[Fate, Ground], int]:
        return Counter((one.fate, one.ground) for one in self.disposals)


def summarise(item: Item, now: datetime) -> ItemSummary:
    return ItemSummary(
        item_id=item.item_id,
        kind=item.kind,
        state=item.state,
        last_at=item.last_occurred_at or item.occurred_at,
        importance=importance(item, now).value,
        num_uses=item.num_uses,
        legal_hold=item.legal_hold,
    )


def plan_retention(
    items: Iterable[ItemSummary], policy: RetentionPolicy, now: datetime
) -> RetentionPlan:
    """items: all of a workspace. Nothing is done by this: a dry run shows the plan.

    Items under legal hold count among those of `max_active` and `max_items`, and are passed over.
    """
    all_items = {item.item_id: item for item in items}
    fates: dict[ItemId, Disposal] = {}
    for item in all_items.values():
        if disposal := _by_itself(item, policy, now):
            fates[item.item_id] = disposal
    _reduce_items(all_items, fates, policy, now)
    _reduce_active(all_items, fates, policy, now)
    disposals = [fates[item_id] for item_id in all_items if item_id in fates]
    return RetentionPlan(
        disposals=tuple(one for one in disposals if not all_items[one.item_id].legal_hold),
        held=tuple(one for one in disposals if all_items[one.item_id].legal_hold),
        num_items=len(all_items),
    )


def _by_itself(item: ItemSummary, policy: RetentionPolicy, now: datetime) -> Disposal | None:
    """The fate of an item by itself, without regard to others."""
    age = now - item.last_at
    limits = policy.ages_of(item.kind)
    if limits.erase_after is not None and age >= limits.erase_after:
        return Disposal(item.item_id, Fate.ERASE, Ground.AGE)
    if item.state is not ItemState.ACTIVE or _is_spared(item, policy):
        return None
    if limits.archive_after is not None and age >= limits.archive_after:
        return Disposal(item.item_id, Fate.ARCHIVE, Ground.AGE)
    if (
        policy.archive_below is not None
        and item.importance < policy.archive_below
        and age >= policy.min_age
    ):
        return Disposal(item.item_id, Fate.ARCHIVE, Ground.IMPORTANCE)
    return None


def _reduce_items(
    items: Mapping[ItemId, ItemSummary],
    fates: dict[ItemId, Disposal],
    policy: RetentionPolicy,
    now: datetime,
) -> None:
    if policy.max_items is None:
        return
    stay = [item for item in items.values() if item.legal_hold or not _is_erased(item, fates)]
    can_go = [item for item in stay if not item.legal_hold and now - item.last_at >= policy.min_age]
    # What is out of the default index already goes before what is in it.
    can_go.sort(key=lambda item: (_stays_active(item, fates), item.worth, item.last_at))
    for item in can_go[: max(0, len(stay) - policy.max_items)]:
        fates[item.item_id] = Disposal(item.item_id, Fate.ERASE, Ground.COUNT)


def _reduce_active(
    items: Mapping[ItemId, ItemSummary],
    fates: dict[ItemId, Disposal],
    policy: RetentionPolicy,
    now: datetime,
) -> None:
    if policy.max_active is None:
        return
    active = [item for item in items.values() if _stays_active(item, fates)]
    can_go = [
        item
        for item in active
        if not item.legal_hold
        and not _is_spared(item, policy)
        and now - item.last_at >= policy.min_age
    ]
    can_go.sort(key=lambda item: (item.worth, item.last_at))
    for item in can_go[: max(0, len(active) - policy.max_active)]:
        fates[item.item_id] = Disposal(item.item_id, Fate.ARCHIVE, Ground.COUNT)


def _is_erased(item: ItemSummary, fates: Mapping[ItemId, Disposal]) -> bool:
    disposal = fates.get(item.item_id)
    return disposal is not None and disposal.fate is Fate.ERASE


def _stays_active(item: ItemSummary, fates: Mapping[ItemId, Disposal]) -> bool:
    return item.state is ItemState.ACTIVE and (item.legal_hold or item.item_id not in fates)


def _is_spared(item: ItemSummary, policy: RetentionPolicy) -> bool:
    return policy.spare_above is not None and item.importance >= policy.spare_above

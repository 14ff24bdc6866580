"""Where an item stands among the others: all that consolidation changes about it."""

from dataclasses import dataclass, replace
from datetime import datetime

from agent_memory.ids import ItemId
from agent_memory.memory.items.item import Item
from agent_memory.memory.items.kinds import ItemState


@dataclass(frozen=True, slots=True)
class Standing:
    """See the fields of `Item` of the same names."""

    state: ItemState
    valid_to: datetime | None
    retired_at: datetime | None
    successor_id: ItemId | None
    num_occurrences: int
    last_occurred_at: datetime | None


@dataclass(frozen=True, slots=True)
class Change:
    """What one item was, and what it is to be."""

    item_id: ItemId
    before: Standing
    after: Standing

    def inverse(self) -> "Change":
        return Change(self.item_id, self.after, self.before)


def standing_of(item: Item) -> Standing:
    return Standing(
        state=item.state,
        valid_to=item.valid_to,
        retired_at=item.retired_at,
        successor_id=item.successor_id,
        num_occurrences=item.num_occurrences,
        last_occurred_at=item.last_occurred_at,
    )


def with_standing(item: Item, standing: Standing) -> Item:
    return replace(
        item,
        state=standing.state,
        valid_to=standing.valid_to,
        retired_at=standing.retired_at,
        successor_id=standing.successor_id,
        num_occurrences=standing.num_occurrences,
        last_occurred_at=standing.last_occurred_at,
    )

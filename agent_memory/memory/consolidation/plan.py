"""The planned actions of a consolidation: they can be shown, done, and undone."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from agent_memory.errors import Conflict
from agent_memory.ids import ItemId
from agent_memory.memory.consolidation.standing import Change, standing_of, with_standing
from agent_memory.memory.items.item import Item


class ActionKind(StrEnum):
    MERGE = "merge"
    """Duplicates into the earliest of them."""
    SUPERSEDE = "supersede"
    """The statements about one subject, put in order of time."""
    UNDO = "undo"


@dataclass(frozen=True, slots=True)
class Action:
    """One thing done, to be taken back as one. `reason` is for people."""

    kind: ActionKind
    reason: str
    changes: tuple[Change, ...]

    def inverse(self) -> "Action":
        changes = tuple(change.inverse() for change in reversed(self.changes))
        return Action(ActionKind.UNDO, f"undone: {self.reason}", changes)


@dataclass(frozen=True, slots=True)
class ConsolidationPlan:
    """Actions in their order; no two of them change the same item."""

    actions: tuple[Action, ...] = ()

    @property
    def counts(self) -> Mapping[str, int]:
        """How many items get which state; the kept ones are under the state they keep."""
        return Counter(
            change.after.state.value for action in self.actions for change in action.changes
        )

    def inverse(self) -> "ConsolidationPlan":
        """The plan that takes this one back, once it was done."""
        return ConsolidationPlan(tuple(action.inverse() for action in reversed(self.actions)))


def apply_plan(plan: ConsolidationPlan, items: Sequence[Item]) -> tuple[Item, ...]:
    """The items, in the order given, as they are afterwards.

    Raises `Conflict` when one is not as the plan found it: something happened since.
    """
    by_id: dict[ItemId, Item] = {item.item_id: item for item in items}
    for action in plan.actions:
        for change in action.changes:
            item = by_id.get(change.item_id)
            if item is None or standing_of(item) != change.before:
                raise Conflict(f"The item '{change.item_id}' has changed since this was planned.")
            by_id[item.item_id] = with_standing(item, change.after)
    return tuple(by_id[item.item_id] for item in items)

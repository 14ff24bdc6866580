"""The standing of items, changed only from what it was thought to be."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import orjson

from agent_memory.errors import Conflict
from agent_memory.ids import ItemId, WorkspaceId
from agent_memory.memory.consolidation.standing import Change, Standing
from agent_memory.memory.items.kinds import ItemState
from agent_memory.store.memory.standing_json import encode_standing
from agent_memory.store.transaction import Transaction


@dataclass(frozen=True, slots=True)
class _StandingRow:
    item_id: ItemId
    state: str
    valid_to: datetime | None
    retired_at: datetime | None
    successor_id: ItemId | None
    num_occurrences: int
    last_occurred_at: datetime | None

    def standing(self) -> Standing:
        return Standing(
            state=ItemState(self.state),
            valid_to=self.valid_to,
            retired_at=self.retired_at,
            successor_id=self.successor_id,
            num_occurrences=self.num_occurrences,
            last_occurred_at=self.last_occurred_at,
        )


async def change_standings(
    transaction: Transaction, workspace: WorkspaceId, changes: Sequence[Change]
) -> None:
    """`Conflict` when an item is gone or stands differently; the memory is locked."""
    rows = await transaction.fetch_all(
        "list_standings",
        _StandingRow,
        workspace_id=workspace,
        item_ids=[change.item_id for change in changes],
    )
    now = {row.item_id: row.standing() for row in rows}
    for change in changes:
        if now.get(change.item_id) != change.before:
            raise Conflict(f"The item '{change.item_id}' has changed since this was planned.")
    wanted = [{"item_id": one.item_id, **encode_standing(one.after)} for one in changes]
    await transaction.run(
        "set_standings", workspace_id=workspace, standings=orjson.dumps(wanted).decode()
    )


async def keep_changes(
    transaction: Transaction,
    workspace: WorkspaceId,
    consolidation_id: str,
    changes: Sequence[Change],
) -> None:
    """So that they can be taken back."""
    rows = [
        {
            "item_id": change.item_id,
            "before": encode_standing(change.before),
            "after": encode_standing(change.after),
        }
        for change in changes
    ]
    await transaction.run(
        "keep_consolidated_items",
        workspace_id=workspace,
        consolidation_id=consolidation_id,
        changes=orjson.dumps(rows).decode(),
    )

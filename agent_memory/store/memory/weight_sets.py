"""Weight sets: learned, put live, rolled back."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import orjson

from agent_memory.errors import NotFound
from agent_memory.ids import WorkspaceId
from agent_memory.json_value import Json
from agent_memory.memory.search.weight_set import WeightSet
from agent_memory.store.database import Database
from agent_memory.store.memory.lock import lock_memory
from agent_memory.store.memory.safe_json import escape_mapping, unescape_mapping


@dataclass(frozen=True, slots=True)
class _WeightSetRow:
    version: int
    weights: dict[str, float]
    evaluation: dict[str, Json]
    is_live: bool
    created_at: datetime

    def weight_set(self) -> WeightSet:
        return WeightSet(
            version=self.version,
            weights=self.weights,
            evaluation=unescape_mapping(self.evaluation),
            is_live=self.is_live,
            created_at=self.created_at,
        )


class WeightSetStore:
    """Every method sees one workspace."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def save_weights(
        self,
        workspace: WorkspaceId,
        weights: Mapping[str, float],
        evaluation: Mapping[str, Json],
        *,
        is_live: bool,
    ) -> WeightSet:
        """A new version; when it is live, the one before it is no longer."""
        async with self._database.workspace(workspace) as transaction:
            await lock_memory(transaction, workspace)
            if is_live:
                await transaction.run("retire_weights", workspace_id=workspace)
            row = await transaction.fetch_one(
                "save_weights",
                _WeightSetRow,
                workspace_id=workspace,
                weights=orjson.dumps(dict(weights)).decode(),
                evaluation=orjson.dumps(escape_mapping(evaluation)).decode(),
                is_live=is_live,
            )
        if row is None:
            raise NotFound("workspace", workspace)
        return row.weight_set()

    async def find_live(self, workspace: WorkspaceId) -> WeightSet | None:
        """None while the default weights are live."""
        async with self._database.workspace(workspace) as transaction:
            row = await transaction.fetch_one(
                "find_live_weights", _WeightSetRow, workspace_id=workspace
            )
        return None if row is None else row.weight_set()

    async def list_weights(self, workspace: WorkspaceId) -> Sequence[WeightSet]:
        """All versions, the newest first."""
        async with self._database.workspace(workspace) as transaction:
            rows = await transaction.fetch_all(
                "list_weights", _WeightSetRow, workspace_id=workspace
            )
        return [row.weight_set() for row in rows]

    async def go_live(self, workspace: WorkspaceId, version: int) -> None:
        """Rank by this version from now on, newer or older; 0 are the default weights.
        `NotFound` without it."""
        async with self._database.workspace(workspace) as transaction:
            await lock_memory(transaction, workspace)
            await transaction.run("retire_weights", workspace_id=workspace)
            if version == 0:
                return
            found = await transaction.fetch_value(
                "put_weights_live", workspace_id=workspace, version=version
            )
            if found is None:
                raise NotFound("weight set", str(version))

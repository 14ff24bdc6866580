"""What earlier calls of an idempotency key answered, where that is not an ingestion."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import orjson

from agent_memory.errors import Conflict
from agent_memory.ids import WorkspaceId
from agent_memory.json_value import Json
from agent_memory.store.database import Database


@dataclass(frozen=True, slots=True)
class _CallRow:
    request_hash: str
    remembered: str


class AnswerStore:
    """Every method sees one workspace."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def find_answer(
        self, workspace: WorkspaceId, key: str, request_hash: str
    ) -> Sequence[Mapping[str, Json]] | None:
        """What the first call of this key answered; `Conflict` when it was about something else."""
        async with self._database.workspace(workspace) as transaction:
            row = await transaction.fetch_one(
                "find_remembered_call", _CallRow, workspace_id=workspace, idempotency_key=key
            )
        if row is None:
            return None
        if row.request_hash != request_hash:
            raise Conflict("The idempotency key was used for something else.")
        answer: list[Mapping[str, Json]] = orjson.loads(row.remembered)
        return answer

    async def keep_answer(
        self,
        workspace: WorkspaceId,
        key: str,
        request_hash: str,
        answer: Sequence[Mapping[str, Json]],
    ) -> None:
        """`Conflict` when another call of this key was quicker."""
        async with self._database.workspace(workspace) as transaction:
            await transaction.run(
                "keep_remembered_call",
                workspace_id=workspace,
                idempotency_key=key,
                request_hash=request_hash,
                remembered=orjson.dumps(list(answer)).decode(),
            )

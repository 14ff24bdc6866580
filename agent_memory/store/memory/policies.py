"""A workspace's rules: which texts it has redacted, and how long it keeps its items."""

from collections.abc import Mapping
from dataclasses import dataclass

import orjson

from agent_memory.ids import WorkspaceId
from agent_memory.json_value import Json
from agent_memory.memory.redaction.policy import RedactionPolicy
from agent_memory.memory.redaction.policy_json import read_policy, write_policy
from agent_memory.store.database import Database
from agent_memory.store.memory.safe_json import escape_mapping, unescape_mapping


@dataclass(frozen=True, slots=True)
class _RedactionRow:
    policy: dict[str, Json]
    version: int


@dataclass(frozen=True, slots=True)
class _RetentionRow:
    policy: dict[str, Json]


class PolicyStore:
    """Every method sees one workspace."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def get_redaction(self, workspace: WorkspaceId) -> tuple[RedactionPolicy, int]:
        """The policy in force and its version; the default one, of version 0, where none is set."""
        async with self._database.workspace(workspace) as transaction:
            row = await transaction.fetch_one(
                "get_redaction_policy", _RedactionRow, workspace_id=workspace
            )
        if row is None:
            return RedactionPolicy(), 0
        return read_policy(unescape_mapping(row.policy)), row.version

    async def set_redaction(self, workspace: WorkspaceId, policy: RedactionPolicy) -> int:
        """Its version: one more than the last, or the same when nothing changed."""
        async with self._database.workspace(workspace) as transaction:
            version = await transaction.fetch_value(
                "set_redaction_policy",
                workspace_id=workspace,
                policy=orjson.dumps(escape_mapping(write_policy(policy))).decode(),
            )
        return version if isinstance(version, int) else 0

    async def get_retention(self, workspace: WorkspaceId) -> Mapping[str, Json] | None:
        """None where none is set."""
        async with self._database.workspace(workspace) as transaction:
            row = await transaction.fetch_one(
                "get_retention_policy", _RetentionRow, workspace_id=workspace
            )
        return None if row is None else unescape_mapping(row.policy)

    async def set_retention(self, workspace: WorkspaceId, policy: Mapping[str, Json]) -> None:
        async with self._database.workspace(workspace) as transaction:
            await transaction.run(
                "set_retention_policy",
                workspace_id=workspace,
                policy=orjson.dumps(escape_mapping(policy)).decode(),
            )

"""The policy that holds for all contexts of a workspace."""

from dataclasses import asdict

from agent_memory.contexts.policy import ContextPolicy
from agent_memory.ids import WorkspaceId
from agent_memory.store.audit import append_audit
from agent_memory.store.database import Database
from agent_memory.store.transaction import Transaction


async def read_policy(transaction: Transaction, workspace: WorkspaceId) -> ContextPolicy:
    """The one that is set, or the default."""
    row = await transaction.fetch_one("get_context_policy", ContextPolicy, workspace_id=workspace)
    return row or ContextPolicy()


class ContextPolicyStore:
    """Implements `agent_memory.contexts.ports.Policies`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def get_policy(self, workspace: WorkspaceId) -> ContextPolicy:
        async with self._database.workspace(workspace) as transaction:
            return await read_policy(transaction, workspace)

    async def set_policy(self, workspace: WorkspaceId, policy: ContextPolicy, by: str) -> None:
        async with self._database.workspace(workspace) as transaction:
            await transaction.run(
                "set_context_policy",
                workspace_id=workspace,
                default_ttl_s=policy.default_ttl_s,
                longest_ttl_s=policy.longest_ttl_s,
                keep_versions=policy.keep_versions,
            )
            await append_audit(
                transaction, workspace, by, "context.policy", workspace, **asdict(policy)
            )

"""One writer at a time in the memory of a workspace."""

from agent_memory.ids import WorkspaceId
from agent_memory.store.transaction import Transaction


async def lock_memory(transaction: Transaction, workspace: WorkspaceId) -> None:
    """Wait for the other writers of this workspace; held until the transaction ends.

    Two ingestions touch the same statistics of common terms in any order; taking turns, they
    can neither deadlock nor count wrongly. Readers never wait.
    """
    await transaction.run("lock_memory", workspace_id=workspace)

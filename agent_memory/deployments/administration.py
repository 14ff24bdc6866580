"""The desks of administrators over the database."""

from agent_memory.access.sealing import Sealing
from agent_memory.api.administration import Administration
from agent_memory.store.audit import AuditStore
from agent_memory.store.database import Database
from agent_memory.store.keys import KeyStore
from agent_memory.store.ledger import LedgerStore
from agent_memory.store.prompt_log import PromptLogStore
from agent_memory.store.rules import RuleStore
from agent_memory.store.workspaces import WorkspaceStore


def administration_of(database: Database, sealing: Sealing) -> Administration:
    """sealing: of the secrets that sign warnings."""
    return Administration(
        keys=KeyStore(database),
        rules=RuleStore(database, sealing=sealing),
        ledger=LedgerStore(database),
        audit=AuditStore(database),
        workspaces=WorkspaceStore(database),
        prompts=PromptLogStore(database),
    )

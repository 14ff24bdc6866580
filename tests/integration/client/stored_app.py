"""The application over a real database, with a workspace of its own for each test."""

from dataclasses import replace
from uuid import uuid4

from agent_memory.access.limiter import LocalLimiter
from agent_memory.access.principal import Scope
from agent_memory.access.sealing import Sealing
from agent_memory.api.app import create_app
from agent_memory.api.limits import Limits
from agent_memory.clock import utc_now
from agent_memory.deployments.administration import administration_of
from agent_memory.deployments.context_feed import context_feed
from agent_memory.gateway.accountant import Accountant
from agent_memory.ids import WorkspaceId
from agent_memory.settings import Settings
from agent_memory.store.authenticator import KeyAuthenticator
from agent_memory.store.books import BookStore
from agent_memory.store.contexts.search import NoModel
from agent_memory.store.database import Database
from agent_memory.store.keys import KeyStore
from agent_memory.store.stored_contexts import context_search, stored_contexts
from agent_memory.store.workspaces import WorkspaceStore
from agent_memory.testing.runtime import ScriptedTurns, scripted_runtime
from tests.unit.api.scripts import MODEL, PARIS


class StoredApp:
    """Opened on the loop that first asks it."""

    def __init__(self, url: str) -> None:
        self._database = Database(url)
        self._keys = KeyStore(self._database)
        contexts = stored_contexts(self._database, (), utc_now)
        runtime = replace(
            scripted_runtime(ScriptedTurns(PARIS, [MODEL]), contexts=contexts),
            keys=KeyAuthenticator(self._keys),
            context_feed=context_feed(self._database, url, Settings(), Sealing(bytes(32))),
            context_search=context_search(self._database, (), NoModel()),
            accounts=Accountant(BookStore(self._database), LocalLimiter()),
            administration=administration_of(self._database, Sealing(bytes(32))),
        )
        self.app = create_app(runtime, Limits())

    async def new_key(self) -> str:
        """The key of a new workspace, for everything that concerns it."""
        name = WorkspaceId(f"w{uuid4().hex}")
        await WorkspaceStore(self._database).ensure_workspace(name)
        scopes = [Scope.ADMIN, Scope.INFERENCE, Scope.MEMORY, Scope.CONTEXTS]
        return (await self._keys.create_key(name, "examples", scopes))[1]

    async def close(self) -> None:
        await self._database.close()

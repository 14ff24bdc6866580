"""The database and the keys of a server on one machine."""

import asyncio
from pathlib import Path

from agent_memory.access.principal import ALL_SCOPES
from agent_memory.errors import Unauthenticated
from agent_memory.host.presence import local_key_path
from agent_memory.ids import WorkspaceId
from agent_memory.secrets_file import write_private
from agent_memory.settings import Settings
from agent_memory.store.database import Database
from agent_memory.store.embedded import EmbeddedPostgres
from agent_memory.store.keys import KeyStore
from agent_memory.store.migrate import migrate
from agent_memory.store.workspaces import WorkspaceStore


class LocalStorage:
    """`DATABASE_URL` or, without it, an embedded PostgreSQL that is kept running."""

    def __init__(self, settings: Settings) -> None:
        self._home = settings.home
        self._postgres: EmbeddedPostgres | None = None
        self._url = settings.database_url

    def start(self) -> str | None:
        """Blocks until the schema is up to date, and the owner and the command line have keys.

        Returns the owner's first key, until it was shown.
        """
        if self._url is None:
            self._postgres = EmbeddedPostgres.start(self._home / "postgres")
        migrate(self.url)
        return asyncio.run(self._make_keys())

    @property
    def url(self) -> str:
        if self._url is not None:
            return self._url
        if self._postgres is None:
            raise RuntimeError("the storage has not been started")
        return self._postgres.url

    def keep_running(self) -> None:
        """Start the embedded server again if it died on its own."""
        if self._postgres is not None:
            self._postgres.ensure_running()

    def stop(self) -> None:
        if self._postgres is not None:
            self._postgres.stop()

    async def _make_keys(self) -> str | None:
        database = Database(self.url, max_size=1)
        try:
            keys = KeyStore(database)
            workspace = await WorkspaceStore(database).ensure_workspace()
            first = await self._first_key(keys, workspace)
            await self._make_local_key(keys, workspace)
            return first
        finally:
            await database.close()

    def first_key_was_shown(self) -> None:
        """The owner has it: it is kept nowhere any more."""
        self._first_key_path.unlink(missing_ok=True)

    @property
    def _first_key_path(self) -> Path:
        """Where the first key waits until a start succeeds and can show it."""
        return self._home / "run" / "first.key"

    async def _first_key(self, keys: KeyStore, workspace: WorkspaceId) -> str | None:
        if not await keys.has_any_key():
            _, key = await keys.create_key(workspace, "first key", ALL_SCOPES, None)
            write_private(self._first_key_path, key.encode())
        try:
            return self._first_key_path.read_text().strip()
        except FileNotFoundError:
            return None

    async def _make_local_key(self, keys: KeyStore, workspace: WorkspaceId) -> None:
        """The command line's own key, kept beside the data and made again if it was revoked."""
        path = local_key_path(self._home)
        try:
            await keys.find_key(path.read_text().strip())
        except (FileNotFoundError, Unauthenticated):
            _, key = await keys.create_key(workspace, "command line", ALL_SCOPES, None)
            write_private(path, key.encode())

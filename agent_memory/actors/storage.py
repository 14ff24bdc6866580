"""The database as the runtime starts it."""

from pathlib import Path

from agent_memory.store.embedded import EmbeddedPostgres
from agent_memory.store.migrate import migrate


def prepare_database(url: str) -> None:
    """Bring the schema up to date. Blocks; `StorageUnavailable` says what is missing."""
    migrate(url)


class EmbeddedStorageActor:
    """Owns the embedded PostgreSQL of a cluster that was given no `DATABASE_URL`."""

    def __init__(self, home: Path) -> None:
        self._postgres = EmbeddedPostgres.start(home / "postgres")

    async def url(self) -> str:
        return self._postgres.url

"""The database of a cluster that was given none."""

from pathlib import Path

from agent_memory.store.embedded import EmbeddedPostgres


class EmbeddedStorageActor:
    """Owns the embedded PostgreSQL of a cluster that was given no `DATABASE_URL`."""

    def __init__(self, home: Path) -> None:
        self._postgres = EmbeddedPostgres.start(home / "postgres")

    async def url(self) -> str:
        return self._postgres.url

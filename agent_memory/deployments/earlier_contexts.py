"""What contexts said before, for conversations that have read it."""

from agent_memory.contexts.service.reader import ContextReader
from agent_memory.errors import NotFound
from agent_memory.ids import ContextKey, WorkspaceId


class EarlierContexts:
    """It meets `gateway.attaching.EarlierTexts`."""

    def __init__(self, reader: ContextReader) -> None:
        self._reader = reader

    async def text(self, workspace: WorkspaceId, key: str, version: int) -> str | None:
        """None where the version is not kept any more, or is no text to be read."""
        try:
            read = await self._reader.get(workspace, ContextKey(key), version)
        except NotFound:
            return None
        return None if read.version.is_sealed else read.document.body.decode("utf-8", "replace")

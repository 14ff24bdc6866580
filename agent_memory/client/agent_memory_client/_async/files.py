"""Text files that last: each is a message of one conversation, which recall finds as well.

A message begins with the path of its file, so that two files with the same words are two, and so
that one who recalls a line sees where it stands.
"""

from collections.abc import Sequence

from agent_memory_client import results
from agent_memory_client._async.memory import AsyncMemory
from agent_memory_client.errors import NotFound

DEFAULT_CONVERSATION = "files"


class AsyncFiles:
    """Files by their paths. No file is ever empty on the server: its path stands in it."""

    def __init__(self, memory: AsyncMemory, conversation: str = DEFAULT_CONVERSATION) -> None:
        self._memory = memory
        self._conversation = conversation

    async def list(self) -> Sequence[str]:
        """The paths of all files, in order.

        Example::

            await client.files().write("/memories/plan.md", "Ship in May.")
            assert await client.files().list() == ["/memories/plan.md"]
        """
        return sorted(await self._messages())

    async def read(self, path: str) -> str | None:
        """The text of a file; None when there is none.

        Example::

            await client.files().write("/memories/plan.md", "Ship in May.")
            assert await client.files().read("/memories/plan.md") == "Ship in May."
        """
        message = (await self._messages()).get(path)
        return None if message is None else message.content.partition("\n")[2]

    async def write(self, path: str, text: str) -> None:
        """Make a file, or replace all of its text.

        Example::

            await client.files().write("/memories/plan.md", "Ship in May.")
        """
        held = (await self._messages()).get(path)
        content = f"{path}\n{text}"
        if held is None:
            await self._memory.remember(
                content,
                conversation=self._conversation,
                role="assistant",
                metadata={"path": path},
            )
        else:
            await self._memory.change_message(held.id, text=content)

    async def move(self, path: str, to: str) -> None:
        """Give a file another path.

        Example::

            await client.files().write("/memories/plan.md", "Ship in May.")
            await client.files().move("/memories/plan.md", "/memories/may.md")
        """
        text = await self.read(path)
        if text is None:
            raise NotFound(404, "not_found", f"No file '{path}' exists here.")
        await self.write(to, text)
        await self.delete(path)

    async def delete(self, path: str) -> bool:
        """Erase a file for good; False when there is none.

        Example::

            await client.files().write("/memories/plan.md", "Ship in May.")
            assert await client.files().delete("/memories/plan.md")
        """
        held = (await self._messages()).get(path)
        if held is None:
            return False
        await self._memory.forget(held.id)
        return True

    async def _messages(self) -> dict[str, results.Message]:
        try:
            return {
                str(message.metadata["path"]): message
                async for message in self._memory.messages(self._conversation)
                if "path" in message.metadata
            }
        except NotFound:
            return {}

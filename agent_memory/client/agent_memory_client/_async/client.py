"""The way in."""

import os
from types import TracebackType
from typing import TYPE_CHECKING, Self

from agent_memory_client._async.contexts import AsyncContexts
from agent_memory_client._async.files import DEFAULT_CONVERSATION, AsyncFiles
from agent_memory_client._async.memory import AsyncMemory
from agent_memory_client._async.sessions import AsyncSessions
from agent_memory_client._async.transport import AsyncTransport
from agent_memory_client._async.usage import AsyncUsage

if TYPE_CHECKING:
    import httpx2

    from agent_memory_client._async.memory_tool import AsyncMemoryTool

LOCAL = "http://127.0.0.1:8000"


class AsyncClient:
    """One server and one key: `memory`, `sessions`, `contexts` and `usage`.

    url, key: by default those of `AGENT_MEMORY_URL` and `AGENT_MEMORY_KEY`. timeout_s: of one read;
    a turn may be long. max_retries: of a call that did not get through.
    """

    def __init__(
        self,
        url: str | None = None,
        key: str | None = None,
        *,
        timeout_s: float = 600.0,
        max_retries: int = 3,
        http: "httpx2.AsyncClient | None" = None,
    ) -> None:
        self._transport = AsyncTransport(
            url or os.environ.get("AGENT_MEMORY_URL") or LOCAL,
            key or os.environ.get("AGENT_MEMORY_KEY") or "",
            timeout_s,
            max_retries,
            http,
        )
        self.memory = AsyncMemory(self._transport)
        self.sessions = AsyncSessions(self._transport)
        self.contexts = AsyncContexts(self._transport)
        self.usage = AsyncUsage(self._transport)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Close all connections."""
        await self._transport.aclose()

    def files(self, conversation: str = DEFAULT_CONVERSATION) -> AsyncFiles:
        """Text files that last, in a conversation of memory.

        Example::

            await client.files("plans").write("/may.md", "Ship in May.")
            assert await client.files("plans").read("/may.md") == "Ship in May."
        """
        return AsyncFiles(self.memory, conversation)

    def memory_tool(self, conversation: str = DEFAULT_CONVERSATION) -> "AsyncMemoryTool":
        """Claude's memory tool, for `tools=[…]` of Anthropic's `tool_runner`: what the model keeps
        under /memories lasts here. Needs the package `anthropic`.

        Example::

            tool = client.memory_tool()
            said = await tool.call(
                {"command": "create", "path": "/memories/a.md", "file_text": "Tea."}
            )
            assert "created" in said
        """
        from agent_memory_client._async.memory_tool import AsyncMemoryTool  # noqa: PLC0415

        return AsyncMemoryTool(self.files(conversation))

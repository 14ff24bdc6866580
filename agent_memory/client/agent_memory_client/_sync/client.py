"""The way in."""

import os
from types import TracebackType
from typing import TYPE_CHECKING, Self

from agent_memory_client._sync.contexts import Contexts
from agent_memory_client._sync.files import DEFAULT_CONVERSATION, Files
from agent_memory_client._sync.memory import Memory
from agent_memory_client._sync.sessions import Sessions
from agent_memory_client._sync.transport import Transport
from agent_memory_client._sync.usage import Usage

if TYPE_CHECKING:
    import httpx2

    from agent_memory_client._sync.memory_tool import MemoryTool

LOCAL = "http://127.0.0.1:8000"


class Client:
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
        http: "httpx2.Client | None" = None,
    ) -> None:
        self._transport = Transport(
            url or os.environ.get("AGENT_MEMORY_URL") or LOCAL,
            key or os.environ.get("AGENT_MEMORY_KEY") or "",
            timeout_s,
            max_retries,
            http,
        )
        self.memory = Memory(self._transport)
        self.sessions = Sessions(self._transport)
        self.contexts = Contexts(self._transport)
        self.usage = Usage(self._transport)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close all connections."""
        self._transport.close()

    def files(self, conversation: str = DEFAULT_CONVERSATION) -> Files:
        """Text files that last, in a conversation of memory.

        Example::

            client.files("plans").write("/may.md", "Ship in May.")
            assert client.files("plans").read("/may.md") == "Ship in May."
        """
        return Files(self.memory, conversation)

    def memory_tool(self, conversation: str = DEFAULT_CONVERSATION) -> "MemoryTool":
        """Claude's memory tool, for `tools=[…]` of Anthropic's `tool_runner`: what the model keeps
        under /memories lasts here. Needs the package `anthropic`.

        Example::

            tool = client.memory_tool()
            said = tool.call(
                {"command": "create", "path": "/memories/a.md", "file_text": "Tea."}
            )
            assert "created" in said
        """
        from agent_memory_client._sync.memory_tool import MemoryTool  # noqa: PLC0415

        return MemoryTool(self.files(conversation))

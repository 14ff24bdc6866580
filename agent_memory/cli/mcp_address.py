"""Where the server is that a client's own process speaks for, and the key for it."""

from dataclasses import dataclass

from agent_memory.cli.running import find_server, require_server
from agent_memory.errors import InvalidRequest
from agent_memory.settings import Settings


@dataclass(frozen=True, slots=True)
class Address:
    url: str
    key: str


class Where:
    """The server that was named, or the one that runs on this machine at the moment."""

    def __init__(self, settings: Settings, url: str | None, key: str | None) -> None:
        if url is not None and key is None:
            message = "A server that is named by --url needs a key: set AGENT_MEMORY_KEY."
            raise InvalidRequest(message, "key")
        self._settings = settings
        self._url = url
        self._key = key

    def find(self) -> Address:
        """`ServerNotRunning` says how to start one. A local server leaves a key of its own."""
        if self._url is not None and self._key is not None:
            return Address(self._url.rstrip("/"), self._key)
        server = require_server(self._settings)
        return Address(server.presence.url, self._key or server.key)

    def is_there(self) -> bool:
        """Whether a server is named, or runs."""
        return self._url is not None or find_server(self._settings) is not None

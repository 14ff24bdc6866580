"""The server that a command is to use: one named by its address, or that of the data directory."""

from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import urlsplit

import httpx
import typer

from agent_memory.cli.agent_client import AgentClient
from agent_memory.cli.failures import ServerRefused
from agent_memory.cli.options import load_settings
from agent_memory.cli.running import PROBE_TIMEOUT_S, require_server
from agent_memory.errors import InvalidRequest
from agent_memory.settings import Settings

Url = Annotated[
    str | None,
    typer.Option(
        "--url",
        envvar="AGENT_MEMORY_URL",
        help="Address of the server (default: the one of the data directory).",
        show_default=False,
    ),
]
Key = Annotated[
    str | None,
    typer.Option(
        "--key",
        envvar="AGENT_MEMORY_KEY",
        help="API key (default: the one that the server of this machine left for its user).",
        show_default=False,
    ),
]


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where a server answers and which key it is asked with; `http` asks it."""

    url: str
    key: str
    http: httpx.Client

    def served_model(self, wanted: str | None = None) -> tuple[str, int]:
        """The model `wanted`, or else the loaded one, and its context window in tokens.

        Asking proves that the server answers and that it takes the key. Any name is answered, by
        the loaded model where no other has it.
        """
        self.knock()
        models = AgentClient(self.http).models()
        loaded = next((model for model in models if model.get("state") == "loaded"), None)
        found = next((model for model in models if model["id"] == wanted), loaded)
        if found is None:
            raise ServerRefused(f"The server at {self.url} has no model loaded.")
        return wanted or str(found["id"]), _window(found) or _window(loaded or {})

    def knock(self) -> None:
        """Raises `ServerRefused` when no server answers, or another one."""
        try:
            answered = self.http.get("/health/live")
        except httpx.TransportError as error:
            raise ServerRefused(f"No server answers at {self.url}: {error}") from error
        if not answered.is_success:
            raise ServerRefused(
                f"What answers at {self.url} is not agent_memory, or not its root: it said "
                f"{answered.status_code} to /health/live."
            )


def find_endpoint(settings: Settings, url: str | None, key: str | None) -> Endpoint:
    """The server at `url`, which needs a key; without a `url`, the one of the data directory."""
    if url is not None:
        return _named(url.rstrip("/").removesuffix("/v1"), key)
    server = require_server(settings)
    http = server.client()
    if key:
        http.headers["Authorization"] = f"Bearer {key}"
    return Endpoint(server.presence.url, key or server.key, http)


def server_client(
    data_dir: Path | None, url: str | None, key: str | None, timeout_s: float | None = 30.0
) -> httpx.Client:
    """HTTP to the server at `url`, or to the one of the data directory. None waits for ever: a turn
    may be long."""
    http = find_endpoint(load_settings(data_dir=data_dir), url, key).http
    http.timeout = httpx.Timeout(timeout_s, connect=PROBE_TIMEOUT_S)
    return http


def _named(url: str, key: str | None) -> Endpoint:
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise InvalidRequest(f"'{url}' is no address; it looks like http://host:8000.", "url")
    if not key:
        raise InvalidRequest(
            f"A key for {url} is missing: give --key, or set AGENT_MEMORY_KEY.", "key"
        )
    http = httpx.Client(
        base_url=url,
        headers={"Authorization": f"Bearer {key}"},
        timeout=httpx.Timeout(30.0, connect=PROBE_TIMEOUT_S),
        trust_env=not _is_loopback(parts.hostname),
    )
    return Endpoint(url, key, http)


def _is_loopback(host: str) -> bool:
    """Proxies of the environment are for the world outside."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _window(model: dict[str, Any]) -> int:
    return int(model.get("context_window") or 0)

"""The server of a data directory, if one is running."""

import os
from dataclasses import dataclass

import httpx

from agent_memory.cli.failures import ServerNotRunning
from agent_memory.host.presence import Presence, read_local_key, read_presence
from agent_memory.settings import Settings

PROBE_TIMEOUT_S = 3.0


@dataclass(frozen=True, slots=True)
class RunningServer:
    """A server that answers, and the key it left for this user."""

    presence: Presence
    key: str

    def client(self, timeout_s: float | None = 30.0) -> httpx.Client:
        """HTTP to the server, authenticated. None waits for ever: a turn may be long."""
        return httpx.Client(
            base_url=self.presence.url,
            headers={"Authorization": f"Bearer {self.key}"},
            timeout=httpx.Timeout(timeout_s, connect=PROBE_TIMEOUT_S),
            trust_env=False,
        )


def find_server(settings: Settings) -> RunningServer | None:
    """The running server of the data directory: it left its record, its process lives, it answers.

    A record alone proves nothing: a killed server leaves it behind.
    """
    presence = read_presence(settings.home)
    key = read_local_key(settings.home)
    if presence is None or key is None or not _is_alive(presence.pid):
        return None
    return RunningServer(presence, key) if _answers(presence.url) else None


def require_server(settings: Settings) -> RunningServer:
    """The running server; `ServerNotRunning` says how to start one."""
    if (server := find_server(settings)) is None:
        raise ServerNotRunning(str(settings.home))
    return server


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _answers(url: str) -> bool:
    try:
        # Proxies of the environment are for the world outside, not for loopback.
        return httpx.get(f"{url}/health/live", timeout=PROBE_TIMEOUT_S, trust_env=False).is_success
    except httpx.HTTPError:
        return False

"""The way to one provider: a pool of connections, and requests over it."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import urlsplit

import aiohttp

from agent_memory.gateway.configuration import ProviderConfig
from agent_memory.gateway.failures import Failure, FailureKind, kind_of
from agent_memory.providers.far.addresses import JudgingResolver, checked_url
from agent_memory.providers.retrying import read_retry_after
from agent_memory.turns.route import Wire

MAX_ERROR_BYTES = 256 * 1024
_KEEPALIVE_S = 20.0
_DNS_S = 10
_QUOTED = 500


@dataclass(frozen=True, slots=True)
class Deadlines:
    """Seconds: to connect, until the first event, between two, and for all of an answer."""

    connect_s: float = 10.0
    first_s: float = 120.0
    idle_s: float = 120.0
    total_s: float = 3600.0


class AttemptFailed(Exception):
    """An attempt came to nothing; `failure` says what that means."""

    def __init__(self, failure: Failure) -> None:
        super().__init__(failure)
        self.failure = failure


class ProviderClient:
    """Connections are opened when first needed, on the event loop that uses them. No redirect is
    followed, no proxy of the environment is asked, and certificates are verified."""

    def __init__(self, config: ProviderConfig, deadlines: Deadlines) -> None:
        self._url = base_url(config)
        self._name = config.name
        self._allow_private = config.allow_private
        self._deadlines = deadlines
        self._session: aiohttp.ClientSession | None = None

    @asynccontextmanager
    async def opened(
        self,
        method: str,
        path: str,
        headers: Mapping[str, str],
        body: bytes | None = None,
        *,
        query: str = "",
        is_streamed: bool = False,
    ) -> AsyncIterator[aiohttp.ClientResponse]:
        """A response that is a success; `AttemptFailed` for any other. Leaving hangs up, unless the
        response was read to its end."""
        limits = self._deadlines
        url = f"{self._url}/{path}{'?' + query if query else ''}"
        timeout = aiohttp.ClientTimeout(
            total=limits.total_s,
            sock_connect=limits.connect_s,
            sock_read=max(limits.first_s, limits.idle_s) if is_streamed else limits.total_s,
        )
        try:
            async with self._connected().request(
                method, url, data=body, headers=headers, timeout=timeout, allow_redirects=False
            ) as response:
                if not 200 <= response.status < 300:
                    raise AttemptFailed(await self._failure(response))
                yield response
        except (aiohttp.ClientError, TimeoutError, OSError, ValueError) as error:
            raise AttemptFailed(self.broken(error)) from error

    def broken(self, error: Exception) -> Failure:
        """The failure that an error of the connection is."""
        if isinstance(error, TimeoutError):
            return Failure(FailureKind.BROKEN, 504, f"'{self._name}' took too long.")
        said = str(error) or type(error).__name__
        return Failure(FailureKind.BROKEN, 502, f"'{self._name}' cannot be reached: {said}")

    async def close(self) -> None:
        if self._session is not None:
            await self._session.close()
            self._session = None

    async def _failure(self, response: aiohttp.ClientResponse) -> Failure:
        try:
            async with asyncio.timeout(self._deadlines.idle_s):
                body = await response.content.read(MAX_ERROR_BYTES)
                while not response.content.at_eof() and len(body) < MAX_ERROR_BYTES:
                    body += await response.content.read(MAX_ERROR_BYTES - len(body))
        except (aiohttp.ClientError, TimeoutError):
            body = b""
        kind = kind_of(response.status)
        said = body[:_QUOTED].decode(errors="replace") or response.reason or ""
        if 300 <= response.status < 400:
            said, body = "it redirects, and redirects are not followed", b""
        return Failure(
            kind,
            response.status,
            f"'{self._name}' answered {response.status}: {said}",
            read_retry_after(response.headers.get("Retry-After"), datetime.now(UTC)),
            body,
            response.content_type,
        )

    def _connected(self) -> aiohttp.ClientSession:
        if self._session is None:
            checked_url(self._url, allow_private=self._allow_private)
            connector = aiohttp.TCPConnector(
                limit=0,
                resolver=JudgingResolver(allow_private=self._allow_private),
                ttl_dns_cache=_DNS_S,
                keepalive_timeout=_KEEPALIVE_S,
                ssl=ssl.create_default_context(),
            )
            self._session = aiohttp.ClientSession(
                connector=connector,
                cookie_jar=aiohttp.DummyCookieJar(),
                trust_env=False,
                auto_decompress=True,
                skip_auto_headers=("User-Agent",),
            )
        return self._session


def base_url(config: ProviderConfig) -> str:
    """Below which `messages`, `chat/completions` and `models` are. People write the version or
    leave it out, by the habits of the two protocols."""
    url = config.url.rstrip("/")
    if config.wire is Wire.ANTHROPIC:
        return url if url.endswith("/v1") else f"{url}/v1"
    return url if urlsplit(url).path not in {"", "/"} else f"{url}/v1"

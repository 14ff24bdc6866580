"""One upstream server: requests as JSON over HTTP, repeated while that may help."""

import asyncio
import logging
import random
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

import httpx
import orjson

from agent_memory.errors import (
    EmbeddingRefused,
    EmbeddingUnavailable,
    InvalidRequest,
    Unavailable,
)
from agent_memory.providers.retrying import Backoff, Verdict, judge, read_retry_after
from agent_memory.shown_url import shown_url

log = logging.getLogger(__name__)

_MAX_QUOTED = 300


@dataclass(frozen=True, slots=True)
class UpstreamKind:
    """What a server is to its caller, and the errors that say so."""

    word: str
    unavailable: type[Unavailable]
    refused: type[Unavailable]


EMBEDDER = UpstreamKind("embedding server", EmbeddingUnavailable, EmbeddingRefused)


class Upstream:
    """Connections are opened when first needed, on the event loop that uses them."""

    def __init__(
        self,
        url: str,
        headers: Mapping[str, str],
        timeout_s: float,
        backoff: Backoff | None = None,
        sleep: Callable[[float], Awaitable[object]] = asyncio.sleep,
        kind: UpstreamKind = EMBEDDER,
    ) -> None:
        """headers: sent with every request; they hold the key, so they are never logged."""
        self._url = url.rstrip("/")
        self._shown_url = shown_url(self._url)
        self._headers = {**headers, "Content-Type": "application/json"}
        self._timeout_s = timeout_s
        self._backoff = backoff or Backoff()
        self._sleep = sleep
        self._kind = kind
        self._client: httpx.AsyncClient | None = None

    async def post(self, path: str, body: Mapping[str, object]) -> object:
        """The answer's JSON. Raises the errors that `EmbeddingProvider.embed` names."""
        content = orjson.dumps(body)
        num_failed = 0
        while True:
            try:
                response = await self._connected().post(self._url + path, content=content)
            except httpx.HTTPError as error:
                fault, retry_after_s = f"{type(error).__name__}: {error}", None
            except httpx.InvalidURL as error:
                raise self._kind.refused(f"'{self._shown_url}' is not a URL.") from error
            else:
                if response.is_success:
                    return self._parse(response)
                fault = self._check_is_worth_repeating(response)
                retry_after_s = read_retry_after(
                    response.headers.get("Retry-After"), datetime.now(UTC)
                )
            num_failed += 1
            pause_s = self._backoff.pause_s(num_failed, retry_after_s, random.random())  # noqa: S311  no secret
            if pause_s is None:
                message = f"The {self._kind.word} {self._shown_url} failed: {fault}"
                raise self._kind.unavailable(message)
            log.warning("upstream server failed", extra={"fault": fault, "pause_s": pause_s})
            await self._sleep(pause_s)

    async def close(self) -> None:
        if self._client is not None:
            await self._client.aclose()
            self._client = None

    def _connected(self) -> httpx.AsyncClient:
        if self._client is None:
            self._client = httpx.AsyncClient(headers=self._headers, timeout=self._timeout_s)
        return self._client

    def _check_is_worth_repeating(self, response: httpx.Response) -> str:
        """What went wrong, in words; raises when repeating cannot help."""
        fault = f"HTTP {response.status_code}: {response.text[:_MAX_QUOTED]}"
        match judge(response.status_code):
            case Verdict.REFUSED:
                message = f"The {self._kind.word} {self._shown_url} refuses: {fault}"
                raise self._kind.refused(message)
            case Verdict.BAD_INPUT:
                raise InvalidRequest(f"The {self._kind.word} refused the input: {fault}", "input")
            case Verdict.AGAIN:
                return fault

    def _parse(self, response: httpx.Response) -> object:
        try:
            parsed: object = orjson.loads(response.content)
        except orjson.JSONDecodeError as error:
            message = f"The {self._kind.word} answered with no JSON."
            raise self._kind.unavailable(message) from error
        return parsed

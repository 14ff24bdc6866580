"""Requests that are made again until they are answered, each done once."""

import asyncio
import secrets
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import httpx

PAUSE_S = 0.1
CONFLICT = 409
_AGAIN = {408, CONFLICT, 425, 429, 500, 502, 503, 504}


@dataclass
class Request:
    """One request with its key of idempotency. end: a status that ends it as success does."""

    path: str
    body: Any = None
    method: str = "POST"
    end: int = 200
    key: str = field(default_factory=lambda: secrets.token_hex(8))


@dataclass
class Asking:
    """refused: answers by status, connections that were refused (`refused`) or cut (`cut`)."""

    client: httpx.AsyncClient
    refused: Counter[str] = field(default_factory=Counter)

    async def ask(self, request: Request) -> httpx.Response:
        """The answer: one of success, a 404, or that with the status `end`. Raises
        `AssertionError` for a refusal that no patience mends."""
        while True:
            answer, reason = await self._once(request)
            if answer is not None:
                return answer
            self.refused[reason] += 1
            await asyncio.sleep(PAUSE_S)

    async def get(self, path: str) -> httpx.Response:
        return await self.ask(Request(path, method="GET"))

    async def delete(self, path: str) -> httpx.Response:
        return await self.ask(Request(path, method="DELETE"))

    async def _once(self, request: Request) -> tuple[httpx.Response | None, str]:
        """(the answer, or None and why there is none)"""
        kind = "content" if isinstance(request.body, bytes) else "json"
        sent: dict[str, Any] = {} if request.body is None else {kind: request.body}
        headers = {"Idempotency-Key": request.key} if request.method == "POST" else {}
        try:
            answer = await self.client.request(
                request.method, request.path, headers=headers, **sent
            )
        except httpx.ConnectError:
            return None, "refused"
        except httpx.TransportError:
            return None, "cut"
        status = answer.status_code
        if status in _AGAIN and status != request.end:
            return None, str(status)
        assert answer.is_success or status in {404, request.end}, f"{request.path}: {answer.text}"
        return answer, ""

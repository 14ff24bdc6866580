"""HTTP to one server: the key, the retries, the errors."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from agent_memory_client._retrying import AGAIN, pause_s
from agent_memory_client.errors import NotReachable, refusal

if TYPE_CHECKING:
    import httpx2


class AsyncTransport:
    """Sends calls, and sends them again where that does no harm: every call that does something is
    sent under an `Idempotency-Key`, the same at each attempt."""

    def __init__(
        self,
        url: str,
        key: str,
        timeout_s: float,
        max_retries: int,
        http: "httpx2.AsyncClient | None",
    ) -> None:
        import httpx2  # noqa: PLC0415  an import of this package is to be quick

        self._library = httpx2
        self.cut: type[Exception] = httpx2.TransportError
        self._max_retries = max_retries
        self._headers = {"Authorization": f"Bearer {key}"}
        self._url = url.rstrip("/")
        self._http = http or httpx2.AsyncClient(timeout=httpx2.Timeout(timeout_s, connect=10.0))

    async def aclose(self) -> None:
        await self._http.aclose()

    async def call(
        self,
        method: str,
        path: str,
        body: object = None,
        params: Mapping[str, Any] | None = None,
        key: str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Any:
        """The JSON that the route answers. key: of idempotency; "new" makes one."""
        async with self.open(method, path, body, params, key, headers=headers) as response:
            await response.aread()
            return response.json()

    @asynccontextmanager
    async def open(
        self,
        method: str,
        path: str,
        body: object = None,
        params: Mapping[str, Any] | None = None,
        key: str | None = None,
        content: Any = None,
        headers: Mapping[str, str] | None = None,
    ) -> AsyncIterator["httpx2.Response"]:
        """A good response whose body is still to be read. `content` can be sent only once."""
        sent = {**self._headers, **(headers or {})}
        if key is not None:
            sent["Idempotency-Key"] = uuid4().hex if key == "new" else key
        given = {name: value for name, value in (params or {}).items() if value is not None}
        request = self._http.build_request(
            method,
            f"{self._url}{path}",
            json=body,
            params=given,
            headers=sent,
            content=content,
        )
        response = await self._send(request, 0 if content is not None else self._max_retries)
        try:
            if not response.is_success:
                await response.aread()
                raise refusal(response.status_code, _problem(response))
            yield response
        finally:
            await response.aclose()

    async def _send(self, request: "httpx2.Request", num_retries: int) -> "httpx2.Response":
        for attempt in range(num_retries + 1):
            is_last = attempt == num_retries
            headers: Mapping[str, str] = {}
            try:
                response = await self._http.send(request, stream=True)
            except self._library.TransportError as error:
                if is_last:
                    raise NotReachable(f"{self._url} does not answer: {error}") from error
            else:
                if is_last or response.status_code not in AGAIN:
                    return response
                headers = response.headers
                await response.aclose()
            await _sleep(pause_s(attempt, headers))
        raise AssertionError


async def _sleep(seconds: float) -> None:
    import asyncio  # noqa: PLC0415  likewise

    await asyncio.sleep(seconds)


def _problem(response: "httpx2.Response") -> object:
    try:
        return response.json()
    except ValueError:
        return None

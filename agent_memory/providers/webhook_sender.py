"""Sending webhooks: signed, to the address that was looked at, and nowhere else."""

import asyncio
import socket
from collections.abc import Awaitable, Callable, Sequence
from ipaddress import ip_address

import httpx
from standardwebhooks import Webhook as Signer

from agent_memory.contexts.webhooks.ports import Delivery
from agent_memory.contexts.webhooks.webhook import Address, check_url, is_public
from agent_memory.errors import InvalidRequest, WebhookUndelivered

TIMEOUT_S = 10.0

Resolve = Callable[[str, int], Awaitable[Sequence[Address]]]
"""All addresses of a host."""


async def resolve(host: str, port: int) -> Sequence[Address]:
    """As the system does."""
    loop = asyncio.get_running_loop()
    try:
        found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except OSError as error:
        raise WebhookUndelivered(f"The host '{host}' has no address now.") from error
    return [ip_address(str(entry[4][0]).partition("%")[0]) for entry in found]


class WebhookSender:
    """Resolves the host once and connects to that very address, so that a name which changes its
    address between the look and the call leads nowhere. Redirects are not followed, proxies of the
    environment not used, and bodies of answers not read."""

    def __init__(
        self,
        *,
        may_be_private: bool,
        resolve: Resolve = resolve,
        timeout_s: float = TIMEOUT_S,
    ) -> None:
        self._may_be_private = may_be_private
        self._resolve = resolve
        self._timeout_s = timeout_s
        self._client: httpx.AsyncClient | None = None

    async def send(self, delivery: Delivery) -> int:
        """The status of the answer. `WebhookUndelivered` when there is none; `InvalidRequest` for
        an address that may not be."""
        url = httpx.URL(check_url(delivery.url, may_be_private=self._may_be_private))
        pinned = url.copy_with(host=str(await self._address(url)))
        timeout = httpx.Timeout(self._timeout_s)
        request = httpx.Request(
            "POST",
            pinned,
            headers={**_signed(delivery), "Host": url.netloc.decode()},
            content=delivery.body,
            extensions={
                "sni_hostname": url.host,
                "timeout": timeout.as_dict(),
            },
        )
        try:
            async with asyncio.timeout(self._timeout_s):
                response = await self._ready_client().send(request, stream=True)
                await response.aclose()
        except (httpx.HTTPError, TimeoutError, OSError) as error:
            reason = str(error) or type(error).__name__
            raise WebhookUndelivered(f"The receiver did not answer: {reason}") from error
        return response.status_code

    async def _address(self, url: httpx.URL) -> Address:
        """The first address, where all of them may be."""
        port = url.port or (443 if url.scheme == "https" else 80)
        found = await self._resolve(url.host, port)
        if not found:
            raise WebhookUndelivered(f"The host '{url.host}' has no address now.")
        if not self._may_be_private and not all(map(is_public, found)):
            raise InvalidRequest(f"The host '{url.host}' has a private address.", "url")
        return found[0]

    def _ready_client(self) -> httpx.AsyncClient:
        if self._client is None:
            limits = httpx.Limits(max_keepalive_connections=0)
            self._client = httpx.AsyncClient(trust_env=False, limits=limits)
        return self._client


def _signed(delivery: Delivery) -> dict[str, str]:
    text = delivery.body.decode()
    signature = Signer(delivery.secret).sign(delivery.message_id, delivery.sent_at, text)
    return {
        "webhook-id": delivery.message_id,
        "webhook-timestamp": str(int(delivery.sent_at.timestamp())),
        "webhook-signature": signature,
        "Content-Type": "application/json",
        "User-Agent": "agent_memory",
    }

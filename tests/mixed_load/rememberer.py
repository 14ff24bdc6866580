"""A client that has decisions remembered, and asks for them."""

import secrets
from collections import deque

from tests.mixed_load.asking import Asking, Request

_CHECKED = 20


class Rememberer:
    """num_acknowledged: decisions that the server said it holds."""

    def __init__(self, asking: Asking, name: str) -> None:
        self._asking, self._thread = asking, f"{name}-{secrets.token_hex(4)}"
        self.num_acknowledged = 0
        self._pending: Request | None = None
        self._held: deque[tuple[str, str]] = deque(maxlen=_CHECKED)

    async def run(self) -> None:
        """For ever."""
        while True:
            await self._remember()
            word, _ = self._held[-1]
            await self._recall(word)

    async def check(self) -> list[str]:
        """Which of the last decisions are gone, or are held twice."""
        faults = []
        for word, item in tuple(self._held):
            if (await self._asking.get(f"/v1/expand/{item}")).status_code == 404:
                faults.append(f"{item} is gone")
            found = await self._recall(word)
            if found != 1:
                faults.append(f"{word} is held {found} times")
        return faults

    async def _remember(self) -> None:
        request = self._pending = self._pending or self._next()
        answer = (await self._asking.ask(request)).json()
        self._pending = None
        word = str(request.body["purpose"])
        self._held.append((word, answer["added"][0]))
        self.num_acknowledged += 1

    def _next(self) -> Request:
        word = f"w{secrets.token_hex(5)}"
        text = f"We decided to name the service of the harbour {word}."
        chat = [{"role": "user", "content": text}]
        body = {"thread_id": self._thread, "materials": {"chat": chat}, "purpose": word}
        return Request("/v1/ingest", body)

    async def _recall(self, word: str) -> int:
        body = {"thread_id": self._thread, "purpose": f"the service {word}", "token_budget": 1000}
        answer = (await self._asking.ask(Request("/v1/recall", body))).json()
        return sum(word in item["text"] for item in answer["items"] if item["kind"] == "decision")

"""A session that leaves as an archive and arrives again under another name."""

import secrets

from tests.mixed_load.asking import CONFLICT, Asking, Request


class Traveller:
    """num_acknowledged: arrivals."""

    def __init__(self, asking: Asking, name: str) -> None:
        self._asking, self._name = asking, name
        self.num_acknowledged = 0
        self._pending: Request | None = None
        self._home = f"{name}-{secrets.token_hex(4)}"
        self._archive = b""
        self._words: object = None
        self._arrived: list[str] = []
        self._gone: list[str] = []

    async def run(self) -> None:
        """For ever."""
        if not self._archive:
            await self._leave()
        while True:
            await self._arrive()
            if len(self._arrived) > 2:
                left = self._arrived.pop(0)
                await self._asking.delete(f"/v1/agents/{left}")
                self._gone.append(left)

    async def check(self) -> list[str]:
        """Which arrivals do not say the same as they did at home, or came back from the dead."""
        faults = []
        for session in self._arrived:
            read = await self._asking.get(f"/v1/agents/{session}/transcript")
            if read.status_code == 404 or read.json()["messages"] != self._words:
                faults.append(f"{session} did not arrive whole")
        for session in self._gone[-5:]:
            read = await self._asking.get(f"/v1/agents/{session}")
            if read.is_success:
                faults += [f"{session} was deleted and is there"]
        return faults

    async def _leave(self) -> None:
        self._pending = self._pending or Request(
            "/v1/chat/completions",
            {
                "model": "m",
                "session_id": self._home,
                "messages": [{"role": "user", "content": f"{self._home}, " + "go far " * 300}],
                "max_tokens": 8,
            },
        )
        await self._asking.ask(self._pending)
        self._pending = None
        read = await self._asking.get(f"/v1/agents/{self._home}/transcript")
        self._words = read.json()["messages"]
        self._archive = (await self._asking.get(f"/v1/agents/{self._home}/export")).content

    async def _arrive(self) -> None:
        name = f"{self._name}-{secrets.token_hex(4)}"
        path = f"/v1/agents/import?session_id={name}"
        # Asked again it finds its own session there, whose name nobody else knows.
        request = self._pending = self._pending or Request(path, self._archive, end=CONFLICT)
        await self._asking.ask(request)
        self._pending = None
        self._arrived.append(request.path.partition("=")[2])
        self.num_acknowledged += 1

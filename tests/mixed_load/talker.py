"""An agent that talks, with a tool or without one."""

import secrets
from itertools import zip_longest
from typing import Any

from tests.mixed_load.asking import Asking, Request

_TURNS_OF_A_SESSION = 5
_BLOCK = 256
_TOOL = {
    "type": "function",
    "function": {
        "name": "list_files",
        "parameters": {
            "type": "object",
            "properties": {"where": {"enum": ["here", "there"]}},
            "required": ["where"],
            "additionalProperties": False,
        },
    },
}


class Talker:
    """Takes turns in a session of its own and begins another one after five.

    num_acknowledged: answers that it got.
    """

    def __init__(self, asking: Asking, name: str, *, with_tool: bool = False) -> None:
        self._asking, self._name, self._with_tool = asking, name, with_tool
        self.num_acknowledged = 0
        self._pending: Request | None = None
        self._begin()

    def _begin(self) -> None:
        self._session = f"{self._name}-{secrets.token_hex(4)}"
        self._history: list[dict[str, Any]] = []
        self._num_turns = 0
        self._left = 0

    async def run(self) -> None:
        """For ever."""
        while True:
            if self._num_turns >= _TURNS_OF_A_SESSION and self._pending is None:
                left = self._session
                self._begin()
                await self._asking.delete(f"/v1/agents/{left}")
            await self._turn()

    async def check(self) -> list[str]:
        """What was lost, doubled or not reused, when nothing else is going on."""
        before = self._left
        answer = await self._turn()
        details = answer["usage"]["prompt_tokens_details"]
        faults = []
        if details["cached_tokens"] < before - _BLOCK:
            faults.append(f"{self._session}: {details['cached_tokens']} of {before} were cached")
        read = await self._asking.get(f"/v1/agents/{self._session}/transcript")
        kept = [_words(message) for message in read.json()["messages"]]
        said = [_words(message) for message in self._history]
        if kept != said:
            pairs = zip_longest(said, kept)
            first = next(pair for pair in pairs if pair[0] != pair[1])
            faults.append(f"{self._session}: {first[0]!r} was said, {first[1]!r} is kept")
        return faults

    async def _turn(self) -> Any:
        request = self._pending = self._pending or self._next()
        answer = (await self._asking.ask(request)).json()
        self._pending = None
        self._history = [*request.body["messages"], answer["choices"][0]["message"]]
        self._num_turns += 1
        self._left = answer["usage"]["total_tokens"] - 1
        self.num_acknowledged += 1
        return answer

    def _next(self) -> Request:
        body: dict[str, Any] = {
            "model": "m",
            "session_id": self._session,
            "messages": [*self._history, *self._news()],
            "max_tokens": 60 if self._with_tool else 16,
        }
        if self._with_tool:
            body |= {"tools": [_TOOL], "tool_choice": "required"}
        return Request("/v1/chat/completions", body)

    def _news(self) -> list[dict[str, Any]]:
        calls = self._history[-1].get("tool_calls") if self._history else None
        if calls:
            said = secrets.token_hex(4)
            return [{"role": "tool", "tool_call_id": c["id"], "content": said} for c in calls]
        return [{"role": "user", "content": f"{self._session}, go on with {secrets.token_hex(4)}"}]


def _words(message: dict[str, Any]) -> str:
    """The role, the text and the calls of a message of the client's, or of a transcript."""
    content = message.get("content") or []
    parts = [{"text": content}] if isinstance(content, str) else content
    text = "".join(str(part.get("text") or part.get("content") or "") for part in parts)
    # One that was cut before its name came is kept, and told to nobody.
    calls = [part["id"] for part in parts if part.get("type") == "tool_use" and part["name"]]
    calls += [call["id"] for call in message.get("tool_calls") or ()]
    return " ".join([f"{message['role']}: {text}", *calls])

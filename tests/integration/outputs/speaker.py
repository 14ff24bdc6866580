"""Asks a model over HTTP, in both protocols, whole and streamed, with the official clients."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import anthropic
import httpx
import httpx2
import openai
from fastapi import FastAPI

from agent_memory.testing.runtime import TEST_KEY

BASH: Mapping[str, Any] = {
    "type": "object",
    "properties": {"command": {"type": "string"}},
    "required": ["command"],
}


@dataclass(frozen=True, slots=True)
class Heard:
    """What a client made of an answer. calls: (name, arguments as text, or as the object)."""

    text: str
    thinking: str
    calls: tuple[tuple[str, Any], ...]
    reason: str | None


class Speaker:
    """One served model."""

    def __init__(self, app: FastAPI) -> None:
        self._app = app

    def http(self) -> httpx.AsyncClient:
        """A plain client that is allowed in."""
        return httpx.AsyncClient(
            transport=httpx.ASGITransport(self._app),
            base_url="http://test",
            headers={"x-api-key": TEST_KEY},
        )

    def openai(self) -> openai.AsyncOpenAI:
        return openai.AsyncOpenAI(
            base_url="http://test/v1", api_key=TEST_KEY, max_retries=0, http_client=self._wire()
        )

    def anthropic(self) -> anthropic.AsyncAnthropic:
        return anthropic.AsyncAnthropic(
            base_url="http://test", api_key=TEST_KEY, max_retries=0, http_client=self._wire()
        )

    def _wire(self) -> httpx2.AsyncClient:
        return httpx2.AsyncClient(transport=httpx2.ASGITransport(self._app))

    async def chat(
        self,
        text: str,
        *,
        is_streamed: bool,
        tools: Mapping[str, Mapping[str, Any]] = {},
        max_tokens: int = 500,
        session: str | None = None,
        history: Sequence[Any] = (),
        **more: Any,
    ) -> Heard:
        """One question to `/v1/chat/completions`."""
        asked: dict[str, Any] = {
            "model": "m",
            "max_tokens": max_tokens,
            "messages": [*history, {"role": "user", "content": text}],
            "extra_headers": {"X-Session-ID": session} if session else {},
            **more,
        }
        if tools:
            asked["tools"] = [
                {"type": "function", "function": {"name": name, "parameters": dict(schema)}}
                for name, schema in tools.items()
            ]
        async with self.openai() as client:
            if not is_streamed:
                return _of_choice((await client.chat.completions.create(**asked)).choices[0])
            gathered = _Chunks()
            async for chunk in await client.chat.completions.create(stream=True, **asked):
                gathered.add(chunk)
            return gathered.heard()

    async def message(
        self,
        text: str,
        *,
        is_streamed: bool,
        tools: Mapping[str, Mapping[str, Any]] = {},
        max_tokens: int = 500,
        session: str | None = None,
        history: Sequence[Any] = (),
        **more: Any,
    ) -> Heard:
        """One question to `/v1/messages`."""
        asked: dict[str, Any] = {
            "model": "m",
            "max_tokens": max_tokens,
            "messages": [*history, {"role": "user", "content": text}],
            "extra_headers": {"X-Session-ID": session} if session else {},
            **more,
        }
        if tools:
            asked["tools"] = [
                {"name": name, "input_schema": dict(schema)} for name, schema in tools.items()
            ]
        async with self.anthropic() as client:
            if not is_streamed:
                return _of_message(await client.messages.create(**asked))
            async with client.messages.stream(**asked) as stream:
                return _of_message(await stream.get_final_message())

    async def asked_every_way(
        self, text: str, **asked: Any
    ) -> tuple[Sequence[Heard], Sequence[Heard]]:
        """(chats, messages), each whole and streamed, all at once."""
        ways = [(self.chat, False), (self.chat, True), (self.message, False), (self.message, True)]
        heard = await asyncio.gather(
            *(ask(text, is_streamed=is_streamed, **asked) for ask, is_streamed in ways)
        )
        return heard[:2], heard[2:]

    async def transcript(self, session: str) -> list[dict[str, Any]]:
        """The messages of a session, as they are kept."""
        async with self.http() as client:
            answer = await client.get(f"/v1/agents/{session}/transcript")
            messages: list[dict[str, Any]] = answer.raise_for_status().json()["messages"]
            return messages


class _Chunks:
    def __init__(self) -> None:
        self.text, self.thinking = "", ""
        self.calls: dict[int, list[str]] = {}
        self.reason: str | None = None

    def add(self, chunk: openai.types.chat.ChatCompletionChunk) -> None:
        for choice in chunk.choices:
            delta = choice.delta
            self.text += delta.content or ""
            self.thinking += getattr(delta, "reasoning_content", None) or ""
            self.reason = choice.finish_reason or self.reason
            for call in delta.tool_calls or ():
                name, arguments = self.calls.setdefault(call.index, ["", ""])
                if call.function is not None:
                    name += call.function.name or ""
                    arguments += call.function.arguments or ""
                self.calls[call.index] = [name, arguments]

    def heard(self) -> Heard:
        calls = tuple((name, arguments) for name, arguments in self.calls.values())
        return Heard(self.text, self.thinking, calls, self.reason)


def _of_choice(choice: openai.types.chat.chat_completion.Choice) -> Heard:
    message = choice.message
    calls = tuple(
        (call.function.name, call.function.arguments)
        for call in message.tool_calls or ()
        if call.type == "function"
    )
    thinking = getattr(message, "reasoning_content", None) or ""
    return Heard(message.content or "", thinking, calls, choice.finish_reason)


def _of_message(message: anthropic.types.Message) -> Heard:
    blocks = message.content
    return Heard(
        "".join(block.text for block in blocks if block.type == "text"),
        "".join(block.thinking for block in blocks if block.type == "thinking"),
        tuple((block.name, block.input) for block in blocks if block.type == "tool_use"),
        message.stop_reason,
    )

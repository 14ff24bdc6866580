"""A streaming client of OpenAI Chat Completions that notes when everything arrives."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import httpx
import orjson

from benchmarks.harness.subject import Subject

Message = Mapping[str, str]

_TIMEOUT_S = 600.0


@dataclass(frozen=True, slots=True)
class Answer:
    """One streamed answer. Times are those of `time.perf_counter`, in seconds."""

    asked_at: float
    arrived_at: tuple[float, ...]
    """One for each event that brought text."""
    text: str
    finish_reason: str
    num_prompt: int
    num_cached: int
    num_tokens: int

    @property
    def ttft_s(self) -> float:
        """From the request to the first text."""
        return self.arrived_at[0] - self.asked_at

    def num_tokens_within(self, begin_at: float, end_at: float) -> float:
        """Tokens that arrived after `begin_at` and until `end_at`; an event may bring several."""
        num_events = sum(begin_at < at <= end_at for at in self.arrived_at)
        return num_events * self.num_tokens / len(self.arrived_at)


def user(text: str) -> Message:
    return {"role": "user", "content": text}


def assistant(text: str) -> Message:
    return {"role": "assistant", "content": text}


def new_client(subject: Subject) -> httpx.AsyncClient:
    return httpx.AsyncClient(
        base_url=subject.url, headers=subject.headers, timeout=_TIMEOUT_S, trust_env=False
    )


async def ask(
    client: httpx.AsyncClient,
    subject: Subject,
    messages: Sequence[Message],
    max_tokens: int,
    session: str | None = None,
    favourite: int | None = None,
) -> Answer:
    """One greedy turn, streamed; `session` names the session that takes it, `favourite` a token
    that it is answered with, and with no other.

    Raises `RuntimeError` when the turn is refused or brings no text.
    """
    body: dict[str, object] = {
        "model": subject.model_id,
        "messages": list(messages),
        "max_tokens": max_tokens,
        "temperature": 0,
        "stream": True,
        "stream_options": {"include_usage": True},
    }
    if favourite is not None:
        body["logit_bias"] = {str(favourite): 100}
    headers = {} if session is None else {"X-Session-ID": session}
    reader = _Reader(time.perf_counter())
    async with client.stream(
        "POST", "/v1/chat/completions", json=body, headers=headers
    ) as response:
        if not response.is_success:
            reason = (await response.aread()).decode()
            raise RuntimeError(f"{subject.name} answered {response.status_code}: {reason}")
        async for line in response.aiter_lines():
            if line.startswith("data: {"):
                reader.read(line[len("data: ") :])
    return reader.answer()


class _Reader:
    def __init__(self, asked_at: float) -> None:
        self._asked_at = asked_at
        self._arrived_at: list[float] = []
        self._texts: list[str] = []
        self._finish_reason = ""
        self._usage: dict[str, int] = {}
        self._num_cached = 0

    def read(self, data: str) -> None:
        arrived_at = time.perf_counter()
        event = orjson.loads(data)
        if "error" in event:
            raise RuntimeError(f"the stream broke off: {data}")
        if usage := event.get("usage"):
            details = usage.pop("prompt_tokens_details", None) or {}
            self._usage, self._num_cached = usage, details.get("cached_tokens", 0)
        for choice in event["choices"]:
            self._finish_reason = choice.get("finish_reason") or self._finish_reason
            if text := choice["delta"].get("content"):
                self._arrived_at.append(arrived_at)
                self._texts.append(text)

    def answer(self) -> Answer:
        if not self._arrived_at or not self._usage:
            raise RuntimeError("the answer has no text or no usage")
        return Answer(
            asked_at=self._asked_at,
            arrived_at=tuple(self._arrived_at),
            text="".join(self._texts),
            finish_reason=self._finish_reason,
            num_prompt=self._usage["prompt_tokens"],
            num_cached=self._num_cached,
            num_tokens=self._usage["completion_tokens"],
        )

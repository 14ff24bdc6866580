"""One attempt: a provider is asked once, and its answer is read as it comes."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from dataclasses import dataclass

import aiohttp
import orjson

from agent_memory.errors import UpstreamBroken
from agent_memory.gateway.attempts import Attempt
from agent_memory.gateway.failures import Failure, FailureKind
from agent_memory.gateway.far import Begun, FarEvent, Heard, Over, Question
from agent_memory.providers.far.anthropic_answer import AnthropicAnswer
from agent_memory.providers.far.anthropic_request import anthropic_body
from agent_memory.providers.far.client import AttemptFailed, Deadlines, ProviderClient
from agent_memory.providers.far.event_cutter import EventCutter, SentEvent
from agent_memory.providers.far.headers import headers_back, headers_onward
from agent_memory.providers.far.openai_answer import OpenAiAnswer
from agent_memory.providers.far.openai_request import openai_body
from agent_memory.providers.far.reading import AnswerReader
from agent_memory.providers.far.sent_body import IsForeign, asks_for_usage, body_onward, says_all
from agent_memory.turns.events import PassedHead, TurnEvent, Usage
from agent_memory.turns.route import Wire
from agent_memory.turns.sent import Sent

MAX_ANSWER_BYTES = 64 * 1024 * 1024
MAX_HELD_BYTES = 256 * 1024
MAX_HELD_EVENTS = 64
"""So much may come before the first word; then the provider has answered all the same."""
_GOODBYE_S = 0.2
"""After its last event a provider has so long to end the connection in order."""
_PATHS = {Wire.ANTHROPIC: "messages", Wire.OPENAI: "chat/completions"}


@dataclass(frozen=True, slots=True)
class Asking:
    """What is sent to a provider. sent: as the client sent it, where its bytes are passed on."""

    path: str
    headers: dict[str, str]
    body: bytes
    is_streamed: bool
    query: str = ""
    sent: Sent | None = None


def asking(question: Question, attempt: Attempt, is_foreign: IsForeign) -> Asking:
    """The request for this attempt: the client's own bytes where the protocol is the same."""
    request, target, key = question.request, attempt.target, attempt.key
    sent = request.sent
    if sent is not None and sent.wire is target.wire and says_all(sent, question):
        headers = headers_onward(sent.headers, sent.wire, key.secret, is_streamed=sent.is_streamed)
        body = body_onward(sent, target.model, question.messages, is_foreign)
        return Asking(sent.path, headers, body, sent.is_streamed, sent.query, sent)
    wire = target.wire or Wire.OPENAI
    headers = headers_onward((), wire, key.secret, is_streamed=True)
    is_anthropic = wire is Wire.ANTHROPIC
    body = anthropic_body(question, target) if is_anthropic else openai_body(question, target)
    return Asking(_PATHS[wire], headers, body, is_streamed=True)


class AttemptedAnswer:
    """The answer to one attempt. `reader` knows what was said and used, also when it is cut off."""

    def __init__(self, client: ProviderClient, attempt: Attempt, deadlines: Deadlines) -> None:
        self._client = client
        self._target = attempt.target
        self._deadlines = deadlines
        provider = attempt.target.provider
        is_anthropic = attempt.target.wire is Wire.ANTHROPIC
        self.reader: AnswerReader = (
            AnthropicAnswer(provider) if is_anthropic else OpenAiAnswer(provider)
        )

    async def events(self, asked: Asking) -> AsyncGenerator[FarEvent, None]:
        """`Begun` with the first word; `AttemptFailed` where there is none."""
        async with self._client.opened(
            "POST",
            asked.path,
            asked.headers,
            asked.body,
            query=asked.query,
            is_streamed=asked.is_streamed,
        ) as response:
            try:
                is_stream = asked.is_streamed and response.content_type == "text/event-stream"
                pieces = self._streamed(asked, response) if is_stream else self._whole(response)
                begun = False
                async for heard in pieces:
                    if not begun:
                        begun = True
                        yield Begun(
                            self._target, self.reader.usage or Usage(0, 0), _head(asked, response)
                        )
                    yield heard
            except (aiohttp.ClientError, TimeoutError) as error:
                raise AttemptFailed(self._client.broken(error)) from error
        yield self._over(asked)

    async def _whole(self, response: aiohttp.ClientResponse) -> AsyncIterator[Heard]:
        body = bytearray()
        async for chunk in response.content.iter_any():
            body += chunk
            if len(body) > MAX_ANSWER_BYTES:
                raise AttemptFailed(_broken("the answer is too long"))
        events = self.reader.whole(bytes(body))
        if self.reader.failure is not None:
            raise AttemptFailed(self.reader.failure)
        yield Heard(bytes(body), tuple(events), is_end=True)

    async def _streamed(
        self, asked: Asking, response: aiohttp.ClientResponse
    ) -> AsyncIterator[Heard]:
        """Held until the first word; from then on as it comes, whole events at a time."""
        hides_usage = asked.sent is not None and _hides_usage(asked.sent)
        held: list[Heard] = []
        async for heard in self._read(response, hides_usage=hides_usage):
            held.append(heard)
            if self.reader.is_begun or _is_enough(held):
                for one in held:
                    yield one
                held.clear()
        if not self.reader.is_ended and not self.reader.is_begun:
            raise AttemptFailed(_broken("the answer broke off before its first word"))
        if not self.reader.is_ended:
            raise AttemptFailed(_broken("the answer broke off before its end"))
        for one in held:
            yield one

    async def _read(
        self, response: aiohttp.ClientResponse, *, hides_usage: bool
    ) -> AsyncIterator[Heard]:
        cutter = EventCutter()
        async for chunk in self._chunks(response):
            try:
                cut = cutter.feed(chunk)
            except UpstreamBroken as error:
                raise AttemptFailed(_broken(str(error))) from error
            for heard in self._heard(cut, hides_usage=hides_usage):
                yield heard
            if self.reader.failure is not None:
                raise AttemptFailed(self.reader.failure)
        for heard in self._heard(cutter.close(), hides_usage=hides_usage):
            yield heard

    def _heard(self, cut: Sequence[SentEvent], *, hides_usage: bool) -> list[Heard]:
        """What came together, in one piece; the end of the answer in one of its own. An error of
        the provider's is not told: whoever asked knows a better one, or somebody else to ask."""
        pieces: list[Heard] = []
        data: list[bytes] = []
        events: list[TurnEvent] = []
        for event in cut:
            had_ended = self.reader.is_ended
            said = self.reader.event(event)
            if self.reader.failure is not None:
                break
            if self.reader.is_ended and not had_ended:
                if data or events:
                    pieces.append(Heard(b"".join(data), tuple(events)))
                pieces.append(Heard(event.raw, tuple(said), is_end=True))
                data, events = [], []
                continue
            if not (hides_usage and _is_usage_alone(event.data)):
                data.append(event.raw)
            events += said
        if data or events:
            pieces.append(Heard(b"".join(data), tuple(events), is_end=self.reader.is_ended))
        return pieces

    async def _chunks(self, response: aiohttp.ClientResponse) -> AsyncIterator[bytes]:
        """With a deadline for the first word, and after the last one for the end of the stream."""
        loop = asyncio.get_running_loop()
        first_at = loop.time() + self._deadlines.first_s
        while True:
            if self.reader.is_ended:
                until = loop.time() + _GOODBYE_S
            elif self.reader.is_begun:
                until = loop.time() + self._deadlines.idle_s
            else:
                until = first_at
            try:
                async with asyncio.timeout_at(until):
                    chunk = await response.content.readany()
            except TimeoutError:
                if self.reader.is_ended:
                    return
                raise
            if not chunk:
                return
            yield chunk

    def _over(self, asked: Asking) -> Over:
        reader = self.reader
        usage = reader.usage
        if usage is not None:
            return Over(usage, parts=reader.parts, finish_reason=reader.finish_reason)
        guess = Usage(len(asked.body) // 4, 0, _num_chars(reader) // 4)
        return Over(
            guess, is_estimated=True, parts=reader.parts, finish_reason=reader.finish_reason
        )


def _num_chars(reader: AnswerReader) -> int:
    return sum(
        len(getattr(part, "text", "")) + len(getattr(part, "arguments", ""))
        for part in reader.parts
    )


def _head(asked: Asking, response: aiohttp.ClientResponse) -> PassedHead | None:
    if asked.sent is None:
        return None
    return PassedHead(response.status, headers_back(response.headers))


def _is_enough(held: Sequence[Heard]) -> bool:
    return len(held) > MAX_HELD_EVENTS or sum(len(one.data) for one in held) > MAX_HELD_BYTES


def _hides_usage(sent: Sent) -> bool:
    """The usage was asked for by us, and the client does not expect it."""
    return sent.path == "chat/completions" and not asks_for_usage(sent.body)


def _is_usage_alone(data: bytes) -> bool:
    if b'"usage"' not in data or b'"choices"' not in data:
        return False
    try:
        fields = orjson.loads(data)
    except orjson.JSONDecodeError:
        return False
    return isinstance(fields, dict) and fields.get("choices") == [] and bool(fields.get("usage"))


def _broken(reason: str) -> Failure:
    return Failure(FailureKind.BROKEN, 502, f"The provider's answer is of no use: {reason}.")

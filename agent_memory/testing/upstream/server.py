"""The server itself."""

import asyncio
import time
from collections import deque
from collections.abc import Iterable
from types import TracebackType
from typing import Any, Self

import orjson
from aiohttp import web

from agent_memory.testing.upstream.acts import Act, Fail, Hang, Raw, Received, Say
from agent_memory.testing.upstream.spoken import (
    anthropic_events,
    anthropic_whole,
    error_body,
    error_event,
    num_words,
    openai_events,
    openai_whole,
    words,
)

MODELS = ("large", "small")


class ScriptedUpstream:
    """Does what `acts` say, one after the other, and then answers as a `Say` does.

    requests: what came, in order. A prompt's tokens are its words; those that begin an earlier
    prompt in the same way are cached, as providers cache.
    """

    def __init__(self, acts: Iterable[Act] = (), models: Iterable[str] = MODELS) -> None:
        self.acts: deque[Act] = deque(acts)
        self.requests: list[Received] = []
        self.models = tuple(models)
        self._prompts: list[list[str]] = []
        self._runner: web.AppRunner | None = None
        self.port = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self.stop()

    async def start(self, port: int = 0) -> None:
        """Listen on loopback; on a free port where none is named."""
        app = web.Application(client_max_size=1 << 30)
        app.router.add_route("*", "/{path:.*}", self._handle)
        self._runner = web.AppRunner(app, handler_cancellation=True, shutdown_timeout=0.1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", port)
        await site.start()
        self.port = self._runner.addresses[0][1]

    async def stop(self) -> None:
        if self._runner is not None:
            await self._runner.cleanup()

    @property
    def asked(self) -> list[Received]:
        """The requests that wanted an answer."""
        return [one for one in self.requests if one.method == "POST"]

    async def _handle(self, request: web.Request) -> web.StreamResponse:
        body = await request.read()
        headers = {name.lower(): value for name, value in request.headers.items()}
        got = Received(request.method, request.path, request.query_string, headers, body)
        self.requests.append(got)
        if request.method == "GET":
            return web.json_response({"object": "list", "data": [_model(n) for n in self.models]})
        act = self.acts.popleft() if self.acts else Say()
        try:
            return await self._do(act, request, got)
        except (asyncio.CancelledError, ConnectionError):
            got.is_hung_up, got.hung_up_at = True, time.monotonic()
            raise

    async def _do(self, act: Act, request: web.Request, got: Received) -> web.StreamResponse:
        match act:
            case Hang(seconds):
                await asyncio.sleep(seconds)
                return web.Response(status=504)
            case Fail():
                said = orjson.dumps(error_body(request.path, act.status, act.message))
                headers = dict(act.headers)
                if act.retry_after is not None:
                    headers["Retry-After"] = act.retry_after
                return web.Response(
                    body=said, status=act.status, headers=headers, content_type="application/json"
                )
            case Raw():
                return await self._raw(act, request)
            case Say():
                return await self._say(act, request, got)

    async def _raw(self, act: Raw, request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(status=act.status, headers={"Content-Type": act.content_type})
        await response.prepare(request)
        for at in range(0, len(act.data), act.piece):
            await response.write(act.data[at : at + act.piece])
        await response.write_eof()
        return response

    async def _say(self, say: Say, request: web.Request, got: Received) -> web.StreamResponse:
        fields: dict[str, Any] = orjson.loads(got.body)
        self._count(fields, say, got)
        model = str(fields.get("model"))
        await asyncio.sleep(say.wait_s)
        if request.path.endswith("/count_tokens"):
            return web.json_response({"input_tokens": got.prompt_tokens})
        if request.path.endswith("/embeddings"):
            return web.json_response(_embedding(model, got))
        is_anthropic = request.path.endswith("/messages")
        if not fields.get("stream"):
            whole = anthropic_whole if is_anthropic else openai_whole
            return web.Response(
                body=orjson.dumps(whole(say, model, got), option=orjson.OPT_INDENT_2),
                content_type="application/json",
                headers={"request-id": "req_up_1", "x-ratelimit-limit-requests": "7"},
            )
        options = fields.get("stream_options") or {}
        events = (
            anthropic_events(say, model, got)
            if is_anthropic
            else openai_events(say, model, got, has_usage=bool(options.get("include_usage")))
        )
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
        await response.prepare(request)
        for at, event in enumerate(events):
            if say.error_after is not None and at >= say.error_after:
                await response.write(error_event(request.path))
                break
            if say.cut_after is not None and at >= say.cut_after:
                await response.write(event[: len(event) // 2])
                if request.transport is not None:
                    request.transport.abort()
                break
            await response.write(event)
            if say.pause_s:
                await asyncio.sleep(say.pause_s)
        return response

    def _count(self, fields: dict[str, Any], say: Say, got: Received) -> None:
        read = [
            fields.get("system"),
            fields.get("tools"),
            fields.get("messages"),
            fields.get("input"),
        ]
        prompt = words(" ".join(_texts(read)))
        got.cached_tokens = max((_num_common(prompt, one) for one in self._prompts), default=0)
        got.prompt_tokens = len(prompt)
        got.output_tokens = num_words(say)
        self._prompts.append(prompt)


def _texts(value: object) -> list[str]:
    match value:
        case str():
            return [value]
        case list():
            return [text for inner in value for text in _texts(inner)]
        case dict():
            kept = (inner for name, inner in value.items() if name not in {"type", "cache_control"})
            return [text for inner in kept for text in _texts(inner)]
        case _:
            return []


def _num_common(one: list[str], other: list[str]) -> int:
    pairs = zip(one, other, strict=False)
    return next((at for at, (a, b) in enumerate(pairs) if a != b), min(len(one), len(other)))


def _model(name: str) -> dict[str, object]:
    return {
        "id": name,
        "object": "model",
        "type": "model",
        "created": 1767225600,
        "context_length": 100_000,
        "supported_parameters": ["tools", "reasoning"],
        "architecture": {"input_modalities": ["text", "image"]},
    }


def _embedding(model: str, got: Received) -> dict[str, object]:
    vector = {"object": "embedding", "index": 0, "embedding": [0.6, 0.8]}
    usage = {"prompt_tokens": got.prompt_tokens, "total_tokens": got.prompt_tokens}
    return {"object": "list", "data": [vector], "model": model, "usage": usage}

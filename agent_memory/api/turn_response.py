"""The response to a turn: streamed or whole, ended when the client goes away."""

from collections.abc import Mapping, Sequence

import orjson
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from agent_memory.api.answer import AnswerFold
from agent_memory.api.attached_contexts import contexts_header
from agent_memory.api.call import Call
from agent_memory.api.disconnect import ClientGone, send_unless_gone, unless_gone
from agent_memory.api.errors import fault_of
from agent_memory.api.event_pump import EventPump, SourcedEvent
from agent_memory.api.renderer import Renderer
from agent_memory.api.translators.memory_words import memory_headers
from agent_memory.api.turn_meter import TurnMeter
from agent_memory.api.turn_metering import TurnMetering
from agent_memory.turns.events import Passed, PassedHead, PassedStarted, Source, TurnStarted
from agent_memory.turns.request import TurnRequest

IGNORED_HEADER = "X-Ignored-Fields"
PROVIDER_HEADER = "X-Provider"
OVERHEAD_HEADER = "X-Overhead-Ms"
STREAM_COST_HEADER = "X-Stream-Cost"
"""A client that sends it is told the cost of a stream, in a comment at its end."""


class TurnResponse(Response):
    """Takes the turns and renders their events.

    The status is sent once every turn has started, so that errors before that are proper HTTP
    errors; later ones are told within the stream. Whichever way it ends, the turns are closed.
    ignored: fields of the request that have no effect.
    """

    def __init__(
        self,
        call: Call,
        requests: Sequence[TurnRequest],
        renderer: Renderer,
        *,
        stream: bool,
        ignored: Sequence[str] = (),
    ) -> None:
        super().__init__(media_type="text/event-stream" if stream else "application/json")
        self._call = call
        self._requests = requests
        self._renderer = renderer
        self._stream = stream
        self._is_passing = False
        if ignored:
            self.headers[IGNORED_HEADER] = ", ".join(sorted(ignored))
        self._meter = TurnMeter(
            call.surface.metrics,
            renderer.surface,
            call.line,
            call.started_at,
            call.surface.monotonic,
        )
        call.line.stream = stream

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002  ASGI
        try:
            await unless_gone(receive, self._respond(send_unless_gone(send)))
        except ClientGone as gone:
            self._call.line.error_code = gone.code

    async def _respond(self, send: Send) -> None:
        metering = TurnMetering(self._call, self._requests, self._renderer.surface)
        async with metering:
            self.headers.update(await metering.admit_turns())
            turns = [self._call.surface.runtime.turns.answer(r) for r in self._requests]
            async with EventPump(turns, self._call.surface.limits.ping_interval_s) as pump:
                started = await pump.started()
                await self._set_headers(started)
                if isinstance(started[0], PassedStarted):
                    self._is_passing = True
                    await self._pass(started[0].head, pump, metering, send)
                elif self._stream:
                    await self._send_stream(pump, metering, send)
                else:
                    await self._send_whole(pump, metering, send)

    async def _pass(
        self, head: PassedHead, pump: EventPump, metering: TurnMetering, send: Send
    ) -> None:
        """The provider's status, headers and bytes, as they are."""
        self.status_code = head.status
        for name, value in head.headers:
            self.headers[name] = value
        if self._stream and self.headers["content-type"].startswith("text/event-stream"):
            self._set_stream_headers()
            await self._send_stream(pump, metering, send)
            return
        body = bytearray()
        async for batch in pump.batches():
            self._meter.note(batch)
            metering.note(batch)
            for _, event in batch:
                body += event.data if isinstance(event, Passed) else b""
        self.headers.update(await metering.book())
        self.headers["content-length"] = str(len(body))
        await self._send_start(send)
        await send({"type": "http.response.body", "body": bytes(body)})

    async def _set_headers(self, started: Sequence[TurnStarted]) -> None:
        if len(started) == 1:
            self._call.line.session_id = started[0].session_id
            if started[0].session_id:
                self.headers["X-Session-ID"] = started[0].session_id
            self.headers.update(memory_headers(started[0].memory))
            self.headers.update(contexts_header(self._requests))
        served = started[0].model or await self._call.surface.catalogue.served()
        if served is not None:
            self.headers["X-Model"] = served
        self._tell_source(started[0].source)
        if self._stream and not isinstance(started[0], PassedStarted):
            self._set_stream_headers()

    def _set_stream_headers(self) -> None:
        self.headers["Cache-Control"] = "no-cache"
        self.headers["X-Accel-Buffering"] = "no"
        del self.headers["content-length"]

    def _tell_source(self, source: Source | None) -> None:
        """Who answers, and how long the request took with us until then."""
        if source is not None:
            self.headers[PROVIDER_HEADER] = source.provider
            waited_ms = 1000 * (self._call.surface.monotonic() - self._call.started_at)
            self.headers[OVERHEAD_HEADER] = f"{max(0.0, waited_ms - source.upstream_ms):.1f}"

    async def _send_whole(self, pump: EventPump, metering: TurnMetering, send: Send) -> None:
        folds = [AnswerFold() for _ in self._requests]
        async for batch in pump.batches():
            self._meter.note(batch)
            metering.note(batch)
            for source, event in batch:
                folds[source].add(event)
        body = orjson.dumps(self._renderer.whole([fold.answer() for fold in folds]))
        self.headers.update(await metering.book())
        self.headers["content-length"] = str(len(body))
        await self._send_start(send)
        await send({"type": "http.response.body", "body": body})

    async def _send_stream(self, pump: EventPump, metering: TurnMetering, send: Send) -> None:
        await self._send_start(send)
        try:
            async for batch in pump.batches():
                self._meter.note(batch)
                metering.note(batch)
                if data := self._rendered(batch):
                    await send({"type": "http.response.body", "body": data, "more_body": True})
            last = self._cost_told(await metering.book())
            last += b"" if self._is_passing else self._renderer.end()
        except ClientGone:
            raise
        except Exception as error:  # noqa: BLE001  the table of errors, told within the stream
            fault = fault_of(error)
            self._call.line.error_code = fault.code
            metering.fail(fault)
            last = self._renderer.error(fault)
        await send({"type": "http.response.body", "body": last})

    def _cost_told(self, booked: Mapping[str, str]) -> bytes:
        """What a whole answer says in its headers, as a comment: readers of events pass it over."""
        if self._call.request.headers.get(STREAM_COST_HEADER) != "comment":
            return b""
        provider = self.headers.get(PROVIDER_HEADER)
        told = {**booked, **({PROVIDER_HEADER: provider} if provider else {})}
        return f": {'; '.join(f'{name}: {value}' for name, value in told.items())}\n\n".encode()

    def _rendered(self, batch: Sequence[SourcedEvent]) -> bytes:
        if self._is_passing:
            return b"".join(event.data for _, event in batch if isinstance(event, Passed))
        if not batch:
            return self._renderer.ping()
        return b"".join([self._renderer.event(source, event) for source, event in batch])

    async def _send_start(self, send: Send) -> None:
        await send(
            {
                "type": "http.response.start",
                "status": self.status_code,
                "headers": self.raw_headers,
            }
        )

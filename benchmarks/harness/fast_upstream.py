"""A provider that costs next to nothing, in a process of its own: `python -m
benchmarks.harness.fast_upstream PORT CHUNKS GAP_MS`.

It answers Chat Completions with bytes that were made beforehand, whole or in so many chunks, each
of which is a write of its own; `GET` of anything answers with its list of models.
"""

import asyncio
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import cast

import httpx
import orjson
import uvloop

from agent_memory.host.free_ports import free_ports
from benchmarks.harness.subject import interrupt, launch, wait_until

MODEL = "large"
PROMPT_TOKENS, OUTPUT_TOKENS = 40, 50
_START_TIMEOUT_S = 20.0
_HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: %s\r\n%s\r\n"
_LAST = b"0\r\n\r\n"


class FastUpstream:
    """The process, from the outside."""

    def __init__(self, output: Path, num_chunks: int, gap_ms: float) -> None:
        self.port = free_ports(1)[0]
        self.url = f"http://127.0.0.1:{self.port}"
        options = (str(self.port), str(num_chunks), str(gap_ms))
        command = (sys.executable, "-m", "benchmarks.harness.fast_upstream", *options)
        self._process = launch(command, output, {})
        try:
            wait_until(self._answers, self._process, output, _START_TIMEOUT_S)
        except RuntimeError:
            self.close()
            raise

    @property
    def pid(self) -> int:
        return self._process.pid

    def close(self) -> None:
        if self._process.poll() is None:
            interrupt(self._process)

    def _answers(self) -> bool:
        try:
            return httpx.get(f"{self.url}/v1/models", timeout=2, trust_env=False).is_success
        except httpx.HTTPError:
            return False


class _Connection(asyncio.Protocol):
    """Requests one after the other, as they come."""

    def __init__(self, answers: "_Answers") -> None:
        self._answers = answers
        self._received = b""
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # uvloop's transports are no subclasses of asyncio's.
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        self._received += data
        while (request := self._next()) is not None:
            self._answer(request)

    def _next(self) -> bytes | None:
        """A whole request; None while more of it has to come."""
        head_end = self._received.find(b"\r\n\r\n")
        if head_end < 0:
            return None
        end = head_end + 4 + _content_length(self._received[:head_end].lower())
        if len(self._received) < end:
            return None
        request, self._received = self._received[:end], self._received[end:]
        return request

    def _answer(self, request: bytes) -> None:
        if self._transport is None:
            return
        if request.startswith(b"GET"):
            self._transport.write(self._answers.models)
        elif b'"stream":true' in request.replace(b" ", b""):
            self._transport.write(self._answers.stream_head)
            self._write_on(0)
        else:
            self._transport.write(self._answers.whole)

    def _write_on(self, at: int) -> None:
        """Each chunk in a turn of the loop of its own, so that none is sent with another."""
        if self._transport is None or self._transport.is_closing():
            return
        self._transport.write(self._answers.chunks[at])
        if at + 1 < len(self._answers.chunks):
            gap_s = self._answers.gap_s
            asyncio.get_running_loop().call_later(gap_s, self._write_on, at + 1)


class _Answers:
    """All that is ever said."""

    def __init__(self, num_chunks: int, gap_ms: float) -> None:
        models = {"object": "list", "data": [{"id": MODEL, "object": "model"}]}
        self.models = _whole(orjson.dumps(models))
        self.whole = _whole(orjson.dumps(_completion(num_chunks)))
        self.stream_head = _HEAD % (b"text/event-stream", b"Transfer-Encoding: chunked\r\n")
        said = [_event(_chunk({"content": f" w{at}"})) for at in range(num_chunks)]
        ends = [_event(_chunk({}, "stop")), _event(_usage_chunk(num_chunks)), b"data: [DONE]\n\n"]
        self.chunks = [_framed(event) for event in said] + [_framed(b"".join(ends)) + _LAST]
        self.gap_s = gap_ms / 1000


def _content_length(head: bytes) -> int:
    _, _, rest = head.partition(b"content-length:")
    return int(rest.split(b"\r\n", 1)[0]) if rest else 0


def _whole(body: bytes) -> bytes:
    return _HEAD % (b"application/json", b"Content-Length: %d\r\n" % len(body)) + body


def _framed(data: bytes) -> bytes:
    return b"%x\r\n%s\r\n" % (len(data), data)


def _event(fields: Mapping[str, object]) -> bytes:
    return b"data: " + orjson.dumps(fields) + b"\n\n"


def _usage(num_chunks: int) -> dict[str, int]:
    return {
        "prompt_tokens": PROMPT_TOKENS,
        "completion_tokens": num_chunks,
        "total_tokens": PROMPT_TOKENS + num_chunks,
    }


def _completion(num_chunks: int) -> dict[str, object]:
    message = {"role": "assistant", "content": "".join(f" w{at}" for at in range(num_chunks))}
    return {
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "created": 1767225600,
        "model": MODEL,
        "choices": [{"index": 0, "message": message, "finish_reason": "stop"}],
        "usage": _usage(num_chunks),
    }


def _chunk(delta: Mapping[str, str], reason: str | None = None) -> dict[str, object]:
    return {
        "id": "chatcmpl-1",
        "object": "chat.completion.chunk",
        "created": 1767225600,
        "model": MODEL,
        "choices": [{"index": 0, "delta": delta, "finish_reason": reason}],
    }


def _usage_chunk(num_chunks: int) -> dict[str, object]:
    return {**_chunk({}), "choices": [], "usage": _usage(num_chunks)}


async def _serve(port: int, answers: _Answers) -> None:
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: _Connection(answers), "127.0.0.1", port)
    await server.serve_forever()


if __name__ == "__main__":
    uvloop.run(_serve(int(sys.argv[1]), _Answers(int(sys.argv[2]), float(sys.argv[3]))))

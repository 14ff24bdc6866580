"""Writes of contexts that a client may send again."""

from agent_memory.api.call import Call
from agent_memory.api.idempotency import idempotency_key
from agent_memory.work.once import Once

_TELLING = ("content-type", "if-match", "if-none-match")
"""Headers that change what a request asks for."""


async def once_of(call: Call) -> Once | None:
    """The request under its `Idempotency-Key`, if it has one."""
    request = call.request
    key = idempotency_key(request.headers)
    if key is None:
        return None
    head = [request.method, str(request.url.path), request.url.query]
    head += [request.headers.get(name, "") for name in _TELLING]
    asked = "\0".join(head).encode() + b"\0" + await request.body()
    return call.surface.runtime.contexts.writer.once(key, asked)

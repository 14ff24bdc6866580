"""A request on its way to another provider: what it is there, and what it has to do with us."""

from collections.abc import Mapping
from dataclasses import replace

import orjson
from starlette.requests import Request

from agent_memory.turns.route import Wire
from agent_memory.turns.sent import Sent

OURS = ("session_id", "memory", "contexts", "memory_tool")
"""Fields of the body that no provider is told."""
_WAYS: Mapping[str, tuple[Wire, str]] = {
    "/v1/messages": (Wire.ANTHROPIC, "messages"),
    "/v1/messages/count_tokens": (Wire.ANTHROPIC, "messages/count_tokens"),
    "/v1/chat/completions": (Wire.OPENAI, "chat/completions"),
    "/v1/completions": (Wire.OPENAI, "completions"),
    "/v1/embeddings": (Wire.OPENAI, "embeddings"),
}
_CONVERSATION_HEADERS = ("x-session-id", "x-claude-code-session-id", "session-id", "thread-id")


def way_of(path: str) -> tuple[Wire, str] | None:
    """The protocol that a path of ours speaks, and what it is called there."""
    return _WAYS.get(path)


async def sent_request(request: Request, before: Sent | None = None) -> Sent | None:
    """The request as it came; None on paths of our own. before: what a translator knows of it."""
    way = way_of(request.url.path)
    if way is None:
        return None
    fields = await sent_fields(request)
    sent = Sent(
        await request.body(),
        *way,
        query=request.url.query,
        headers=tuple(request.headers.items()),
        is_streamed=fields.get("stream") is True,
        ours=OURS,
        conversation=_conversation(request, fields),
    )
    return sent if before is None else replace(sent, origins=before.origins)


async def sent_fields(request: Request) -> Mapping[str, object]:
    """The body's fields, parsed once."""
    fields = getattr(request.state, "sent_fields", None)
    if not isinstance(fields, dict):
        value = orjson.loads(await request.body())
        fields = value if isinstance(value, dict) else {}
        request.state.sent_fields = fields
    return fields


async def names_session(request: Request) -> bool:
    """Whether the client itself asks for a session. An id of its own, which Claude Code sends for
    instance, asks the local engine only: of what goes elsewhere nothing is kept unasked."""
    if "x-session-id" in request.headers or way_of(request.url.path) is None:
        return True
    return (await sent_fields(request)).get("session_id") is not None


def _conversation(request: Request, fields: Mapping[str, object]) -> str:
    for name in _CONVERSATION_HEADERS:
        if (header := request.headers.get(name)) is not None:
            return header[:256]
    metadata = fields.get("metadata")
    user = metadata.get("user_id") if isinstance(metadata, dict) else None
    for value in (fields.get("session_id"), fields.get("prompt_cache_key"), user):
        if isinstance(value, str) and value:
            return value[:256]
    return ""

"""Contexts listed and read as resources, by a key that may read them."""

from base64 import b64encode

from mcp_types import (
    BlobResourceContents,
    ListResourcesResult,
    ReadResourceResult,
    Resource,
    TextResourceContents,
)

from agent_memory.access.principal import Scope
from agent_memory.api.call import Call
from agent_memory.api.mcp.resources.uri import key_of, uri_of
from agent_memory.contexts.context import Context, ReadContext
from agent_memory.contexts.document import Format
from agent_memory.contexts.filter import Filter

LISTED_AT_ONCE = 100
_FRESH_FOR_MS = 0
"""A context may change at any time: who wants to know, listens."""


async def listed(call: Call, cursor: str | None) -> ListResourcesResult:
    """A page, by key. A key without the scope `contexts` sees none."""
    resources: list[Resource] = []
    next_cursor = None
    if call.principal.has(Scope.CONTEXTS):
        reader = call.surface.runtime.contexts.reader
        page = await reader.list(call.workspace, Filter(), cursor, LISTED_AT_ONCE)
        resources, next_cursor = [_resource(one) for one in page.items], page.next_cursor
    return ListResourcesResult(
        resources=resources,
        next_cursor=next_cursor,
        ttl_ms=_FRESH_FOR_MS,
        cache_scope="private",
    )


async def read(call: Call, uri: str) -> ReadResourceResult:
    """The present content, as it was written: text as text, anything else in base64."""
    call.principal.require(Scope.CONTEXTS)
    found = await call.surface.runtime.contexts.reader.get(call.workspace, key_of(uri))
    return ReadResourceResult(
        contents=[_contents(uri, found)], ttl_ms=_FRESH_FOR_MS, cache_scope="private"
    )


def _resource(context: Context) -> Resource:
    present = context.present
    return Resource(
        uri=uri_of(present.address.key),
        name=present.address.key,
        mime_type=present.media_type,
        size=present.size,
    )


def _contents(uri: str, found: ReadContext) -> TextResourceContents | BlobResourceContents:
    document = found.document
    meta = {"version": found.version.address.version}
    if document.format is not Format.BYTES:
        try:
            text = document.body.decode()
        except UnicodeDecodeError:
            pass
        else:
            return TextResourceContents(
                uri=uri, mime_type=document.media_type, text=text, _meta=meta
            )
    blob = b64encode(document.body).decode()
    return BlobResourceContents(uri=uri, mime_type=document.media_type, blob=blob, _meta=meta)

"""A put as it is sent: JSON with options, or content alone."""

from agent_memory.api.call import Call
from agent_memory.api.contexts.content import bare_document, envelope_document, is_envelope
from agent_memory.api.contexts.options import draft_of
from agent_memory.api.schemas.contexts import ContextBody, ContextQuery
from agent_memory.contexts.draft import Draft
from agent_memory.contexts.service.beside_loop import beside_loop
from agent_memory.errors import InvalidRequest
from agent_memory.ids import ContextKey


async def sent_draft(call: Call, key: ContextKey, query: ContextQuery) -> Draft:
    """The version that the request asks for."""
    content_type = call.request.headers.get("content-type", "")
    raw = await call.request.body()
    if query.raw or not is_envelope(content_type):
        limits = call.surface.limits
        document = await beside_loop(len(raw), lambda: bare_document(raw, content_type, limits))
        return draft_of(key, document, query.options())
    if named := query.model_fields_set - {"raw"}:
        name = min(named)
        raise InvalidRequest(f"'{name}' stands in the body, beside 'data'.", name)
    body = await call.read(ContextBody)
    document = await beside_loop(len(raw), lambda: envelope_document(body, raw))
    return draft_of(key, document, body)

"""Searching contexts."""

from fastapi import APIRouter, Request
from starlette.responses import Response

from agent_memory.access.principal import Scope
from agent_memory.api.call import Call
from agent_memory.api.contexts.shown import context_json
from agent_memory.api.json_answer import json_answer
from agent_memory.api.openapi import answers, takes
from agent_memory.api.schemas.context_search import ContextSearchBody
from agent_memory.contexts.filter import Filter
from agent_memory.contexts.key import check_prefix
from agent_memory.contexts.search import ContextQuery, SearchMode
from agent_memory.errors import Unavailable

router = APIRouter(tags=["Contexts"])

_FOUND = {
    "data": [
        {
            "key": "team/plan",
            "version": 7,
            "score": 0.83,
            "components": {"words": 1.0, "coverage": 1.0, "meaning": 0.52},
            "snippet": "…ship release 1.0 on Friday…",
        }
    ],
    "note": "",
}


@router.post(
    "/v1/contexts/search",
    summary="Search contexts",
    openapi_extra=takes(ContextSearchBody, {"query": "release on Friday", "prefix": "team/"}),
    responses=answers("The best contexts, each with what went into its score.", _FOUND),
)
async def search_contexts(request: Request) -> Response:
    """By words, by meaning, or by both. Encrypted contexts are not found. `note` says why meaning
    could not be asked for."""
    call = await Call.open(request, Scope.CONTEXTS)
    body = await call.read(ContextSearchBody)
    search = call.surface.runtime.context_search
    if search is None:
        raise Unavailable("This server does not search contexts.")
    query = ContextQuery(
        text=body.query,
        mode=SearchMode(body.mode),
        wanted=Filter(check_prefix(body.prefix), tuple(body.tags), body.session_id, body.agent_id),
        metadata=body.metadata,
        since=body.since,
        until=body.until,
        limit=body.limit,
    )
    found = await search.search(call.workspace, query)
    data = [
        {
            **context_json(hit.stored.context),
            "score": hit.score,
            "components": dict(hit.components),
            "snippet": hit.snippet,
        }
        for hit in found.hits
    ]
    return json_answer({"data": data, "note": found.note})

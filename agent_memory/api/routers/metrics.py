"""Metrics for Prometheus, and the OpenAPI document: for those who operate and integrate."""

import logging

from fastapi import APIRouter, Request
from starlette.responses import PlainTextResponse, Response

from agent_memory.access.principal import Scope
from agent_memory.api.call import Call
from agent_memory.api.json_answer import json_answer
from agent_memory.api.openapi import openapi_document
from agent_memory.api.replicas import merged
from agent_memory.api.surface import Surface
from agent_memory.errors import Unavailable

router = APIRouter(tags=["Operation"])
log = logging.getLogger(__name__)
_MEDIA_TYPE = "text/plain; version=0.0.4; charset=utf-8"
_EXAMPLE = 'agent_memory_http_requests_total{route="/v1/messages",method="POST",status="200"} 7.0\n'


@router.get(
    "/metrics",
    summary="Metrics in Prometheus text format",
    response_class=PlainTextResponse,
    responses={200: {"content": {"text/plain": {"example": _EXAMPLE}}}},
)
async def metrics(request: Request) -> Response:
    """The HTTP processes' metrics, then those of the actors as far as they can be asked. Where
    several processes serve the API, the label `replica` tells them apart."""
    call = await Call.open(request, Scope.OPERATOR)
    text = await _of_replicas(call.surface)
    try:
        text += await call.surface.runtime.condition.metrics()
    except Unavailable as error:
        log.warning("metrics of the actors are missing", extra={"reason": str(error)})
    return Response(text, media_type=_MEDIA_TYPE)


async def _of_replicas(surface: Surface) -> str:
    """All processes of the API together, or this one alone."""
    if surface.replicas is None:
        return surface.metrics.render()
    try:
        return merged(await surface.replicas.metrics())
    except Unavailable as error:
        log.warning("metrics of other replicas are missing", extra={"reason": str(error)})
        return surface.metrics.render()


@router.get("/openapi.json", include_in_schema=False)
async def openapi(request: Request) -> Response:
    """The OpenAPI document of this server."""
    await Call.open(request, Scope.INFERENCE)
    return json_answer(openapi_document(request.app))

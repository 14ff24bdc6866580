"""Whether the server lives, is ready, has started. The only routes that need no key."""

from fastapi import APIRouter, Request
from starlette.responses import Response

from agent_memory.api.json_answer import json_answer
from agent_memory.api.openapi import answers
from agent_memory.api.surface import surface_of
from agent_memory.errors import Unavailable

router = APIRouter(tags=["Health"])

_OPEN: dict[str, object] = {"security": []}
_READY = {"status": "ok", "checks": {"storage": "ok", "engine": "ok", "sessions": "ok"}}


@router.get(
    "/health/live",
    summary="Does the process answer?",
    openapi_extra=_OPEN,
    responses=answers("It does.", {"status": "ok"}),
)
@router.get("/healthz", include_in_schema=False)
async def live() -> Response:
    """Asks nobody else, so that a lost engine does not restart the front."""
    return json_answer({"status": "ok"})


@router.get(
    "/health/ready",
    summary="Can it serve now?",
    openapi_extra=_OPEN,
    responses=answers("It can (503 when not).", _READY),
)
@router.get("/readyz", include_in_schema=False)
@router.get("/health", include_in_schema=False)
async def ready(request: Request) -> Response:
    """200 when a turn could be taken now, else 503 and what is missing."""
    health = await surface_of(request).runtime.condition.health()
    return _report(health.is_ready, dict(health.checks))


@router.get(
    "/health/startup",
    summary="Has it finished starting?",
    openapi_extra=_OPEN,
    responses=answers("It has (503 when not).", _READY),
)
async def startup(request: Request) -> Response:
    """200 once the start is over, whatever happened since."""
    health = await surface_of(request).runtime.condition.health()
    return _report(health.is_started, dict(health.checks))


def _report(is_good: bool, checks: dict[str, str]) -> Response:
    body = {"status": "ok" if is_good else "unavailable", "checks": checks}
    if is_good:
        return json_answer(body)
    return json_answer(body, 503, headers={"Retry-After": str(Unavailable.retry_after_s)})

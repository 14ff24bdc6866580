"""Webhooks: changes that are sent to other servers."""

from fastapi import APIRouter, Request
from starlette.responses import Response

from agent_memory.access.principal import Scope
from agent_memory.api.call import Call
from agent_memory.api.feed.finding import feed_of
from agent_memory.api.feed.runtime import ContextFeed
from agent_memory.api.json_answer import json_answer
from agent_memory.api.openapi import answers, takes
from agent_memory.api.schemas.webhooks import WebhookBody
from agent_memory.clock import utc_now
from agent_memory.contexts.feed.pattern import KeyPattern
from agent_memory.contexts.webhooks.webhook import Webhook, check_url, new_secret
from agent_memory.ids import new_id
from agent_memory.json_value import Json

router = APIRouter(prefix="/v1/contexts/webhooks", tags=["Contexts"])

_WEBHOOK = {
    "id": "wh_5e0c",
    "url": "https://hooks.example.com/contexts",
    "keys": ["team/*"],
    "created_at": "2026-01-01T12:00:00+00:00",
    "created_by": "0a1b2c3d4e5f",
    "disabled_at": None,
    "disabled_because": None,
}


@router.post(
    "",
    status_code=201,
    summary="Have changes sent to a server",
    openapi_extra=takes(
        WebhookBody, {"url": "https://hooks.example.com/contexts", "keys": ["team/*"]}
    ),
    responses=answers(
        "The webhook, and the secret that signs what is sent, which is not shown again.",
        {**_WEBHOOK, "secret": "whsec_…"},
        status=201,
    ),
)
async def add_webhook(request: Request) -> Response:
    """Each change of `keys` from now on, in the form of Standard Webhooks."""
    call = await Call.open(request, Scope.CONTEXTS)
    body = await call.read(WebhookBody)
    feed = feed_of(call.surface)
    webhook = Webhook(
        webhook_id=new_id("wh"),
        url=check_url(body.url, may_be_private=feed.webhooks_to_private),
        patterns=[KeyPattern.parse(key) for key in body.keys],
        secret=new_secret(),
        created_at=utc_now(),
        created_by=call.principal.key_id,
    )
    await feed.webhooks.add(call.workspace, webhook)
    return json_answer({**_json(webhook), "secret": webhook.secret}, 201)


@router.get(
    "",
    summary="List the webhooks",
    responses=answers("All of them, the oldest first.", {"data": [_WEBHOOK]}),
)
async def list_webhooks(request: Request) -> Response:
    """Without their secrets."""
    call, feed = await _opened(request)
    return json_answer({"data": [_json(it) for it in await feed.webhooks.list(call.workspace)]})


@router.delete(
    "/{id}",
    summary="Delete a webhook",
    responses=answers("Nothing more is sent.", {"id": "wh_5e0c", "deleted": True}),
)
async def remove_webhook(request: Request, id: str) -> Response:  # noqa: A002  the path's word
    """Messages that wait to be sent are dropped too."""
    call, feed = await _opened(request)
    await feed.webhooks.remove(call.workspace, id)
    return json_answer({"id": id, "deleted": True})


@router.post(
    "/{id}/test",
    status_code=202,
    summary="Have a test sent",
    responses=answers(
        "The job, whose outcome GET /v1/workers/jobs/{id} tells.", {"job_id": "job_17"}, status=202
    ),
)
async def queue_test(request: Request, id: str) -> Response:  # noqa: A002  the path's word
    """A message of the type `webhook-test`."""
    call, feed = await _opened(request)
    return json_answer({"job_id": await feed.webhooks.queue_test(call.workspace, id)}, 202)


async def _opened(request: Request) -> tuple[Call, ContextFeed]:
    call = await Call.open(request, Scope.CONTEXTS)
    return call, feed_of(call.surface)


def _json(webhook: Webhook) -> dict[str, Json]:
    ended = webhook.disabled_at
    return {
        "id": webhook.webhook_id,
        "url": webhook.url,
        "keys": [pattern.text for pattern in webhook.patterns],
        "created_at": webhook.created_at.isoformat(),
        "created_by": webhook.created_by,
        "disabled_at": None if ended is None else ended.isoformat(),
        "disabled_because": webhook.disabled_because,
    }

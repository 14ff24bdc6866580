"""Pages for people. They need no key: they tell what every install has, and how it fares."""

from fastapi import APIRouter, Request
from starlette.responses import Response

from agent_memory.api.openapi import openapi_document
from agent_memory.api.pages.page import render_page, script, style
from agent_memory.api.pages.reference import groups_of
from agent_memory.api.surface import surface_of

router = APIRouter(include_in_schema=False)


@router.get("/")
async def home(request: Request) -> Response:
    """How the server fares, and how to speak to it."""
    health = await surface_of(request).runtime.condition.health()
    return render_page(
        "home",
        is_ready=health.is_ready,
        checks=dict(health.checks),
        url=str(request.base_url).rstrip("/"),
    )


@router.get("/docs")
async def reference(request: Request) -> Response:
    """Every route of the API."""
    document = openapi_document(request.app)
    return render_page(
        "reference", groups=groups_of(document), description=document["info"]["description"]
    )


@router.get("/contexts")
async def contexts() -> Response:
    """Contexts listed, read and watched by whoever has a key."""
    return render_page("contexts", is_scripted=True)


@router.get("/static/contexts.js")
async def script_of_contexts() -> Response:
    """What that page does."""
    return script("contexts")


@router.get("/static/style.css")
async def stylesheet() -> Response:
    """The style of all pages."""
    return style()

"""The application: all surfaces over one runtime."""

import time
from collections.abc import Callable, Sequence

from fastapi import Depends, FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.middleware.cors import CORSMiddleware

import agent_memory
from agent_memory.api.background import BackgroundRuns
from agent_memory.api.catalogue import Catalogue
from agent_memory.api.errors import handle_error
from agent_memory.api.limits import Limits
from agent_memory.api.metrics import Metrics
from agent_memory.api.middleware.body_limit import BodyLimit
from agent_memory.api.middleware.edge import Edge
from agent_memory.api.middleware.methods import Methods
from agent_memory.api.middleware.old_http import OldHttp
from agent_memory.api.query import check_query
from agent_memory.api.replicas import Replicas
from agent_memory.api.routers import (
    admin_keys,
    admin_prompts,
    admin_rules,
    agents,
    chat,
    completions,
    context_batch,
    context_feed,
    context_history,
    context_policy,
    context_relations,
    context_search,
    context_travel,
    context_webhooks,
    contexts,
    conversations,
    embeddings,
    feedback,
    health,
    ingest,
    ingest_file,
    mcp,
    memory_messages,
    memory_stores,
    memory_upkeep,
    messages,
    metrics,
    models,
    pages,
    providers,
    recall,
    response_conversations,
    responses,
    travel,
    usage,
    workers,
)
from agent_memory.api.runtime import Runtime
from agent_memory.api.surface import Surface
from agent_memory.errors import AgentMemoryError

_ROUTERS = (
    messages,
    chat,
    completions,
    embeddings,
    models,
    agents,
    travel,
    ingest,
    ingest_file,
    recall,
    feedback,
    responses,
    response_conversations,
    memory_messages,
    conversations,
    memory_upkeep,
    context_webhooks,
    context_feed,
    context_search,
    memory_stores,
    workers,
    providers,
    admin_keys,
    admin_prompts,
    admin_rules,
    usage,
    health,
    metrics,
    pages,
    mcp,
    context_batch,
    context_travel,
    context_policy,
    context_history,
    context_relations,
    contexts,  # last of its paths: a key may be any path that no other route has
)


def create_app(
    runtime: Runtime,
    limits: Limits,
    clock: Callable[[], float] = time.time,
    monotonic: Callable[[], float] = time.monotonic,
    cors_origins: Sequence[str] = (),
    replicas: Replicas | None = None,
) -> FastAPI:
    """All routes over `runtime`. `clock` is Unix time in seconds, `monotonic` measures intervals.
    Pages of `cors_origins` may call them from a browser. `replicas`: all processes that serve them.

    FastAPI's own documentation pages are off: they would load scripts from elsewhere.
    """
    counters = Metrics(monotonic)
    app = FastAPI(
        title="agent_memory",
        version=agent_memory.__version__,
        description="KV caches that survive and memory that recalls, behind the usual APIs.",
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        dependencies=[Depends(check_query)],
    )
    app.state.surface = Surface(
        runtime,
        limits,
        counters,
        Catalogue(runtime.turns, monotonic),
        clock,
        monotonic,
        BackgroundRuns(),
        replicas,
    )
    app.state.origins = frozenset(cors_origins)
    for module in _ROUTERS:
        app.include_router(module.router)
    for error in (AgentMemoryError, HTTPException, RequestValidationError):
        app.add_exception_handler(error, handle_error)
    app.add_middleware(
        BodyLimit,
        max_body_bytes=limits.max_body_bytes,
        exceptions={
            travel.IMPORT_PATH: limits.max_import_bytes,
            context_travel.IMPORT_PATH: limits.max_import_bytes,
            ingest_file.IMPORT_PATH: ingest_file.MAX_FILE_BYTES,
        },
    )
    app.add_middleware(Methods)
    app.add_middleware(
        Edge,
        metrics=counters,
        max_header_bytes=limits.max_header_bytes,
        monotonic=monotonic,
    )
    if cors_origins:
        app.add_middleware(
            CORSMiddleware,
            allow_origins=cors_origins,
            allow_methods=["*"],
            allow_headers=["*"],
            expose_headers=["*"],
        )
    app.add_middleware(OldHttp, max_bytes=limits.max_body_bytes)
    return app

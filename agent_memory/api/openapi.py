"""The OpenAPI document: FastAPI's, with the bodies that we parse ourselves."""

from collections.abc import Mapping, Sequence
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from agent_memory.api.openapi_examples import document_examples
from agent_memory.api.openapi_faults import document_faults
from agent_memory.api.schemas.admin import (
    ChangeKeyBody,
    CreateKeyBody,
    CreateWorkspaceBody,
    PromptPolicyBody,
    PutBudgetBody,
    PutLimitBody,
    RotateKeyBody,
)
from agent_memory.api.schemas.agents import AgentTurnBody, CreateAgentBody, ForkAgentBody
from agent_memory.api.schemas.anthropic import CountTokensBody, MessagesBody
from agent_memory.api.schemas.body import Body
from agent_memory.api.schemas.chat import ChatBody
from agent_memory.api.schemas.completions import CompletionsBody
from agent_memory.api.schemas.context_search import ContextSearchBody
from agent_memory.api.schemas.contexts import (
    ContextBatchBody,
    ContextBody,
    ContextPolicyBody,
    RelationshipBody,
    ResealBody,
    RollBackContextBody,
)
from agent_memory.api.schemas.embeddings import EmbeddingsBody
from agent_memory.api.schemas.memory.feedback import FeedbackBody, RollBackBody
from agent_memory.api.schemas.memory.ingest import IngestBody
from agent_memory.api.schemas.memory.messages import (
    ConversationBody,
    MessageBatchBody,
    MessageBody,
    MessageChangeBody,
)
from agent_memory.api.schemas.memory.recall import PrecheckBody, RecallBody, WorkingSetBody
from agent_memory.api.schemas.memory.upkeep import ConsolidationRunBody, HoldBody, RetentionRunBody
from agent_memory.api.schemas.memory_stores import CreateMemoryBody, UpdateMemoryBody
from agent_memory.api.schemas.models import LoadModelBody, OffloadModelBody
from agent_memory.api.schemas.providers import (
    AliasBody,
    PriceBody,
    ProviderBody,
    ProviderChangeBody,
    ProviderKeyBody,
)
from agent_memory.api.schemas.responses import (
    AddItemsBody,
    ChangeConversationBody,
    CompactBody,
    InputTokensBody,
    MakeConversationBody,
    ResponsesBody,
)
from agent_memory.api.schemas.webhooks import WebhookBody
from agent_memory.api.schemas.workers import StartJobBody

_REF = "#/components/schemas/{model}"
_BODIES: Sequence[type[Body]] = (
    AgentTurnBody,
    ChatBody,
    CompletionsBody,
    ContextBatchBody,
    ContextBody,
    ContextPolicyBody,
    CountTokensBody,
    CreateAgentBody,
    ContextSearchBody,
    CreateMemoryBody,
    UpdateMemoryBody,
    EmbeddingsBody,
    ForkAgentBody,
    LoadModelBody,
    MessagesBody,
    OffloadModelBody,
    IngestBody,
    ConsolidationRunBody,
    ConversationBody,
    FeedbackBody,
    HoldBody,
    MessageBatchBody,
    MessageBody,
    MessageChangeBody,
    RetentionRunBody,
    RelationshipBody,
    ResealBody,
    RollBackBody,
    AliasBody,
    PriceBody,
    ProviderBody,
    ProviderChangeBody,
    ProviderKeyBody,
    RollBackContextBody,
    PrecheckBody,
    RecallBody,
    StartJobBody,
    WebhookBody,
    WorkingSetBody,
    AddItemsBody,
    ChangeConversationBody,
    CompactBody,
    InputTokensBody,
    MakeConversationBody,
    ResponsesBody,
    ChangeKeyBody,
    CreateKeyBody,
    CreateWorkspaceBody,
    PromptPolicyBody,
    PutBudgetBody,
    PutLimitBody,
    RotateKeyBody,
)


def takes(
    model: type[Body], example: Mapping[str, object], *, is_required: bool = True
) -> dict[str, Any]:
    """`openapi_extra` of a route whose body is a `model`."""
    schema = {"$ref": _REF.format(model=model.__name__)}
    content = {"application/json": {"schema": schema, "example": dict(example)}}
    return {"requestBody": {"required": is_required, "content": content}}


def answers(
    description: str,
    example: object,
    schema: type[BaseModel] | None = None,
    *,
    status: int = 200,
    stream: str | None = None,
    table: str | None = None,
) -> dict[int | str, dict[str, Any]]:
    """`responses` of a route. schema: of the answer; without it, what the example shows is
    documented. stream: the first events of the streamed form; table: the first lines of that for
    spreadsheets."""
    content: dict[str, Any] = {"application/json": {"example": example}}
    if stream is not None:
        content["text/event-stream"] = {"example": stream}
    if table is not None:
        content["text/csv"] = {"example": table, "schema": {"type": "string"}}
    model = {} if schema is None else {"model": schema}
    return {status: {"description": description, "content": content, **model}}


def openapi_document(app: FastAPI) -> dict[str, Any]:
    """The document of all routes, with the schemas of the bodies and both ways to authenticate."""
    document = get_openapi(
        title=app.title, version=app.version, description=app.description, routes=app.routes
    )
    _, definitions = models_json_schema(
        [(model, "validation") for model in _BODIES], ref_template=_REF
    )
    components = document.setdefault("components", {})
    components.setdefault("schemas", {}).update(definitions["$defs"])
    components["securitySchemes"] = {
        "bearer": {"type": "http", "scheme": "bearer"},
        "x-api-key": {"type": "apiKey", "in": "header", "name": "x-api-key"},
    }
    document["security"] = [{"bearer": []}, {"x-api-key": []}]
    document_faults(document)
    document_examples(document, app.routes)
    return document

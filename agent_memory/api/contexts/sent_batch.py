"""A batch as it is sent."""

from agent_memory.api.call import Call
from agent_memory.api.contexts.conditions import named_condition
from agent_memory.api.contexts.content import document_of
from agent_memory.api.contexts.json_spans import Span, entry_spans, member_spans
from agent_memory.api.contexts.options import draft_of
from agent_memory.api.contexts.sent_patch import rewrite_of
from agent_memory.api.schemas.contexts import ContextBatchBody, ContextOperation
from agent_memory.contexts.operation import (
    DeleteOperation,
    GetOperation,
    Operation,
    PatchOperation,
    PutOperation,
)
from agent_memory.contexts.patching import read_json
from agent_memory.contexts.reachable import reachable_key
from agent_memory.contexts.service.beside_loop import beside_loop
from agent_memory.errors import InvalidRequest


async def sent_batch(call: Call) -> tuple[ContextBatchBody, list[Operation]]:
    """The body, and the operations that it names; content is cut out of its own bytes."""
    body = await call.read(ContextBatchBody)
    raw = await call.request.body()
    return body, await beside_loop(len(raw), lambda: _operations(body, raw.decode("utf-8-sig")))


def _operations(body: ContextBatchBody, text: str) -> list[Operation]:
    begin, _ = member_spans(text)["operations"]
    return [
        _operation(number, sent, text, span)
        for number, (sent, span) in enumerate(
            zip(body.operations, entry_spans(text, begin), strict=True)
        )
    ]


def _operation(number: int, sent: ContextOperation, text: str, span: Span) -> Operation:
    where = f"operations.{number}"
    key = reachable_key(sent.key, f"{where}.key")
    condition = named_condition(sent.if_match, sent.if_none_match)
    spans = member_spans(text, span[0])
    match sent.op:
        case "put":
            if "data" not in spans:
                raise InvalidRequest("A put needs data.", f"{where}.data")
            return PutOperation(draft_of(key, document_of(sent, text, spans), sent), condition)
        case "patch":
            if "patch" not in spans:
                raise InvalidRequest("A patch needs patch.", f"{where}.patch")
            first, last = spans["patch"]
            patch = read_json(text[first:last].encode())
            return PatchOperation(key, rewrite_of("application/json", patch), condition)
        case "get":
            return GetOperation(key, sent.version)
        case "delete":
            return DeleteOperation(key, sent.erase, condition)

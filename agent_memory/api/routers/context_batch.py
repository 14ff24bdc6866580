"""Several operations on contexts in one request."""

from fastapi import APIRouter, Request
from starlette.responses import Response

from agent_memory.access.principal import Scope
from agent_memory.api.call import Call
from agent_memory.api.context_examples import CONTEXT, RECEIPT
from agent_memory.api.contexts.once import once_of
from agent_memory.api.contexts.sent_batch import sent_batch
from agent_memory.api.contexts.shown import read_json, receipt_json
from agent_memory.api.contexts.writer import writer_of
from agent_memory.api.errors import fault_of, problem
from agent_memory.api.json_answer import json_answer
from agent_memory.api.openapi import answers, takes
from agent_memory.api.schemas.contexts import ContextBatchBody
from agent_memory.contexts.receipt import Receipt
from agent_memory.contexts.service.batch import Outcome
from agent_memory.errors import AgentMemoryError

router = APIRouter(prefix="/v1/contexts", tags=["Contexts"])

_OPERATIONS = [
    {"op": "put", "key": "team/plan", "data": {"goal": "ship 1.0"}, "if_match": "6"},
    {"op": "patch", "key": "team/state", "patch": {"phase": "review"}},
    {"op": "get", "key": "team/rules"},
    {"op": "delete", "key": "team/draft"},
]
_DONE = {
    "completed": 2,
    "failed": 0,
    "results": [{"status": 200, **RECEIPT}, {"status": 200, **CONTEXT}],
}


@router.post(
    "/batch",
    summary="Put, patch, read and delete several contexts",
    openapi_extra=takes(ContextBatchBody, {"operations": _OPERATIONS, "atomic": True}),
    responses=answers("One result for each operation.", _DONE),
)
async def run_batch(request: Request) -> Response:
    """In their order. With `atomic` they are one transaction: the answer to the first that fails is
    the answer to all, and nothing was written. Without it each result has its own `status`."""
    call = await Call.open(request, Scope.CONTEXTS)
    body, operations = await sent_batch(call)
    batch, by, once = call.surface.runtime.contexts.batch, writer_of(call), await once_of(call)
    outcomes: list[Outcome | AgentMemoryError] = []
    if body.atomic:
        outcomes += await batch.run_all(by, operations, once)
    else:
        outcomes += await batch.run_each(by, operations, once)
    num_failed = sum(isinstance(one, AgentMemoryError) for one in outcomes)
    return json_answer(
        {
            "completed": len(outcomes) - num_failed,
            "failed": num_failed,
            "results": [_result(outcome) for outcome in outcomes],
        }
    )


def _result(outcome: Outcome | AgentMemoryError) -> dict[str, object]:
    match outcome:
        case AgentMemoryError():
            return problem(fault_of(outcome))
        case Receipt():
            return {"status": 200, **receipt_json(outcome)}
        case _:
            return {"status": 200, **read_json(outcome)}

"""`working_set`: all that an agent should know when it begins."""

from typing import Any

from agent_memory.api.call import Call
from agent_memory.api.mcp.arguments import WorkingSetArguments
from agent_memory.api.mcp.citations import affordable_ids
from agent_memory.api.mcp.written import num_tokens
from agent_memory.api.schemas.memory.fields import LEAST_TOKEN_BUDGET
from agent_memory.ids import ThreadId
from agent_memory.memory.ports import TokenCounter
from agent_memory.memory.service.working_sets import WorkingSetRequest
from agent_memory.memory.workingset.rendering import render
from agent_memory.memory.workingset.working_set import WorkingSet

_AROUND = 64
_LESS = 0.8
_NOTHING = "Nothing is remembered yet."


async def working_set(call: Call, arguments: WorkingSetArguments) -> dict[str, Any]:
    """Sections in one block, with ids to expand them."""
    memory = call.surface.runtime.memory
    counter = await memory.tokens()
    room = arguments.token_budget - arguments.token_budget // 8 - _AROUND
    thread = None if arguments.thread is None else ThreadId(arguments.thread)
    with call.surface.metrics.memory.recalling("workingset") as seen:
        while True:
            request = WorkingSetRequest(arguments.purpose, max(room, LEAST_TOKEN_BUDGET), thread)
            assembled = await memory.working_sets.assemble(call.workspace, request)
            is_least = room <= LEAST_TOKEN_BUDGET
            answer = _fitted(assembled, arguments.token_budget, counter, may_lack_ids=is_least)
            if answer is not None or is_least:
                break
            room = int(room * _LESS)
        seen.note(len(assembled.entries), is_degraded=assembled.is_degraded)
    return answer or {"memory": "", "note": _NOTHING}


def _fitted(
    assembled: WorkingSet, budget: int, counter: TokenCounter, *, may_lack_ids: bool
) -> dict[str, Any] | None:
    """The working set with as many ids as have room. None when it has more tokens alone, or leaves
    room for less than half of the ids that its length can pay for, unless it may lack them."""
    if not assembled.entries:
        return {"memory": "", "note": assembled.note or _NOTHING}
    best = sorted(assembled.entries, key=lambda entry: -(entry.score or 0.0))
    ids = affordable_ids(((entry.mark, entry.item.item_id) for entry in best), budget, counter)
    least = 0 if may_lack_ids else len(ids) // 2
    answer: dict[str, Any] = {"memory": render(assembled), "ids": ids}
    if assembled.note:
        answer["note"] = assembled.note
    while num_tokens(answer, counter) > budget:
        if len(ids) <= least:
            return None
        ids.popitem()
    return answer

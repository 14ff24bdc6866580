"""`recall`: what helps with a purpose."""

from collections.abc import Sequence
from typing import Any

from agent_memory.api.call import Call
from agent_memory.api.mcp.arguments import RecallArguments
from agent_memory.api.mcp.citations import affordable_ids, without_absent
from agent_memory.api.mcp.written import num_tokens
from agent_memory.api.schemas.memory.fields import LEAST_TOKEN_BUDGET
from agent_memory.ids import ThreadId
from agent_memory.memory.packing.dated_lines import dated
from agent_memory.memory.packing.packed import Line
from agent_memory.memory.packing.recalled_text import as_block
from agent_memory.memory.ports import TokenCounter
from agent_memory.memory.service.recall import RecallRequest, RecallResult

_AROUND = 96
"""Tokens of the notice, the names and what JSON escapes; the end of a text is cut for more."""


async def recall(call: Call, arguments: RecallArguments) -> dict[str, Any]:
    """The best lines in one block, with ids to expand and to judge them."""
    budget = arguments.token_budget
    memory = call.surface.runtime.memory
    room = budget - budget // 8 - _AROUND
    request = RecallRequest(
        purpose=arguments.purpose,
        token_budget=max(room, LEAST_TOKEN_BUDGET),
        thread_ids=(ThreadId(arguments.thread),) if arguments.thread else (),
    )
    with call.surface.metrics.memory.recalling("recall") as seen:
        result = await memory.recall.recall(call.workspace, request)
        seen.note(len(result.found.ranked), is_degraded=result.found.is_degraded)
    return _fitted(result, budget, await memory.tokens())


def _fitted(result: RecallResult, budget: int, counter: TokenCounter) -> dict[str, Any]:
    """The best lines whose text, with the ids, has at most `budget` tokens."""
    best = list(result.packed.ranked)
    if not best:
        return {"memory": "", "note": result.found.note or "Nothing is remembered that helps."}
    ids = affordable_ids(
        ((line.mark, line.recalled.item.item_id) for line in best), budget, counter
    )
    answer = _answer(result, best, ids)
    while num_tokens(answer, counter) > budget and (ids or best):
        if len(ids) > len(best) // 2:
            ids.popitem()
        else:
            best.pop()
        ids = without_absent(ids, (line.mark for line in best))
        answer = _answer(result, best, ids)
    return answer


def _answer(result: RecallResult, lines: Sequence[Line], ids: dict[str, str]) -> dict[str, Any]:
    in_order = sorted(lines, key=lambda line: line.mark)
    answer: dict[str, Any] = {
        "memory": as_block(dated([(line.recalled.item, line.marked) for line in in_order])),
        "ids": ids,
        "recall_id": result.found.recall_id,
    }
    return {**answer, "note": result.found.note} if result.found.note else answer

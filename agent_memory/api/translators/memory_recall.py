"""A recall as it is sent and answered."""

from agent_memory.api.schemas.memory.recall import RecallBody
from agent_memory.api.translators.memory_json import recalled_json
from agent_memory.ids import ThreadId
from agent_memory.memory.service.recall import RecallRequest, RecallResult


def recall_request(body: RecallBody) -> RecallRequest:
    """What the body looks for; `thread_id` and `threads` together name where."""
    names = [*([body.thread_id] if body.thread_id else ()), *(body.threads or ())]
    return RecallRequest(
        purpose=body.purpose,
        token_budget=body.token_budget,
        thread_ids=tuple(ThreadId(name) for name in dict.fromkeys(names)),
        kinds=frozenset(body.kinds or ()),
        since=body.since,
        as_of=body.as_of,
    )


def recall_json(result: RecallResult, token_budget: int) -> dict[str, object]:
    """Items in the order of their scores, and the text that they make in the order of time.

    `mark` is how the text cites an item. `is_whole` is false where the text has only a part.
    """
    packed = result.packed
    return {
        "recall_id": result.found.recall_id,
        "items": [
            {**recalled_json(line.recalled), "mark": line.mark, "is_whole": line.is_whole}
            for line in packed.ranked
        ],
        "text": packed.text,
        "tokens_used": packed.num_tokens,
        "token_budget": token_budget,
        "dropped": {"over_budget": packed.num_over_budget, "duplicates": packed.num_duplicates},
        "degraded": result.found.is_degraded,
        "note": result.found.note,
    }

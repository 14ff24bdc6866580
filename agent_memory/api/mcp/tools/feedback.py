"""`feedback`: whether what was recalled helped."""

from typing import Any

from agent_memory.api.call import Call
from agent_memory.api.schemas.memory.feedback import FeedbackBody
from agent_memory.api.translators.memory_feedback import given_feedback


async def feedback(call: Call, arguments: FeedbackBody) -> dict[str, Any]:
    """How many verdicts were kept."""
    book = call.surface.runtime.memory.feedback
    given = await book.give(call.workspace, given_feedback(arguments))
    return {"recorded": len(given)}

"""Prompts that are counted and not answered: limits, budgets and the ledger know of them too."""

from agent_memory.api.call import Call
from agent_memory.api.turn_metering import TurnMetering
from agent_memory.turns.request import TurnRequest

_SURFACE = "count_tokens"


async def counted(call: Call, turn: TurnRequest) -> tuple[int, dict[str, str]]:
    """Tokens of the turn's prompt (an `EstimatedCount` where nobody has counted them), and headers
    of the answer. It uses no tokens; `RateLimited`, `BudgetExceeded` or `ModelNotAllowed` where the
    turn itself would be refused however small it is."""
    async with TurnMetering(call, [turn], _SURFACE) as metering:
        headers = await metering.admit_count()
        num_tokens = await call.surface.runtime.turns.count(turn)
        return num_tokens, headers | await metering.book()

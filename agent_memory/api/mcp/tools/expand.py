"""`expand`: one item with the raw text around it, its links and its history."""

from typing import Any

from agent_memory.api.call import Call
from agent_memory.api.mcp.arguments import ExpandArguments
from agent_memory.api.mcp.written import num_tokens
from agent_memory.ids import ItemId
from agent_memory.memory.items.expansion import Expansion
from agent_memory.memory.items.item import Item
from agent_memory.memory.packing.line_text import cut_line_text, day_of
from agent_memory.memory.packing.recalled_text import as_block, quoted
from agent_memory.memory.ports import TokenCounter

_OTHERS_CHARS = 240
"""Of a linked or earlier item: enough to know it, and `expand` reads it whole."""
_LESS = 0.7


async def expand(call: Call, arguments: ExpandArguments) -> dict[str, Any]:
    """The passage in one block, with links and history."""
    memory = call.surface.runtime.memory
    expansion = await memory.expand.expand(call.workspace, ItemId(arguments.id), arguments.lines)
    return _fitted(expansion, arguments.token_budget, await memory.tokens())


def _fitted(expansion: Expansion, budget: int, counter: TokenCounter) -> dict[str, Any]:
    """The passage first, cut around the item if it must be, then links and history."""
    others = [
        *(("linked", link.item) for link in expansion.links),
        *(("history", item) for item in expansion.history),
    ]
    num_chars = budget * 8
    while True:
        answer = {"memory": as_block("\n".join(_lines(expansion, others, num_chars)))}
        if num_tokens(answer, counter) <= budget:
            return answer
        if others:
            others.pop()
        else:
            num_chars = int(num_chars * _LESS)


def _lines(expansion: Expansion, others: list[tuple[str, Item]], num_chars: int) -> list[str]:
    item, passage = expansion.item, expansion.passage
    label = quoted(f"{item.kind.value}, {item.state.value}, thread {item.thread_id}")
    around = max(0, num_chars - len(passage.text)) // 2
    before = passage.before[max(0, len(passage.before) - around) :]
    text = before + passage.text[:num_chars] + passage.after[:around]
    return [
        f"{day_of(item.occurred_at)} {label}:",
        f"  {quoted(text)}",
        *(
            f"{how} {other.item_id} {day_of(other.occurred_at)} "
            f"{cut_line_text(other, _OTHERS_CHARS)}"
            for how, other in others
        ),
    ]

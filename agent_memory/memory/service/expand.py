"""Reading one item with what is around it."""

import asyncio

from agent_memory.ids import ItemId, WorkspaceId
from agent_memory.memory.items.expansion import Expansion, Passage, expand, passage_by_chars
from agent_memory.memory.ports import Items

MAX_LINKS = 20


class Expand:
    """An item, its links and its history; and the raw text that it was derived from."""

    def __init__(self, items: Items) -> None:
        self._items = items

    async def expand(self, workspace: WorkspaceId, item_id: ItemId, num_lines: int) -> Expansion:
        """`NotFound` without it."""
        item = await self._items.get_item(workspace, item_id)
        linked, history, (material, notes) = await asyncio.gather(
            self._items.find_linked(workspace, item_id, MAX_LINKS),
            self._items.find_history(workspace, item_id),
            self._items.get_material(workspace, item.material_id),
        )
        return expand(item, linked, history, material, notes, num_lines)

    async def raw(self, workspace: WorkspaceId, item_id: ItemId, num_chars: int) -> Passage:
        """The verbatim span with `num_chars` characters on either side."""
        item = await self._items.get_item(workspace, item_id)
        material, _ = await self._items.get_material(workspace, item.material_id)
        return passage_by_chars(material.text, item.span, num_chars)

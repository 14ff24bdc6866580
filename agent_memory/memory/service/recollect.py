"""The recalled text that a model reads before it answers."""

from dataclasses import dataclass

from agent_memory.ids import ItemId, ThreadId, WorkspaceId
from agent_memory.memory.items.content_hash import normal_text
from agent_memory.memory.items.item import Item
from agent_memory.memory.service.working_sets import WorkingSetRequest, WorkingSets
from agent_memory.memory.workingset.rendering import render

MAX_PURPOSE_CHARS = 2_000


@dataclass(frozen=True, slots=True)
class Said:
    """What the model reads anyway: the texts of the conversation, and items recalled in it."""

    texts: tuple[str, ...] = ()
    item_ids: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Recollected:
    """The text, what it cites in its order, and its length to the served model."""

    text: str
    item_ids: tuple[ItemId, ...]
    num_tokens: int


class Recollect:
    """The working set for the newest words of a conversation."""

    def __init__(self, working_sets: WorkingSets) -> None:
        self._working_sets = working_sets

    async def recollect(
        self,
        workspace: WorkspaceId,
        purpose: str,
        said: Said,
        thread_id: ThreadId | None,
        token_budget: int,
    ) -> Recollected | None:
        """What helps to answer `purpose` and is not in `said`, which is read anyway; None when
        nothing does."""
        heard = _Heard(said)
        request = WorkingSetRequest(_ends(purpose), token_budget, thread_id)
        working_set = await self._working_sets.assemble(workspace, request, leave_out=heard.has)
        if not working_set.entries:
            return None
        ids = tuple(entry.item.item_id for entry in working_set.entries)
        return Recollected(render(working_set), ids, working_set.num_tokens)


class _Heard:
    """The words of a conversation, however they are spaced."""

    def __init__(self, said: Said) -> None:
        self._text = "\n".join(normal_text(text) for text in said.texts)
        self._item_ids = said.item_ids

    def has(self, item: Item) -> bool:
        if item.item_id in self._item_ids:
            return True
        text = normal_text(item.text)
        return bool(text) and text in self._text


def _ends(text: str) -> str:
    """The beginning and the end of a long text: what is asked stands at one of them."""
    if len(text) <= MAX_PURPOSE_CHARS:
        return text
    half = MAX_PURPOSE_CHARS // 2
    return f"{text[:half]}\n{text[-half:]}"

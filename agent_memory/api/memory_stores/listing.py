"""Memories below a path, those that lie deeper rolled up to their folders."""

from collections.abc import AsyncIterator
from dataclasses import dataclass

from agent_memory.contexts.context import Context
from agent_memory.contexts.filter import Filter
from agent_memory.contexts.service.reader import ContextReader
from agent_memory.ids import WorkspaceId

_PAGE = 500


@dataclass(frozen=True, slots=True)
class Folder:
    """Stands for all that lies below it. key: its beginning of keys, with the slash."""

    key: str


@dataclass(frozen=True, slots=True)
class Listed:
    """One page; `next_page` is the last key that was looked at."""

    entries: list[Context | Folder]
    next_page: str | None


async def list_below(
    reader: ContextReader,
    workspace: WorkspaceId,
    prefix: str,
    after: str | None,
    limit: int,
    *,
    is_flat: bool,
) -> Listed:
    """prefix: of keys. after: the last entry of the page before. is_flat: folders stand for what
    lies in them."""
    entries: list[Context | Folder] = []
    last = after
    async for context in _contexts(reader, workspace, prefix):
        key = context.present.address.key
        folder = _folder(key, prefix) if is_flat else None
        name = folder or key
        if (after is not None and name <= after) or name == last:
            continue
        if len(entries) == limit:
            return Listed(entries, last)
        entries.append(context if folder is None else Folder(folder))
        last = name
    return Listed(entries, None)


def _folder(key: str, prefix: str) -> str | None:
    first, slash, _ = key.removeprefix(prefix).partition("/")
    return f"{prefix}{first}/" if slash else None


async def _contexts(
    reader: ContextReader, workspace: WorkspaceId, prefix: str
) -> AsyncIterator[Context]:
    cursor: str | None = None
    while True:
        page = await reader.list(workspace, Filter(prefix), cursor, _PAGE)
        for context in page.items:
            yield context
        cursor = page.next_cursor
        if cursor is None:
            return

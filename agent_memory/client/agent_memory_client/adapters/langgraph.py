"""A store for LangGraph that lasts: `graph.compile(store=MemoryStore(client))`."""

import asyncio
import json
from collections.abc import Iterable

from langgraph.store.base import BaseStore, GetOp, Item, Op, PutOp, Result, SearchItem, SearchOp

from agent_memory_client import Client
from agent_memory_client.adapters._spaces import fields_of, meets, path_of, space_of


class MemoryStore(BaseStore):
    """A namespace and a key are the path of a file, whose text is the value as JSON."""

    def __init__(self, client: Client, conversation: str = "langgraph") -> None:
        self._files, self._search = client.files(conversation), client.memory.search
        self._conversation = conversation

    def batch(self, ops: Iterable[Op]) -> list[Result]:
        return [self._do(op) for op in ops]

    async def abatch(self, ops: Iterable[Op]) -> list[Result]:
        return await asyncio.to_thread(self.batch, list(ops))

    def _do(self, op: Op) -> Result:
        if isinstance(op, GetOp):
            text = self._files.read(path := path_of(*op.namespace, op.key))
            return None if text is None else Item(**fields_of(path, text))
        if isinstance(op, PutOp):
            path = path_of(*op.namespace, op.key)
            if op.value is None:
                self._files.delete(path)
            else:
                self._files.write(path, json.dumps(op.value, ensure_ascii=False))
            return None
        if isinstance(op, SearchOp):
            return self._found(op)[op.offset : op.offset + op.limit]
        spaces = map(space_of, self._files.list())
        conditions = op.match_conditions or ()
        kept = {s[: op.max_depth] for s in spaces if all(meets(s, one) for one in conditions)}
        return sorted(kept)[op.offset : op.offset + op.limit]

    def _found(self, op: SearchOp) -> list[SearchItem]:
        """By words and meaning where there is a query, else all of the namespace."""
        files: list[tuple[str, str, float | None]]
        if op.query:
            told = self._search(op.query, conversation=self._conversation, top_k=100)
            files = [(*one.content.partition("\n")[::2], one.score) for one in told]
        else:
            files = [(path, self._files.read(path) or "{}", None) for path in self._files.list()]
        items = [SearchItem(**fields_of(path, text), score=score) for path, text, score in files]
        prefix, wanted = op.namespace_prefix, (op.filter or {}).items()
        within = [item for item in items if item.namespace[: len(prefix)] == prefix]
        return [item for item in within if all(item.value.get(k) == v for k, v in wanted)]

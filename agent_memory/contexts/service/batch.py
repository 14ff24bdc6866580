"""Several operations at once: all or none, or each by itself."""

from collections.abc import Sequence
from typing import TypeAlias, assert_never

import orjson

from agent_memory.contexts.context import Cause, ReadContext
from agent_memory.contexts.operation import (
    DeleteOperation,
    GetOperation,
    Operation,
    PatchOperation,
    PutOperation,
)
from agent_memory.contexts.ports import ContextStore, Writing
from agent_memory.contexts.receipt import Receipt, decode_receipt, encode_receipt
from agent_memory.contexts.service.pen import ContextPen, Writer
from agent_memory.contexts.service.reader import ContextReader
from agent_memory.contexts.service.writer import ContextWriter
from agent_memory.errors import AgentMemoryError
from agent_memory.work.once import Once

Outcome: TypeAlias = Receipt | ReadContext
"""Of one operation that was done."""


class ContextBatch:
    """Outcomes stand in the order of their operations."""

    def __init__(
        self, store: ContextStore, pen: ContextPen, writer: ContextWriter, reader: ContextReader
    ) -> None:
        self._store = store
        self._pen = pen
        self._writer = writer
        self._reader = reader

    async def run_each(
        self, writer: Writer, operations: Sequence[Operation], once: Once | None = None
    ) -> list[Outcome | AgentMemoryError]:
        """Each in a transaction of its own, one after the other; one that fails stops no other."""
        outcomes: list[Outcome | AgentMemoryError] = []
        for number, operation in enumerate(operations):
            try:
                outcomes.append(await self._run(writer, operation, _part(once, number)))
            except AgentMemoryError as error:
                outcomes.append(error)
        return outcomes

    async def run_all(
        self, writer: Writer, operations: Sequence[Operation], once: Once | None = None
    ) -> list[Outcome]:
        """All in one transaction, each seeing what those before it did. After the first that fails
        nothing has happened."""
        async with self._store.writing(writer.workspace) as writing:
            done = None if once is None else await writing.find_call(once)
            if done is not None:
                return await self._repeated(writing, writer, operations, orjson.loads(done))
            outcomes = [await self._within(writing, writer, one) for one in operations]
            if once is not None:
                await writing.keep_call(once, _encoded(outcomes))
        return outcomes

    async def _run(self, writer: Writer, operation: Operation, once: Once | None) -> Outcome:
        match operation:
            case PutOperation():
                return await self._writer.put(writer, operation.draft, operation.condition, once)
            case PatchOperation():
                return await self._writer.rewrite(
                    writer, operation.key, operation.rewrite, operation.condition, once
                )
            case GetOperation():
                return await self._reader.get(writer.workspace, operation.key, operation.version)
            case DeleteOperation():
                return await self._writer.end(
                    writer, operation.key, operation.condition, once, erases=operation.erases
                )
            case _:
                assert_never(operation)

    async def _within(self, writing: Writing, writer: Writer, operation: Operation) -> Outcome:
        match operation:
            case PutOperation():
                return await self._pen.put(writing, writer, operation.draft, operation.condition)
            case PatchOperation():
                return await self._pen.rewrite(
                    writing, writer, operation.key, operation.rewrite, operation.condition
                )
            case GetOperation():
                return await self._pen.read(writing, operation.key, operation.version)
            case DeleteOperation():
                cause = Cause.ERASE if operation.erases else Cause.DELETE
                return await self._pen.end(
                    writing, writer, operation.key, cause, operation.condition
                )
            case _:
                assert_never(operation)

    async def _repeated(
        self,
        writing: Writing,
        writer: Writer,
        operations: Sequence[Operation],
        receipts: Sequence[str | None],
    ) -> list[Outcome]:
        """The first receipts, and what was read, read again."""
        return [
            await self._within(writing, writer, operation)
            if receipt is None
            else decode_receipt(receipt)
            for operation, receipt in zip(operations, receipts, strict=True)
        ]


def _encoded(outcomes: Sequence[Outcome]) -> str:
    receipts = [encode_receipt(one) if isinstance(one, Receipt) else None for one in outcomes]
    return orjson.dumps(receipts).decode()


def _part(once: Once | None, number: int) -> Once | None:
    """The same for one operation of several."""
    return None if once is None else Once(f"{once.key}.{number}", once.request_hash)

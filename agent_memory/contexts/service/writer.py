"""Contexts changed one at a time, each in a transaction of its own."""

from collections.abc import Awaitable, Callable, Sequence

from agent_memory.contexts.condition import UNCONDITIONAL, Condition
from agent_memory.contexts.context import Cause
from agent_memory.contexts.document import Document
from agent_memory.contexts.draft import Draft
from agent_memory.contexts.key import check_key
from agent_memory.contexts.ports import ContextStore, Writing
from agent_memory.contexts.receipt import Receipt, decode_receipt, encode_receipt
from agent_memory.contexts.service.pen import ContextPen, Rewrite, Writer
from agent_memory.errors import Conflict, InvalidRequest, NotFound
from agent_memory.ids import ContextKey
from agent_memory.work.once import Once

MAX_DELETED = 10_000
"""Contexts that one call may delete, or move."""


class ContextWriter:
    """Every order may be given once: repeated under the same `Once` it is answered with the first
    receipt, and nothing is written."""

    def __init__(self, store: ContextStore, pen: ContextPen) -> None:
        self._store = store
        self._pen = pen

    async def put(
        self,
        writer: Writer,
        draft: Draft,
        condition: Condition = UNCONDITIONAL,
        once: Once | None = None,
    ) -> Receipt:
        """See `ContextPen.put`."""
        receipt = await self._write(
            writer, once, lambda writing: self._pen.put(writing, writer, draft, condition)
        )
        return receipt.knowing(draft.document.sha256)

    async def rewrite(
        self,
        writer: Writer,
        key: ContextKey,
        rewrite: Rewrite,
        condition: Condition = UNCONDITIONAL,
        once: Once | None = None,
    ) -> Receipt:
        """See `ContextPen.rewrite`."""
        return await self._write(
            writer,
            once,
            lambda writing: self._pen.rewrite(writing, writer, key, rewrite, condition),
        )

    async def roll_back(
        self,
        writer: Writer,
        key: ContextKey,
        version: int,
        condition: Condition = UNCONDITIONAL,
        once: Once | None = None,
    ) -> Receipt:
        """See `ContextPen.roll_back`."""
        return await self._write(
            writer,
            once,
            lambda writing: self._pen.roll_back(writing, writer, key, version, condition),
        )

    async def move(
        self,
        writer: Writer,
        key: ContextKey,
        to: ContextKey,
        condition: Condition = UNCONDITIONAL,
        document: Document | None = None,
    ) -> Receipt:
        """See `ContextPen.move`."""
        return await self._write(
            writer,
            None,
            lambda writing: self._pen.move(writing, writer, key, to, condition, document),
        )

    async def move_all(self, writer: Writer, prefix: str, to: str) -> int:
        """Move every context whose key begins with `prefix`, all in one transaction; how many."""
        async with self._store.writing(writer.workspace) as writing:
            keys = await writing.list_keys(prefix, MAX_DELETED + 1)
            if len(keys) > MAX_DELETED:
                raise InvalidRequest(f"More than {MAX_DELETED} contexts begin so.", "prefix")
            live = [key for key in keys if not await self._pen.expire(writing, writer, key)]
            for key in live:
                target = check_key(to + key.removeprefix(prefix))
                await self._pen.move(writing, writer, key, target)
        return len(live)

    async def end(
        self,
        writer: Writer,
        key: ContextKey,
        condition: Condition = UNCONDITIONAL,
        once: Once | None = None,
        *,
        erases: bool = False,
    ) -> Receipt:
        """Delete it; with `erases` no version of it stays. `NotFound` without it."""
        cause = Cause.ERASE if erases else Cause.DELETE
        return await self._write(
            writer, once, lambda writing: self._pen.end(writing, writer, key, cause, condition)
        )

    async def forget(self, writer: Writer, key: ContextKey) -> int:
        """Erase what is kept of a context that was deleted earlier; `NotFound` without any."""
        async with self._store.writing(writer.workspace) as writing:
            num_versions = await writing.forget(key, writer.by)
        if not num_versions:
            raise NotFound("context", key)
        return num_versions

    async def end_all(
        self, writer: Writer, prefix: str, num_expected: int, *, erases: bool = False
    ) -> Sequence[ContextKey]:
        """Delete every context whose key begins with `prefix`: all of them or, where they are not
        as many as expected, none (`Conflict`)."""
        cause = Cause.ERASE if erases else Cause.DELETE
        async with self._store.writing(writer.workspace) as writing:
            keys = await writing.list_keys(prefix, MAX_DELETED + 1)
            if len(keys) > MAX_DELETED:
                raise InvalidRequest(f"More than {MAX_DELETED} contexts begin so.", "prefix")
            live = [key for key in keys if not await self._pen.expire(writing, writer, key)]
            if len(live) != num_expected:
                raise Conflict(
                    f"{len(live)} contexts begin with '{prefix}', not {num_expected}; "
                    "nothing was deleted."
                )
            for key in live:
                await self._pen.end(writing, writer, key, cause)
        return live

    def once(self, key: str | None, asked: bytes) -> Once | None:
        """The order that `asked` names, under an idempotency key. Where content can be sealed, what
        is kept of the order confirms no guess at it."""
        if key is None:
            return None
        return Once.of(key, self._pen.unguessable(asked))

    async def _write(
        self,
        writer: Writer,
        once: Once | None,
        write: Callable[[Writing], Awaitable[Receipt]],
    ) -> Receipt:
        async with self._store.writing(writer.workspace) as writing:
            if once is not None and (done := await writing.find_call(once)) is not None:
                return decode_receipt(done)
            receipt = await write(writing)
            if once is not None:
                await writing.keep_call(once, encode_receipt(receipt))
        return receipt

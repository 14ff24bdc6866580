"""Contexts carried to and from elsewhere, as lines of JSON."""

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from agent_memory.contexts.codec import ContextCodec
from agent_memory.contexts.context import Cause, ClosedBody
from agent_memory.contexts.document import Document
from agent_memory.contexts.draft import Draft, WantedLifetime
from agent_memory.contexts.ports import ContextStore, Exporting, Writing
from agent_memory.contexts.record import Record, read_record, write_record
from agent_memory.contexts.service.beside_loop import beside_loop
from agent_memory.contexts.service.pen import ContextPen, Writer
from agent_memory.errors import Conflict
from agent_memory.ids import ContextKey, WorkspaceId

_LINES_AT_ONCE, _BYTES_AT_ONCE = 100, 1024 * 1024
"""Of one transaction. It is begun when they are there, so that writers wait for no client."""


class ImportMode(StrEnum):
    """What happens to a key that exists already."""

    OVERWRITE = "overwrite"
    """Its context is deleted, and a new life of the key begins."""
    SKIP = "skip"
    FAIL = "fail"
    """The import stops there; what came before it stays."""


@dataclass(slots=True)
class ImportReport:
    """Counts of keys, but num_versions. num_expired: those whose time was over."""

    num_imported: int = 0
    num_versions: int = 0
    num_skipped: int = 0
    num_expired: int = 0


class ContextTravel:
    """Exports and imports take the same memory however many contexts there are."""

    def __init__(
        self,
        store: ContextStore,
        exporting: Exporting,
        pen: ContextPen,
        codec: ContextCodec,
        clock: Callable[[], datetime],
    ) -> None:
        self._store = store
        self._exporting = exporting
        self._pen = pen
        self._codec = codec
        self._clock = clock

    async def export(
        self,
        workspace: WorkspaceId,
        prefix: str,
        after: ContextKey | None = None,
        limit: int | None = None,
        *,
        with_versions: bool,
        decrypts: bool,
    ) -> AsyncIterator[bytes]:
        """Lines, by key and version, each context as it stands when its turn comes. limit: so many
        contexts, those after the key `after`. decrypts: what is sealed is exported open; else as it
        is stored."""
        found = self._exporting.read_all(
            workspace, prefix, self._clock(), after, with_versions=with_versions
        )
        last, num_contexts = after, 0
        async for stored in found:
            num_contexts += stored.version.address.key != last
            last = stored.version.address.key
            if limit is not None and num_contexts > limit:
                return
            is_open = decrypts or not stored.version.is_sealed
            document = self._pen.opened(stored) if is_open else None
            yield write_record(stored, document)

    async def arrive(
        self, writer: Writer, lines: AsyncIterator[bytes], mode: ImportMode
    ) -> ImportReport:
        """Write what `lines` say. Versions get numbers from 1 in their order. `Conflict` where a
        key exists and may not."""
        report, arrival = ImportReport(), _Arrival(mode)
        chunk: list[Record] = []
        num_bytes = 0
        async for line in lines:
            chunk.append(await self._read(line))
            num_bytes += len(line)
            if len(chunk) >= _LINES_AT_ONCE or num_bytes >= _BYTES_AT_ONCE:
                await self._write(writer, chunk, arrival, report)
                chunk, num_bytes = [], 0
        if chunk:
            await self._write(writer, chunk, arrival, report)
        return report

    async def _read(self, line: bytes) -> Record:
        """The record, its content open."""
        record = read_record(line)
        content = record.content
        if isinstance(content, Document):
            return record
        body = await self._opened(record, content)
        return replace(record, content=Document(record.format, record.media_type, body))

    async def _opened(self, record: Record, content: ClosedBody) -> bytes:
        size = len(content.data)
        return await beside_loop(size, lambda: self._codec.open(content, record.address))

    async def _write(
        self, writer: Writer, chunk: list[Record], arrival: "_Arrival", report: ImportReport
    ) -> None:
        """All of it in one transaction."""
        async with self._store.writing(writer.workspace) as writing:
            for record in chunk:
                if record.lifetime.is_over(self._clock()):
                    report.num_expired += arrival.is_first(record.address.key)
                    arrival.begin(record.address.key, is_taken=False)
                    continue
                await self._admit(writing, writer, record.address.key, arrival, report)
                if arrival.is_taken:
                    await self._pen.put(writing, writer, _draft(record))
                    report.num_versions += 1

    async def _admit(
        self,
        writing: Writing,
        writer: Writer,
        key: ContextKey,
        arrival: "_Arrival",
        report: ImportReport,
    ) -> None:
        """Decide on a key when its first version comes."""
        if not arrival.is_first(key):
            return
        await self._pen.expire(writing, writer, key)
        exists = await writing.find(key, with_body=False) is not None
        if exists and arrival.mode is ImportMode.FAIL:
            raise Conflict(f"The context '{key}' exists already.")
        if exists and arrival.mode is ImportMode.OVERWRITE:
            await self._pen.end(writing, writer, key, Cause.DELETE)
        is_taken = not (exists and arrival.mode is ImportMode.SKIP)
        arrival.begin(key, is_taken=is_taken)
        report.num_imported += is_taken
        report.num_skipped += not is_taken


class _Arrival:
    """The key whose versions are arriving, and whether they are taken."""

    def __init__(self, mode: ImportMode) -> None:
        self.mode = mode
        self.is_taken = False
        self._key: ContextKey | None = None

    def is_first(self, key: ContextKey) -> bool:
        return key != self._key

    def begin(self, key: ContextKey, *, is_taken: bool) -> None:
        self._key = key
        self.is_taken = is_taken


def _draft(record: Record) -> Draft:
    lifetime, traits = record.lifetime, record.traits
    wanted = (
        WantedLifetime(lifetime.ttl_s, None, lifetime.is_sliding)
        if lifetime.ttl_s is not None
        else WantedLifetime(None, lifetime.expires_at)
    )
    if not isinstance(record.content, Document):
        raise TypeError("the content was not opened")
    return Draft(
        record.address.key,
        record.content,
        Cause.IMPORT,
        tags=traits.tags,
        metadata=traits.metadata,
        session_id=traits.session_id,
        agent_id=traits.agent_id,
        lifetime=wanted,
        is_sealed=record.is_sealed,
        keep_versions=record.keep_versions,
    )

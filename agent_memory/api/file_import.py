"""A file out of a request, remembered piece by piece: it need not fit into memory."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from agent_memory.api.call import Call
from agent_memory.api.json_body import judged
from agent_memory.api.schemas.memory.ingest import IngestBody
from agent_memory.api.translators.memory_ingest import ingest_request
from agent_memory.errors import InvalidRequest
from agent_memory.memory.importing.finding import source_of
from agent_memory.memory.importing.source import PLAIN_KINDS, Body, Source, bodies

_SHOWN = 100
"""Of notes and names of threads: a report stays short."""


@asynccontextmanager
async def spooled(pieces: AsyncIterator[bytes]) -> AsyncIterator[Path]:
    """The pieces as a file on this machine's disk, for as long as the context is open."""
    with TemporaryDirectory(prefix="agent-memory-file-") as folder:
        path = Path(folder) / "file"
        with path.open("wb") as file:
            async for piece in pieces:
                file.write(piece)
        yield path


async def imported(
    call: Call,
    path: Path,
    name: str,
    kind: str | None,
    thread: str | None,
    occurred_at: datetime | None,
) -> dict[str, object]:
    """Everything in the file, remembered; what was added and what was left out."""
    source = await asyncio.to_thread(source_of, path, name, kind)
    if occurred_at is not None:
        source = replace(source, date=occurred_at.isoformat())
    found = _fitting(call, source, thread)
    report = _Report(source)
    while (body := await asyncio.to_thread(next, found, None)) is not None:
        ingested = await call.surface.runtime.memory.ingest.ingest(
            call.workspace, ingest_request(body), None
        )
        call.surface.metrics.memory.note_ingested(ingested)
        remembered = ingested.remembered
        report.threads[body.thread_id] = None
        report.counts["added"] += len(remembered.added)
        report.counts["updated"] += len(remembered.updated)
        report.counts["known"] += remembered.num_known
        report.redactions.update(ingested.redactions)
        report.notes += ingested.notes[: _SHOWN - len(report.notes)]
    return report.json()


class _Report:
    def __init__(self, source: Source) -> None:
        self._source = source
        self.threads: dict[str, None] = {}
        self.counts = Counter({"added": 0, "updated": 0, "known": 0})
        self.redactions = Counter[str]()
        self.notes: list[str] = []

    def json(self) -> dict[str, object]:
        skipped = self._source.skipped
        return {
            "kind": self._source.kind,
            "threads": list(self.threads)[:_SHOWN],
            "num_threads": len(self.threads),
            "counts": dict(self.counts),
            "skipped": [{"reason": why, "count": count} for why, count in skipped.most_common()],
            "notes": self.notes,
            "redactions": dict(self.redactions),
        }


def _fitting(call: Call, source: Source, thread: str | None) -> Iterator[IngestBody]:
    for body in bodies(source, thread):
        yield from _judged(call, source, body)


def _judged(call: Call, source: Source, body: Body) -> Iterator[IngestBody]:
    """What another program wrote cannot be mended by its reader: a message of it that is not
    understood is left out, and the others are taken."""
    try:
        yield judged(body, IngestBody, call.surface.limits)
    except InvalidRequest as error:
        chat = body["materials"].get("chat")
        if source.kind in PLAIN_KINDS or not isinstance(chat, list):
            raise
        if len(chat) == 1:
            source.skipped[f"messages: {error}"] += 1
            return
        for half in (chat[: len(chat) // 2], chat[len(chat) // 2 :]):
            yield from _judged(call, source, {**body, "materials": {"chat": half}})

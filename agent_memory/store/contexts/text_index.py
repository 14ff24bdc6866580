"""The words and vectors of contexts, which always agree with them."""

import asyncio
from collections.abc import Iterator
from functools import partial

import orjson

from agent_memory.contexts.change import Change
from agent_memory.contexts.document import Document, Format
from agent_memory.ids import WorkspaceId
from agent_memory.json_value import Json
from agent_memory.memory.search.terms import Terms, index_terms
from agent_memory.memory.service.jobs import ONE_AT_A_TIME
from agent_memory.store.contexts.webhooks import queue_webhooks
from agent_memory.store.jobs import enqueue_job
from agent_memory.store.safe_text import escape
from agent_memory.store.transaction import Transaction
from agent_memory.work.job import JobKind, NewJob

MAX_INDEXED = 256 * 1024
"""Characters of one context that it is found by."""
_DONE_AT_ONCE = 8 * 1024


async def cause_all(
    transaction: Transaction, workspace: WorkspaceId, change: Change, document: Document | None
) -> None:
    """All that hangs on a change of a context: what it is found by, and what is sent of it."""
    await index_text(transaction, workspace, change, document)
    await queue_webhooks(transaction, workspace, change, document)


async def index_text(
    transaction: Transaction, workspace: WorkspaceId, change: Change, document: Document | None
) -> None:
    """Have the context found by its new content; by nothing where that is sealed, or bytes."""
    await transaction.run("drop_context_text", workspace_id=workspace, key=change.key)
    text = None if document is None else text_of(document)
    if text is None:
        return
    terms = await _terms(text, change.key)
    await transaction.run(
        "add_context_text",
        workspace_id=workspace,
        key=change.key,
        lineage=change.lineage,
        version=change.version,
        length=terms.length,
        terms=[escape(term) for term in terms.frequencies],
        frequencies=list(terms.frequencies.values()),
    )
    await enqueue_job(transaction, NewJob(JobKind.EMBED_CONTEXTS, once=ONE_AT_A_TIME))


async def _terms(text: str, key: str) -> Terms:
    work = partial(index_terms, text, context=key)
    return work() if len(text) <= _DONE_AT_ONCE else await asyncio.to_thread(work)


def text_of(document: Document) -> str | None:
    """What is to be read in it; None of bytes."""
    match document.format:
        case Format.TEXT:
            return document.body.decode("utf-8", "replace")[:MAX_INDEXED]
        case Format.JSON:
            return "\n".join(_texts(document.body))[:MAX_INDEXED]
        case Format.BYTES:
            return None


def _texts(body: bytes) -> Iterator[str]:
    """The names and values of a JSON text, as far as they say something."""
    try:
        waiting: list[Json] = [orjson.loads(body)]
    except orjson.JSONDecodeError:
        yield body.decode("utf-8", "replace")
        return
    while waiting:
        match waiting.pop():
            case dict(members):
                yield " ".join(members)
                waiting.extend(reversed(members.values()))
            case list(entries):
                waiting.extend(reversed(entries))
            case bool() | None:
                pass
            case value:
                yield str(value)

"""The field `contexts` of the model APIs (an extension): documents that a turn reads."""

import contextlib
from collections.abc import Sequence
from dataclasses import replace
from urllib.parse import quote

from agent_memory.access.principal import Scope
from agent_memory.api.call import Call
from agent_memory.contexts.context import ReadContext
from agent_memory.contexts.document import Format
from agent_memory.contexts.key import check_key
from agent_memory.errors import InvalidRequest, ItemTooLarge, NotFound
from agent_memory.ids import ContextKey
from agent_memory.turns.attached import AttachedContext
from agent_memory.turns.request import TurnRequest

MAX_BYTES = 1024 * 1024
"""Of all of them; the context window bounds them further."""
HEADER = "X-Contexts"


async def with_contexts(call: Call, turn: TurnRequest, names: Sequence[str] | None) -> TurnRequest:
    """The turn with the documents it names, or else its key does. `NotFound` for one that is not
    there, unless it is the key's; `InvalidRequest` for one that cannot be read as text, or is
    encrypted: what a model reads stands in transcripts and in the KV cache."""
    of_key = call.principal.defaults.contexts if names is None else ()
    if not names and not of_key:
        return turn
    call.principal.require(Scope.CONTEXTS)
    found = [await _attached(call, name) for name in dict.fromkeys(names or ())]
    attached = (*found, *await _of_key(call, of_key))
    size = sum(len(context.text.encode()) for context in attached)
    if size > MAX_BYTES:
        raise ItemTooLarge(size, MAX_BYTES, "contexts")
    return replace(turn, contexts=attached)


def contexts_header(turns: Sequence[TurnRequest]) -> dict[str, str]:
    """Which versions were read."""
    read = [
        f"{quote(context.key, safe='/')}@{context.version}"
        for turn in turns[:1]
        for context in turn.contexts
    ]
    return {HEADER: ", ".join(read)} if read else {}


async def _of_key(call: Call, names: Sequence[str]) -> list[AttachedContext]:
    """Those of them that are there: a client that does not know of them cannot mend it."""
    found = []
    for name in names:
        with contextlib.suppress(NotFound):
            found.append(await _attached(call, name))
    return found


async def _attached(call: Call, name: str) -> AttachedContext:
    key, version = parsed_name(name)
    reader = call.surface.runtime.contexts.reader
    read = await reader.get(call.workspace, key, version)
    address = read.version.address
    return AttachedContext(key, address.lineage, address.version, _text(read))


def parsed_name(name: str) -> tuple[ContextKey, int | None]:
    """The key, and the version where one is named; `InvalidRequest` for what is no key."""
    key, at, version = name.rpartition("@")
    if at and version.isascii() and version.isdigit() and len(version) <= 18:
        return check_key(key, "contexts"), int(version)
    return check_key(name, "contexts"), None


def _text(read: ReadContext) -> str:
    key = read.version.address.key
    if read.version.is_sealed:
        raise InvalidRequest(f"The context '{key}' is encrypted; no model may read it.", "contexts")
    if read.document.format is Format.BYTES:
        raise InvalidRequest(f"The context '{key}' is no text.", "contexts")
    return read.document.body.decode()

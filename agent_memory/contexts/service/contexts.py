"""Contexts as the surfaces see them."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from agent_memory.contexts.codec import ContextCodec
from agent_memory.contexts.ports import (
    ContextStore,
    Exporting,
    Links,
    Policies,
    Sealed,
    Sweeping,
    Usage,
)
from agent_memory.contexts.service.batch import ContextBatch
from agent_memory.contexts.service.pen import ContextPen
from agent_memory.contexts.service.read_tally import ReadTally
from agent_memory.contexts.service.reader import ContextReader
from agent_memory.contexts.service.relations import ContextAnalytics, ContextRelations
from agent_memory.contexts.service.travel import ContextTravel
from agent_memory.contexts.service.upkeep import ContextUpkeep
from agent_memory.contexts.service.writer import ContextWriter


@dataclass(frozen=True, slots=True)
class Contexts:
    """Everything that can be asked of the contexts of a workspace."""

    reader: ContextReader
    writer: ContextWriter
    batch: ContextBatch
    travel: ContextTravel
    upkeep: ContextUpkeep
    relations: ContextRelations
    analytics: ContextAnalytics
    policies: Policies


@dataclass(frozen=True, slots=True)
class Stores:
    """Where contexts, and what belongs to them, are kept."""

    contexts: ContextStore
    policies: Policies
    sweeping: Sweeping
    sealed: Sealed
    exporting: Exporting
    links: Links
    usage: Usage


def compose_contexts(
    stores: Stores, codec: ContextCodec, clock: Callable[[], datetime]
) -> Contexts:
    pen, store = ContextPen(codec, clock), stores.contexts
    tally = ReadTally(stores.usage, clock)
    reader, writer = ContextReader(store, pen, clock, tally), ContextWriter(store, pen)
    return Contexts(
        reader,
        writer,
        ContextBatch(store, pen, writer, reader),
        ContextTravel(store, stores.exporting, pen, codec, clock),
        ContextUpkeep(store, stores.sweeping, stores.sealed, pen, codec, clock),
        ContextRelations(store, stores.links, clock),
        ContextAnalytics(stores.usage, tally, clock),
        stores.policies,
    )

"""Contexts as the surfaces see them."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from agent_memory.contexts.codec import ContextCodec
from agent_memory.contexts.ports import ContextStore, Policies
from agent_memory.contexts.service.batch import ContextBatch
from agent_memory.contexts.service.pen import ContextPen
from agent_memory.contexts.service.reader import ContextReader
from agent_memory.contexts.service.writer import ContextWriter


@dataclass(frozen=True, slots=True)
class Contexts:
    """Everything that can be asked of the contexts of a workspace."""

    reader: ContextReader
    writer: ContextWriter
    batch: ContextBatch
    policies: Policies


def compose_contexts(
    store: ContextStore, policies: Policies, codec: ContextCodec, clock: Callable[[], datetime]
) -> Contexts:
    pen = ContextPen(codec, clock)
    reader, writer = ContextReader(store, pen, clock), ContextWriter(store, pen)
    return Contexts(reader, writer, ContextBatch(store, pen, writer, reader), policies)

"""The operations of a batch."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

from agent_memory.contexts.condition import UNCONDITIONAL, Condition
from agent_memory.contexts.document import Document
from agent_memory.contexts.draft import Draft
from agent_memory.ids import ContextKey


@dataclass(frozen=True, slots=True)
class PutOperation:
    draft: Draft
    condition: Condition = UNCONDITIONAL


@dataclass(frozen=True, slots=True)
class PatchOperation:
    key: ContextKey
    rewrite: Callable[[Document], Document]
    condition: Condition = UNCONDITIONAL


@dataclass(frozen=True, slots=True)
class GetOperation:
    key: ContextKey
    version: int | None = None


@dataclass(frozen=True, slots=True)
class DeleteOperation:
    key: ContextKey
    erases: bool = False
    condition: Condition = UNCONDITIONAL


Operation: TypeAlias = PutOperation | PatchOperation | GetOperation | DeleteOperation

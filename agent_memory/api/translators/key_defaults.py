"""Defaults of a key, as operators and administrators name them."""

from collections.abc import Collection, Sequence

from agent_memory.access.key_defaults import KeyDefaults
from agent_memory.access.principal import Scope
from agent_memory.api.attached_contexts import parsed_name
from agent_memory.api.memory_tool import checked_store
from agent_memory.api.schemas.context_names import MAX_ATTACHED
from agent_memory.errors import InvalidRequest


def key_defaults(
    contexts: Sequence[str] | None, memory_tool: str | None, scopes: Collection[str]
) -> KeyDefaults:
    """`InvalidRequest` for what cannot be one, or what the key may not read."""
    names = tuple(dict.fromkeys(contexts or ()))
    if len(names) > MAX_ATTACHED:
        raise InvalidRequest(f"A turn reads at most {MAX_ATTACHED} contexts.", "contexts")
    for name in names:
        parsed_name(name)
    store = None if memory_tool is None else checked_store(memory_tool)
    if (names or store) and not {Scope.CONTEXTS, Scope.ADMIN} & set(scopes):
        message = "A key that reads contexts, or runs the memory tool, needs the scope 'contexts'."
        raise InvalidRequest(message, "scopes")
    return KeyDefaults(names, store)

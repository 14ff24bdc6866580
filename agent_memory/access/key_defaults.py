"""What turns with a key do where they do not say it themselves."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class KeyDefaults:
    """contexts: documents that they read, as in the field `contexts`. memory_tool: the memory store
    with which the server runs Claude's memory tool for them; None: the client runs it."""

    contexts: tuple[str, ...] = ()
    memory_tool: str | None = None

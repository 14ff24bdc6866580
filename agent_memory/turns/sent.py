"""A request as the client sent it, for providers that read it themselves."""

from dataclasses import dataclass

from agent_memory.turns.route import Wire


@dataclass(frozen=True, slots=True)
class Sent:
    """The body and the headers as they came.

    path: what is asked for, below the version: `messages`, `chat/completions`, `embeddings`.
    ours: top-level fields of the body that are for this server and go no further.
    origins: for each of the turn's messages, which entry of the body's `messages` it came from;
        -1 for a system prompt that stands elsewhere.
    conversation: what the client calls it, so that it stays with a provider that has it cached.
    """

    body: bytes
    wire: Wire
    path: str
    query: str = ""
    headers: tuple[tuple[str, str], ...] = ()
    is_streamed: bool = False
    ours: tuple[str, ...] = ()
    origins: tuple[int, ...] = ()
    conversation: str = ""

"""The parts of every form of calls: marks that begin one, and a reader that says where it ends."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from agent_memory.prompts.call_forms.grammar import CallGrammar
from agent_memory.prompts.calls import ParsedCall
from agent_memory.turns.messages import ToolSpec


@dataclass(frozen=True, slots=True)
class CallsRead:
    """What a reader has made of the text that it was fed.

    text: what was no call after all, as it was written; it stood before `calls`.
    cut: the call within which the output was cut off, its arguments as far as they go: the
        beginning of an object, never a whole one. Where not even the name is known, that is empty
        and the arguments are all that was written.
    rest: what follows, to be read as any other output.
    """

    text: str = ""
    calls: tuple[ParsedCall, ...] = ()
    cut: ParsedCall | None = None
    rest: str = ""


class CallReader(Protocol):
    """Reads one call, or one block of them, from the mark that begins it. How the text is cut into
    pieces makes no difference."""

    def feed(self, text: str) -> CallsRead | None:
        """Read on; None while the end is not certain. Nothing is fed after it."""
        ...

    def finish(self, *, is_cut: bool) -> CallsRead:
        """Nothing follows. `is_cut`: the model has not ended its turn itself."""
        ...


NewReader = Callable[[], CallReader]
"""Makes a fresh reader."""


@dataclass(frozen=True, slots=True)
class CallForm:
    """How a family of models writes calls.

    starts: the marks of which each may begin a call wherever it stands in the output.
    bare_start: text that begins a call where the answer begins with it.
    readers: makes readers for the tools of one request; each is fed the mark first.
    grammar: of calls, where one holds them.
    """

    starts: tuple[str, ...]
    readers: Callable[[Sequence[ToolSpec]], NewReader]
    bare_start: str | None = None
    grammar: CallGrammar | None = None

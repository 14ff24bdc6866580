"""What a client wants the model not to read again, though the conversation keeps it."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ClearToolUses:
    """Results of tools are cleared, the oldest first, when the prompt has more than
    `trigger_tokens`, or the conversation more than `trigger_uses` results.

    keep: so many of the newest stay. at_least: fewer tokens than these are not worth it.
    exclude: tools whose results stay. inputs: tools whose arguments are cleared as well; None for
    all tools.
    """

    trigger_tokens: int | None = 100_000
    trigger_uses: int | None = None
    keep: int = 3
    at_least: int = 0
    exclude: frozenset[str] = frozenset()
    inputs: frozenset[str] | None = frozenset()


@dataclass(frozen=True, slots=True)
class ClearThinking:
    """Thinking is cleared but for that of the newest `keep` answers with any; None keeps all."""

    keep: int | None = 1


@dataclass(frozen=True, slots=True)
class Compact:
    """A summary is to take the place of a prompt of more than `trigger_tokens`: that is refused."""

    trigger_tokens: int = 150_000


ContextEdit = ClearToolUses | ClearThinking | Compact


@dataclass(frozen=True, slots=True)
class AppliedEdit:
    """An edit that was made: so many results or answers were cleared, and so many tokens."""

    edit: ContextEdit
    num_cleared: int
    num_tokens: int

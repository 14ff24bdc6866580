"""Tokens on the wire as plain tuples: pickling their events costs many times what a token may."""

from collections.abc import Sequence

from agent_memory.engine.events import Generated
from agent_memory.turns.events import TextDelta, ThinkingDelta, TurnEvent, TurnStep

Piece = tuple[int, int, str, int]
"""Code of its type, and its fields."""

Plain = tuple[int, int, tuple[int, ...], tuple[Piece, ...]]
"""Code of its type, choice, tokens, pieces of text."""

_GENERATED, _STEP = 0, 1
_TYPES = (TextDelta, ThinkingDelta)
_CODES: dict[type, int] = {kind: code for code, kind in enumerate(_TYPES)}


def plain_of(value: object) -> Plain | None:
    """The form of what brings nothing but tokens and their text; None for everything else."""
    if type(value) is Generated:
        pieces = _pieces(value.deltas)
        return None if pieces is None else (_GENERATED, value.index, value.token_ids, pieces)
    if type(value) is TurnStep:
        pieces = _pieces(value.events)
        return None if pieces is None else (_STEP, 0, value.token_ids, pieces)
    return None


def value_of(plain: Plain) -> Generated | TurnStep:
    """What `plain_of` was given."""
    code, index, token_ids, pieces = plain
    events = tuple([_TYPES[kind](at, text, count) for kind, at, text, count in pieces])
    return TurnStep(events, token_ids) if code == _STEP else Generated(index, token_ids, events)


def _pieces(events: Sequence[TurnEvent]) -> tuple[Piece, ...] | None:
    pieces: list[Piece] = []
    for event in events:
        if not isinstance(event, _TYPES) or event.logprobs:
            return None
        pieces.append((_CODES[type(event)], event.index, event.text, event.num_tokens))
    return tuple(pieces)

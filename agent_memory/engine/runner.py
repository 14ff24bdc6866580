"""Ports of the step loop: the device, and the part that turns tokens into text."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NewType, Protocol

from agent_memory.engine.events import OutputDelta, Restored
from agent_memory.engine.request import GenerationRequest

RowId = NewType("RowId", int)


@dataclass(frozen=True, slots=True)
class TokenChoice:
    """Natural logarithms of probabilities: of the token that was drawn, and of the likeliest."""

    logprob: float
    top: tuple[tuple[int, float], ...] = ()


@dataclass(frozen=True, slots=True)
class Drawn:
    """One token a row, in the order in which the rows were given.

    choices: of the rows that ask for log-probabilities. complete: rows whose output has the form
    it must have, so that nothing may follow. errors: rows whose token is of no use. stepwise_from:
    of rows with a constraint, from which token on none may be drawn before the last one is known.
    """

    token_ids: Sequence[int]
    choices: Mapping[RowId, TokenChoice] = field(default_factory=dict)
    complete: Collection[RowId] = ()
    errors: Mapping[RowId, Exception] = field(default_factory=dict)
    stepwise_from: Mapping[RowId, int | None] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Feed:
    """Tokens that a row is fed in one piece."""

    row: RowId
    token_ids: Sequence[int]


class Work(Protocol):
    """Something the device was told to do."""

    def wait(self) -> Drawn:
        """Block until it is done. Raises whatever the device raised."""
        ...


class ModelRunner(Protocol):
    """Rows of one model on one device, called from one thread.

    looks_ahead: rows may be decoded again before the tokens of the last time were read; what a
        row was fed too much is cut off again by `store`.
    feeds_beside: one row may be fed many tokens while others decode, in one pass of the model.
    """

    @property
    def looks_ahead(self) -> bool: ...

    @property
    def feeds_beside(self) -> bool: ...

    def prepare(self, key: int, request: GenerationRequest) -> bool:
        """Hold on to the leased blocks. False: some are being read, `StepLoop.ready` follows."""
        ...

    def forget(self, key: int) -> None:
        """The prepared request will not be opened."""
        ...

    def open(self, key: int, row: RowId, request: GenerationRequest) -> Restored:
        """Make the row of a prepared request from its cached blocks."""
        ...

    def prefill(self, feed: Feed) -> Work:
        """Feed tokens to a row; nothing is drawn."""
        ...

    def mark(self, row: RowId, request: GenerationRequest, token_ids: Sequence[int]) -> None:
        """Remember the row as it is now, at a boundary: it holds `token_ids`, and `store` will keep
        what others need to continue from here."""
        ...

    def fork(self, row: RowId, copy: RowId) -> None:
        """A second row with the same past."""
        ...

    def start(
        self, row: RowId, request: GenerationRequest, choice: int, token_ids: Sequence[int]
    ) -> int | None:
        """From now on the row decodes after `token_ids`, of which the last is not fed yet.

        Returns how many tokens may be generated until the row cannot look ahead, because each
        token decides which may come next; None when it always can.
        """
        ...

    def decode(self, rows: Sequence[RowId], feed: Feed | None = None) -> Work:
        """Feed every row its last token and draw the next. In the same pass, feed one row more: if
        it is the first of `rows`, before its last token.

        What fails leaves the rows as they were. Beside other rows only where `feeds_beside`.
        """
        ...

    def store(
        self,
        key: int,
        row: RowId,
        request: GenerationRequest,
        token_ids: Sequence[int],
        *,
        only_full: bool,
    ) -> None:
        """Keep the blocks of a row that holds `token_ids`; `StepLoop.stored` follows.

        `only_full`: something went wrong with the row, and only what was computed long ago is
        to be trusted.
        """
        ...

    def close(self, row: RowId) -> None:
        """The row is gone."""
        ...


class ChoiceText(Protocol):
    """What the tokens of one choice say."""

    @property
    def has_tool_calls(self) -> bool: ...

    @property
    def is_complete(self) -> bool:
        """Nothing may follow what was pushed."""
        ...

    def push(
        self, token_ids: Sequence[int], choices: Sequence[TokenChoice]
    ) -> tuple[tuple[OutputDelta, ...], str | None]:
        """Read on: (new deltas, the stop string that was met). `choices` is as long as
        `token_ids`, or empty. The token that ends the turn is not pushed."""
        ...

    def finish(self, *, is_cut: bool) -> tuple[OutputDelta, ...]:
        """Nothing follows: what was held back. `is_cut`: the model would have gone on."""
        ...

"""Which tokens may come next, where the output must have a form."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Diversion:
    """Where one of `token_ids` would be drawn, which may not be, `to` is as likely."""

    token_ids: Sequence[int]
    to: int


class TokenConstraint(Protocol):
    """Follows one choice token by token. Used by one thread.

    Before each draw the sampler asks `allowed` and sets the logits of all other tokens to minus
    infinity (`mx.where(mask, logits, -inf)`, after bias and penalties); after it, whatever token
    was drawn, forced ones and the closing one included, goes to `advance`. So, from
    `stepwise_from` on, a row with a constraint cannot be decoded again before its last token is
    known: it does not look ahead. It is asked again after every token.
    """

    @property
    def stepwise_from(self) -> int | None:
        """How many tokens may be generated before what was drawn decides what may come next;
        None: any number, as far as is known by now."""
        ...

    @property
    def is_finished(self) -> bool:
        """The output is whole and nothing but the end of the turn may follow: the row may be
        closed at once."""
        ...

    @property
    def is_free(self) -> bool:
        """Any token may come next."""
        ...

    @property
    def diversion(self) -> Diversion | None:
        """What the model writes instead of what it may not; None: the likeliest of the others."""
        ...

    def allowed(self) -> NDArray[np.bool_] | None:
        """A mask as long as the logits, True where a token may come next; None for any token."""
        ...

    def advance(self, token_id: int) -> None:
        """This token was drawn. Raises InvariantBroken when it was not allowed."""
        ...

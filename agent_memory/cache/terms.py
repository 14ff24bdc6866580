"""The terms of a turn's lease besides blocks and room."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Pin:
    """Blocks of the first `num_tokens` tokens of the prompt stay on the shelf for `seconds` after
    the turn, as far as the workspace may pin so much."""

    num_tokens: int
    seconds: float


@dataclass(frozen=True, slots=True)
class LeaseTerms:
    """How a turn stands among others.

    priority: below 0, it yields to whoever waits; otherwise the higher goes first among the turns
        of its own workspace, for between workspaces there are no ranks.
    is_preemptible: it can go on after what it has generated. num_preemptions: how often it had to.
    has_begun: it has had room before, and cannot be refused any more, however long it has become.
    """

    priority: int = 0
    is_preemptible: bool = False
    num_preemptions: int = 0
    has_begun: bool = False
    pins: tuple[Pin, ...] = ()

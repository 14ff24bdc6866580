"""One request under way in the step loop."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from agent_memory.engine.events import Stored
from agent_memory.engine.request import GenerationRequest
from agent_memory.engine.runner import ChoiceText, RowId


@dataclass(slots=True)
class Choice:
    """One answer that is being generated.

    tokens: generated and read, the forced ones included. num_asked: asked of the device.
    stepwise_from: when that many tokens were asked for, the next cannot be before the last one
    was read; None: never.
    """

    generation: "Generation"
    index: int
    row: RowId
    text: ChoiceText
    tokens: list[int] = field(default_factory=list)
    num_asked: int = 0
    stepwise_from: int | None = None
    is_finished: bool = False

    @property
    def wants_more(self) -> bool:
        """Another token is to be asked for."""
        return self.num_asked < self.generation.limit

    @property
    def is_stepwise(self) -> bool:
        """The next token cannot be asked for before the last one was read."""
        return self.stepwise_from is not None and self.num_asked >= self.stepwise_from

    def fed_tokens(self) -> tuple[int, ...]:
        """The tokens that are known and that the row holds: all of them, unless the last was
        drawn and not fed."""
        prompt = self.generation.request.prompt_tokens
        known = prompt + tuple(self.tokens)
        return known[: len(prompt) - 1 + self.num_asked]


@dataclass(slots=True)
class Generation:
    """sequence: what is fed before anything is drawn (prompt and forced tokens), the last of it
    only with the first decode step; `num_fed` of it are in the row. limit: most tokens that a
    choice may generate, the forced ones included. submitted_at: seconds of the loop's clock."""

    key: int
    request: GenerationRequest
    limit: int
    sequence: Sequence[int]
    submitted_at: float
    choices: list[Choice] = field(default_factory=list)
    num_fed: int = 0
    is_open: bool = False
    is_decoding: bool = False
    stored: Stored | None = None
    error: Exception | None = None

    @property
    def num_to_prefill(self) -> int:
        return len(self.sequence) - 1 - self.num_fed

    @property
    def pauses(self) -> list[int]:
        """How much is left to prefill at each boundary of the prompt."""
        return [len(self.sequence) - 1 - boundary for boundary in self.request.boundaries]

    @property
    def unfinished(self) -> list[Choice]:
        return [choice for choice in self.choices if not choice.is_finished]


@dataclass(slots=True)
class Roster:
    """Every request that has not had its last event, and the choices that decode."""

    generations: dict[int, Generation] = field(default_factory=dict)
    decoding: list[Choice] = field(default_factory=list)

"""Work that a step has given the device, until it is read."""

from dataclasses import dataclass

from agent_memory.engine.generation import Choice, Generation
from agent_memory.engine.runner import Work


@dataclass(frozen=True, slots=True)
class Fed:
    """A part of a prompt. num_done: tokens of the whole that are in the row with these."""

    generation: Generation
    num_tokens: int
    num_done: int


@dataclass(frozen=True, slots=True)
class PrefillLaunched:
    fed: Fed
    work: Work


@dataclass(frozen=True, slots=True)
class DecodeLaunched:
    """fed: what was fed in the same pass of the model."""

    choices: list[Choice]
    work: Work
    fed: Fed | None = None


Launched = PrefillLaunched | DecodeLaunched


@dataclass(frozen=True, slots=True)
class StepLaunched:
    """Everything that one step has told the device to do. seconds: how long the telling took: a
    device that works while it is told is nearly done then."""

    works: tuple[Launched, ...] = ()
    seconds: float = 0.0

"""What a step has told the device to do, until it is read."""

from dataclasses import dataclass

from agent_memory.engine.generation import Choice, Generation
from agent_memory.engine.runner import Work


@dataclass(frozen=True, slots=True)
class PrefillLaunched:
    """num_done: tokens of the whole that are in the row with these."""

    generation: Generation
    num_tokens: int
    num_done: int
    work: Work


@dataclass(frozen=True, slots=True)
class DecodeLaunched:
    """num_prefilled: tokens of the only row that were fed before its last one."""

    choices: list[Choice]
    work: Work
    num_prefilled: int = 0


Launched = PrefillLaunched | DecodeLaunched


@dataclass(frozen=True, slots=True)
class StepLaunched:
    """Everything that one step has told the device to do. seconds: how long the telling took: a
    device that works while it is told is nearly done then."""

    works: tuple[Launched, ...] = ()
    seconds: float = 0.0

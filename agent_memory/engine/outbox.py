"""Events on their way out of the step loop, delivered together once a step."""

from dataclasses import dataclass

from agent_memory.engine.events import EngineEvent


@dataclass(frozen=True, slots=True)
class Failed:
    """The request has failed and nothing follows."""

    error: Exception


class Outbox:
    """Collects what a step has to say, request by request, in order."""

    def __init__(self) -> None:
        self._letters: list[tuple[int, EngineEvent | Failed]] = []

    def put(self, key: int, event: EngineEvent | Failed) -> None:
        self._letters.append((key, event))

    def take(self) -> list[tuple[int, EngineEvent | Failed]]:
        """Everything since the last time."""
        letters, self._letters = self._letters, []
        return letters

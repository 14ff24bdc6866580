"""The part of a turn that the client has received, over as many session processes as it takes."""

from dataclasses import replace

from agent_memory.turns.events import ChoiceFinished, TurnEvent, TurnStarted, TurnStep
from agent_memory.turns.placement import Placement


class Delivery:
    """Passes on what is new to the client, and keeps the tokens that it has had."""

    def __init__(self) -> None:
        self.tokens: list[int] = []
        self.can_resume = True
        self._model_fingerprint = ""
        self._is_started = False
        self._finished: set[int] = set()

    def take(self, step: TurnStep) -> list[TurnEvent]:
        """The events of `step` that are new to the client."""
        self.tokens.extend(step.token_ids)
        self.can_resume = self.can_resume and step.can_resume
        return [event for event in step.events if self._is_new(event)]

    def resumed(self, placement: Placement) -> Placement:
        """The same session, which is to go on after what the client has received."""
        by = self._model_fingerprint if self.tokens else ""
        return replace(placement, delivered_tokens=tuple(self.tokens), delivered_by=by)

    def _is_new(self, event: TurnEvent) -> bool:
        match event:
            case TurnStarted(model_fingerprint=fingerprint):
                self._model_fingerprint = fingerprint
                is_new = not self._is_started
                self._is_started = True
            case ChoiceFinished(index=index):
                is_new = index not in self._finished
                self._finished.add(index)
            case _:
                is_new = True
        return is_new

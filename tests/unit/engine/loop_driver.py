"""Runs a step loop over a scripted runner and sorts what it says."""

from collections import defaultdict
from collections.abc import Sequence
from typing import TypeVar

from agent_memory.cache.lease import Lease
from agent_memory.engine.events import EngineEvent, Finished, Generated, Stored
from agent_memory.engine.loop import StepLoop
from agent_memory.engine.outbox import Failed, Outbox
from agent_memory.engine.pace import Pace
from agent_memory.engine.request import GenerationRequest
from agent_memory.ids import BlockHash, LeaseId
from agent_memory.turns.sampling import SamplingParams
from tests.unit.engine.scripted_runner import (
    EOS,
    ScriptedRunner,
    ScriptedText,
    next_token,
)

Letter = EngineEvent | Failed
L = TypeVar("L")


def a_request(
    request_id: str,
    prompt: Sequence[int] = (1, 2, 3),
    *,
    group: str = "a",
    forced: Sequence[int] = (),
    n: int = 1,
    max_tokens: int = 5,
    stop: tuple[str, ...] = (),
    num_logprobs: int | None = None,
) -> GenerationRequest:
    sampling = SamplingParams(max_tokens, n=n, stop=stop, num_logprobs=num_logprobs)
    return GenerationRequest(
        request_id,
        group,
        BlockHash("00"),
        tuple(prompt),
        sampling,
        Lease(LeaseId("lease"), 0),
        forced_tokens=tuple(forced),
    )


def answer(prompt: Sequence[int], num_tokens: int, choice: int = 0) -> list[int]:
    """What the scripted device says after `prompt`."""
    tokens = list(prompt)
    for _ in range(num_tokens):
        tokens.append(next_token(tokens, choice))
    return tokens[len(prompt) :]


class LoopDriver:
    """The time is the runner's. What is stored is reported after the step it was stored in."""

    def __init__(
        self,
        runner: ScriptedRunner | None = None,
        *,
        max_rows: int = 4,
        context_window: int = 100,
        token_budget: int = 32,
    ) -> None:
        self.runner = runner or ScriptedRunner()
        self._outbox = Outbox()
        self.loop = StepLoop(
            self.runner,
            new_text=ScriptedText,
            eos_token_ids=frozenset({EOS}),
            context_window=context_window,
            max_rows=max_rows,
            pace=Pace(token_budget),
            outbox=self._outbox,
            clock=lambda: self.runner.now,
        )
        self.letters: dict[str, list[Letter]] = defaultdict(list)
        self._names: list[str] = []

    def submit(self, request: GenerationRequest) -> int:
        self._names.append(request.request_id)
        key = len(self._names) - 1
        self.loop.submit(key, request)
        self.collect()
        return key

    def step(self) -> None:
        self.loop.step()
        self.collect()

    def collect(self) -> None:
        for key, stored in self.runner.take_stored():
            self.loop.stored(key, stored)
        for key, letter in self._outbox.take():
            self.letters[self._names[key]].append(letter)
        self.loop.check_integrity()

    def run(self, *requests: GenerationRequest, max_steps: int = 500) -> None:
        for request in requests:
            self.submit(request)
        self.collect()
        for _ in range(max_steps):
            if not self.loop.has_work:
                return
            self.step()
        raise AssertionError("the loop does not come to an end")

    def all_of(self, kind: type[L], name: str) -> list[L]:
        return [letter for letter in self.letters[name] if isinstance(letter, kind)]

    def tokens(self, name: str, choice: int = 0) -> list[int]:
        generated = self.all_of(Generated, name)
        return [t for event in generated if event.index == choice for t in event.token_ids]

    def finished(self, name: str) -> list[Finished]:
        return self.all_of(Finished, name)

    def has_ended(self, name: str) -> bool:
        return len(self.all_of(Stored, name)) == 1

"""Telling the device what to do in a step: at most one part of a prompt, and a token for each row
that decodes; where the device can, in one pass of the model."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from agent_memory.engine.finisher import Finisher
from agent_memory.engine.generation import Choice, Generation, Roster
from agent_memory.engine.guard import Guard
from agent_memory.engine.launched import (
    DecodeLaunched,
    Fed,
    Launched,
    PrefillLaunched,
    StepLaunched,
)
from agent_memory.engine.runner import Feed, ModelRunner
from agent_memory.engine.scheduler import Scheduler
from agent_memory.engine.stats import Counters

_SHORT = 64


@dataclass(slots=True)
class _Part:
    """A part of a prompt. begun: the choice for which a token is drawn after it at once."""

    feed: Feed
    fed: Fed
    begun: Choice | None = None


class Launcher:
    """Launches one step after another. What goes wrong fails the requests it concerns alone."""

    def __init__(
        self,
        runner: ModelRunner,
        scheduler: Scheduler,
        roster: Roster,
        finisher: Finisher,
        counters: Counters,
        clock: Callable[[], float],
    ) -> None:
        self._runner = runner
        self._scheduler = scheduler
        self._roster = roster
        self._finisher = finisher
        self._counters = counters
        self._clock = clock

    def launch(self) -> StepLaunched:
        """What is to be done now."""
        begun_at = self._clock()
        launched: list[Launched] = []
        part = self._next_part()
        choices = self._decoding()
        if part is None:
            self._decode(choices, launched)
        elif self._runner.feeds_beside and any(choice is not part.begun for choice in choices):
            self._feed_beside(part, choices, launched)
        else:
            self._feed_and_decode(part, launched)
        return StepLaunched(tuple(launched), self._clock() - begun_at)

    def start_if_prefilled(self, generation: Generation) -> None:
        """Let its choices decode, unless something of the prompt is left to feed."""
        if generation.num_to_prefill > 0:
            return
        first, *others = generation.choices
        for choice in others:
            self._runner.fork(first.row, choice.row)
        for choice in generation.choices:
            choice.stepwise_from = self._runner.start(
                choice.row, generation.request, choice.index, generation.sequence
            )
        generation.is_decoding = True
        self._roster.decoding.extend(generation.choices)

    def _decoding(self) -> list[Choice]:
        return [choice for choice in self._roster.decoding if choice.wants_more]

    def _next_part(self) -> _Part | None:
        """The part of a prompt that is fed now, counted as fed."""
        chunk = self._scheduler.next_chunk()
        if chunk is None:
            return None
        generation = self._roster.generations[chunk.key]
        begin, end = generation.num_fed, generation.num_fed + chunk.num_tokens
        first = generation.choices[0]
        part = _Part(
            Feed(first.row, generation.sequence[begin:end]),
            Fed(generation, chunk.num_tokens, end),
        )
        self._counters.tokens_prefilled += chunk.num_tokens
        generation.num_fed = end
        with self._finisher.guard(generation):
            if _can_draw_at_once(part.fed):
                self.start_if_prefilled(generation)
                part.begun = first
        return part if generation.unfinished else None

    def _feed_beside(self, part: _Part, choices: list[Choice], launched: list[Launched]) -> None:
        """In one pass; one after the other if that fails."""
        choices.sort(key=lambda choice: choice is not part.begun)
        with Guard(lambda _: self._feed_and_decode(part, launched)):
            self._draw(choices, launched, part)
            self._has_fed(part.fed)

    def _feed_and_decode(self, part: _Part, launched: list[Launched]) -> None:
        """One after the other."""
        with self._finisher.guard(part.fed.generation):
            if part.begun is not None:
                self._draw([part.begun], launched, part)
            else:
                work = self._runner.prefill(part.feed)
                launched.append(PrefillLaunched(part.fed, work))
        self._has_fed(part.fed)
        self._decode([each for each in self._decoding() if each is not part.begun], launched)

    def _has_fed(self, fed: Fed) -> None:
        """Behind a part of a prompt: a boundary, or the end. Raises nothing."""
        generation = fed.generation
        if generation.is_decoding or not generation.unfinished:
            return
        with self._finisher.guard(generation):
            if fed.num_done in generation.request.boundaries:
                known = generation.sequence[: fed.num_done]
                self._runner.mark(generation.choices[0].row, generation.request, known)
            self.start_if_prefilled(generation)

    def _decode(self, choices: list[Choice], launched: list[Launched]) -> None:
        if choices:
            with Guard(partial(self._decode_apart, choices, launched)):
                self._draw(choices, launched)

    def _decode_apart(
        self, choices: list[Choice], launched: list[Launched], error: Exception
    ) -> None:
        """Rows that failed together are tried one by one: only the bad row's request fails."""
        if len(choices) == 1:
            self._finisher.fail(choices[0].generation, error)
            return
        for choice in choices:
            if not choice.is_finished:
                self._decode([choice], launched)

    def _draw(
        self, choices: list[Choice], launched: list[Launched], part: _Part | None = None
    ) -> None:
        feed, fed = (None, None) if part is None else (part.feed, part.fed)
        work = self._runner.decode([choice.row for choice in choices], feed)
        for choice in choices:
            choice.num_asked += 1
        launched.append(DecodeLaunched(choices, work, fed))


def _can_draw_at_once(fed: Fed) -> bool:
    """A short last part takes the last token along: its answer begins a step earlier. In a long
    one, logits of all its tokens would cost more than that step."""
    return (
        fed.generation.num_to_prefill == 0
        and len(fed.generation.choices) == 1
        and fed.num_tokens <= _SHORT
    )

"""Reading what the device has done: progress, tokens, and what the tokens say."""

from collections.abc import Callable

from agent_memory.engine.events import Generated, OutputDelta, Prefilled
from agent_memory.engine.finisher import Finisher
from agent_memory.engine.generation import Choice
from agent_memory.engine.launched import DecodeLaunched, Fed, PrefillLaunched, StepLaunched
from agent_memory.engine.outbox import Outbox
from agent_memory.engine.pace import Pace
from agent_memory.engine.runner import TokenChoice
from agent_memory.engine.stats import Counters


class WorkReader:
    """Waits for what was launched and passes on what it finds."""

    def __init__(
        self,
        finisher: Finisher,
        outbox: Outbox,
        counters: Counters,
        *,
        eos_token_ids: frozenset[int],
        pace: Pace,
        clock: Callable[[], float],
    ) -> None:
        self._finisher = finisher
        self._outbox = outbox
        self._counters = counters
        self._eos = eos_token_ids
        self._pace = pace
        self._clock = clock

    def read(self, step: StepLaunched) -> None:
        """Wait for each of its works in turn and tell what has come of it.

        What the step took is the telling and the waiting together. The time since the last read
        would be another step's, where the device works while it is told what comes next.
        """
        begun_at = self._clock()
        num_decoded = num_prefilled = 0
        for work in step.works:
            num_prefilled += 0 if work.fed is None else work.fed.num_tokens
            if isinstance(work, PrefillLaunched):
                self._read_prefill(work)
            else:
                num_decoded += len(work.choices)
                self._read_decode(work)
        if step.works:
            seconds = step.seconds + self._clock() - begun_at
            self._pace.observe(num_decoded, num_prefilled, seconds)

    def _read_prefill(self, prefill: PrefillLaunched) -> None:
        with self._finisher.guard(prefill.fed.generation):
            prefill.work.wait()
            self._say_prefilled(prefill.fed)

    def _read_decode(self, decode: DecodeLaunched) -> None:
        concerned = [choice.generation for choice in decode.choices]
        if decode.fed is not None:
            concerned.append(decode.fed.generation)
        with self._finisher.guard(*concerned):
            drawn = decode.work.wait()
            if decode.fed is not None:
                self._say_prefilled(decode.fed)
            for choice, token_id in zip(decode.choices, drawn.token_ids, strict=True):
                if (error := drawn.errors.get(choice.row)) is not None:
                    self._finisher.fail(choice.generation, error)
                choice.stepwise_from = drawn.stepwise_from.get(choice.row, choice.stepwise_from)
                if not choice.is_finished:
                    with self._finisher.guard(choice.generation):
                        chosen = drawn.choices.get(choice.row)
                        self._take(choice, token_id, chosen, choice.row in drawn.complete)

    def _say_prefilled(self, fed: Fed) -> None:
        generation = fed.generation
        if generation.unfinished:
            num_total = len(generation.sequence) - 1
            self._outbox.put(generation.key, Prefilled(fed.num_done, num_total))

    def _take(
        self, choice: Choice, token_id: int, chosen: TokenChoice | None, is_complete: bool
    ) -> None:
        self._counters.tokens_generated += 1
        if not choice.tokens and choice.index == 0:
            self._counters.first_token.observe(self._clock() - choice.generation.submitted_at)
        choice.tokens.append(token_id)
        ends_with_eos = token_id in self._eos
        deltas: tuple[OutputDelta, ...] = ()
        stop: str | None = None
        if not ends_with_eos:
            deltas, stop = choice.text.push((token_id,), () if chosen is None else (chosen,))
        self._outbox.put(choice.generation.key, Generated(choice.index, (token_id,), deltas))
        is_complete = is_complete or choice.text.is_complete
        self._finisher.finish_if_ended(choice, stop, ends_with_eos, is_complete)

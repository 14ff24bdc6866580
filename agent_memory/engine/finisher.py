"""How a request ends: by itself, cancelled, or failed; with its blocks kept in every case."""

import logging
from collections.abc import Sequence
from functools import partial

from agent_memory.engine.events import Finished, Stored
from agent_memory.engine.generation import Choice, Generation, Roster
from agent_memory.engine.guard import Guard
from agent_memory.engine.outbox import Failed, Outbox
from agent_memory.engine.runner import ModelRunner
from agent_memory.engine.scheduler import Scheduler
from agent_memory.engine.stats import Counters
from agent_memory.errors import Preempted
from agent_memory.turns.events import FinishReason

log = logging.getLogger(__name__)


class Finisher:
    """Ends choices and requests, and says so. `Stored` is the last event, an error follows it."""

    def __init__(
        self,
        runner: ModelRunner,
        scheduler: Scheduler,
        roster: Roster,
        outbox: Outbox,
        counters: Counters,
    ) -> None:
        self._runner = runner
        self._scheduler = scheduler
        self._roster = roster
        self._outbox = outbox
        self._counters = counters

    def finish_if_ended(
        self, choice: Choice, stop: str | None, ends_with_eos: bool, is_complete: bool = False
    ) -> None:
        """End a choice that has just taken a token, if that was its last. `stop` is the stop
        string that it has completed; `is_complete` says that nothing may follow it."""
        if ends_with_eos or (is_complete and stop is None):
            reason = FinishReason.STOP
        elif stop is not None:
            reason = FinishReason.STOP_SEQUENCE
        elif len(choice.tokens) >= choice.generation.limit:
            reason = FinishReason.LENGTH
        else:
            return
        deltas = choice.text.finish(is_cut=reason is not FinishReason.STOP)
        if reason is FinishReason.STOP and choice.text.has_tool_calls:
            reason = FinishReason.TOOL_CALLS
        finished = Finished(choice.index, reason, stop, ends_with_eos, deltas)
        self._outbox.put(choice.generation.key, finished)
        self._release(choice)

    def cancel(self, key: int) -> None:
        """End a request now, if it has not ended."""
        generation = self._roster.generations.get(key)
        unfinished = generation.unfinished if generation is not None else []
        if generation is None or not unfinished:
            return
        self._counters.requests_cancelled += 1
        with self.guard(generation):
            for choice in unfinished:
                deltas = choice.text.finish(is_cut=True)
                finished = Finished(choice.index, FinishReason.CANCELLED, None, False, deltas)
                self._outbox.put(key, finished)
            self._break_off(generation)

    def preempt(self, key: int) -> None:
        """Take a request's rows away, if it has not ended: everything that it has computed is kept,
        and the error after its last event says that it may be taken up again."""
        generation = self._roster.generations.get(key)
        if generation is None or generation.error is not None or not generation.unfinished:
            return
        if len(generation.choices) > 1:
            return  # Several choices could only start afresh.
        self._counters.requests_preempted += 1
        with self.guard(generation):
            generation.error = Preempted("The generation gave up its room.")
            self._break_off(generation)

    def guard(self, *generations: Generation) -> Guard:
        """A block of code in which an error fails these requests and nothing else."""
        return Guard(partial(self._fail_all, generations))

    def fail(self, generation: Generation, error: Exception) -> None:
        """Nothing more comes of a request, but the full blocks of its first choice are kept."""
        if generation.key not in self._roster.generations or generation.error is not None:
            return
        log.error("request %s failed", generation.request.request_id, exc_info=error)
        self._counters.requests_failed += 1
        generation.error = error
        self._break_off(generation)

    def stored(self, key: int, stored: Stored) -> None:
        """The blocks of a request are kept."""
        generation = self._roster.generations[key]
        generation.stored = stored
        self._close_if_over(generation)

    def _release(self, choice: Choice) -> None:
        """A choice has ended by itself."""
        generation = choice.generation
        choice.is_finished = True
        if generation.is_decoding:
            self._roster.decoding.remove(choice)
            self._scheduler.release_rows(generation.key, 1)
            # The last token was drawn and, as far as anyone is concerned, never fed.
            tokens = (*generation.request.prompt_tokens, *choice.tokens[:-1])
            self._store(choice, tokens)
        else:
            self._store(choice, generation.sequence[: generation.num_fed])
        if not generation.unfinished:
            self._counters.requests_finished += 1
            self._scheduler.remove(generation.key)
        self._close_if_over(generation)

    def _break_off(self, generation: Generation) -> None:
        unfinished = generation.unfinished
        if unfinished or not generation.choices:
            self._scheduler.remove(generation.key)
        for choice in unfinished:
            choice.is_finished = True
            if generation.is_decoding:
                self._roster.decoding.remove(choice)
        if not generation.is_open:
            self._runner.forget(generation.key)
            generation.stored = Stored((), 0)
        for choice in unfinished if generation.is_open else ():
            tokens = (
                choice.fed_tokens()
                if generation.is_decoding
                else generation.sequence[: generation.num_fed]
            )
            self._store(choice, tokens)
        self._close_if_over(generation)

    def _store(self, choice: Choice, tokens: Sequence[int]) -> None:
        """Keep the blocks of the first choice; the row itself goes."""
        generation = choice.generation
        if choice.index == 0:
            with Guard(partial(self._lose_blocks, generation)):
                self._runner.store(
                    generation.key,
                    choice.row,
                    generation.request,
                    tokens,
                    only_full=not isinstance(generation.error, Preempted | None),
                )
        self._runner.close(choice.row)

    def _fail_all(self, generations: Sequence[Generation], error: Exception) -> None:
        for generation in generations:
            self.fail(generation, error)

    def _lose_blocks(self, generation: Generation, error: Exception) -> None:
        log.error("blocks of %s are not kept", generation.request.request_id, exc_info=error)
        generation.stored = Stored((), 0)

    def _close_if_over(self, generation: Generation) -> None:
        if generation.stored is None or generation.unfinished:
            return
        if self._roster.generations.pop(generation.key, None) is not None:
            self._outbox.put(generation.key, generation.stored)
            if generation.error is not None:
                self._outbox.put(generation.key, Failed(generation.error))

"""The step loop: what the device does next, and what comes of it.

A step admits, launches at most one part of a prompt and one token for each row that decodes, and
then reads what the step before has launched: while the device computes, this thread turns tokens
into text. A device that cannot look ahead is read first.
"""

from collections.abc import Callable, Collection

from agent_memory.engine.events import Generated, Stored
from agent_memory.engine.finisher import Finisher
from agent_memory.engine.generation import Choice, Generation, Roster
from agent_memory.engine.launched import DecodeLaunched, StepLaunched
from agent_memory.engine.launcher import Launcher
from agent_memory.engine.outbox import Outbox
from agent_memory.engine.pace import Pace
from agent_memory.engine.request import GenerationRequest
from agent_memory.engine.runner import ChoiceText, ModelRunner, RowId
from agent_memory.engine.scheduler import Scheduler
from agent_memory.engine.stats import Counters
from agent_memory.engine.work_reader import WorkReader
from agent_memory.ids import LeaseId

NewText = Callable[[GenerationRequest, int], ChoiceText]
"""Makes the reader of one choice's tokens, given its index."""


class StepLoop:
    """Every request from its submission to its last event. Not thread-safe.

    What goes wrong with one request (its blocks, its row, its text) fails that request alone.
    """

    def __init__(
        self,
        runner: ModelRunner,
        *,
        new_text: NewText,
        eos_token_ids: frozenset[int],
        context_window: int,
        max_rows: int,
        pace: Pace,
        outbox: Outbox,
        clock: Callable[[], float],
    ) -> None:
        self._runner = runner
        self._new_text = new_text
        self._eos = eos_token_ids
        self._context_window = context_window
        self._clock = clock
        self._pace = pace
        self._scheduler = Scheduler(max_rows, pace)
        self._outbox = outbox
        self._roster = Roster()
        self._ahead = StepLaunched()
        self._num_rows_made = 0
        self.counters = Counters()
        self._finisher = Finisher(runner, self._scheduler, self._roster, outbox, self.counters)
        self._launcher = Launcher(
            runner, self._scheduler, self._roster, self._finisher, self.counters, clock
        )
        self._reader = WorkReader(
            self._finisher,
            outbox,
            self.counters,
            eos_token_ids=eos_token_ids,
            pace=pace,
            clock=clock,
        )

    @property
    def has_work(self) -> bool:
        """A step would do something now."""
        return bool(self._ahead.works) or self._scheduler.has_work or self._scheduler.can_admit

    @property
    def num_running(self) -> int:
        """Rows that prefill or decode."""
        return self._scheduler.num_rows

    @property
    def num_waiting(self) -> int:
        """Requests that have no rows yet."""
        return self._scheduler.num_waiting

    @property
    def prefill_tokens_per_s(self) -> float | None:
        """See `Pace`."""
        return self._pace.prefill_tokens_per_s

    def is_over(self, key: int) -> bool:
        """The request has had its last event."""
        return key not in self._roster.generations

    def submit(self, key: int, request: GenerationRequest) -> None:
        """A request begins to wait. Its prompt must be shorter than the context window."""
        limit = min(request.sampling.max_tokens, self._context_window - len(request.prompt_tokens))
        sequence = request.prompt_tokens + request.forced_tokens
        generation = Generation(key, request, limit, sequence, self._clock())
        self._roster.generations[key] = generation
        self._scheduler.add(key, request.group, request.sampling.n, request.priority)
        with self._finisher.guard(generation):
            for index in range(request.sampling.n):
                text = self._new_text(request, index)
                generation.choices.append(Choice(generation, index, self._new_row(), text))
            if self._runner.prepare(key, request):
                self._scheduler.mark_ready(key)

    def ready(self, key: int) -> None:
        """The request's blocks are in memory now."""
        generation = self._roster.generations.get(key)
        if generation is not None and generation.stored is None:
            self._scheduler.mark_ready(key)

    def cancel(self, key: int) -> None:
        """End a request, whatever it does; `Stored` follows. Unknown ones are over already."""
        self._finisher.cancel(key)

    def preempt(self, lease_ids: Collection[LeaseId]) -> None:
        """Have the requests under these leases give up their rows; `Stored` and the error
        `Preempted` follow. Those that have ended are no matter."""
        # What is under way is read first: a state that cannot be cut holds that token.
        self._reader.read(self._ahead)
        self._ahead = StepLaunched()
        for key, generation in tuple(self._roster.generations.items()):
            if generation.request.lease.lease_id in lease_ids:
                self._finisher.preempt(key)

    def cancel_all(self) -> None:
        """End every request."""
        for key in tuple(self._roster.generations):
            self.cancel(key)

    def stored(self, key: int, stored: Stored) -> None:
        """The blocks of a request are kept."""
        self._finisher.stored(key, stored)

    def step(self) -> None:
        """One step, as the module's docstring tells it."""
        self.counters.steps += 1
        self._admit()
        if self._brings_first_token:
            ahead, self._ahead = self._ahead, StepLaunched()
            self._reader.read(ahead)
        elif self._looks_ahead:
            ahead, self._ahead = self._ahead, self._launcher.launch()
            self._reader.read(ahead)
        else:
            self._reader.read(self._ahead)
            self._ahead = self._launcher.launch()

    def check_integrity(self) -> None:
        """Raise `InvariantBroken` if the books contradict each other."""
        self._scheduler.check_integrity()

    @property
    def _looks_ahead(self) -> bool:
        return self._runner.looks_ahead and not any(
            choice.is_stepwise for choice in self._roster.decoding
        )

    @property
    def _brings_first_token(self) -> bool:
        """Somebody waits for the beginning of an answer: not for another step besides, which some
        devices compute while it is launched."""
        return any(
            isinstance(work, DecodeLaunched) and any(not choice.tokens for choice in work.choices)
            for work in self._ahead.works
        )

    def _new_row(self) -> RowId:
        self._num_rows_made += 1
        return RowId(self._num_rows_made)

    def _admit(self) -> None:
        while (key := self._scheduler.admit()) is not None:
            generation = self._roster.generations[key]
            with self._finisher.guard(generation):
                self._open(generation)

    def _open(self, generation: Generation) -> None:
        first = generation.choices[0]
        restored = self._runner.open(generation.key, first.row, generation.request)
        generation.is_open = True
        self.counters.queueing.observe(self._clock() - generation.submitted_at)
        generation.num_fed = restored.num_cached_tokens
        self.counters.tokens_restored += restored.num_cached_tokens
        self.counters.tokens_from_memory += restored.num_from_memory
        self.counters.tokens_from_shelf += restored.num_from_shelf
        self._outbox.put(generation.key, restored)
        self._take_forced(first)
        if not first.is_finished:
            self._scheduler.begin_prefill(
                generation.key, generation.num_to_prefill, generation.pauses
            )
            self._launcher.start_if_prefilled(generation)

    def _take_forced(self, choice: Choice) -> None:
        """Say again what an earlier attempt has generated."""
        forced = choice.generation.request.forced_tokens
        if not forced:
            return
        choice.tokens.extend(forced)
        choice.num_asked = len(forced)
        ends_with_eos = forced[-1] in self._eos
        deltas, stop = choice.text.push(forced[:-1] if ends_with_eos else forced, ())
        self._outbox.put(choice.generation.key, Generated(choice.index, forced, deltas))
        self._finisher.finish_if_ended(choice, stop, ends_with_eos, choice.text.is_complete)

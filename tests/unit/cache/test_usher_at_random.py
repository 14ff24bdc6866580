"""Turns come, wait, yield and end in any order: the books are right and none waits for ever."""

from dataclasses import dataclass, replace

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from agent_memory.cache.hashing import root_hash
from agent_memory.cache.pool import BlockPool
from agent_memory.cache.preemption import MAX_PREEMPTIONS
from agent_memory.cache.terms import LeaseTerms
from agent_memory.cache.usher import Plea, Usher
from agent_memory.ids import BlockHash, LeaseId
from tests.unit.cache.sequences import BLOCK_SIZE, BYTES_PER_TOKEN, ROOT, Clock, cut

BUDGET_TOKENS = 20
roots = st.sampled_from([ROOT, root_hash("model", "float32", "another workspace")])


@dataclass(frozen=True)
class Turn:
    """A turn, and what it has asked for last."""

    plea: Plea
    tokens: tuple[int, ...]


class UsherMachine(RuleBasedStateMachine):
    """Sessions that do as they are told, over a pool with room for twenty tokens."""

    def __init__(self) -> None:
        super().__init__()
        self.clock = Clock()
        budget = BUDGET_TOKENS * BYTES_PER_TOKEN
        self.pool = BlockPool(
            BLOCK_SIZE, BYTES_PER_TOKEN, budget, 600, self.clock, at_rest_budget=budget // 2
        )
        self.usher = Usher(self.pool)
        self.waiting: dict[LeaseId, Turn] = {}
        self.running: dict[LeaseId, Turn] = {}
        self.num_turns = 0
        self.num_files = 0

    @rule(
        root=roots,
        tokens=st.lists(st.integers(0, 1), min_size=1, max_size=14).map(tuple),
        num_reserved=st.integers(0, 6),
        priority=st.integers(-1, 1),
        is_preemptible=st.booleans(),
    )
    def ask(
        self,
        root: BlockHash,
        tokens: tuple[int, ...],
        num_reserved: int,
        priority: int,
        is_preemptible: bool,
    ) -> None:
        self.num_turns += 1
        name = LeaseId(f"turn {self.num_turns}")
        terms = LeaseTerms(priority, is_preemptible)
        plea = Plea(root, tokens, num_reserved, name, f"owner {self.num_turns % 3}", terms)
        self.begin(Turn(plea, tokens))

    def begin(self, turn: Turn) -> None:
        self.usher.ask(turn.plea)
        self.waiting[turn.plea.lease_id] = turn
        self.serve()

    @rule()
    def serve(self) -> None:
        for lease in self.usher.serve():
            self.running[lease.lease_id] = self.waiting.pop(lease.lease_id)

    @rule(seconds=st.sampled_from([0.1, 2.0, 10.0, 40.0]))
    def wait(self, seconds: float) -> None:
        self.clock.now += seconds
        self.serve()

    @rule(which=st.integers(0, 9), num_said=st.integers(0, 3))
    def end(self, which: int, num_said: int) -> None:
        if self.running:
            name = sorted(self.running)[which % len(self.running)]
            self.leave(name, num_said)
            self.serve()

    def leave(self, name: LeaseId, num_said: int) -> Turn:
        """A running turn leaves its blocks, and some more tokens than it had."""
        turn = self.running.pop(name)
        tokens = turn.tokens + (1,) * num_said
        self.num_files += 1
        stored = cut(tokens, f"file {self.num_files}", turn.plea.root)
        self.pool.publish(name, stored, ())
        return replace(turn, tokens=tokens)

    @rule(num_said=st.integers(0, 2), is_reached=st.booleans())
    def interrupt(self, num_said: int, is_reached: bool) -> None:
        for victim in self.usher.take_victims():
            before = self.running[victim].plea.terms
            assert before.is_preemptible
            assert before.num_preemptions < MAX_PREEMPTIONS
            if is_reached:
                turn = self.leave(victim, num_said)
                self.serve()
                terms = replace(before, num_preemptions=before.num_preemptions + 1, has_begun=True)
                plea = replace(turn.plea, prompt_tokens=turn.tokens, terms=terms)
                self.begin(replace(turn, plea=plea))

    @rule(number=st.integers(0, 2))
    def lose_session(self, number: int) -> None:
        owner = f"owner {number}"
        for name in self.usher.withdraw_owner(owner):
            del self.waiting[name]
        self.pool.release_owner(owner)
        self.running = {n: turn for n, turn in self.running.items() if turn.plea.owner != owner}
        self.serve()

    @invariant()
    def the_books_are_right(self) -> None:
        self.usher.check_integrity()
        assert {active.lease.lease_id for active in self.pool.active_leases()} == set(self.running)
        assert self.usher.num_waiting == len(self.waiting)

    @invariant()
    def somebody_runs_while_somebody_waits(self) -> None:
        assert self.running or not self.waiting

    def teardown(self) -> None:
        while self.running:
            self.end(0, 0)
        assert not self.waiting


TestUsherAtRandom = UsherMachine.TestCase
TestUsherAtRandom.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)

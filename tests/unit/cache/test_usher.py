"""Room for one turn at the expense of another, within bounds."""

from collections.abc import Iterator

import pytest

from agent_memory.cache.hashing import root_hash
from agent_memory.cache.pool import BlockPool
from agent_memory.cache.preemption import MAX_PREEMPTIONS, PATIENCE_S, QUANTUM_S
from agent_memory.cache.terms import LeaseTerms
from agent_memory.cache.usher import LEAVING_S, Plea, Usher
from agent_memory.errors import InvalidRequest
from agent_memory.ids import BlockHash, LeaseId
from tests.unit.cache.sequences import BYTES_PER_TOKEN, ROOT, Clock, cut

OTHER_ROOT = root_hash("model", "float32", "another workspace")
BUDGET_TOKENS = 20
MINE = LeaseTerms(is_preemptible=True)


class House:
    """A pool with room for twenty tokens, its usher, and a clock that is told the time."""

    def __init__(self) -> None:
        self.clock = Clock()
        budget = BUDGET_TOKENS * BYTES_PER_TOKEN
        self.pool = BlockPool(4, BYTES_PER_TOKEN, budget, 10_000, self.clock)
        self.usher = Usher(self.pool)

    def ask(
        self, name: str, num_tokens: int, root: BlockHash = ROOT, terms: LeaseTerms = MINE
    ) -> list[str]:
        """A turn asks for room; returns who gets some."""
        first = sum(map(ord, name))
        prompt = range(first, first + num_tokens)
        self.usher.ask(Plea(root, prompt, 0, LeaseId(name), name, terms))
        return self.serve()

    def serve(self) -> list[str]:
        served = [lease.lease_id for lease in self.usher.serve()]
        self.usher.check_integrity()
        return list(served)

    def wait(self, seconds: float) -> None:
        self.clock.now += seconds

    def end(self, name: str) -> list[str]:
        self.pool.publish(LeaseId(name), (), ())
        return self.serve()


@pytest.fixture
def house() -> Iterator[House]:
    house = House()
    yield house
    house.usher.check_integrity()


def test_who_fits_is_served_at_once(house: House) -> None:
    assert house.ask("one", 10) == ["one"]
    assert house.ask("two", 10) == ["two"]
    assert house.ask("three", 5) == []
    assert house.end("one") == ["three"]


def test_who_could_never_fit_is_refused(house: House) -> None:
    with pytest.raises(InvalidRequest):
        house.ask("huge", BUDGET_TOKENS + 1)
    assert house.usher.num_waiting == 0


def test_a_turn_that_has_begun_is_never_refused(house: House) -> None:
    house.ask("one", 10)
    terms = LeaseTerms(is_preemptible=True, has_begun=True)
    assert house.ask("grown", BUDGET_TOKENS + 5, terms=terms) == []
    assert house.end("one") == ["grown"]


def test_others_pass_a_turn_that_does_not_fit_until_its_patience_ends(house: House) -> None:
    house.ask("one", 12)
    house.ask("big", 18)
    assert house.ask("small", 4) == ["small"]
    house.wait(PATIENCE_S)
    assert house.ask("late", 4) == []
    assert house.end("one") == []
    assert house.end("small") == ["big"]


def test_a_turn_of_equal_standing_is_interrupted_after_its_quantum(house: House) -> None:
    house.ask("one", 15)
    house.ask("two", 15)
    house.wait(PATIENCE_S)
    assert house.usher.take_victims() == ()
    house.wait(QUANTUM_S - PATIENCE_S)
    assert house.usher.take_victims() == ("one",)
    assert house.usher.take_victims() == ()
    assert house.end("one") == ["two"]


def test_each_interruption_makes_the_next_one_later(house: House) -> None:
    house.ask("one", 15, terms=LeaseTerms(is_preemptible=True, num_preemptions=2))
    house.ask("two", 15)
    house.wait(4 * QUANTUM_S - 0.1)
    assert house.usher.take_victims() == ()
    house.wait(0.1)
    assert house.usher.take_victims() == ("one",)


def test_what_was_interrupted_often_enough_or_cannot_go_on_is_left_alone(house: House) -> None:
    often = LeaseTerms(is_preemptible=True, num_preemptions=MAX_PREEMPTIONS)
    house.ask("often", 10, terms=often)
    house.ask("several choices", 10, terms=LeaseTerms())
    house.ask("two", 5)
    house.wait(1000)
    assert house.usher.take_victims() == ()


def test_a_higher_priority_interrupts_its_own_workspace_at_once(house: House) -> None:
    house.ask("one", 15)
    urgent = LeaseTerms(priority=1, is_preemptible=True)
    house.ask("urgent", 15, terms=urgent)
    assert house.usher.take_victims() == ("one",)


def test_a_higher_priority_is_worth_nothing_against_another_workspace(house: House) -> None:
    house.ask("theirs", 15, OTHER_ROOT)
    house.ask("urgent", 15, terms=LeaseTerms(priority=1, is_preemptible=True))
    assert house.usher.take_victims() == ()


def test_what_yields_is_interrupted_for_anyone(house: House) -> None:
    house.ask("patient", 15, OTHER_ROOT, LeaseTerms(priority=-1, is_preemptible=True))
    house.ask("one", 15)
    assert house.usher.take_victims() == ("patient",)


def test_a_workspace_that_has_less_interrupts_one_that_still_has_as_much_then(
    house: House,
) -> None:
    house.ask("first", 10)
    house.wait(1)
    house.ask("second", 10)
    house.ask("theirs", 8, OTHER_ROOT)
    assert house.usher.take_victims() == ("first",)
    house.end("first")
    house.ask("first", 10, terms=LeaseTerms(is_preemptible=True, num_preemptions=1))
    assert house.usher.take_victims() == ()


def test_nobody_is_interrupted_when_that_would_not_be_enough(house: House) -> None:
    house.ask("fixed", 8, terms=LeaseTerms())
    house.ask("one", 8)
    house.ask("big", 18)
    house.wait(1000)
    assert house.usher.take_victims() == ()


def test_no_more_are_interrupted_than_needed(house: House) -> None:
    for name in ("one", "two", "three", "four"):
        house.ask(name, 5)
        house.wait(0.1)
    house.ask("next", 8)
    house.wait(QUANTUM_S)
    assert house.usher.take_victims() == ("one", "two")


def test_a_turn_that_was_not_reached_is_asked_again(house: House) -> None:
    house.ask("one", 15)
    house.ask("two", 15)
    house.wait(QUANTUM_S)
    assert house.usher.take_victims() == ("one",)
    house.wait(LEAVING_S)
    assert house.usher.take_victims() == ("one",)


def test_a_session_that_is_gone_does_not_wait_any_more(house: House) -> None:
    house.ask("one", 15)
    house.ask("two", 15)
    assert house.usher.withdraw_owner("two") == ("two",)
    assert house.end("one") == []


def test_an_interrupted_turn_finds_what_it_has_computed(house: House) -> None:
    house.ask("one", 16)
    house.ask("two", 16)
    house.wait(QUANTUM_S)
    assert house.usher.take_victims() == ("one",)
    first = sum(map(ord, "one"))
    house.pool.publish(LeaseId("one"), cut(range(first, first + 16), "file"), ())
    assert house.serve() == ["two"]
    house.ask("one", 16, terms=LeaseTerms(is_preemptible=True, num_preemptions=1))
    house.pool.publish(LeaseId("two"), (), ())
    (lease,) = house.usher.serve()
    assert lease.num_cached_tokens == 15


@pytest.mark.parametrize("work_s", [3.0, 30.0, 300.0])
def test_two_big_turns_take_turns_a_few_times_and_both_end(house: House, work_s: float) -> None:
    left = {"one": work_s, "two": work_s}
    num_preemptions = dict.fromkeys(left, 0)
    for name in left:
        house.ask(name, 15)
    for _ in range(10_000):
        house.wait(0.25)
        (active,) = house.pool.active_leases()
        name = active.lease.lease_id
        left[name] -= 0.25
        if left[name] <= 0:
            house.end(name)
            if not house.pool.active_leases():
                break
        for victim in house.usher.take_victims():
            num_preemptions[victim] += 1
            house.end(victim)
            terms = LeaseTerms(is_preemptible=True, num_preemptions=num_preemptions[victim])
            house.ask(victim, 15, terms=terms)
        house.serve()
    assert max(left.values()) <= 0
    assert max(num_preemptions.values()) <= MAX_PREEMPTIONS

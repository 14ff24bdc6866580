"""Buckets and places of one process."""

from agent_memory.access.buckets import Draw, Refusal, Slot
from agent_memory.access.limiter import LocalLimiter, Taken

FEW = Draw("few", 2, 60, 1)
MANY = Draw("many", 100, 60, 10)


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


async def test_all_are_taken_together_or_none() -> None:
    limiter = LocalLimiter(Clock())
    assert await limiter.take("a", [FEW, MANY], []) == Taken((1, 90))
    assert await limiter.take("b", [FEW, MANY], []) == Taken((0, 80))
    refused = await limiter.take("c", [MANY, FEW], [])
    assert refused == Refusal("few", 30)
    assert await limiter.take("d", [MANY], []) == Taken((70,))


async def test_a_place_is_free_again_when_its_holder_gives_it_back() -> None:
    limiter = LocalLimiter(Clock())
    place = Slot("busy", 1)
    assert await limiter.take("a", [], [place]) == Taken((0,))
    assert isinstance(await limiter.take("b", [MANY], [place]), Refusal)
    await limiter.give_back("a", [], [], [place])
    assert await limiter.take("b", [MANY], [place]) == Taken((90, 0))


async def test_what_was_not_used_is_given_back() -> None:
    limiter = LocalLimiter(Clock())
    await limiter.take("a", [MANY], [])
    await limiter.give_back("a", [MANY], [3], [])
    assert await limiter.take("b", [Draw("many", 100, 60, 0)], []) == Taken((97,))

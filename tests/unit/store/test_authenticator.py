import asyncio

import pytest

from agent_memory.access.principal import Principal, Scope
from agent_memory.errors import StorageUnavailable, Unauthenticated
from agent_memory.ids import KeyId, WorkspaceId
from agent_memory.store.authenticator import KeyAuthenticator

HOLDER = Principal(KeyId("0123456789ab"), WorkspaceId("default"), frozenset({Scope.ADMIN}))


class Keys:
    """Knows one key, and counts the questions."""

    def __init__(self) -> None:
        self.num_questions = 0
        self.is_valid = True
        self.is_reachable = True

    async def find_key(self, raw: str) -> Principal:
        self.num_questions += 1
        await asyncio.sleep(0)
        if not self.is_reachable:
            raise StorageUnavailable("away")
        if raw != "good" or not self.is_valid:
            raise Unauthenticated(f"not {raw}")
        return HOLDER


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def keys() -> Keys:
    return Keys()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def authenticator(keys: Keys, clock: Clock) -> KeyAuthenticator:
    return KeyAuthenticator(keys, clock, ttl_s=1.0)


async def test_many_requests_of_one_moment_ask_once(
    authenticator: KeyAuthenticator, keys: Keys
) -> None:
    holders = [await authenticator.authenticate("good") for _ in range(10)]

    assert holders == [HOLDER] * 10
    assert keys.num_questions == 1


async def test_requests_that_come_together_ask_once(
    authenticator: KeyAuthenticator, keys: Keys
) -> None:
    holders = await asyncio.gather(*(authenticator.authenticate("good") for _ in range(10)))

    assert holders == [HOLDER] * 10
    assert keys.num_questions == 1


async def test_a_request_that_is_cancelled_does_not_fail_those_that_came_with_it(
    authenticator: KeyAuthenticator,
) -> None:
    first = asyncio.create_task(authenticator.authenticate("good"))
    second = asyncio.create_task(authenticator.authenticate("good"))
    await asyncio.sleep(0)
    first.cancel()

    assert await second == HOLDER


async def test_a_revoked_key_is_refused_once_its_answer_has_aged(
    authenticator: KeyAuthenticator, keys: Keys, clock: Clock
) -> None:
    await authenticator.authenticate("good")
    keys.is_valid = False
    clock.now += 0.99
    assert await authenticator.authenticate("good") == HOLDER

    clock.now += 0.01

    with pytest.raises(Unauthenticated):
        await authenticator.authenticate("good")


async def test_a_refusal_is_kept_for_the_same_time_with_its_reason(
    authenticator: KeyAuthenticator, keys: Keys, clock: Clock
) -> None:
    for _ in range(3):
        with pytest.raises(Unauthenticated, match="not bad"):
            await authenticator.authenticate("bad")
    assert keys.num_questions == 1

    clock.now += 1.0

    with pytest.raises(Unauthenticated):
        await authenticator.authenticate("bad")
    assert keys.num_questions == 2


async def test_a_flood_of_guesses_displaces_no_valid_key(
    authenticator: KeyAuthenticator, keys: Keys
) -> None:
    await authenticator.authenticate("good")
    for n in range(5000):
        with pytest.raises(Unauthenticated):
            await authenticator.authenticate(f"guess {n}")

    await authenticator.authenticate("good")

    assert keys.num_questions == 5001


async def test_old_refusals_make_room_for_new_ones(
    authenticator: KeyAuthenticator, keys: Keys
) -> None:
    for n in range(5000):
        with pytest.raises(Unauthenticated):
            await authenticator.authenticate(f"guess {n}")

    with pytest.raises(Unauthenticated):
        await authenticator.authenticate("guess 0")

    assert keys.num_questions == 5001


async def test_an_unreachable_database_is_not_remembered(
    authenticator: KeyAuthenticator, keys: Keys
) -> None:
    keys.is_reachable = False
    with pytest.raises(StorageUnavailable):
        await authenticator.authenticate("good")

    keys.is_reachable = True

    assert await authenticator.authenticate("good") == HOLDER


async def test_bytes_that_are_no_text_are_refused_like_any_other_key(
    authenticator: KeyAuthenticator,
) -> None:
    with pytest.raises(Unauthenticated):
        await authenticator.authenticate("am_\udce9")
